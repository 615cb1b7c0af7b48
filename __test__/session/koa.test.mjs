// The store under koa-session in a plain Koa app, over real sockets and a real Redis.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Redis as Upstream } from '@upstash/redis';
import { Redis } from 'strapi-upstash';
import { createSessionStore } from 'strapi-upstash/session';
import { startRedis } from '../support/redis-server.mjs';
import { until } from '../support/rest-client.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { startApp, warnings } from './support/koa-app.mjs';

const TIMEOUT = 200;
let redis;
let upstash;
const apps = [];

before(async () => {
  redis = await startRedis();
  upstash = await startUpstash({ redis });
});
beforeEach(async () => {
  await upstash.heal();
  await redis.command('FLUSHALL');
});
after(async () => {
  for (const app of apps) app.stop();
  await upstash?.stop();
  await redis?.stop();
});

const storeHere = (options) => createSessionStore({ url: upstash.url, token: upstash.token, timeout: TIMEOUT, ...options });

async function appHere(options, sessionOptions) {
  const store = options?.get ? options : storeHere(options);
  const app = await startApp(store, sessionOptions);
  apps.push(app);
  return Object.assign(app, { store });
}

async function onlyKey() {
  const keys = (await redis.command('KEYS', '*')).map(String);
  assert.equal(keys.length, 1, keys.join());
  return keys[0];
}

const stored = async () => String(await redis.command('GET', await onlyKey()));

/** The same promises wherever sessions are. */
for (const [where, make] of Object.entries({
  Upstash: () => storeHere(),
  'Upstash, encrypted': () => storeHere({ encrypt: randomBytes(32).toString('base64') }),
  'Upstash, through middleware': () => createSessionStore({ redis: withMiddleware(), timeout: TIMEOUT }),
  'Upstash, through @upstash/redis': () => createSessionStore({ redis: new Upstream({ url: upstash.url, token: upstash.token }), timeout: TIMEOUT }),
  memory: () => createSessionStore(),
})) {
  describe(`a session in ${where}`, () => {
    it('is there for the next request, and nobody else', async () => {
      const app = await appHere(make());
      const ada = app.visitor();
      assert.equal(await ada.name(), null);
      assert.equal(await ada.name('/login?name=ada'), 'ada');
      assert.equal(await ada.name(), 'ada');
      assert.equal(await app.visitor().name(), null);
    });

    it('keeps every JSON value as it is', async () => {
      const store = make();
      const session = { text: 'é"\n🙂', list: [1, null, { a: true }], number: 1e21, empty: '', nested: { '': 0 } };
      await store.set('key', session, 60_000, {});
      assert.deepEqual(await store.get('key', 60_000, {}), session);
    });

    it('ends by its time', async () => {
      const store = make();
      await store.set('key', { a: 1 }, 400, {});
      assert.deepEqual(await store.get('key', 400, {}), { a: 1 });
      await sleep(420);
      assert.equal(await store.get('key', 400, {}), null);
    });

    it('is renewed by each request where it is rolling', async () => {
      const app = await appHere(make(), { rolling: true, maxAge: 900 });
      const ada = app.visitor();
      await ada.name('/login?name=ada');
      for (let i = 0; i < 3; i += 1) {
        await sleep(350);
        assert.equal(await ada.name(), 'ada');
      }
    });

    it('stays ended after a logout, also for a request that began before and writes after it', async () => {
      const app = await appHere(make());
      const ada = app.visitor();
      await ada.name('/login?name=ada');
      const thief = ada.copy();
      const slow = ada.copy();
      const open = app.gate('slow');
      const writing = slow.get('/login?name=again&gate=slow');
      await app.reached(1);
      await ada.name('/logout');
      assert.equal(await thief.name(), null);
      open();
      assert.equal((await writing).status, 200);
      assert.equal(await thief.name(), null);
      assert.equal(await slow.name(), null);
    });

    it('begins anew under the same key for the request that ended it', async () => {
      const app = await appHere(make());
      const ada = app.visitor();
      await ada.name('/login?name=ada');
      const { cookies } = ada;
      const former = cookies['koa.sess'];
      assert.equal(await ada.name('/relogin?name=eve'), 'eve');
      assert.equal(ada.cookies['koa.sess'], former);
      assert.equal(await ada.name(), 'eve');
    });

    it('gets another key by regenerate, and the former is worth nothing', async () => {
      const app = await appHere(make());
      const ada = app.visitor();
      await ada.name('/login?name=ada');
      const thief = ada.copy();
      await ada.name('/switch?name=eve');
      assert.equal(await ada.name(), 'eve');
      assert.equal(await thief.name(), null);
    });
  });
}

