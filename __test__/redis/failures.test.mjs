// `Redis` when the way to Upstash is bad: retries, time limits, the circuit breaker, aborts.

import assert from 'node:assert/strict';
import https from 'node:https';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { errors } from '../../index.js';
import { TOKEN, rejection, useDatabase } from '../support/redis-client.mjs';
import { until } from '../support/rest-client.mjs';
import { CERTIFICATE, KEY } from '../support/self-signed.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';

const suite = useDatabase({ retry: false });

describe('an endpoint that', () => {
  const outages = [
    ['refuse', {}, 'E_NETWORK', /^Upstash could not be reached: /],
    ['drop', {}, 'E_NETWORK', /^Upstash could not be reached: /],
    ['truncate', {}, 'E_NETWORK', /^Upstash could not be reached: /],
    ['500', {}, 'E_STATUS', /^Unable to parse response body \(HTTP 500\): Internal Server Error$/],
    ['garbage', {}, 'E_PROTOCOL', /^Unable to parse response body \(HTTP 200\): <!doctype html><title>Maintenance/],
    ['garbage', { body: '[]' }, 'E_PROTOCOL', /\[\]$/],
    ['garbage', { body: '{"result":"#"}' }, 'E_PROTOCOL', /"#"/],
    ['garbage', { body: '{}' }, 'E_PROTOCOL', /\{\}$/],
    ['garbage', { body: '' }, 'E_PROTOCOL', /^Unable to parse response body \(HTTP 200\): $/],
    ['garbage', { body: '[{"result":1},{"result":2},{"result":3}]' }, 'E_PROTOCOL', /3/],
  ];
  for (const [mode, options, code, message] of outages) {
    it(`does ‘${mode}’ ${options.body ?? ''} is ${code}, however it is asked`, async () => {
      const { redis, upstash } = suite;
      await upstash.misbehave(mode, options);
      const asked = [
        () => redis.get('k'),
        () => redis.keys('*'),
        () => redis.pipeline().get('k').get('l').exec(),
      ];
      for (const ask of asked) {
        const error = await rejection(ask());
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        assert.ok(error.message.length < 400);
        assert.ok(error instanceof errors.UpstashError);
      }
    });
  }

  it('answers with a page of its own is quoted up to 200 characters, and without the token', async () => {
    const { redis, upstash } = suite;
    await upstash.misbehave('garbage', { body: `<p>You sent: Authorization: Bearer ${TOKEN}</p>${'x'.repeat(900)}` });
    const error = await rejection(redis.get('k'));
    assert.ok(error instanceof errors.UpstashJSONParseError);
    assert.equal(error.status, 200);
    assert.match(error.message, /You sent: Authorization: Bearer \[token\]/);
    assert.ok(error.message.length < 280);
  });

  it('fails keeps nobody waiting who was sent along with others', async () => {
    await suite.upstash.misbehave('drop');
    const settled = await Promise.allSettled(['a', 'b', 'c'].map((key) => suite.redis.get(key)));
    assert.deepEqual(
      settled.map(({ reason }) => reason.code),
      ['E_NETWORK', 'E_NETWORK', 'E_NETWORK'],
    );
  });
});

