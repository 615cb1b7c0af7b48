// Nothing of ours keeps a process alive, or is left behind when one ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { startSite } from '../support/strapi-site.mjs';
import { withoutLimit } from './support/probe-api.mjs';

const require = createRequire(import.meta.url);
const STRAPI = join(dirname(require.resolve('@strapi/strapi/package.json')), 'bin/strapi.js');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
// Port 9 is discard: nothing answers there.
const UNREACHABLE = { UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:9', UPSTASH_REDIS_REST_TOKEN: 'token' };

test('SIGTERM ends a site at once, also with an Upstash that is away and purges that wait for it', async () => {
  const site = await startSite({ plugins: withoutLimit(), env: UNREACHABLE });
  await site.get('/api/articles');
  await site.call((strapi) => strapi.db.query('api::article.article').updateMany({ where: {}, data: { content: 'x' } }));
  const ended = await site.stop();
  assert.equal(ended.forced, false, 'it had to be killed');
  assert.ok(ended.ms < 5_000, `${ended.ms} ms`);
});

test('a command of Strapi’s CLI ends by itself with the plugin installed and Upstash away', async () => {
  const site = await startSite({ plugins: withoutLimit() });
  try {
    const { code, output } = await run(['routes:list'], site);
    assert.equal(code, 0, output);
    assert.match(output, /\/api\/articles/);
  } finally {
    await site.stop();
  }
});

test('strapi develop leaves no worker behind after reloads', async () => {
  const site = await startSite({ plugins: withoutLimit() });
  let child;
  try {
    child = start(['develop', '--no-watch-admin'], site, { SERVE_ADMIN: 'false' });
    const reloaded = (times) => child.output().split('Strapi started successfully').length - 1 >= times;
    await until(() => reloaded(1), child);
    for (const times of [2, 3]) {
      writeFileSync(join(site.folder, 'src/touched.js'), `module.exports = ${times};\n`);
      await until(() => reloaded(times), child);
    }
    await pause(1_500);
    const workers = descendants(child.process.pid);
    assert.equal(workers.filter((pid) => commandOf(pid).includes('strapi')).length, 1, workers.map(commandOf).join('\n'));
    child.process.kill('SIGTERM');
    await child.ended;
    await pause(500);
    assert.deepEqual(workers.filter((pid) => commandOf(pid).includes('strapi')), []);
  } finally {
    if (child !== undefined && child.process.exitCode === null) {
      for (const pid of [...descendants(child.process.pid), child.process.pid]) process.kill(pid, 'SIGKILL');
    }
    await site.stop();
  }
});

function start(args, site, env = {}) {
  const process_ = spawn(process.execPath, [STRAPI, ...args], {
    cwd: site.folder,
    env: { ...process.env, ...secrets(), HOST: '127.0.0.1', PORT: '0', DATABASE_FILENAME: site.database, STRAPI_TELEMETRY_DISABLED: 'true', ...env },
  });
  let output = '';
  for (const stream of [process_.stdout, process_.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = new Promise((resolve) => process_.once('close', resolve));
  return { process: process_, output: () => output, ended };
}

async function run(args, site) {
  const child = start(args, site, UNREACHABLE);
  const timer = setTimeout(() => child.process.kill('SIGKILL'), 60_000);
  const code = await child.ended;
  clearTimeout(timer);
  return { code, output: child.output() };
}

function secrets() {
  const names = ['APP_KEYS', 'API_TOKEN_SALT', 'ADMIN_JWT_SECRET', 'TRANSFER_TOKEN_SALT', 'JWT_SECRET'];
  return { ...Object.fromEntries(names.map((name) => [name, `test-${name}`])), ENCRYPTION_KEY: 'test-encryption-key-of-32-letters' };
}

async function until(condition, child) {
  for (let i = 0; i < 600; i += 1) {
    if (condition()) return;
    if (child.process.exitCode !== null) break;
    await pause(150);
  }
  throw new Error(`it never came:\n${child.output()}`);
}

function descendants(pid) {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function parentOf(pid) {
  const line = read(`/proc/${pid}/stat`);
  return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[1]);
}

function commandOf(pid) {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
