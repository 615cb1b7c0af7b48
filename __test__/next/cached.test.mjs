// `cached` on one Upstash: what is loaded, how often, and what a process knows of another.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCache } from 'strapi-upstash/next';
import { startRedis } from '../support/redis-server.mjs';
import { until } from '../support/rest-client.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';

const ARTICLE = 'api::article.article';
const PROCESS = new URL('support/loading-process.mjs', import.meta.url);

let redis;
let upstash;
let opened = [];
let running = [];

before(async () => {
  redis = await startRedis();
  upstash = await startUpstash({ redis });
});
after(async () => {
  await upstash.stop();
  await redis.stop();
});
beforeEach(async () => {
  await redis.command('FLUSHALL');
  upstash.stats.reset();
});
afterEach(async () => {
  await upstash.heal();
  for (const cache of opened) cache.close();
  for (const child of running) child.kill('SIGKILL');
  [opened, running] = [[], []];
});

/** On the Upstash of this file; a deadline that a busy machine does not meet by itself. */
const onUpstash = (options) => ({ url: upstash.url, token: upstash.token, deadline: '2 s', ...options });

function open(options) {
  const cache = createCache(options);
  opened.push(cache);
  return cache;
}

/** A function that counts its calls; `work` is told the number of each. */
function loader(work = (call) => ({ call })) {
  const load = async () => work((load.calls += 1));
  load.calls = 0;
  return load;
}

async function startProcess(options) {
  const child = fork(PROCESS);
  running.push(child);
  const ask = async (name, given) => {
    child.send({ name, given });
    const [{ value, error }] = await once(child, 'message');
    if (error !== undefined) throw new Error(error);
    return value;
  };
  await ask('open', options);
  return ask;
}

const keys = async () => (await redis.command('KEYS', 'strapi:*')).map(String);
const stored = (count = 1) => until(async () => (await keys()).length === count);

describe('one load per key', () => {
  it('is made for all calls of one process that come at once', async () => {
    const cache = open({});
    const load = loader(async (call) => (await sleep(20), { call }));
    const values = await Promise.all(Array.from({ length: 50 }, () => cache.cached('k', {}, load)));
    assert.deepEqual(values, Array.from({ length: 50 }, () => ({ call: 1 })));
    assert.deepEqual(await cache.cached('k', {}, load), { call: 1 });
    assert.equal(load.calls, 1);
  });

  it('is made for all processes, which wait for the one that does it', async () => {
    const [a, b] = await Promise.all([startProcess(onUpstash()), startProcess(onUpstash())]);
    const wanted = { key: 'k', value: { n: 1 }, ms: 1_500, calls: 10 };
    const values = (await Promise.all([a('cached', wanted), b('cached', wanted)])).flat();
    assert.deepEqual(values, Array.from({ length: 20 }, () => ({ n: 1 })));
    assert.equal((await a('loads')) + (await b('loads')), 1);
  });

  it('is made again after one that failed, whose error all get that waited', async () => {
    const cache = open({});
    const load = loader(async (call) => {
      await sleep(5);
      if (call === 1) throw new Error('Strapi is away');
      return call;
    });
    const failed = await Promise.allSettled([cache.cached('k', {}, load), cache.cached('k', {}, load)]);
    assert.deepEqual(failed.map(({ reason }) => reason?.message), ['Strapi is away', 'Strapi is away']);
    assert.equal(load.calls, 1);
    assert.equal(await cache.cached('k', {}, load), 2);
  });

  it('is not shared with who asks after a purge that came meanwhile', async () => {
    const cache = open({});
    let go;
    const old = cache.cached('k', { tags: ['x'] }, () => new Promise((resolve) => (go = () => resolve('old'))));
    await cache.purge('x');
    assert.equal(await cache.cached('k', { tags: ['x'] }, () => 'new'), 'new');
    go();
    assert.equal(await old, 'old');
    assert.equal(await cache.cached('k', { tags: ['x'] }, () => 'newer'), 'new');
  });
});

