// The Upstash endpoint that other tests rely on has to misbehave exactly as told, and to leave nothing behind.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from './support/redis-server.mjs';
import { answer, failure, restClient, until } from './support/rest-client.mjs';
import { startUpstash } from './support/upstash-endpoint.mjs';

let redis;
let upstash;
let request;
let post;

before(async () => {
  redis = await startRedis();
  upstash = await startUpstash({ redis });
  ({ request, post } = restClient(upstash));
});

beforeEach(async () => {
  await redis.command('FLUSHALL');
  upstash.stats.reset();
});

afterEach(() => upstash.heal());

after(async () => {
  await upstash.stop();
  await redis.stop();
});

describe('misbehaving', () => {
  const increment = (options) => post('/', ['INCR', 'n'], options);
  const value = async () => Number(await redis.command('GET', 'n'));

  it('refuse: connecting fails, also for a client with an open connection, and the port comes back', async () => {
    await increment();
    await upstash.misbehave('refuse');
    // The first may still go out on the connection that was just closed.
    assert.match(await failure(increment()), /ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET/);
    assert.equal(await failure(increment()), 'ECONNREFUSED');
    await upstash.heal();
    assert.deepEqual(await answer(increment()), [200, { result: 2 }]);
  });

  it('blackhole: a connection opens, and nothing is read or answered', async () => {
    await upstash.restart();
    await upstash.misbehave('blackhole');
    upstash.stats.reset();
    const headers = { authorization: `Bearer ${upstash.token}` };
    const asked = http.request(upstash.url, { agent: new http.Agent(), method: 'POST', headers, timeout: 100 });
    asked.end('["INCR","n"]');
    await new Promise((resolve) => asked.once('timeout', resolve));
    assert.deepEqual([upstash.stats.connections, upstash.stats.requests, await value()], [1, 0, 0]);
    const closed = new Promise((resolve) => asked.once('error', resolve));
    await upstash.heal();
    assert.equal((await closed).code, 'ECONNRESET');
    assert.deepEqual(await answer(increment()), [200, { result: 1 }]);
  });

  it('blackhole: a connection that was open falls silent', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const headers = { authorization: `Bearer ${upstash.token}` };
    const ask = () =>
      new Promise((resolve) => {
        const asked = http.get(`${upstash.url}/incr/n`, { agent, headers, timeout: 100 }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode));
        });
        asked.once('timeout', () => resolve('timeout')).on('error', () => {});
      });
    assert.equal(await ask(), 200);
    await upstash.misbehave('blackhole');
    assert.equal(await ask(), 'timeout');
    assert.deepEqual([upstash.stats.connections, await value()], [1, 1]);
    agent.destroy();
  });

  it('hang: reads the request and stays silent, and healing ends the wait', async () => {
    await upstash.misbehave('hang');
    assert.equal(await failure(increment({ timeout: 100 })), 'timeout');
    assert.equal(upstash.stats.requests, 1);
    const waiting = failure(increment());
    await until(() => upstash.stats.requests === 2);
    await upstash.heal();
    assert.match(await waiting, /ECONNRESET|UND_ERR_SOCKET/);
    assert.equal(await value(), 0);
  });

  it('drop: closes the connection after the request', async () => {
    await upstash.misbehave('drop');
    assert.match(await failure(increment()), /ECONNRESET|UND_ERR_SOCKET/);
    assert.deepEqual([upstash.stats.requests, await value()], [1, 0]);
  });

  it('500: answers with a server error that is not JSON', async () => {
    await upstash.misbehave('500');
    const response = await increment();
    assert.deepEqual([response.status, await response.text(), await value()], [500, 'Internal Server Error', 0]);
  });

  it('garbage: answers 200 with a page, or with what the test wants', async () => {
    await upstash.misbehave('garbage');
    const response = await increment();
    assert.equal(response.status, 200);
    assert.match(await response.text(), /^<!doctype html>/);
    await upstash.misbehave('garbage', { body: '{"result":' });
    assert.equal(await (await increment()).text(), '{"result":');
    assert.equal(await value(), 0);
  });

  it('truncate: executes, and the answer breaks off', async () => {
    await upstash.misbehave('truncate');
    const response = await increment();
    assert.deepEqual([response.status, response.headers.get('content-length')], [200, '12']);
    await assert.rejects(response.text(), /terminated|aborted/);
    assert.equal(await value(), 1);
  });

  it('delay: executes and answers later', async () => {
    await upstash.misbehave('delay', { ms: 150 });
    const started = performance.now();
    const pending = answer(increment());
    await until(() => upstash.stats.requests === 1);
    assert.equal(await value(), 0);
    assert.deepEqual(await pending, [200, { result: 1 }]);
    assert.ok(performance.now() - started >= 145);
  });

  it('late: executes at once and answers later, also when nobody waits any more', async () => {
    await upstash.misbehave('late', { ms: 400 });
    const pending = failure(increment({ timeout: 150 }));
    await until(async () => (await value()) === 1);
    assert.equal(await pending, 'timeout');
    await sleep(400);
    await upstash.misbehave('late', { ms: 20 });
    assert.deepEqual(await answer(increment()), [200, { result: 2 }]);
  });

  it('match: hits only requests with such a command', async () => {
    await upstash.misbehave('500', { match: (name) => name === 'SET' });
    assert.equal((await increment()).status, 200);
    assert.equal((await request('/set/k/v')).status, 500);
    assert.equal(
      (
        await post('/pipeline', [
          ['GET', 'k'],
          ['set', 'k', 'v'],
        ])
      ).status,
      500,
    );
    assert.equal((await post('/pipeline', [['GET', 'k']])).status, 200);
  });

  it('times: ends by itself', async () => {
    await upstash.misbehave('500', { times: 2 });
    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await increment()).status);
    assert.deepEqual(statuses, [500, 500, 200, 200]);
    await upstash.misbehave('hang', { times: 1 });
    const waiting = failure(increment());
    await until(() => upstash.stats.requests === 5);
    assert.equal((await increment()).status, 200);
    await upstash.heal();
    assert.match(await waiting, /ECONNRESET|UND_ERR_SOCKET/);
  });

  it('in a way that does not exist, or without what it needs, is an error of the test', async () => {
    await assert.rejects(upstash.misbehave('sulk'), /no such misbehaviour: sulk/);
    await assert.rejects(upstash.misbehave('delay'), /delay needs { ms }/);
    await assert.rejects(upstash.misbehave('refuse', { times: 1 }), /knows no commands/);
    assert.equal((await increment()).status, 200);
  });
});

