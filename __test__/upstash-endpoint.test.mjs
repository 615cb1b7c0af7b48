// The Upstash endpoint that other tests rely on has to speak the protocol as the hosted service does.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { startRedis } from './support/redis-server.mjs';
import { answer, restClient, until } from './support/rest-client.mjs';
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

describe('a command', () => {
  it('is a JSON array posted to the root', async () => {
    assert.deepEqual(await answer(post('/', ['SET', 'k', 'v', 'EX', 100])), [200, { result: 'OK' }]);
    assert.deepEqual(await answer(post('/', ['GET', 'k'])), [200, { result: 'v' }]);
    assert.deepEqual(await answer(post('/', ['TTL', 'k'])), [200, { result: 100 }]);
    assert.deepEqual(await answer(post('/', ['GET', 'missing'])), [200, { result: null }]);
  });

  it('may be spelled in the path, by GET, POST, PUT and HEAD', async () => {
    assert.deepEqual(await answer(request('/set/a%2Fb/caf%C3%A9?EX=100&NX')), [200, { result: 'OK' }]);
    assert.equal(String(await redis.command('GET', 'a/b')), 'café');
    assert.equal(await redis.command('TTL', 'a/b'), 100);
    assert.deepEqual(await answer(request('/append/a%2Fb/!', { method: 'PUT' })), [200, { result: 6 }]);
    assert.deepEqual(await answer(request('/get/a%2Fb', { method: 'POST' })), [200, { result: 'café!' }]);
    assert.deepEqual(await answer(request('/echo?a+b%2B')), [200, { result: 'a b+' }]);
    const head = await request('/incr/counted', { method: 'HEAD' });
    assert.deepEqual([head.status, await head.text()], [200, '']);
    assert.equal(String(await redis.command('GET', 'counted')), '1');
  });

  it('takes a body as its last argument, before the query parameters, byte for byte', async () => {
    const bytes = Buffer.from([0, 255, 13, 10, 128, 34]);
    await request('/set/bin?EX=100', { method: 'POST', body: bytes });
    assert.deepEqual(await redis.command('GET', 'bin'), bytes);
    assert.equal(await redis.command('TTL', 'bin'), 100);
    await request('/set/%FF%00/x');
    assert.equal(String(await redis.command('GET', Buffer.from([255, 0]))), 'x');
  });

  it('that fails is answered with HTTP 400 and the text of Redis', async () => {
    await redis.command('SET', 'k', 'text');
    const [status, body] = await answer(post('/', ['INCR', 'k']));
    assert.deepEqual([status, body], [400, { error: 'ERR value is not an integer or out of range' }]);
  });

  it('that is no array of strings and numbers is refused', async () => {
    for (const wrong of [{}, [], 'GET', ['GET', null], ['GET', { a: 1 }]]) {
      const [status, body] = await answer(post('/', wrong));
      assert.equal(status, 400);
      assert.match(body.error, /^ERR /);
    }
    assert.equal((await request('/', { method: 'POST', body: '["GET"' })).status, 400);
    assert.equal((await request('/')).status, 400);
    assert.deepEqual(upstash.stats.commands, []);
  });

  it('that would change or block the shared connection is not available', async () => {
    for (const command of [
      ['MULTI'],
      ['subscribe', 'c'],
      ['BLPOP', 'l', 0],
      ['XREAD', 'BLOCK', 0, 'STREAMS', 's', 0],
    ]) {
      const [status, body] = await answer(post('/', command));
      assert.equal(status, 400);
      assert.equal(body.error, `ERR Command is not available: '${command[0].toUpperCase()}'`);
    }
    await redis.command('XADD', 'BLOCK', '1-1', 'f', 'v');
    const [status] = await answer(post('/', ['XREAD', 'COUNT', 1, 'STREAMS', 'BLOCK', 0]));
    assert.equal(status, 200, 'a stream may be called BLOCK');
  });

  it('gives integers beyond 2^53 and nested arrays as Redis has them', async () => {
    await redis.command('SET', 'big', '9007199254740993');
    assert.equal(await (await post('/', ['INCR', 'big'])).text(), '{"result":9007199254740994}');
    const script = 'return {1, {"a", {}}, false, redis.status_reply("FINE")}';
    assert.deepEqual(await answer(post('/', ['EVAL', script, 0])), [200, { result: [1, ['a', []], null, 'FINE'] }]);
  });

  it('may carry megabytes each way, beside many others on one connection', async () => {
    const large = 'é'.repeat(2_500_000);
    await post('/', ['SET', 'large', large]);
    const all = await Promise.all([
      ...Array.from({ length: 50 }, (_, i) => post('/', ['ECHO', i]).then((response) => response.json())),
      post('/', ['GET', 'large']).then((response) => response.json()),
    ]);
    assert.ok(all.pop().result === large);
    assert.deepEqual(
      all,
      Array.from({ length: 50 }, (_, i) => ({ result: String(i) })),
    );
  });
});

