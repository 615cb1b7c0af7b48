// With Upstash in trouble every request goes on as if there were none: at most one deadline slower, then not at all.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from '../support/redis-server.mjs';
import { until } from '../support/rest-client.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { Site } from './support/site.mjs';

const DEADLINE_MS = 150;
/** What a busy machine may add. The next thing that could end a wait, a connection's own limit, is seconds away. */
const SLACK_MS = 850;
const TOKEN = 'AXsecretSECRETsecret';
const URL = '/api/articles';
const rule = (options) => JSON.stringify({ name: 'all', limit: 5, windowMs: 86_400_000, ...options });
const RULE = rule();
/** As the engine has it: so many failures in a row, and Upstash is not asked for a while. */
const FAILURES = 3;

let redis;
before(async () => (redis = await startRedis()));
after(() => redis.stop());

/** An endpoint of the test's own, and a process that has used it while all was well. */
async function setUp(t, options) {
  const upstash = await startUpstash({ redis, token: TOKEN });
  // A prefix of its own as well, since all share one Redis.
  const prefix = `p${upstash.url.split(':').at(-1)}`;
  const site = new Site({ upstash, deadline: `${DEADLINE_MS} ms`, prefix, ...options });
  t.after(async () => {
    site.engine.close();
    await upstash.stop();
  });
  await until(async () => (await publish(site)) !== null);
  return { upstash, site, prefix };
}

/** Stores an answer on Upstash and returns it from there. */
async function publish(site) {
  const { id, found } = await site.ask(URL);
  if (found !== null) site.engine.abandon(id);
  else site.land(id, 'x', { ttlMs: 60_000 });
  await sleep(5);
  return found;
}

/** Awaits what `call` returns and says how long that took, in ms. */
async function timed(call) {
  const started = performance.now();
  const result = await call();
  return { result, ms: performance.now() - started };
}

async function fetchOnce(site, url = URL) {
  const { id } = site.open(url);
  const asked = site.engine.fetch(id);
  const found = await asked;
  site.engine.abandon(id);
  return { asked, found };
}

const modes = [
  ['refuse', {}, 'error'],
  ['hang', {}, 'timeout'],
  ['blackhole', {}, 'timeout'],
  ['500', {}, 'error'],
  ['garbage', {}, 'error'],
  ['garbage', { body: '{"result":"no base64!"}' }, 'error'],
  ['garbage', { body: '{"result":[["MQ=="],{}]}' }, 'error'],
  ['drop', {}, 'error'],
  ['truncate', {}, 'error'],
  ['delay', { ms: 3_000 }, 'timeout'],
];

describe('with an Upstash that does', { concurrency: 3 }, () => {
  for (const [mode, options, reason] of modes) {
    const name = options.body ? `‘${mode}’ with ${options.body}` : `‘${mode}’`;

    it(`${name}, a look-up ends with null in time, then at once, and heals in the background`, async (t) => {
      const { upstash, site } = await setUp(t);
      await upstash.misbehave(mode, options);
      for (let i = 0; i < FAILURES; i += 1) {
        assert.equal(site.stats.breaker, 'closed');
        const { result, ms } = await timed(() => fetchOnce(site));
        assert.equal(result.found, null);
        assert.ok(ms < DEADLINE_MS + SLACK_MS, `${ms} ms`);
        if (reason === 'timeout') assert.ok(ms >= DEADLINE_MS - 5, `gave up after ${ms} ms`);
      }
      assert.equal(site.stats.breaker, 'open');
      upstash.stats.reset();
      for (let i = 0; i < 100; i += 1) assert.equal((await fetchOnce(site)).asked, null, 'not even a promise');
      // The trial that may end it is due half a second later.
      assert.ok(upstash.stats.requests <= 1, `${upstash.stats.requests} requests`);

      // An answer is stored in memory all the same.
      const id = site.begin('/api/pages');
      assert.ok(site.land(id, 'y').slot >= 0);
      assert.equal(site.hit('/api/pages'), 'y');

      await upstash.heal();
      await until(async () => {
        const { asked, found } = await fetchOnce(site);
        // No visitor is sent ahead to see whether it is over.
        assert.ok(asked === null || found !== null);
        return found !== null;
      });
      assert.equal(site.stats.breaker, 'closed');
    });

    it(`${name}, the limiter does as its rule says, tells why, and soon does not wait for it`, async (t) => {
      const { upstash, site } = await setUp(t);
      const [open, local, closed] = ['open', 'local', 'closed'].map((onError) => site.engine.limiter(rule({ onError })));
      await until(async () => (await open.limit('warm-up')).reason === undefined);
      await upstash.misbehave(mode, options);
      for (let i = 0; i < FAILURES; i += 1) {
        const { result, ms } = await timed(() => open.limit('somebody'));
        assert.deepEqual(result, { success: true, limit: 0, remaining: 0, reset: 0, retry: 0, reason });
        assert.ok(ms < DEADLINE_MS + SLACK_MS, `${ms} ms`);
      }
      const { ms } = await timed(async () => {
        for (let i = 0; i < 50; i += 1) {
          const { success, reason: why } = await open.limit('somebody');
          assert.deepEqual([success, why], [true, 'error']);
          assert.equal((await local.limit('somebody')).success, i < 5, 'the same budget, in this process');
          const { success: passes, retry } = await closed.limit('somebody');
          assert.ok(!passes && retry > Date.now() - 100 && retry < Date.now() + 2_000);
        }
      });
      assert.ok(ms < 5 * DEADLINE_MS, `${ms} ms for 150 decisions`);
      assert.deepEqual([open.undecided, local.undecided, closed.undecided], [50 + FAILURES, 50, 50]);
      await upstash.heal();
      await until(async () => (await open.limit('somebody else')).reason === undefined);
      assert.equal((await closed.limit('somebody')).success, true);
    });

    it(`${name}, the log gets one line of each kind, without the token`, async (t) => {
      const { upstash, site } = await setUp(t);
      const limiter = site.engine.limiter(RULE);
      await upstash.misbehave(mode, options);
      // At once, so that many fail before anything is decided about the endpoint.
      const urls = Array.from({ length: 30 }, (_, i) => `/api/articles/${i}`);
      const calls = (url) => [fetchOnce(site, url), limiter.limit('x'), site.engine.purgeTags(['x'])];
      await Promise.all(urls.flatMap(calls));
      const lines = site.warnings();
      assert.equal(lines.length, 3, lines.join('\n'));
      assert.match(lines.sort()[0], /^a purge is not acknowledged/);
      assert.match(lines[1], /^the cache could not ask Upstash and goes on without it: ./);
      assert.match(lines[2], /^the rate limiter could not ask Upstash and counts in this process alone: ./);
      for (const line of lines) assert.ok(!line.includes(TOKEN) && line.length < 500, line);
      assert.equal(site.engine.takeWarning(), null);
    });
  }
});