describe('its life', () => {
  it('restarts on the same port, with the data, without the connections', async () => {
    await request('/set/k/v');
    await upstash.misbehave('hang');
    const waiting = failure(request('/get/k'));
    await until(() => upstash.stats.requests === 2);
    await upstash.restart();
    assert.match(await waiting, /ECONNRESET|UND_ERR_SOCKET/);
    assert.deepEqual(await answer(request('/get/k')), [200, { result: 'v' }]);
  });

  it('stops with requests hanging, and leaves the Redis it was given', async () => {
    const other = await startUpstash({ redis, token: 'secret' });
    await other.misbehave('hang');
    const waiting = failure(fetch(`${other.url}/ping?_token=secret`));
    await until(() => other.stats.requests === 1);
    await other.stop();
    assert.match(await waiting, /ECONNRESET|UND_ERR_SOCKET/);
    assert.equal(await failure(fetch(other.url)), 'ECONNREFUSED');
    assert.equal(await redis.command('PING'), 'PONG');
  });

  it('starts a Redis of its own and stops it', async () => {
    const other = await startUpstash();
    assert.deepEqual(await answer(restClient(other).request('/ping')), [200, { result: 'PONG' }]);
    await other.stop();
    await assert.rejects(other.redis.command('PING'), /not running/);
  });

  it('answers 500 when its Redis is gone', async () => {
    const other = await startUpstash();
    const ask = () => answer(restClient(other).request('/ping'));
    await ask();
    await other.redis.kill();
    const [status, body] = await ask();
    assert.equal(status, 500);
    assert.equal(typeof body.error, 'string');
    await other.stop();
  });
});