function withMiddleware() {
  const client = new Redis({ url: upstash.url, token: upstash.token });
  client.use((request, next) => next(request));
  return client;
}

describe('in Redis', () => {
  it('a session is under strapi@session: and a digest of its key, outside of what the pattern strapi:* means', async () => {
    await storeHere().set('secret-key', { a: 1 }, 60_000, {});
    const digest = createHash('sha256').update('secret-key').digest('base64url');
    assert.equal(await onlyKey(), `strapi@session:${digest}`);
    assert.deepEqual(await redis.command('KEYS', 'strapi:*'), []);
  });

  it('the prefix is the one given', async () => {
    await storeHere({ prefix: 'shop' }).set('key', { a: 1 }, 60_000, {});
    assert.match(await onlyKey(), /^shop@session:/);
  });

  it('a session lives as long as koa-session says, and one that ends with the browser for ttl', async () => {
    const left = async () => redis.command('PTTL', await onlyKey());
    const timed = await appHere({}, { maxAge: 5_000 });
    await timed.visitor().get('/login?name=ada');
    // koa-session adds ten seconds, for the store to outlast the cookie.
    assert.ok((await left()) > 10_000 && (await left()) <= 15_000);
    await redis.command('FLUSHALL');
    const browser = await appHere({ ttl: 7_000 }, { maxAge: 'session' });
    const ada = browser.visitor();
    await ada.get('/login?name=ada');
    assert.ok((await left()) > 5_000 && (await left()) <= 7_000);
    assert.equal(await ada.name(), 'ada');
  });

  it('what is left of an ended session is a mark without content that ends within a day', async () => {
    const store = storeHere();
    await store.set('key', { name: 'ada' }, 60_000, {});
    await store.destroy('key', {});
    assert.match(await stored(), /^gone\.[\w-]{16}$/);
    assert.ok((await redis.command('PTTL', await onlyKey())) > 86_000_000);
  });

  it('costs one command to read and one to write', async () => {
    const app = await appHere({});
    const ada = app.visitor();
    await ada.get('/login?name=ada');
    await ada.get('/login?name=bob');
    upstash.stats.reset();
    await ada.get('/');
    assert.deepEqual(upstash.stats.commands.map(([name]) => name), ['get']);
    await ada.get('/login?name=ada');
    assert.deepEqual(upstash.stats.commands.map(([name]) => name), ['get', 'get', 'evalsha']);
  });

  it('is shared by processes, a logout as well', async () => {
    const [first, second] = [await appHere({}), await appHere({})];
    const ada = first.visitor();
    await ada.get('/login?name=ada');
    const there = second.visitor(ada.cookies);
    assert.equal(await there.name(), 'ada');
    const slow = second.visitor(ada.cookies);
    const open = second.gate('slow');
    const writing = slow.get('/login?name=again&gate=slow');
    await second.reached(1);
    await ada.get('/logout');
    open();
    await writing;
    assert.equal(await there.name(), null);
    assert.equal(await slow.name(), null);
  });

  it('what is none of ours counts as no session', async (test) => {
    const lines = warnings(test);
    const store = storeHere();
    await store.set('key', { a: 1 }, 60_000, {});
    const key = await onlyKey();
    for (const text of ['', 'x', '{"a":1}', '12', 'j1.1.', 'j1.1.{"a":secret', 'j1.1.12', 'e1.1.00000000.AAAA', 'e1.1.', 'null']) {
      await redis.command('SET', key, text);
      assert.equal(await store.get('key', 1, {}), null, text);
    }
    await redis.command('DEL', key);
    await redis.command('LPUSH', key, 'a');
    assert.equal(await store.get('key', 1, {}), null);
    assert.ok(lines.length >= 1);
    assert.doesNotMatch(lines.join(), /secret/);
  });
});

