// Nothing of ours keeps a process alive, or is left behind when one ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { startSite } from '../support/strapi-site.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
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

// A reload of `strapi develop` calls destroy() in the old worker, forks a new one and leaves the old one to end.
test('after destroy() nothing keeps the process, in memory and with an Upstash that hangs', async () => {
  const upstash = await startUpstash();
  for (const env of [{}, { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token }]) {
    const site = await startSite({ plugins: withoutLimit(), env });
    await site.get('/api/articles');
    await upstash.misbehave('hang');
    await site.call(`
      strapi.db.query('api::article.article').updateMany({ where: {}, data: { content: 'x' } }).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await strapi.destroy();
      setTimeout(() => process.disconnect(), 50);
      return null;
    `);
    const late = pause(10_000).then(() => 'still there');
    const ended = await Promise.race([site.ended, late]);
    assert.deepEqual(ended, { code: 0, signal: null }, JSON.stringify(ended));
    await site.stop();
    await upstash.heal();
  }
  await upstash.stop();
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
