// The client by itself: its options, and what it does when QStash does not answer.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it, mock } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { QStash, errors } from '../../index.js';
import { plausible } from './support/answers.mjs';
import { startEndpoint } from './support/endpoint.mjs';

const INDEX = pathToFileURL(fileURLToPath(new URL('../../index.js', import.meta.url))).href;
const MESSAGE = { url: 'https://example.com/hook', body: 'x' };
const NAMES = ['QSTASH_URL', 'QSTASH_TOKEN', 'QSTASH_REGION', 'QSTASH_DEV', 'US_EAST_1_QSTASH_URL', 'US_EAST_1_QSTASH_TOKEN', 'UPSTASH_DISABLE_TELEMETRY'];

let endpoint;
let saved;

before(async () => {
  endpoint = await startEndpoint();
});
after(() => endpoint?.stop());
beforeEach(() => {
  saved = NAMES.map((name) => [name, process.env[name]]);
  for (const name of NAMES) delete process.env[name];
  mock.method(console, 'warn', () => {});
  endpoint.answer = plausible;
  endpoint.requests.length = 0;
});
afterEach(() => {
  for (const [name, value] of saved) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  mock.restoreAll();
});

const connect = (options) => new QStash({ baseUrl: endpoint.url, token: 'the-token', ...options });
const rejection = (promise) => promise.then(() => assert.fail('it resolved'), (error) => error);
const warnings = () => console.warn.mock.calls.map(({ arguments: [text] }) => text);

describe('the options', () => {
  it('come from the environment where they are not given', async () => {
    endpoint.answer = { body: '[]' };
    Object.assign(process.env, { QSTASH_URL: `${endpoint.url}/base/`, QSTASH_TOKEN: 'of-the-environment' });
    await new QStash().queue().list();
    const [{ url, headers }] = endpoint.requests;
    assert.deepEqual([url, headers.authorization], ['/base/v2/queues', 'Bearer of-the-environment']);
  });

  it('come from the variables of the region that is named, if both are there', async () => {
    endpoint.answer = { body: '[]' };
    Object.assign(process.env, { QSTASH_REGION: 'us-east-1', US_EAST_1_QSTASH_URL: `${endpoint.url}/us`, US_EAST_1_QSTASH_TOKEN: 'us', QSTASH_URL: endpoint.url, QSTASH_TOKEN: 'plain' });
    await new QStash().queue().list();
    delete process.env.US_EAST_1_QSTASH_TOKEN;
    await new QStash().queue().list();
    assert.deepEqual(endpoint.requests.map(({ url, headers }) => [url, headers.authorization]), [['/us/v2/queues', 'Bearer us'], ['/v2/queues', 'Bearer plain']]);
    assert.match(warnings().join('\n'), /US_EAST_1_QSTASH_URL and US_EAST_1_QSTASH_TOKEN are not both set/);
  });

  const wrong = {
    baseUrl: ['nonsense', /^baseUrl: found something that is no URL; expected .+https:\/\/qstash\.upstash\.io/],
    token: ['a b', /^token: found spaces/],
    timeout: [-1, /^timeout: found -1/],
    retry: [5, /^retry: found 5/],
    headers: [{ 'a b': 'c' }, /^headers: found something else/],
    enableTelemetry: ['no', /^enableTelemetry: found no/],
    devMode: [true, /^devMode: strapi-upstash starts no QStash of its own/],
  };
  for (const [name, [value, message]] of Object.entries(wrong)) {
    it(`are refused with E_CONFIG where ${name} can not be`, () => {
      assert.throws(() => connect({ [name]: value }), { code: 'E_CONFIG', message });
    });
  }

  it('refuse QSTASH_DEV, so that no message that is meant for this machine gets out', () => {
    process.env.QSTASH_DEV = 'true';
    assert.throws(() => connect(), { code: 'E_CONFIG', message: /QSTASH_DEV/ });
    connect({ devMode: false });
  });

  it('may lack a token until there is a call', async () => {
    const qstash = new QStash();
    assert.deepEqual(warnings(), ['[strapi-upstash] token: missing; set QSTASH_TOKEN or pass { token }']);
    assert.equal((await rejection(qstash.publish(MESSAGE))).code, 'E_CONFIG');
  });

  it('say whether versions are told, with messages only', async () => {
    await connect().publish(MESSAGE);
    await connect().queue().list();
    await connect({ enableTelemetry: false }).publish(MESSAGE);
    process.env.UPSTASH_DISABLE_TELEMETRY = '1';
    await connect().publish(MESSAGE);
    const told = endpoint.requests.map(({ headers }) => Object.keys(headers).filter((name) => name.startsWith('upstash-telemetry')).length > 0);
    assert.deepEqual(told, [true, false, false, false]);
    assert.match(endpoint.requests[0].headers['upstash-telemetry-sdk'], /^strapi-upstash@\d/);
  });
});