describe('encryption', () => {
  const [newer, older] = [randomBytes(32), randomBytes(32)];

  it('leaves nothing readable', async () => {
    await storeHere({ encrypt: newer }).set('key', { name: 'ada lovelace' }, 60_000, {});
    const text = await stored();
    assert.match(text, /^e1\.\d+\.[0-9a-f]{8}\.[\w-]+$/);
    assert.doesNotMatch(text, /ada|name/);
    assert.ok(!Buffer.from(text.split('.').at(-1), 'base64url').includes('ada'));
  });

  it('takes its key as bytes, base64, base64url and hex', async () => {
    await storeHere({ encrypt: newer }).set('key', { a: 1 }, 60_000, {});
    for (const encrypt of ['base64', 'base64url', 'hex'].map((encoding) => newer.toString(encoding))) {
      assert.deepEqual(await storeHere({ encrypt }).get('key', 1, {}), { a: 1 });
    }
  });

  it('reads what an older key of the list wrote, and writes with the first', async (test) => {
    warnings(test);
    await storeHere({ encrypt: older }).set('key', { a: 1 }, 60_000, {});
    const rotated = storeHere({ encrypt: [newer, older] });
    assert.deepEqual(await rotated.get('key', 1, {}), { a: 1 });
    await rotated.set('key', { a: 2 }, 60_000, {});
    assert.deepEqual(await storeHere({ encrypt: newer }).get('key', 1, {}), { a: 2 });
    assert.equal(await storeHere({ encrypt: older }).get('key', 1, {}), null);
  });

  it('takes nothing that was changed, moved to another session, or is not encrypted', async (test) => {
    const lines = warnings(test);
    const store = storeHere({ encrypt: newer });
    await store.set('key', { a: 1 }, 60_000, {});
    const key = await onlyKey();
    const text = await stored();
    const bytes = Buffer.from(text.split('.').at(-1), 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] ^= 1;
      await redis.command('SET', key, text.slice(0, text.lastIndexOf('.') + 1) + changed.toString('base64url'));
      assert.equal(await store.get('key', 1, {}), null, `${at}`);
    }
    await redis.command('SET', key, text.replace(/^e1\.\d+/, 'e1.1'));
    assert.equal(await store.get('key', 1, {}), null);
    for (const short of ['', 'AA', text.split('.').at(-1).slice(0, 30)]) {
      await redis.command('SET', key, text.slice(0, text.lastIndexOf('.') + 1) + short);
      assert.equal(await store.get('key', 1, {}), null);
    }
    const name = `strapi@session:${createHash('sha256').update('other').digest('base64url')}`;
    await redis.command('SET', name, text);
    assert.equal(await store.get('other', 1, {}), null);
    await redis.command('SET', key, 'j1.1.{"a":1}');
    assert.equal(await store.get('key', 1, {}), null);
    await redis.command('SET', key, text);
    assert.deepEqual(await store.get('key', 1, {}), { a: 1 });
    assert.equal(lines.length, 1);
  });

  it('without its key a session counts as none', async (test) => {
    warnings(test);
    await storeHere({ encrypt: newer }).set('key', { a: 1 }, 60_000, {});
    assert.equal(await storeHere().get('key', 1, {}), null);
  });
});

