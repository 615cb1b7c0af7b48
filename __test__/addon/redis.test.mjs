// `Redis`, the client that the package exports for use without Strapi.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from '../../index.js';
import { startRedis } from '../support/redis-server.mjs';
import { until } from '../support/rest-client.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOKEN = 'AXsecretSECRETsecret';

let server;
let upstash;
let redis;

before(async () => {
  server = await startRedis();
  upstash = await startUpstash({ redis: server, token: TOKEN });
});

beforeEach(async () => {
  await server.command('FLUSHALL');
  upstash.stats.reset();
  // Each test has its own: what one has learned of the endpoint is none of the next one's business.
  redis = new Redis({ url: upstash.url, token: TOKEN });
});

afterEach(() => upstash.heal());

after(async () => {
  await upstash.stop();
  await server.stop();
});

/** The error of a promise that must reject. */
async function rejection(promise) {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  assert.ok('error' in outcome, `resolved to ${JSON.stringify(outcome.value)}`);
  assert.ok(outcome.error instanceof Error);
  assert.ok(!`${outcome.error.stack} ${JSON.stringify(outcome.error)}`.includes(TOKEN), 'the token is in the error');
  return outcome.error;
}

describe('a command', () => {
  it('is sent as an array, numbers and big numbers by their digits', async () => {
    assert.equal(await redis.command(['SET', 'k', 1.5]), 'OK');
    assert.equal(await redis.command(['GET', 'k']), '1.5');
    assert.equal(await redis.command(['SET', 'k', 9_007_199_254_740_993n, 'EX', 100]), 'OK');
    assert.equal(String(await server.command('GET', 'k')), '9007199254740993');
    assert.equal(await redis.command(['TTL', 'k']), 100);
  });

  it('is answered with what Redis has: text, integers, nil, lists and lists in lists', async () => {
    await redis.pipeline([
      ['RPUSH', 'l', 'a', 'b'],
      ['HSET', 'h', 'f', 'v'],
      ['XADD', 's', '1-1', 'f', 'v'],
    ]);
    assert.deepEqual(await redis.command(['LRANGE', 'l', 0, -1]), ['a', 'b']);
    assert.deepEqual(await redis.command(['HGETALL', 'h']), ['f', 'v']);
    assert.deepEqual(await redis.command(['HMGET', 'h', 'f', 'missing']), ['v', null]);
    assert.deepEqual(await redis.command(['XRANGE', 's', '-', '+']), [['1-1', ['f', 'v']]]);
    assert.equal(await redis.command(['GET', 'missing']), null);
    assert.equal(await redis.command(['LLEN', 'l']), 2);
    assert.deepEqual(await redis.command(['LRANGE', 'missing', 0, -1]), []);
    assert.equal(await redis.command(['PING']), 'PONG');
  });

  it('takes and gives any text as it is', async () => {
    const texts = [
      '',
      ' ',
      'OK',
      'null',
      '1e3',
      '007',
      '"quoted"',
      '{"a":1}',
      'é ü 世界 \u{1f600}',
      '\u0000\r\n\t\u2028',
      'x'.repeat(500_000),
    ];
    for (const text of texts) {
      await redis.command(['SET', `key ${text.slice(0, 20)}`, text]);
      assert.equal(await redis.command(['GET', `key ${text.slice(0, 20)}`]), text);
      assert.ok((await server.command('GET', `key ${text.slice(0, 20)}`)).equals(Buffer.from(text)));
    }
  });

  it('is one request, over connections that stay open', async () => {
    for (let i = 0; i < 20; i += 1) await redis.command(['INCR', 'n']);
    assert.deepEqual([upstash.stats.requests, upstash.stats.count('INCR')], [20, 20]);
    assert.ok(upstash.stats.connections <= 2, `${upstash.stats.connections} connections`);
  });

  it('may be one of hundreds at once', async () => {
    const replies = await Promise.all(Array.from({ length: 500 }, () => redis.command(['INCR', 'n'])));
    assert.deepEqual(
      replies.sort((x, y) => x - y),
      Array.from({ length: 500 }, (_, i) => i + 1),
    );
  });
});

