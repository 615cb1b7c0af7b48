// Everything between a fresh clone and a site that can be started.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, runNpm, say, step } from '../steps.mjs';
import { ensureBuildTools } from '../system.mjs';

export const BLOG = join(ROOT, 'examples/blog');

const OLDEST_NODE = 20;
const ADDON_SOURCES = ['src', 'build.rs', 'Cargo.toml', 'Cargo.lock', '.cargo', 'rust-toolchain.toml'];
const PLUGIN_SOURCES = ['strapi-plugin', 'package.json'];
const PLUGIN_BUILD = 'strapi-plugin/dist';

/** @throws with a sentence that says what to install */
export function checkTools() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE) {
    throw new Error(`Node ${OLDEST_NODE} or newer is needed, this is ${process.version}. Get it from https://nodejs.org`);
  }
  const cargo = spawnSync('cargo', ['--version'], { encoding: 'utf8' });
  if (cargo.status !== 0) {
    throw new Error(
      'The Rust toolchain is needed to build the addon, and `cargo` was not found. Get it from https://rustup.rs and open a new terminal',
    );
  }
  ensureBuildTools();
  say(`  ok  Node ${process.version}, ${cargo.stdout.trim().split(' ').slice(0, 2).join(' ')}, build tools`);
}

/**
 * What the lock file says, unless node_modules is as new. Not `npm ci`: it refuses a lock file that lacks optional
 * packages of other platforms, and npm leaves out those that the registry it asked does not have.
 */
export async function install() {
  const label = 'npm packages';
  if (isNewer('node_modules/.package-lock.json', 'package-lock.json')) {
    say(`  ok  ${label} (up to date)`);
    return;
  }
  await runNpm(label, ['install', '--no-save', '--no-audit', '--no-fund'], { hint: 'about 5 minutes the first time' });
}

/** The addon and the plugin, unless no source has changed since. */
export async function build() {
  await step(
    'Addon and plugin',
    {
      stamp: 'build',
      inputs: [...ADDON_SOURCES, ...PLUGIN_SOURCES],
      outputs: () => [addon(), 'binding.js', PLUGIN_BUILD],
    },
    (label) => runNpm(label, ['run', 'build'], { hint: 'some minutes the first time' }),
  );
}

/** The admin panel, with the plugin's page in it. */
export async function buildAdminPanel() {
  await step(
    'Admin panel',
    {
      stamp: 'admin-panel',
      inputs: [`${PLUGIN_BUILD}/admin`, 'examples/blog/package.json', 'examples/blog/src/admin', 'package-lock.json'],
      outputs: () => ['examples/blog/build/index.html'],
    },
    (label) =>
      run(label, process.execPath, [strapiCommand(), 'build'], {
        cwd: BLOG,
        env: { NODE_ENV: 'production', STRAPI_TELEMETRY_DISABLED: 'true' },
        hint: 'a minute or two',
      }),
  );
}

/** Gives the site secrets of its own, once. */
export function writeEnv() {
  const file = join(BLOG, '.env');
  if (existsSync(file)) {
    say('  ok  examples/blog/.env (there already)');
    return;
  }
  const lines = Object.entries(randomSecrets()).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  say('  ok  examples/blog/.env with random secrets');
}

/** @returns {Record<string, string>} what Strapi does not start without */
export function randomSecrets() {
  const secret = () => randomBytes(24).toString('base64url');
  return {
    APP_KEYS: `${secret()},${secret()}`,
    API_TOKEN_SALT: secret(),
    ADMIN_JWT_SECRET: secret(),
    TRANSFER_TOKEN_SALT: secret(),
    ENCRYPTION_KEY: secret(),
    JWT_SECRET: secret(),
  };
}

/** The file that `strapi` on the command line runs. */
export function strapiCommand() {
  return join(ROOT, 'node_modules/@strapi/strapi/bin/strapi.js');
}

/** The addon of this platform; its name is the napi CLI's choice. */
function addon() {
  return readdirSync(ROOT).find((name) => name.endsWith('.node')) ?? 'addon (*.node)';
}

function isNewer(path, than) {
  const file = join(ROOT, path);
  return existsSync(file) && statSync(file).mtimeMs >= statSync(join(ROOT, than)).mtimeMs;
}