describe('a value', () => {
  it('is JSON, the same from a miss and from a hit, and each call has one of its own', async () => {
    const cache = open({});
    const load = loader(() => ({ at: new Date(0), none: undefined, text: 'äö€ 🙂', list: [1, null] }));
    const miss = await cache.cached('k', {}, load);
    miss.list.push(2);
    const hit = await cache.cached('k', {}, load);
    assert.deepEqual(hit, { at: '1970-01-01T00:00:00.000Z', text: 'äö€ 🙂', list: [1, null] });
    assert.equal(load.calls, 1);
  });

  it('that is undefined is not kept, and null is', async () => {
    const cache = open({});
    const load = loader((call) => (call < 3 ? undefined : null));
    assert.deepEqual([await cache.cached('k', {}, load), await cache.cached('k', {}, load)], [undefined, undefined]);
    assert.deepEqual([await cache.cached('k', {}, load), await cache.cached('k', {}, load)], [null, null]);
    assert.equal(load.calls, 3);
  });

  it('is kept under any key, readable where it is short', async () => {
    const cache = open(onUpstash());
    const names = ['article:a?b=c#d', 'ä %23', 'x'.repeat(5_000), `${'x'.repeat(5_000)}y`, '\uD800'];
    // What is loaded in the moment in which a process begins to hear the bus is not kept.
    await cache.cached('first', {}, () => 0);
    await until(() => cache.stats().bus === 'open');
    for (const name of names) assert.equal(await cache.cached(name, {}, () => name.length), name.length);
    for (const name of names) assert.equal(await cache.cached(name, {}, () => 'again'), name.length, name.slice(0, 20));
    assert.ok((await keys()).some((key) => key.startsWith('strapi:/cached/article:a?b=c%23d#')));
  });

  it('is kept for half an hour, or as long as the cache or the call says', async () => {
    const ttl = async (options, given) => {
      await redis.command('FLUSHALL');
      await open(onUpstash({ jitter: 0, ...options })).cached('k', given, () => 1);
      await stored();
      return Math.ceil((await redis.command('PTTL', (await keys())[0])) / 60_000);
    };
    assert.equal(await ttl(), 30);
    assert.equal(await ttl({ ttl: '10 m' }), 10);
    assert.equal(await ttl({ ttl: '10 m' }, { ttl: 300 }), 5);
  });

  it('of another process is found on Upstash', async () => {
    const [one, other] = [open(onUpstash()), open(onUpstash())];
    await one.cached('k', {}, () => ({ n: 1 }));
    await stored();
    assert.deepEqual(await other.cached('k', {}, () => assert.fail('loaded')), { n: 1 });
  });
});

describe('a value past its time', () => {
  it('is given while it is loaded anew, once', async () => {
    const cache = open({ jitter: 0, earlyRefresh: false });
    const load = loader(async (call) => (await sleep(call === 1 ? 0 : 50), call));
    const options = { ttl: '100 ms', swr: '10 s' };
    assert.equal(await cache.cached('k', options, load), 1);
    await sleep(110);
    assert.deepEqual(await Promise.all([1, 2, 3].map(() => cache.cached('k', options, load))), [1, 1, 1]);
    await until(async () => (await cache.cached('k', options, load)) === 2);
    assert.equal(load.calls, 2);
  });

  it('on Upstash is loaded anew by one process, and the others take that', async () => {
    const caches = Array.from({ length: 3 }, () => open(onUpstash({ jitter: 0, earlyRefresh: false, l1: { maxAge: '1 ms' } })));
    const load = loader(async (call) => (await sleep(call === 1 ? 0 : 100), call));
    const options = { ttl: '3 s', swr: '30 s' };
    await caches[0].cached('k', options, load);
    await stored();
    await sleep(3_010);
    assert.deepEqual(await Promise.all(caches.map((cache) => cache.cached('k', options, load))), [1, 1, 1]);
    // Nobody asks meanwhile: with so short a trust a process asks Upstash again before what it has made is there.
    await sleep(1_000);
    assert.deepEqual(await Promise.all(caches.map((cache) => cache.cached('k', options, load))), [2, 2, 2]);
    assert.equal(load.calls, 2);
  });

  it('is given on when loading it anew fails', async () => {
    const cache = open({ jitter: 0 });
    const load = loader((call) => {
      if (call === 2) throw new Error('Strapi is away');
      return call;
    });
    const options = { ttl: '50 ms', swr: '10 s' };
    await cache.cached('k', options, load);
    await sleep(60);
    assert.equal(await cache.cached('k', options, load), 1);
    await until(() => load.calls === 2);
    assert.equal(await cache.cached('k', options, load), 1);
    await until(async () => (await cache.cached('k', options, load)) === 3);
  });

  it('is loaded before it is given where nothing is said of that', async () => {
    const cache = open({ jitter: 0 });
    await cache.cached('k', { ttl: '20 ms' }, () => 1);
    await sleep(30);
    assert.equal(await cache.cached('k', { ttl: '20 ms' }, () => 2), 2);
  });

  it('is never given once it was purged', async () => {
    const cache = open({});
    await cache.cached('k', { ttl: '20 ms', swr: '10 s', tags: ['x'] }, () => 1);
    await sleep(30);
    await cache.purge('x');
    assert.equal(await cache.cached('k', {}, () => 2), 2);
  });
});