describe('a pipeline', () => {
  it('runs its commands in order in one request', async () => {
    const replies = await redis.pipeline([
      ['SET', 'k', 1],
      ['INCR', 'k'],
      ['GET', 'k'],
      ['GET', 'missing'],
    ]);
    assert.deepEqual(replies, ['OK', 2, '2', null]);
    assert.equal(upstash.stats.requests, 1);
  });

  it('has an error in the place of a command that was refused, and runs the others', async () => {
    const [set, error, get] = await redis.pipeline([
      ['SET', 'k', 'text'],
      ['INCR', 'k'],
      ['GET', 'k'],
    ]);
    assert.deepEqual([set, get], ['OK', 'text']);
    assert.ok(error instanceof Error);
    assert.deepEqual([error.code, error.message], ['E_REDIS', 'ERR value is not an integer or out of range']);
  });

  it('of one command is a pipeline as well, and of none is none', async () => {
    assert.deepEqual(await redis.pipeline([['PING']]), ['PONG']);
    const [error] = await redis.pipeline([['NO-SUCH-COMMAND']]);
    assert.equal(error.code, 'E_REDIS');
    assert.deepEqual(await redis.pipeline([]), []);
    assert.equal(upstash.stats.requests, 2);
  });
});

describe('what goes wrong', () => {
  it('E_REDIS: Redis’ own words and the name of the command, without its arguments', async () => {
    await redis.command(['SET', 'k', 'text']);
    const error = await rejection(redis.command(['LPUSH', 'k', 'private value']));
    assert.equal(error.code, 'E_REDIS');
    assert.equal(
      error.message,
      'WRONGTYPE Operation against a key holding the wrong kind of value, command was: LPUSH',
    );
  });

  it('E_STATUS: a token that Upstash does not know', async () => {
    const stranger = new Redis({ url: upstash.url, token: 'AnotherSecret' });
    const error = await rejection(stranger.command(['GET', 'k']));
    assert.equal(error.code, 'E_STATUS');
    assert.match(error.message, /HTTP 401: .*WRONGPASS/);
    assert.ok(!error.message.includes('AnotherSecret'));
  });

  const outages = [
    ['refuse', {}, 'E_NETWORK'],
    ['drop', {}, 'E_NETWORK'],
    ['truncate', {}, 'E_NETWORK'],
    ['500', {}, 'E_STATUS'],
    ['garbage', {}, 'E_PROTOCOL'],
    ['garbage', { body: '[]' }, 'E_PROTOCOL'],
    ['garbage', { body: '{"result":"#"}' }, 'E_PROTOCOL'],
    ['garbage', { body: '{"result":{"a":1}}' }, 'E_PROTOCOL'],
    ['garbage', { body: '{}' }, 'E_PROTOCOL'],
    ['garbage', { body: '' }, 'E_PROTOCOL'],
  ];
  for (const [mode, options, code] of outages) {
    it(`${code}: an endpoint that does ‘${mode}’ ${options.body ?? ''}, for a command and for a pipeline`, async () => {
      await upstash.misbehave(mode, options);
      const errors = [
        await rejection(redis.command(['GET', 'k'])),
        await rejection(
          redis.pipeline([
            ['GET', 'k'],
            ['GET', 'l'],
          ]),
        ),
      ];
      for (const error of errors) {
        assert.equal(error.code, code);
        assert.match(error.message, /^Upstash (could not be reached|answered)/);
        assert.ok(error.message.length < 400);
      }
    });
  }

  it('E_PROTOCOL: an answer that repeats the request is quoted without the token', async () => {
    await upstash.misbehave('garbage', { body: `<p>You sent: Authorization: Bearer ${TOKEN}</p>` });
    const error = await rejection(redis.command(['GET', 'k']));
    assert.equal(error.code, 'E_PROTOCOL');
    assert.match(error.message, /You sent/);
  });

  it('E_UNAVAILABLE: after three failures in a row nothing is sent for a moment, and then all is well again', async () => {
    await upstash.misbehave('500');
    for (let i = 0; i < 3; i += 1) assert.equal((await rejection(redis.command(['INCR', 'n']))).code, 'E_STATUS');
    const error = await rejection(redis.command(['INCR', 'n']));
    assert.deepEqual([error.code, upstash.stats.requests], ['E_UNAVAILABLE', 3]);
    assert.match(error.message, /failed 3 times in a row/);
    await upstash.heal();
    let reply;
    await until(async () => (reply = await redis.command(['INCR', 'n']).catch(() => null)) !== null);
    assert.equal(reply, 1);
  });

  it('E_COMMAND: what is no command is not sent', async () => {
    const wrong = [
      [],
      'GET k',
      undefined,
      ['GET', null],
      ['GET', undefined],
      ['SET', 'k', NaN],
      ['SET', 'k', Infinity],
      ['SET', 'k', true],
      ['SET', 'k', {}],
      ['SET', 'k', Symbol('s')],
    ];
    for (const command of wrong) {
      const error = await rejection(redis.command(command));
      assert.equal(error.code, 'E_COMMAND', String(error));
      assert.ok(error.message.length > 10);
      assert.equal((await rejection(redis.pipeline([['PING'], command]))).code, 'E_COMMAND');
    }
    assert.equal(upstash.stats.requests, 0);
  });

  it('E_COMMAND: what is no list of commands is not sent', async () => {
    for (const wrong of ['PING', undefined, null, {}]) {
      assert.equal((await rejection(redis.pipeline(wrong))).code, 'E_COMMAND', String(wrong));
    }
    assert.equal(upstash.stats.requests, 0);
  });

  it('E_CONFIG: credentials that can not be any, in a sentence without the token', () => {
    const wrong = [
      [undefined, /^url and token: missing; set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN/],
      [{}, /^url and token: missing/],
      [{ url: upstash.url }, /^token: missing while url is set/],
      [{ token: TOKEN }, /^url: missing while token is set/],
      [
        { url: 'redis://localhost:6379', token: TOKEN },
        /^url: found 'redis:\/\/localhost'; expected the REST URL/,
      ],
      [{ url: 'localhost', token: TOKEN }, /^url: found something that is no URL/],
      [{ url: `https://u:${TOKEN}@a.example`, token: TOKEN }, /^url: found a user or password/],
      [{ url: upstash.url, token: `${TOKEN} ` }, /^token: found spaces/],
      [{ url: upstash.url, token: `${TOKEN}\n` }, /^token: found spaces/],
    ];
    for (const [options, message] of wrong) {
      assert.throws(
        () => new Redis(options),
        (error) => {
          assert.equal(error.code, 'E_CONFIG');
          assert.match(error.message, message);
          return !`${error.stack}`.includes(TOKEN);
        },
      );
    }
  });
});