describe('while Upstash is away', () => {
  for (const mode of ['hang', 'blackhole', 'refuse', '500', 'garbage', 'drop', 'truncate']) {
    it(`(${mode}) every request is answered, soon, and who logs in stays so in this process`, async (test) => {
      const lines = warnings(test);
      const app = await appHere({});
      const known = app.visitor();
      await known.get('/login?name=known');
      await upstash.misbehave(mode, { body: '<html>' });

      const stranger = await known.copy().get('/');
      assert.equal(stranger.status, 200);
      assert.equal(stranger.json.name, null);
      const ada = app.visitor();
      for (const path of ['/login?name=ada', '/', '/', '/']) {
        const answered = await ada.get(path);
        assert.deepEqual([answered.status, answered.json.name], [200, 'ada']);
        assert.ok(answered.ms < 2 * TIMEOUT + 300, `${answered.ms} ms`);
      }
      assert.ok(lines.length >= 1 && lines.length <= 3, lines.join('\n'));

      await upstash.heal();
      await until(() => app.store.flush());
      const elsewhere = await appHere({});
      assert.equal(await elsewhere.visitor(ada.cookies).name(), 'ada');
      // It was not lost: only nobody could say whose it was.
      assert.equal(await elsewhere.visitor(known.cookies).name(), 'known');
    });

    it(`(${mode}) a logout holds at once in this process, and everywhere when Upstash is back`, async (test) => {
      warnings(test);
      const app = await appHere({});
      const ada = app.visitor();
      await ada.get('/login?name=ada');
      const thief = ada.copy();
      await upstash.misbehave(mode, { body: '<html>' });
      const { status, ms } = await ada.get('/logout');
      assert.equal(status, 200);
      assert.ok(ms < 2 * TIMEOUT + 300, `${ms} ms`);
      assert.equal(await thief.name(), null);

      await upstash.heal();
      // Upstash has the session still; this process knows better.
      assert.equal(await thief.copy().name(), null);
      await until(() => app.store.flush());
      const elsewhere = await appHere({});
      assert.equal(await elsewhere.visitor(thief.cookies).name(), null);
    });
  }

  it('nobody waits for it after three failures, whatever the time-out of the client', async (test) => {
    warnings(test);
    for (const client of [new Redis({ url: upstash.url, token: upstash.token }), withMiddleware()]) {
      const app = await appHere({ url: undefined, token: undefined, redis: client });
      const known = app.visitor();
      await known.get('/login?name=known');
      await upstash.misbehave('hang');
      for (let i = 0; i < 3; i += 1) assert.equal(await known.copy().name(), null);
      assert.equal(app.store.status().away, true);
      await known.copy().get('/');
      const began = Date.now();
      const visits = await Promise.all(Array.from({ length: 50 }, () => known.copy().get('/')));
      assert.ok(visits.every(({ status }) => status === 200));
      assert.ok(Date.now() - began < TIMEOUT + 300, `${Date.now() - began} ms`);
      await upstash.heal();
      await until(async () => (await known.copy().name()) === 'known');
    }
  });

  it('what waits does not overwrite what another process wrote later', async (test) => {
    warnings(test);
    const another = await startUpstash({ redis });
    test.after(() => another.stop());
    const [store, other] = [storeHere(), storeHere({ url: another.url })];
    await upstash.misbehave('hang');
    await store.set('key', { turn: 1 }, 60_000, {});
    await other.set('key', { turn: 2 }, 60_000, {});
    await sleep(TIMEOUT);
    await upstash.heal();
    await until(async () => {
      await store.flush();
      return store.status().waiting === 0;
    });
    assert.deepEqual(await other.get('key', 1, {}), { turn: 2 });
    assert.deepEqual(await store.get('key', 1, {}), { turn: 2 });
  });

  it('what waits does not bring back what another process ended', async (test) => {
    warnings(test);
    const [store, other] = [storeHere(), storeHere()];
    await store.set('key', { turn: 1 }, 60_000, {});
    await upstash.misbehave('500', { match: (name) => name.startsWith('EVAL') });
    await store.set('key', { turn: 2 }, 60_000, {});
    assert.deepEqual(await store.get('key', 1, {}), { turn: 2 });
    await other.destroy('key', {});
    await upstash.heal();
    assert.equal(await store.flush(), true);
    assert.equal(await store.get('key', 1, {}), null);
  });

  it('a write that Upstash acknowledged too late to be heard does not undo a logout', async (test) => {
    warnings(test);
    const store = storeHere();
    await upstash.misbehave('delay', { ms: 3 * TIMEOUT, match: (name) => name.startsWith('EVAL'), times: 1 });
    await store.set('key', { name: 'ada' }, 60_000, {});
    await upstash.heal();
    await store.destroy('key', {});
    await sleep(4 * TIMEOUT);
    assert.equal(await storeHere().get('key', 1, {}), null);
  });

  it('a logout that was acknowledged holds in this process even for a write that waits', async (test) => {
    warnings(test);
    const store = storeHere();
    await store.set('key', { name: 'ada' }, 60_000, {});
    await store.destroy('key', {});
    await upstash.misbehave('refuse');
    await store.set('key', { name: 'ada' }, 60_000, {});
    assert.equal(await store.get('key', 1, {}), null);
  });

  it('what waits is bounded: sessions go, logouts stay', async (test) => {
    const lines = warnings(test);
    const store = storeHere({ memory: { maxSessions: 5 } });
    await store.set('first', { a: 1 }, 60_000, {});
    await upstash.misbehave('refuse');
    await store.destroy('first', {});
    for (let i = 0; i < 20; i += 1) await store.set(`key${i}`, { i }, 60_000, {});
    assert.equal(store.status().waiting, 6);
    assert.match(lines.join('\n'), /more sessions wait for Upstash/);
    await upstash.heal();
    await until(() => store.flush());
    assert.equal(await storeHere().get('first', 1, {}), null);
    assert.deepEqual(await storeHere().get('key19', 1, {}), { i: 19 });
  });

  it('no log and no status holds what is in a session', async (test) => {
    const lines = warnings(test);
    for (const options of [{}, { url: undefined, token: undefined, redis: withMiddleware() }, { url: undefined, token: undefined, redis: new Upstream({ url: upstash.url, token: upstash.token, enableAutoPipelining: false }) }]) {
      const store = storeHere(options);
      // A key of another type makes Redis refuse, and the client's error holds the command.
      await redis.command('LPUSH', `strapi@session:${createHash('sha256').update('refused').digest('base64url')}`, 'a');
      await store.set('refused', { name: 'lovelace' }, 60_000, {});
      assert.match(store.status().lastError, /WRONGTYPE/);
      assert.doesNotMatch(JSON.stringify(store.status()), /lovelace/);
      // Clients with retries of their own would keep this process while it waits.
      await redis.command('FLUSHALL');
      await until(() => store.flush());
      await redis.command('FLUSHALL');
    }
    assert.equal(lines.length, 3);
    assert.doesNotMatch(lines.join('\n'), /lovelace/);
  });
});