describe('a purge', () => {
  it('reaches the type, the document and the name that a value says it shows, and no other', async () => {
    const cache = open({});
    const tags = [[ARTICLE], [`${ARTICLE}:a1`], [`${ARTICLE}:a2`], ['menu'], [], ['api::page.page']];
    const left = async (...purged) => {
      await Promise.all(tags.map((each, i) => cache.cached(`k${i}`, { tags: each }, () => 'old')));
      await cache.purge(...purged);
      const values = await Promise.all(tags.map((each, i) => cache.cached(`k${i}`, { tags: each }, () => 'new')));
      await cache.purgeAll();
      return values.map((value, i) => (value === 'old' ? i : -1)).filter((i) => i >= 0);
    };
    assert.deepEqual(await left(ARTICLE), [3, 4, 5]);
    assert.deepEqual(await left(`${ARTICLE}:a1`), [0, 2, 3, 4, 5]);
    assert.deepEqual(await left(['menu', 'api::page.page']), [0, 1, 2, 4]);
    assert.deepEqual(await left(), [0, 1, 2, 3, 4, 5]);
  });

  it('reaches the memory of another process by the bus', async () => {
    const [a, b] = await Promise.all([startProcess(onUpstash()), startProcess(onUpstash())]);
    const ask = (process, value) => process('cached', { key: 'k', value, options: { tags: [ARTICLE] } }).then(([given]) => given);
    assert.equal(await ask(a, 'old'), 'old');
    await stored();
    assert.equal(await ask(b, 'other'), 'old');
    await a('purge', [ARTICLE]);
    await until(async () => (await ask(b, 'new')) === 'new');
    assert.equal(await b('loads'), 1);
  });
});

describe('without Upstash at hand', () => {
  it('memory alone does all that one process needs', async () => {
    const cache = open({ url: '', token: '' });
    assert.equal(cache.store, 'memory');
    assert.equal(open(onUpstash()).store, 'upstash');
    assert.equal(await cache.cached('k', {}, () => 1), 1);
    assert.equal(await cache.cached('k', {}, () => 2), 1);
  });

  for (const mode of ['refuse', 'blackhole', 'hang', '500', 'garbage']) {
    it(`a call loads when Upstash is away (${mode}), and waits no longer than the deadline`, async () => {
      await upstash.misbehave(mode);
      const cache = open(onUpstash({ deadline: '200 ms' }));
      const begin = Date.now();
      assert.equal(await cache.cached('k', {}, () => 1), 1);
      const ms = Date.now() - begin;
      assert.ok(ms < 1_000, `${ms} ms`);
    });
  }

  it('what is in memory is given on, and a purge counts here at once', async () => {
    const cache = open(onUpstash({ deadline: '100 ms' }));
    await cache.cached('k', { tags: ['x'] }, () => 1);
    await stored();
    await upstash.misbehave('refuse');
    await cache.purge('x');
    assert.equal(await cache.cached('k', { tags: ['x'] }, () => 2), 2);
    await upstash.heal();
    // The purge is delivered once Upstash is back.
    await until(async () => (await open(onUpstash()).cached('k', { tags: ['x'] }, () => 3)) !== 1);
  });
});

describe('a mistake', () => {
  it('in the options is one sentence', async () => {
    for (const [options, text] of [
      [{ tll: 1 }, /^tll: not an option; the options here are url, token, prefix, ttl, swr/],
      [{ ttl: 'soon' }, /^ttl: found 'soon'; expected a number of seconds/],
      [{ ttl: Infinity }, /^ttl: found 'Infinity'/],
      [{ swr: -1 }, /swr: found -1/],
      [{ url: 'https://a.b' }, /^token: missing/],
      [null, /^options: found null; expected an object/],
    ]) {
      assert.throws(() => createCache(options), { code: 'E_CONFIG', message: text }, JSON.stringify(options));
    }
  });

  it('in a call is one sentence', async () => {
    const { cached, purge } = open({});
    const load = () => 1;
    for (const [call, text] of [
      [cached('', {}, load), /^key: found ''; expected text/],
      [cached('k', {}), /^load: found undefined; expected a function/],
      [cached('k', { tag: 'x' }, load), /^tag: not an option; the options here are ttl, swr, tags/],
      [cached('k', { tags: 'x' }, load), /^tags: found 'x'; expected a list/],
      [cached('k', { tags: [1] }, load), /^tags: found number; expected text/],
      [cached('k', { ttl: 'soon' }, load), /^ttl: found 'soon'/],
      [purge(7), /^tags: found number/],
    ]) {
      await assert.rejects(call, { code: 'E_CONFIG', message: text });
    }
  });
});