describe('the log', () => {
  it('does not show the token when a proxy’s answer repeats the request', async (t) => {
    const { upstash, site } = await setUp(t);
    await upstash.misbehave('garbage', { body: `<p>You sent: Authorization: Bearer ${TOKEN}</p>` });
    await fetchOnce(site);
    await site.engine.limiter(RULE).limit('x');
    const lines = site.warnings().join('\n');
    assert.match(lines, /You sent/);
    assert.ok(!lines.includes(TOKEN), lines);
  });
});

describe('a deadline', () => {
  it('covers a script that has to be sent twice', async (t) => {
    const { upstash, site } = await setUp(t, { deadline: '1 s' });
    await upstash.misbehave('delay', { ms: 600 });
    assert.notEqual((await fetchOnce(site)).found, null);
    await redis.command('SCRIPT', 'FLUSH');
    // Each of the two would be in time.
    const { result, ms } = await timed(() => fetchOnce(site));
    assert.equal(result.found, null);
    assert.ok(ms >= 990 && ms < 1_000 + SLACK_MS, `${ms} ms`);
  });

  it('holds for hundreds of look-ups at once', async (t) => {
    const { upstash, site } = await setUp(t);
    await upstash.misbehave('hang');
    const urls = Array.from({ length: 300 }, (_, i) => `/api/articles/${i}`);
    const { result, ms } = await timed(() => Promise.all(urls.map((url) => fetchOnce(site, url))));
    assert.ok(result.every(({ found }) => found === null));
    assert.ok(ms < DEADLINE_MS + SLACK_MS, `${ms} ms`);
    assert.equal(site.stats.l2Errors, 300);
  });
});

describe('an Upstash that is in order', () => {
  it('stays in use after one failure or two', async (t) => {
    const { upstash, site } = await setUp(t, { deadline: '5 s' });
    for (let round = 0; round < 3; round += 1) {
      await upstash.misbehave('500', { times: FAILURES - 1 });
      for (let i = 0; i < FAILURES - 1; i += 1) assert.equal((await fetchOnce(site)).found, null);
      assert.equal(String((await fetchOnce(site)).found.body), 'x');
    }
    assert.equal(site.stats.breaker, 'closed');
  });

  it('stays in use when Redis refuses a command', async (t) => {
    const { site, prefix } = await setUp(t, { deadline: '5 s' });
    const bucket = Math.floor(Date.now() / 86_400_000);
    await redis.command('RPUSH', `${prefix}@ratelimit:all:x:${bucket}`, 'no counter');
    const limiter = site.engine.limiter(RULE);
    for (let i = 0; i < 2 * FAILURES; i += 1) {
      const { success, reason } = await limiter.limit('x');
      assert.deepEqual({ success, reason }, { success: i < 5, reason: 'error' });
    }
    assert.equal(site.stats.breaker, 'closed');
    assert.equal((await limiter.limit('y')).remaining, 4);
  });

  it('but knows another token is one that never answers, and the log says what to look at', async (t) => {
    const { upstash } = await setUp(t);
    const site = new Site({ upstash: { url: upstash.url, token: 'AnotherSecret' }, deadline: '5 s' });
    assert.equal((await fetchOnce(site)).found, null);
    const { success, reason } = await site.engine.limiter(RULE).limit('x');
    assert.deepEqual({ success, reason }, { success: true, reason: 'error' });
    const lines = site.warnings().join('\n');
    assert.match(lines, /HTTP 401: .*WRONGPASS/);
    assert.ok(!lines.includes('AnotherSecret'));
  });
});