describe('access', () => {
  it('needs the token, as a Bearer header or as _token', async () => {
    const url = `${upstash.url}/ping`;
    assert.equal((await fetch(`${url}?_token=${upstash.token}`)).status, 200);
    const wrong = [
      fetch(url),
      fetch(`${url}?_token=other`),
      fetch(`${url}?_token=${upstash.token}`, { headers: { authorization: 'Bearer other' } }),
      fetch(url, { headers: { authorization: `Basic ${upstash.token}` } }),
      fetch(`${upstash.url}/subscribe/c`),
    ];
    for (const pending of wrong) {
      const [status, body] = await answer(pending);
      assert.equal(status, 401);
      assert.match(body.error, /^WRONGPASS/);
    }
    assert.equal(upstash.stats.count('PING'), 1);
  });

  it('is by four methods only', async () => {
    const [status, body] = await answer(request('/get/k', { method: 'DELETE' }));
    assert.equal(status, 405);
    assert.match(body.error, /DELETE/);
  });

  it('reuses connections and gives a newer sync token with every answer', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${upstash.token}` };
        http
          .get(`${upstash.url}/ping`, { agent, headers }, (response) => {
            response.resume().on('end', () => resolve(Number(response.headers['upstash-sync-token'])));
          })
          .on('error', reject);
      });
    const tokens = [await ask(), await ask(), await ask()];
    agent.destroy();
    assert.ok(tokens[0] < tokens[1] && tokens[1] < tokens[2], String(tokens));
    assert.equal(upstash.stats.connections, 1);
  });
});

describe('encodings', () => {
  const base64 = { headers: { 'upstash-encoding': 'base64' } };
  const resp2 = { headers: { 'upstash-response-format': 'resp2' } };
  const encoded = (text) => Buffer.from(text).toString('base64');

  it('base64 covers every string at every depth, except OK and errors', async () => {
    assert.deepEqual(await answer(post('/', ['SET', 'k', 'v'], base64)), [200, { result: 'OK' }]);
    assert.deepEqual(await answer(post('/', ['PING'], base64)), [200, { result: encoded('PONG') }]);
    const nested = await answer(post('/', ['EVAL', 'return {"a", {"b", 3}, false}', 0], base64));
    assert.deepEqual(nested, [200, { result: [encoded('a'), [encoded('b'), 3], null] }]);
    assert.match((await answer(post('/', ['INCR', 'k'], base64)))[1].error, /^ERR value/);
    const batch = [
      ['GET', 'k'],
      ['SET', 'k', '2'],
      ['LPUSH', 'k', 'x'],
    ];
    for (const path of ['/pipeline', '/multi-exec']) {
      const [status, [got, set, failed]] = await answer(post(path, batch, base64));
      assert.deepEqual([status, set], [200, { result: 'OK' }]);
      assert.ok(['v', '2'].map(encoded).includes(got.result), got.result);
      assert.match(failed.error, /^WRONGTYPE/);
    }
  });

  it('base64 is what keeps bytes that are not UTF-8', async () => {
    await redis.command('SET', 'k', Buffer.from([255, 65]));
    assert.deepEqual(await answer(post('/', ['GET', 'k'])), [200, { result: '\ufffdA' }]);
    assert.deepEqual(await answer(post('/', ['GET', 'k'], base64)), [200, { result: '/0E=' }]);
  });

  it('resp2 gives the bytes of Redis, also for errors and pipelines', async () => {
    const ok = await post('/', ['SET', 'k', 'v'], resp2);
    assert.equal(ok.headers.get('content-type'), 'application/octet-stream');
    assert.equal(await ok.text(), '+OK\r\n');
    const many = await post(
      '/pipeline',
      [['GET', 'k'], ['GET', 'none'], ['INCR', 'k'], ['KEYS', 'x'], ['QUIT']],
      resp2,
    );
    const errors = ['-ERR value is not an integer or out of range\r\n', "-ERR Command is not available: 'QUIT'\r\n"];
    assert.equal(await many.text(), `$1\r\nv\r\n$-1\r\n${errors[0]}*0\r\n${errors[1]}`);
    const failed = await post('/', ['INCR', 'k'], resp2);
    assert.deepEqual([failed.status, await failed.text()], [400, errors[0]]);
  });

  it('resp2 does not go with base64, and other formats do not exist', async () => {
    const both = { headers: { ...base64.headers, ...resp2.headers } };
    assert.equal((await post('/', ['PING'], both)).status, 400);
    assert.equal((await post('/', ['PING'], { headers: { 'upstash-response-format': 'xml' } })).status, 400);
    assert.deepEqual(await answer(post('/multi-exec', [['PING']], resp2)), [200, [{ result: 'PONG' }]]);
  });
});

describe('several commands', () => {
  it('in a pipeline are answered one by one, errors among them', async () => {
    const commands = [['SET', 'k', 'v'], ['INCR', 'k'], ['NOSUCH'], ['WATCH', 'k'], ['GET', 'k']];
    const [status, items] = await answer(post('/pipeline', commands));
    assert.equal(status, 200);
    assert.deepEqual([items[0], items[4]], [{ result: 'OK' }, { result: 'v' }]);
    assert.match(items[1].error, /not an integer/);
    assert.match(items[2].error, /unknown command/);
    assert.match(items[3].error, /not available/);
  });

  it('in a transaction run with nothing in between, and one may fail alone', async () => {
    const add = [
      ['INCR', 'a'],
      ['INCR', 'b'],
      ['LPUSH', 'a', 'x'],
    ];
    const rounds = await Promise.all(Array.from({ length: 20 }, () => answer(post('/multi-exec', add))));
    for (const [status, [a, b, failed]] of rounds) {
      assert.equal(status, 200);
      assert.equal(a.result, b.result);
      assert.match(failed.error, /^WRONGTYPE/);
    }
    assert.equal(String(await redis.command('GET', 'b')), '20');
  });

  it('in a discarded transaction give one error and change nothing', async () => {
    for (const bad of [['NOSUCH'], ['GET'], ['SUBSCRIBE', 'c']]) {
      const [status, body] = await answer(post('/multi-exec', [['SET', 'k', 'v'], bad]));
      assert.equal(status, 400);
      assert.equal(typeof body.error, 'string');
    }
    assert.equal(await redis.command('EXISTS', 'k'), 0);
  });

  it('have to be an array of arrays with something in it', async () => {
    for (const path of ['/pipeline', '/multi-exec']) {
      for (const wrong of [[], {}, ['PING'], [[]]]) assert.equal((await post(path, wrong)).status, 400);
    }
  });
});

describe('server-sent events', () => {
  /** Opens a stream: `next()` gives the data of the next event, `close()` ends it. */
  async function events(path) {
    const abort = new AbortController();
    const headers = { authorization: `Bearer ${upstash.token}`, accept: 'text/event-stream' };
    const response = await fetch(upstash.url + path, { method: 'POST', headers, signal: abort.signal });
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    return {
      close: () => abort.abort(),
      async next() {
        for (;;) {
          const end = text.indexOf('\n\n');
          if (end >= 0) {
            const event = text.slice(0, end);
            text = text.slice(end + 2);
            return event;
          }
          const { value, done } = await reader.read();
          if (done) return null;
          text += value;
        }
      },
    };
  }

  it('bring the messages of a channel, one Redis connection each, until the client leaves', async () => {
    const first = await events('/subscribe/news');
    const second = await events('/subscribe/news');
    assert.equal(await first.next(), 'data: subscribe,news,1');
    assert.equal(await second.next(), 'data: subscribe,news,1');
    assert.deepEqual(await answer(post('/', ['PUBLISH', 'news', 'é, {"a":1}'])), [200, { result: 2 }]);
    assert.equal(await first.next(), 'data: message,news,é, {"a":1}');
    assert.equal(await second.next(), 'data: message,news,é, {"a":1}');
    await request('/publish/news/two%0Alines');
    assert.equal(await first.next(), 'data: message,news,two\ndata: lines');
    first.close();
    second.close();
    await until(async () => (await redis.command('PUBSUB', 'NUMSUB', 'news'))[1] === 0);
  });

  it('bring the messages of a pattern', async () => {
    const stream = await events('/psubscribe/news.*');
    assert.equal(await stream.next(), 'data: psubscribe,news.*,1');
    await redis.command('PUBLISH', 'news.sport', '2:1');
    assert.equal(await stream.next(), 'data: pmessage,news.*,news.sport,2:1');
    stream.close();
  });

  it('bring every command when monitoring', async () => {
    const stream = await events('/monitor');
    assert.equal(await stream.next(), 'data: "OK"');
    await redis.command('SET', 'k', 'v');
    assert.match(await stream.next(), /^data: \d+\.\d+ \[0 127\.0\.0\.1:\d+\] "SET" "k" "v"$/);
    stream.close();
  });

  it('report a mistake as HTTP 400', async () => {
    const [status, body] = await answer(request('/subscribe'));
    assert.equal(status, 400);
    assert.match(body.error, /wrong number of arguments/);
  });

  it('end when the endpoint goes away', async () => {
    const stream = await events('/subscribe/news');
    await stream.next();
    await upstash.misbehave('refuse');
    await assert.rejects(stream.next());
    await until(async () => (await redis.command('PUBSUB', 'NUMSUB', 'news'))[1] === 0);
  });
});

describe('stats', () => {
  it('count connections, requests and commands by name, and keep the newest', async () => {
    await post('/pipeline', [['SET', 'k', 1], ['get', 'k'], ['SHUTDOWN']], { headers: { 'x-mark': 'yes' } });
    await post('/multi-exec', [['GET', 'k']]);
    const { stats } = upstash;
    assert.equal(stats.requests, 2);
    assert.deepEqual([stats.count('GET'), stats.count('set'), stats.count('SHUTDOWN')], [2, 1, 0]);
    assert.deepEqual(stats.commands, [
      ['SET', 'k', '1'],
      ['get', 'k'],
      ['GET', 'k'],
    ]);
    assert.equal(stats.lastRequest.url, '/multi-exec');
    assert.equal(stats.lastRequest.method, 'POST');
    await post(
      '/pipeline',
      Array.from({ length: 1_100 }, (_, i) => ['ECHO', i]),
    );
    assert.equal(stats.count('ECHO'), 1_100);
    assert.equal(stats.commands.length, 1_000);
    assert.deepEqual(stats.commands.at(-1), ['ECHO', '1099']);
    stats.reset();
    assert.deepEqual([stats.requests, stats.count('ECHO'), stats.commands], [0, 0, []]);
  });
});