describe('in memory', () => {
  it('sessions are bounded in count, those used last stay', async () => {
    const store = createSessionStore({ memory: { maxSessions: 3 } });
    for (const key of ['a', 'b', 'c']) await store.set(key, { key }, 60_000, {});
    await store.get('a', 1, {});
    await store.set('d', { key: 'd' }, 60_000, {});
    const found = await Promise.all(['a', 'b', 'c', 'd'].map((key) => store.get(key, 1, {})));
    assert.deepEqual(found.map((session) => session?.key), ['a', undefined, 'c', 'd']);
  });

  it('sessions are bounded in bytes', async () => {
    const store = createSessionStore({ memory: { maxBytes: 10_000 } });
    for (let i = 0; i < 20; i += 1) await store.set(`${i}`, { text: 'x'.repeat(2_000) }, 60_000, {});
    const found = await Promise.all(Array.from({ length: 20 }, (_, i) => store.get(`${i}`, 1, {})));
    assert.deepEqual(found.map((session, i) => session && i).filter(Boolean), [16, 17, 18, 19]);
  });

  it('nobody can change a session but by setting it', async () => {
    const store = createSessionStore();
    const session = { list: [1] };
    await store.set('key', session, 60_000, {});
    session.list.push(2);
    (await store.get('key', 1, {})).list.push(3);
    assert.deepEqual(await store.get('key', 1, {}), { list: [1] });
  });
});

it('a session that is too large is left out, with a warning', async (test) => {
  const lines = warnings(test);
  const store = createSessionStore();
  await store.set('key', { text: 'é'.repeat(300_000) }, 60_000, {});
  assert.equal(await store.get('key', 1, {}), null);
  assert.match(lines[0], /a session of 6000\d\d bytes is not kept/);
});
