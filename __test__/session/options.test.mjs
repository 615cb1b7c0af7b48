// What createSessionStore takes, and what it says of the rest.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { createSessionStore } from 'strapi-upstash/session';
import { startUpstash } from '../support/upstash-endpoint.mjs';

const url = 'https://name.upstash.io';
const mistakes = [
  [{ tokn: 'a' }, /^tokn: no such option; there are redis, url, token/],
  [null, /^the options: found null; expected an object/],
  [{ url }, /^token: missing; set UPSTASH_REDIS_REST_TOKEN/],
  [{ token: 'a' }, /^url: missing; set UPSTASH_REDIS_REST_URL/],
  [{ url: 'nonsense', token: 'a' }, /^url: /],
  [{ redis: {} }, /^redis: found an object; expected a client with get, set/],
  [{ redis: { get() {}, set() {}, eval() {}, evalsha() {} }, url }, /^redis: given together with url or token/],
  [{ prefix: 'a*' }, /^prefix: found "a\*"; expected/],
  [{ timeout: 0 }, /^timeout: found 0; expected a whole number from 1 to 60000 ms/],
  [{ timeout: '1 s' }, /^timeout: found "1 s"/],
  [{ ttl: -1 }, /^ttl: found -1/],
  [{ memory: 5 }, /^memory: found 5/],
  [{ memory: { maxEntries: 5 } }, /^memory\.maxEntries: no such option; there are maxSessions, maxBytes/],
  [{ memory: { maxSessions: 0 } }, /^memory\.maxSessions: found 0/],
  [{ encrypt: undefined }, /^encrypt: found undefined; expected 32 bytes/],
  [{ encrypt: true }, /^encrypt: found a boolean/],
  [{ encrypt: 'correct-horse-battery' }, /^encrypt: found 15 bytes/],
  [{ encrypt: 'correct horse' }, /^encrypt: found a string/],
  [{ encrypt: [Buffer.alloc(32), Buffer.alloc(16)] }, /^encrypt: found 16 bytes/],
  [{ encrypt: [] }, /^encrypt: found an empty list/],
];

for (const [options, message] of mistakes) {
  it(`refuses ${JSON.stringify(options)?.slice(0, 60) ?? options} when it is made`, () => {
    assert.throws(() => createSessionStore(options), { code: 'E_CONFIG', message });
  });
}

it('tells nothing of a key that is none', () => {
  assert.throws(() => createSessionStore({ encrypt: 'correct-horse-battery' }), ({ message }) => !message.includes('horse'));
});

let upstash;
before(async () => (upstash = await startUpstash()));
after(() => upstash?.stop());

it('finds Upstash in the environment, or else where the plugin is told of it, or else stays in memory', async (test) => {
  assert.equal(createSessionStore().status().where, 'memory');

  test.after(() => delete globalThis.strapi);
  const store = createSessionStore();
  // Strapi reads config/middlewares.js before it is there itself.
  globalThis.strapi = { config: { get: (path) => (path === 'plugin::upstash' ? { url: upstash.url, token: upstash.token } : undefined) } };
  await store.set('a', { b: 1 }, 1_000, {});
  assert.equal(store.status().where, 'upstash');
  delete globalThis.strapi;

  process.env.UPSTASH_REDIS_REST_URL = upstash.url;
  test.after(() => {
    delete process.env.UPSTASH_REDIS_REST_URL;
    delete process.env.UPSTASH_REDIS_REST_TOKEN;
  });
  assert.throws(() => createSessionStore(), { code: 'E_CONFIG', message: /^token: missing/ });
  process.env.UPSTASH_REDIS_REST_TOKEN = upstash.token;
  assert.deepEqual(await createSessionStore().get('a', 1_000, {}), { b: 1 });
});
