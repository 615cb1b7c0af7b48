// `npm test`: from a fresh clone to the result of every test. `npm test -- cache` runs the Node test files whose path
// has "cache" in it, and none of Rust's.
// Uses nothing but Node's own modules, as it runs before anything is installed.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { join } from 'node:path';
import { build, checkTools, install } from './demo/prepare.mjs';
import { prepareWeb } from './demo/web.mjs';
import { ROOT, say, stopCommands } from './steps.mjs';
import { ensureChromium, ensureRedisServer } from './system.mjs';

/**
 * Test files at once. A file with a Strapi keeps about one core busy, and some of them measure times: more of them than
 * cores would measure each other.
 */
const CONCURRENCY = Math.min(availableParallelism(), 2);
/** For one file. Far beyond the slowest, so that one that hangs is named instead of hanging everything. */
const FILE_TIMEOUT_MS = 900_000;

let child;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stopCommands();
    child?.kill(signal);
    process.exitCode = 128 + constants.signals[signal];
  });
}

const patterns = process.argv.slice(2);
try {
  const files = testFiles(patterns);
  checkTools();
  await install();
  say(`  ok  ${ensureRedisServer()}`);
  await build();
  if (files.some((file) => file.includes('browser'))) {
    say(`  ok  ${ensureChromium()}`);
    await prepareWeb();
  }
  if (patterns.length === 0) {
    await show('cargo', ['test', '--quiet']);
  }
  // Last, as its summary is what people and programs look for at the end.
  await show(process.execPath, [
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${CONCURRENCY}`,
    `--test-timeout=${FILE_TIMEOUT_MS}`,
    ...files,
  ]);
} catch (error) {
  if (error.message) {
    say(error.message);
  }
  process.exitCode ||= 1;
}

function testFiles(wanted) {
  const all = readdirSync(join(ROOT, '__test__'), { recursive: true })
    .map((path) => join('__test__', path))
    .filter((path) => path.endsWith('.test.mjs'))
    .sort();
  const files = wanted.length === 0 ? all : all.filter((path) => wanted.some((part) => path.includes(part)));
  if (files.length === 0) {
    throw new Error(`No test file has ${wanted.join(' or ')} in its path. There are:\n${all.join('\n')}`);
  }
  return files;
}

/** Runs a command with its output where the tests' own is; rejects unless it ends well. */
async function show(program, args) {
  if (process.exitCode) {
    throw new Error('Stopped.');
  }
  say(`\n> ${program === process.execPath ? 'node' : program} ${args.join(' ')}\n`);
  child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  const failure = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? null : `ended with ${signal ?? `code ${code}`}`));
  });
  if (failure) {
    // Node's runner has said all there is to say.
    throw new Error(program === process.execPath ? '' : `${program} ${failure}.`);
  }
}
