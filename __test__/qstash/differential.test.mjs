// The published @upstash/qstash and ours are asked the same, in front of one endpoint that records: what they send and
// what comes back has to be equal, except for what differences.mjs lists.
//
// SEED=… makes other calls, CALLS=… makes more of them.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it, mock } from 'node:test';
import { Client as Theirs } from '@upstash/qstash';
import { QStash as Ours } from '../../index.js';
import { Random } from '../support/random.mjs';
import { DIFFERENCES, LEFT_OUT } from './differences.mjs';
import { plausible } from './support/answers.mjs';
import { CASES, CLIENTS } from './support/cases.mjs';
import { comparable, startEndpoint } from './support/endpoint.mjs';
import { randomCall } from './support/random-calls.mjs';

const SEED = Number(process.env.SEED ?? 1);
const CALLS = Number(process.env.CALLS ?? 1_000);
const LIBRARIES = { theirs: Theirs, ours: Ours };

let endpoint;

before(async () => {
  // Theirs writes a line for each failure, and both where a token is missing.
  mock.method(console, 'warn', () => {});
  mock.method(console, 'error', () => {});
  endpoint = await startEndpoint();
});
beforeEach(() => {
  endpoint.answer = plausible;
});
after(() => endpoint?.stop());

/** What became of a call: `{ value }` or `{ error }`. */
async function outcome(call) {
  try {
    return { value: await call() };
  } catch (error) {
    const { name, message, status, limit, remaining, reset } = error;
    return { error: { name, message, status, limit, remaining, reset } };
  }
}

/** What each library sends and gets. */
async function both(call, options = {}) {
  const found = {};
  for (const [name, Library] of Object.entries(LIBRARIES)) {
    const client = new Library({ baseUrl: endpoint.url, token: 'the-token', retry: false, ...options });
    endpoint.requests.length = 0;
    const became = await outcome(() => call(client, endpoint));
    found[name] = { ...became, requests: endpoint.requests.map(comparable) };
  }
  return found;
}

/** A request in one line. */
function line({ method, path, query }) {
  const text = `${new URLSearchParams(query)}`;
  return `${method} ${path}${text && '?'}${text}`;
}

describe('with @upstash/qstash in its place', () => {
  it('a program finds every method', () => {
    const [theirs, ours] = Object.values(LIBRARIES).map((Library) => new Library({ token: 't', baseUrl: 'http://127.0.0.1:1' }));
    const methods = (object) => Object.getOwnPropertyNames(Object.getPrototypeOf(object)).filter((name) => name !== 'constructor');
    const parts = ['urlGroups', 'topics', 'dlq', 'messages', 'schedules', 'flowControl'];
    assert.deepEqual(methods(theirs).filter((name) => !(name in ours)).concat('http').sort(), LEFT_OUT);
    for (const part of parts) assert.deepEqual(methods(theirs[part]).filter((name) => !(name in ours[part])), [], part);
    assert.deepEqual(methods(theirs.queue()).filter((name) => !(name in ours.queue())), []);
  });

  for (const [name, call] of Object.entries(CASES)) {
    it(`the same is sent and comes back: ${name}`, async () => {
      const { theirs, ours } = await both(call);
      assert.deepEqual(ours, theirs);
    });
  }

  for (const [name, options] of Object.entries(CLIENTS)) {
    it(`the same is sent by a client with ${name}`, async () => {
      for (const call of Object.values(CASES)) {
        const { theirs, ours } = await both(call, options);
        assert.deepEqual(ours.requests, theirs.requests);
      }
    });
  }

  const refusals = [
    { status: 400, body: '{"error":"bad"}' },
    { status: 401, body: 'unauthorized' },
    { status: 404, body: '{"error":"not found"}' },
    { status: 412, body: '' },
    { status: 300, body: '{}' },
    { status: 500, body: '\ufeffé' },
    { status: 503, body: '<html>'.repeat(1_000) },
    { status: 429, body: 'x' },
    { status: 429, body: 'x', headers: { 'Burst-RateLimit-Limit': '1', 'Burst-RateLimit-Remaining': '2', 'Burst-RateLimit-Reset': '3' } },
    { status: 429, body: 'x', headers: { 'RateLimit-Limit': '1', 'RateLimit-Remaining': '2', 'RateLimit-Reset': '3' } },
    { status: 429, body: 'x', headers: { 'RateLimit-Limit': '"1"', 'Burst-RateLimit-Limit': '2' } },
  ];
  for (const answer of refusals) {
    it(`the same error tells of HTTP ${answer.status} with ${JSON.stringify(answer.headers ?? answer.body.slice(0, 20))}`, async () => {
      endpoint.answer = answer;
      for (const call of [CASES['a message with text'], CASES['a queue is paused'], CASES.logs]) {
        const { theirs, ours } = await both(call, { retry: { retries: 2, backoff: () => 1 } });
        assert.deepEqual(ours, theirs);
        assert.equal(ours.requests.length, 1, 'an answer is not asked for twice');
      }
    });
  }

  it('a request that got no answer is sent again as often', async () => {
    endpoint.answer = () => null;
    for (const [retry, times] of [[false, 1], [{ retries: 3, backoff: () => 1 }, 4]]) {
      const { theirs, ours } = await both(CASES['a message with text'], { retry });
      assert.deepEqual(ours.requests, theirs.requests);
      assert.equal(ours.requests.length, times);
    }
  });

  it('random calls are made in the same way', async () => {
    const random = new Random(SEED);
    for (let made = 0; made < CALLS; made += 1) {
      const { method, values, call, options } = randomCall(random);
      const { theirs, ours } = await both(call, options);
      assert.deepEqual(ours, theirs, `SEED=${SEED}, call ${made}: ${method} ${JSON.stringify(values)}`);
    }
  });
});

describe('unlike @upstash/qstash', () => {
  for (const { what, why, example, theirs, ours, sent, options, answer = () => ({ body: '{}' }) } of DIFFERENCES) {
    it(`${what}, as ${why}`, async () => {
      endpoint.answer = answer;
      const found = await both(example, options);
      for (const [name, expected] of Object.entries({ theirs, ours })) {
        const { value, error } = found[name];
        const seen = { value, ...(error && { error: Object.fromEntries(Object.keys(expected.error ?? error).map((key) => [key, error[key]])) }) };
        assert.deepEqual(seen, { value: undefined, ...expected }, name);
        if (sent) assert.deepEqual(found[name].requests.map(line), sent[name], name);
      }
    });
  }
});
