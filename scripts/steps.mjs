// Long steps that say how far they are, and that are left out when their result is already there.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STAMPS = join(ROOT, '.tmp/stamps');
const LOGS = join(ROOT, '.tmp/logs');

/** Without a terminal nothing can be overwritten, so a long step says that it lives only this often. */
const QUIET_PROGRESS_MS = 30_000;
const LAST_LINES = 40;

const running = new Set();
let stopping = false;

/** A command that ended badly. `message` is ready to be printed. */
export class CommandFailed extends Error {
  constructor(label, outcome, lines, logFile) {
    const tail = lines.map((line) => `    ${line}\n`).join('');
    const output = tail && ` Its last lines were:\n\n${tail}\n  The whole output is in ${relative(ROOT, logFile)}`;
    super(`${label}: ${outcome}.${output}`);
    this.name = 'CommandFailed';
  }
}

export function say(text = '') {
  process.stdout.write(`${text}\n`);
}

/**
 * Does the work unless an earlier run did it: same inputs, outputs untouched since.
 *
 * @param {string} label
 * @param {object} made
 * @param {string} made.stamp a name for what is remembered about the step
 * @param {string[]} made.inputs files and folders, relative to the root; compared by content
 * @param {() => string[]} made.outputs files and folders; compared by size and time
 * @param {(label: string) => Promise<void>} work
 */
export async function step(label, { stamp, inputs, outputs }, work) {
  const file = join(STAMPS, stamp);
  const before = fingerprint(inputs);
  if (existsSync(file) && readFileSync(file, 'utf8') === state(before, outputs())) {
    say(`  ok  ${label} (up to date)`);
    return;
  }
  await work(label);
  const missing = outputs().filter((path) => !existsSync(join(ROOT, path)));
  if (missing.length > 0) {
    throw new Error(`${label}: it ended well, yet there is no ${missing.join(' and no ')}`);
  }
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(file, state(before, outputs()));
}

function state(inputs, outputs) {
  const hash = createHash('sha256').update(inputs);
  for (const file of filesIn(outputs)) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function fingerprint(paths) {
  const hash = createHash('sha256');
  for (const file of filesIn(paths)) {
    hash.update(`${relative(ROOT, file)}\n`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function filesIn(paths) {
  return paths
    .map((path) => join(ROOT, path))
    .filter((path) => existsSync(path))
    .flatMap((path) => (statSync(path).isDirectory() ? filesUnder(path) : [path]))
    .sort();
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && name !== 'dist' && name !== 'target')
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(path) : [path];
    });
}

/**
 * Runs a command behind one line that shows the time it has taken and the last thing it said.
 *
 * @param {string} label
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, hint?: string }} [options] hint: how long it usually takes
 * @throws {CommandFailed}
 */
export async function run(label, command, args, { cwd = ROOT, env = {}, hint } = {}) {
  if (stopping) {
    throw new Error(`${label} was not started, as everything is being stopped`);
  }
  mkdirSync(LOGS, { recursive: true });
  const logFile = join(LOGS, `${label.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.log`);
  const log = createWriteStream(logFile);
  const progress = showProgress(label, hint);
  const lines = [];

  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: compilers started by the command can be stopped with it.
    detached: process.platform !== 'win32',
    // npm and its like are .cmd files there.
    shell: process.platform === 'win32',
  });
  running.add(child);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      log.write(text);
      lines.push(...plain(text).split(/[\r\n]+/).filter((line) => line.trim() !== ''));
      lines.splice(0, lines.length - LAST_LINES);
      progress.line(lines.at(-1) ?? '');
    });
  }

  try {
    const { error, code, signal } = await new Promise((resolve) => {
      child.once('error', (spawnError) => resolve({ error: spawnError }));
      child.once('close', (exitCode, exitSignal) => resolve({ code: exitCode, signal: exitSignal }));
    });
    if (error || code !== 0) {
      progress.end(stopping ? 'stopped' : 'FAILED');
      const outcome = error ? error.message : signal ? `stopped by ${signal}` : `ended with code ${code}`;
      throw new CommandFailed(label, outcome, lines, logFile);
    }
    progress.end('ok');
  } finally {
    running.delete(child);
    log.end();
  }
}

/** Runs npm, the one this process was started by if there is one. */
export function runNpm(label, args, options) {
  const npm = process.env.npm_execpath;
  return npm?.endsWith('.js') && process.platform !== 'win32'
    ? run(label, process.execPath, [npm, ...args], options)
    : run(label, 'npm', args, options);
}

/** Ends the commands that still run, with everything they started. No other begins after that. */
export function stopCommands() {
  stopping = true;
  for (const child of running) {
    try {
      if (process.platform === 'win32') {
        child.kill();
      } else {
        process.kill(-child.pid, 'SIGTERM');
      }
    } catch {
      // It ended by itself a moment ago.
    }
  }
}

/**
 * One line on a terminal, rewritten every second; elsewhere a line now and then.
 *
 * @param {string} label
 * @param {string} [hint] how long it usually takes
 */
export function showProgress(label, hint) {
  const expectation = hint ? ` (${hint})` : '';
  const begin = Date.now();
  const terminal = process.stdout.isTTY === true;
  let last = '';

  const show = () => {
    const text = `  ..  ${label}${expectation}  ${elapsed(begin)}${last ? `  ${last.trim()}` : ''}`;
    if (terminal) {
      process.stdout.write(`\r\x1b[2K${text.slice(0, (process.stdout.columns || 80) - 1)}`);
    } else {
      say(text);
    }
  };
  if (terminal) {
    show();
  } else {
    say(`  ..  ${label}${expectation}`);
  }
  const timer = setInterval(show, terminal ? 1000 : QUIET_PROGRESS_MS);

  return {
    line(text) {
      last = text;
    },
    /** @param {'ok' | 'FAILED' | 'stopped'} outcome */
    end(outcome) {
      clearInterval(timer);
      say(`${terminal ? '\r\x1b[2K' : ''}  ${outcome}  ${label}  ${elapsed(begin)}`);
    },
  };
}

function elapsed(begin) {
  const seconds = Math.round((Date.now() - begin) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** What a command prints, without colours and cursor moves. */
function plain(text) {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
}
