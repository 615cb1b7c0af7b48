// What docs/sessions.md shows works as it stands there.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startUpstash } from '../support/upstash-endpoint.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

async function run(code, flags, env) {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, '-e', code], { cwd: ROOT, env: { ...process.env, ...env }, timeout: 20_000 });
  assert.equal(stderr, '');
  return stdout.trim();
}

it('the snippets of docs/sessions.md make stores that keep a session in Upstash', async (test) => {
  const upstash = await startUpstash();
  test.after(() => upstash.stop());
  const [key, former] = [randomBytes(32), randomBytes(32)].map((bytes) => bytes.toString('base64'));
  const env = { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token, APP_KEY: 'key', SESSION_KEY: key, FORMER_SESSION_KEY: former };
  const text = await readFile(join(ROOT, 'docs/sessions.md'), 'utf8');
  const [middlewares, koa, encryption, flush, ...others] = [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
  assert.deepEqual(others, []);

  const use = `const { store } = module.exports.find(({ name }) => name === 'strapi::session').config; store.set('a', {}, 1000).then(() => console.log(store.status().where));`;
  assert.equal(await run(`${middlewares}\n${use}`, ['--input-type=commonjs'], env), 'upstash');

  const ask = `
    app.use((ctx) => { ctx.session.visits = (ctx.session.visits ?? 0) + 1; ctx.body = ctx.session.visits; });
    const server = app.listen(0, '127.0.0.1', async () => {
      const url = 'http://127.0.0.1:' + server.address().port;
      const first = await fetch(url);
      const cookie = first.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
      const second = await fetch(url, { headers: { cookie } });
      console.log(await first.text(), await second.text());
      process.exit();
    });`;
  assert.equal(await run(koa + ask, ['--input-type=module'], env), '1 2');

  const rotated = `import { createSessionStore } from 'strapi-upstash/session';
    await createSessionStore({ encrypt: process.env.FORMER_SESSION_KEY }).set('a', { b: 1 }, 60_000);
    ${encryption}
    ${flush}
    console.log(JSON.stringify(await store.get('a')));`;
  assert.equal(await run(rotated, ['--input-type=module'], env), '{"b":1}');
});