describe('when QStash does not answer', () => {
  it('a call ends after its timeout, retries included', async () => {
    endpoint.answer = () => new Promise(() => {});
    const started = performance.now();
    const error = await rejection(connect({ timeout: 200 }).publish(MESSAGE));
    assert.deepEqual([error.name, error.code], ['QstashError', 'E_TIMEOUT']);
    assert.ok(performance.now() - started < 2_000);
  });

  it('a call ends after its timeout where the answer does not', async () => {
    const server = createServer((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{'));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${server.address().port}`;
    const error = await rejection(connect({ baseUrl, timeout: 200 }).publish(MESSAGE));
    server.close();
    assert.equal(error.code, 'E_TIMEOUT');
  });

  it('a message is sent again after the pauses that were asked for', async () => {
    let failures = 2;
    endpoint.answer = (request) => (failures-- > 0 ? null : plausible(request));
    const pauses = [];
    const retry = { retries: 5, backoff: (retried) => (pauses.push(retried), 5) };
    const { messageId } = await connect({ retry }).publish(MESSAGE);
    assert.deepEqual([messageId, endpoint.requests.length], ['msg_1', 3]);
    assert.deepEqual(endpoint.requests.map(({ body }) => `${body}`), ['x', 'x', 'x']);
    assert.deepEqual(pauses, [0, 1, 2, 3, 4]);
  });

  it('a message that may have arrived is not sent again with unsentOnly', async () => {
    endpoint.answer = () => null;
    const error = await rejection(connect({ retry: { retries: 3, backoff: () => 1, unsentOnly: true } }).publish(MESSAGE));
    assert.deepEqual([error.code, endpoint.requests.length], ['E_NETWORK', 1]);
  });

  it('a message whose answer broke off is not sent again: it has arrived', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"messageId"'));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${server.address().port}`;
    const error = await rejection(connect({ baseUrl, retry: { retries: 3, backoff: () => 1 } }).publish(MESSAGE));
    server.close();
    assert.deepEqual([error.code, connections], ['E_NETWORK', 1]);
  });

  it('an outage is not answered by a storm: all calls share their retries', async () => {
    endpoint.answer = () => null;
    const qstash = connect({ retry: { retries: 5, backoff: () => 1 } });
    await Promise.allSettled(Array.from({ length: 200 }, () => qstash.publish(MESSAGE)));
    assert.ok(endpoint.requests.length <= 250, `${endpoint.requests.length} requests`);
  });
});

describe('an error', () => {
  it('has a class, a status and a stable code', async () => {
    const cases = [
      [{ status: 400, body: 'no' }, errors.QstashError, 'E_QSTASH', 400],
      [{ status: 429 }, errors.QstashRatelimitError, 'E_QSTASH_RATELIMIT', 429],
      [{ status: 429, headers: { 'RateLimit-Limit': '1' } }, errors.QstashDailyRatelimitError, 'E_QSTASH_DAILY_RATELIMIT', 429],
      [{ body: '' }, errors.QstashError, 'E_PROTOCOL', undefined],
      [{ body: '<html>' }, errors.QstashError, 'E_PROTOCOL', undefined],
    ];
    for (const [answer, Class, code, status] of cases) {
      endpoint.answer = answer;
      const error = await rejection(connect().publish(MESSAGE));
      assert.ok(error instanceof Class && error instanceof errors.QstashError, error.name);
      assert.deepEqual([error.code, error.status], [code, status]);
    }
    const empty = await rejection(connect().logs({ messageIds: [] }));
    assert.ok(empty instanceof errors.QstashEmptyArrayError);
    assert.equal(empty.code, 'E_QSTASH_EMPTY_ARRAY');
  });

  it('shows no more than the start of a page', async () => {
    endpoint.answer = { body: '<html>'.repeat(1_000) };
    assert.ok((await rejection(connect().publish(MESSAGE))).message.length < 300);
  });

  it('is one of the call: nothing is thrown', async () => {
    for (const call of [() => connect().publish(), () => connect().batch(), () => connect().queue().enqueue({}), () => connect().messages.cancel(), () => connect().dlq.delete()]) {
      assert.ok((await rejection(call())) instanceof Error);
    }
    assert.equal(endpoint.requests.length, 0);
  });
});

describe('what is sent', () => {
  it('is taken in the turn of the event loop in which the call is made: a buffer may be used again in the next', async () => {
    const body = Buffer.from('first');
    const call = connect().publish({ ...MESSAGE, body });
    await new Promise((resolve) => setImmediate(resolve));
    body.write('later');
    await call;
    assert.equal(`${endpoint.requests[0].body}`, 'first');
  });

  it('may be large', async () => {
    const body = Buffer.alloc(5_000_000, 'ä');
    await connect().publish({ ...MESSAGE, body });
    assert.ok(endpoint.requests[0].body.equals(body));
  });

  it('may be much at once', async () => {
    const qstash = connect();
    const sent = await Promise.all(Array.from({ length: 500 }, (_, index) => qstash.publishJSON({ url: MESSAGE.url, body: index })));
    assert.equal(sent.length, 500);
    const bodies = endpoint.requests.map(({ body }) => Number(body));
    assert.deepEqual(bodies.sort((a, b) => a - b), Array.from({ length: 500 }, (_, index) => index));
  });
});

describe('a process', () => {
  const run = async (code) => {
    const prelude = `import { QStash } from '${INDEX}'; const qstash = new QStash({ baseUrl: '${endpoint.url}', token: 't' });`;
    const started = performance.now();
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', prelude + code], { timeout: 20_000 });
    return { stdout, ms: performance.now() - started };
  };

  it('lives until its calls have ended, and ends with them', async () => {
    endpoint.answer = async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return plausible(request);
    };
    const { stdout } = await run(`qstash.publish({ url: 'https://a.com' }).then(({ messageId }) => console.log(messageId));`);
    assert.equal(stdout, 'msg_1\n');
  });

  it('survives threads that are terminated in the middle of their calls', async () => {
    endpoint.answer = async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 4));
      return plausible(request);
    };
    const { stdout } = await run(`
      const { Worker } = await import('node:worker_threads');
      const code = \`
        const { QStash } = require('\${new URL('.', '${INDEX}').pathname}');
        const qstash = new QStash({ baseUrl: '${endpoint.url}', token: 't' });
        for (let call = 0; call < 20; call += 1) qstash.publish({ url: 'https://a.com', body: 'x' }).catch(() => {});
        setImmediate(() => require('node:worker_threads').parentPort.postMessage('calling'));
      \`;
      for (let round = 0; round < 30; round += 1) {
        const worker = new Worker(code, { eval: true, execArgv: [] });
        await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
        await new Promise((resolve) => setTimeout(resolve, round % 8));
        await worker.terminate();
      }
      console.log((await qstash.publish({ url: 'https://a.com' })).messageId);
    `);
    assert.equal(stdout, 'msg_1\n');
    assert.ok(endpoint.requests.length > 100, 'the calls were under way');
  });
});
