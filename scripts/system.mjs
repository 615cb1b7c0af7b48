// What this project needs from the operating system and npm and cargo can't bring: redis-server for the tests and
// `npm run upstash:local`, a C toolchain, and a browser for the test of the front end. What is missing is installed with the
// system's package manager. `node scripts/system.mjs` makes sure of the first two.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const REDIS = {
  what: 'redis-server',
  // Each entry is a list of packages; the next is tried when one can't be installed: newer Fedora and RHEL have
  // dropped Redis for Valkey, its fork, which speaks the same protocol.
  packages: { 'apt-get': ['redis-server'], apk: ['redis'], dnf: ['redis', 'valkey'], brew: ['redis'] },
};

const CHROMIUM = {
  what: 'Chromium',
  packages: { 'apt-get': ['chromium', 'chromium-browser'], apk: ['chromium'], dnf: ['chromium'] },
};

const BUILD_TOOLS = {
  what: 'a C/C++ toolchain (cc, c++, make and python3)',
  packages: {
    'apt-get': ['build-essential python3'],
    apk: ['build-base python3'],
    dnf: ['gcc gcc-c++ make python3'],
  },
};

/** Returns the path of redis-server (or valkey-server), after installing it if need be. Throws `E_MISSING_TOOL`. */
export function ensureRedisServer() {
  const find = () => programPath('redis-server') ?? programPath('valkey-server');
  return find() ?? install(REDIS, find);
}

/** Returns the path of a Chromium or Chrome, after installing one if need be. Throws `E_MISSING_TOOL`. */
export function ensureChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  const find = () => names.map(programPath).find(Boolean) ?? CHROME_OF_MACOS.find(isProgram);
  return find() ?? install(CHROMIUM, find);
}

const CHROME_OF_MACOS = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];

/**
 * Makes sure of cc, c++, make and python3: Rust links with cc, and better-sqlite3 is compiled where it has no prebuilt
 * binary. Throws `E_MISSING_TOOL`. On Windows it checks nothing: there Rust itself asks for Visual Studio's tools.
 */
export function ensureBuildTools() {
  if (process.platform === 'win32') return;
  const find = () => ['cc', 'c++', 'make', 'python3'].every(programPath) && hasCommandLineTools();
  if (!find()) install(BUILD_TOOLS, find);
}

/** macOS has stubs named cc and make that only offer to download the real ones. */
function hasCommandLineTools() {
  return process.platform !== 'darwin' || run('xcode-select', ['-p']).status === 0;
}

function programPath(name) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return folders.map((folder) => path.join(folder, name)).find(isProgram);
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function install(tool, find) {
  const manager = ['apt-get', 'apk', 'dnf', 'brew'].find((name) => tool.packages[name] && programPath(name));
  if (!manager) throw missing(tool, 'no package manager known to this script offers it');
  if (manager !== 'brew' && !isRoot() && !programPath('sudo')) {
    throw missing(tool, `${manager} needs root and there is no sudo`);
  }
  let failure = '';
  for (const packages of tool.packages[manager]) {
    console.error(`Installing ${tool.what} with ${manager} (${packages}), this can take a minute ...`);
    failure = installWith(manager, packages.split(' '));
    // Looked for even after a failure: another process may have installed it at the same time and held the lock.
    const found = find();
    if (found) return found;
  }
  throw missing(tool, failure || `${manager} reported success, yet it is not on the PATH`);
}

/** Returns why it failed, or an empty string. */
function installWith(manager, packages) {
  switch (manager) {
    case 'apt-get': {
      // A failing update (one dead mirror among several) doesn't matter when the install then works.
      const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q'];
      asRoot([...apt, 'update']);
      const options = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
      return asRoot([...apt, 'install', ...options, ...packages]);
    }
    case 'apk':
      return asRoot(['apk', 'add', '--no-cache', ...packages]);
    case 'dnf':
      return asRoot(['dnf', 'install', '-y', ...packages]);
    default:
      // Homebrew refuses to run as root.
      return outcome(run(programPath('brew'), ['install', ...packages]));
  }
}

function asRoot(words) {
  if (isRoot()) return outcome(run(words[0], words.slice(1)));
  // Without a terminal nobody could type the password that sudo would wait for.
  return outcome(run('sudo', process.stdin.isTTY ? words : ['-n', ...words]));
}

function run(program, args) {
  return spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['inherit', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
}

function outcome({ error, status, stdout, stderr }) {
  if (error) return error.message;
  if (status === 0) return '';
  const lines = `${stdout}\n${stderr}`.trim().split('\n');
  return lines[lines.length - 1] || `exit status ${status}`;
}

function isRoot() {
  return process.getuid?.() === 0;
}

function missing(tool, reason) {
  const error = new Error(`${tool.what} is missing and could not be installed (${reason}): ${advice(tool)}.`);
  error.code = 'E_MISSING_TOOL';
  return error;
}

function advice(tool) {
  if (process.platform === 'win32') return 'run this inside WSL or in a container';
  if (process.platform === 'darwin') {
    if (tool === CHROMIUM) return 'install Google Chrome';
    return tool === REDIS ? 'install Homebrew and run `brew install redis`' : 'run `xcode-select --install`';
  }
  const known = Object.keys(tool.packages).find((name) => name !== 'brew' && programPath(name));
  if (!known) return `install ${tool.what} with your system's package manager`;
  return `run \`${known} ${known === 'apk' ? 'add' : 'install'} ${tool.packages[known][0]}\` as root`;
}

function isMain() {
  // Node resolves links for import.meta.url and not for argv.
  return process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href;
}

if (isMain()) {
  try {
    ensureBuildTools();
    console.log(`redis-server: ${ensureRedisServer()}`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