describe('the credentials', () => {
  it('come from the environment, or from an object in its place', async () => {
    const env = { UPSTASH_REDIS_REST_URL: `${upstash.url}/`, UPSTASH_REDIS_REST_TOKEN: TOKEN };
    assert.equal(await Redis.fromEnv(env).command(['PING']), 'PONG');
    for (const name of Object.keys(env)) {
      const half = { ...env, [name]: undefined };
      assert.throws(() => Redis.fromEnv(half), { code: 'E_CONFIG' });
      assert.throws(() => Redis.fromEnv({ ...env, [name]: '' }), { code: 'E_CONFIG' }, `an empty ${name}`);
    }
    const code = `import { Redis } from 'strapi-upstash'; console.log(await Redis.fromEnv().command(['PING']));`;
    const { stdout } = await node(code, env);
    assert.equal(stdout, 'PONG\n');
  });

  it('go to no other server, also when the endpoint says so', async () => {
    await using(async (other, otherUrl) => {
      await using(
        async (_, url) => {
          const error = await rejection(new Redis({ url, token: TOKEN }).command(['GET', 'k']));
          assert.equal(error.code, 'E_STATUS');
        },
        (_, response) => response.writeHead(307, { location: otherUrl }).end(),
      );
      assert.equal(other.asked, 0);
    });
  });

  it('are not shown when the client is printed', async () => {
    const { inspect } = await import('node:util');
    assert.ok(!inspect(redis, { depth: 9, showHidden: true }).includes(TOKEN));
    assert.equal(JSON.stringify(redis), '{}');
  });
});

describe('the package', () => {
  it('loads no code of Strapi and none of the plugin for it', async () => {
    const code = `
      import { createRequire } from 'node:module';
      import { Redis } from 'strapi-upstash';
      if (typeof Redis !== 'function') throw new Error('no Redis');
      console.log(JSON.stringify(Object.keys(createRequire(import.meta.url).cache)));
    `;
    const loaded = JSON.parse((await node(code)).stdout);
    const own = loaded.map((file) => file.slice(ROOT.length)).sort();
    const binary = own.filter((file) => file.endsWith('.node'));
    assert.deepEqual(
      own.filter((file) => !file.endsWith('.node')),
      ['binding.js', 'index.js', 'redis.js'],
    );
    assert.equal(binary.length, 1);
  });

  it('is required as it is imported', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['-p', `typeof require('strapi-upstash').Redis`], {
      cwd: ROOT,
    });
    assert.equal(stdout, 'function\n');
  });
});

/** Runs a module in a process of its own. */
function node(code, env = {}) {
  const options = { cwd: ROOT, env: { PATH: process.env.PATH, ...env }, timeout: 20_000 };
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], options);
}

/** Runs `work` with an HTTP server that counts its requests. */
async function using(work, answer = (_, response) => response.end()) {
  const counted = { asked: 0 };
  const web = http.createServer((request, response) => {
    counted.asked += 1;
    answer(request, response);
  });
  await new Promise((resolve) => web.listen(0, '127.0.0.1', resolve));
  try {
    await work(counted, `http://127.0.0.1:${web.address().port}`);
  } finally {
    web.closeAllConnections();
    await new Promise((resolve) => web.close(resolve));
  }
}