describe('a peer that', () => {
  it('nobody vouches for is told nothing', async (test) => {
    let asked = 0;
    const server = https.createServer({ key: KEY, cert: CERTIFICATE }, (_, response) => {
      asked += 1;
      response.end('{"result":"UE9ORw=="}');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    test.after(() => server.close());
    const error = await rejection(suite.connect({ url: `https://localhost:${server.address().port}` }).ping());
    assert.equal(error.code, 'E_NETWORK');
    assert.match(error.message, /certificate/i);
    assert.equal(asked, 0);
  });

  it('answers without end is not listened to', async () => {
    await suite.upstash.misbehave('garbage', { body: 'x'.repeat(65 << 20) });
    const error = await rejection(suite.redis.ping());
    assert.deepEqual([error.code, error.message.length < 200], ['E_PROTOCOL', true]);
    assert.match(error.message, /larger than 67108864 bytes/);
  });
});

describe('a retry', () => {
  const retry = { retries: 3, backoff: () => 10 };

  it('is made when a request does not get through, and only so often', async () => {
    const { upstash, connect } = suite;
    const redis = connect({ retry: { ...retry, retries: 2 } });
    await upstash.misbehave('drop', { times: 2 });
    assert.equal(await redis.incr('n'), 1);
    assert.equal(upstash.stats.requests, 3);
    upstash.stats.reset();
    await upstash.misbehave('drop');
    assert.equal((await rejection(connect({ retry: { ...retry, retries: 1 } }).incr('n'))).code, 'E_NETWORK');
    assert.equal(upstash.stats.requests, 2);
  });

  it('is not made for what Upstash answered, nor when an answer broke off', async () => {
    const { redis, upstash, connect } = suite;
    for (const mode of ['500', 'garbage', 'truncate']) {
      upstash.stats.reset();
      await upstash.misbehave(mode);
      await rejection(connect({ retry }).incr('n'));
      assert.equal(upstash.stats.requests, 1, mode);
    }
    await upstash.heal();
    assert.equal(await redis.get('n'), 1, 'what broke off was carried out once');
  });

  it('is made only of what nobody has seen, where that is wanted', async () => {
    const { upstash, connect } = suite;
    const redis = connect({ retry: { ...retry, unsentOnly: true } });
    await upstash.misbehave('drop');
    await rejection(redis.incr('n'));
    assert.equal(upstash.stats.requests, 1);
    await upstash.misbehave('refuse');
    const reply = redis.incr('n');
    setTimeout(() => void upstash.heal(), 5);
    assert.equal(await reply, 1);
  });

  it('is asked how long to wait, from 0 on', async () => {
    const waits = [];
    suite.connect({ retry: { retries: 3, backoff: (n) => waits.push(n) } });
    assert.deepEqual(waits, [0, 1, 2]);
  });

  it('is shared by all calls: a storm gets a few, not so many each', async () => {
    const { upstash, connect } = suite;
    const redis = connect({ retry: { retries: 5, backoff: () => 1 }, enableAutoPipelining: false });
    await upstash.misbehave('drop');
    const settled = await Promise.allSettled(Array.from({ length: 300 }, () => redis.incr('n')));
    assert.ok(settled.every(({ reason }) => reason.code === 'E_NETWORK' || reason.code === 'E_UNAVAILABLE'));
    assert.ok(upstash.stats.requests < 400, `${upstash.stats.requests} requests for 300 calls`);
    assert.equal(redis.status().retryBudget, 0);
  });
});

describe('a time limit', () => {
  it('ends a call that is not answered', async () => {
    const redis = suite.connect({ timeout: 100 });
    await suite.upstash.misbehave('hang');
    const begin = performance.now();
    const error = await rejection(redis.get('k'));
    assert.deepEqual([error.code, error.message], ['E_TIMEOUT', 'Upstash did not answer within 100 ms']);
    assert.ok(performance.now() - begin < 1_000);
  });

  it('holds for all attempts together', async () => {
    const redis = suite.connect({ timeout: 200, retry: { retries: 100, backoff: () => 30 } });
    await suite.upstash.misbehave('drop');
    const begin = performance.now();
    assert.equal((await rejection(redis.get('k'))).code, 'E_TIMEOUT');
    assert.ok(performance.now() - begin < 1_000);
  });
});

describe('the circuit breaker', () => {
  it('is seen to open after three failures in a row, and closes by itself', async () => {
    const { redis, upstash } = suite;
    assert.deepEqual(redis.status(), { breaker: 'closed', failures: 0, retryBudget: 1 });
    await upstash.misbehave('500');
    for (let i = 0; i < 3; i += 1) assert.equal((await rejection(redis.incr('n'))).code, 'E_STATUS');
    const error = await rejection(redis.incr('n'));
    assert.deepEqual([error.code, upstash.stats.requests], ['E_UNAVAILABLE', 3]);
    assert.match(error.message, /failed 3 times in a row/);
    const { breaker, failures, lastError } = redis.status();
    assert.deepEqual([breaker, failures, lastError], ['open', 3, 'Upstash answered HTTP 500: Internal Server Error']);
    await upstash.heal();
    let reply;
    await until(async () => (reply = await redis.incr('n').catch(() => null)) !== null);
    assert.deepEqual([reply, redis.status().breaker], [1, 'closed']);
  });

  it('lets a call survive a moment without Upstash, and says in the end what was wrong', async () => {
    const { upstash, connect } = suite;
    const redis = connect({ retry: { retries: 20, backoff: () => 100 } });
    await upstash.misbehave('refuse');
    const reply = redis.incr('n');
    await sleep(700);
    assert.equal(redis.status().breaker, 'open');
    await upstash.heal();
    assert.equal(await reply, 1);
    await upstash.misbehave('refuse');
    const error = await rejection(connect({ retry: { retries: 5, backoff: () => 10 } }).incr('n'));
    assert.equal(error.code, 'E_NETWORK');
  });

  it('is not opened by what Redis refuses', async () => {
    const { redis } = suite;
    await redis.set('k', 'text');
    for (let i = 0; i < 5; i += 1) assert.equal((await rejection(redis.incr('k'))).code, 'E_REDIS');
    const stranger = suite.connect({ token: 'Another' });
    for (let i = 0; i < 5; i += 1) assert.equal((await rejection(stranger.get('k'))).code, 'E_REDIS');
    assert.deepEqual([redis.status().breaker, stranger.status().breaker], ['closed', 'closed']);
  });
});

describe('a signal', () => {
  it('ends calls with its reason, and what was not sent is not', async () => {
    const { upstash, connect } = suite;
    const controller = new AbortController();
    const redis = connect({ signal: controller.signal });
    const calls = [redis.incr('n'), redis.pipeline().incr('n').exec()];
    const reason = new Error('the visitor has gone');
    controller.abort(reason);
    for (const call of calls) assert.equal(await rejection(call), reason);
    assert.equal(await rejection(redis.incr('n')), reason);
    await sleep(50);
    assert.equal(upstash.stats.count('INCR'), 0);
  });

  it('ends a call that is under way, and leaves others of its request alone', async () => {
    const { redis, upstash } = suite;
    await upstash.misbehave('delay', { ms: 150 });
    const controller = new AbortController();
    const aborted = redis.with({ signal: controller.signal }).incr('a');
    const other = redis.incr('b');
    await sleep(50);
    controller.abort();
    assert.equal((await rejection(aborted)).name, 'AbortError');
    assert.equal(await other, 1);
    assert.equal(await redis.incr('b'), 2);
  });

  it('may be made for each call', async () => {
    const { upstash, connect } = suite;
    const redis = connect({ signal: () => AbortSignal.timeout(50) });
    assert.equal(await redis.incr('n'), 1);
    await upstash.misbehave('hang');
    assert.equal((await rejection(redis.incr('n'))).name, 'TimeoutError');
  });

  it('stops retries', async () => {
    const { upstash, connect } = suite;
    const controller = new AbortController();
    const redis = connect({ signal: controller.signal, retry: { retries: 50, backoff: () => 20 } });
    await upstash.misbehave('drop');
    const call = redis.incr('n');
    await sleep(30);
    controller.abort();
    assert.equal((await rejection(call)).name, 'AbortError');
    await sleep(50);
    const { requests } = upstash.stats;
    await sleep(200);
    assert.equal(upstash.stats.requests, requests);
  });

  it('is left when a call has ended', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...values) => (listeners++, add(...values));
    signal.removeEventListener = (...values) => (listeners--, remove(...values));
    const redis = suite.connect({ signal });
    await redis.set('k', 'text');
    await rejection(redis.incr('k'));
    assert.equal(listeners, 0);
  });
});

describe('a replica nearby', () => {
  it('answers what only reads, and the primary the rest, and what the replica does not', async (test) => {
    const replica = await startUpstash({ token: TOKEN });
    test.after(() => replica.stop());
    const { upstash, connect } = suite;
    const redis = connect({ readUrl: replica.url, retry: { retries: 2, backoff: () => 5 } });
    await redis.set('k', 'primary');
    await replica.redis.command('SET', 'k', 'replica');
    assert.equal(await redis.get('k'), 'replica');
    assert.deepEqual(await redis.keys('*'), ['k']);
    assert.deepEqual(await Promise.all([redis.set('k', 'again'), redis.get('k')]), ['OK', 'again'], 'a mixed request');
    assert.deepEqual([upstash.stats.requests, replica.stats.requests], [2, 2]);
    await replica.misbehave('refuse');
    assert.equal(await redis.get('k'), 'again');
  });
});
