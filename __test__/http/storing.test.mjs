// What is stored, and how long it is fresh. RFC 9111 §3, §4.2, §5.2.2.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asctime, at, rfc850 } from './support/dates.mjs';
import { startApp } from './support/koa-app.mjs';

const TEN_MINUTES = 600;
const YEAR = 365 * 86_400;
const PAST = 'Thu, 01 Jan 1970 00:00:00 GMT';

let explicit;
let operator;
before(async () => {
  explicit = await startApp({ profile: 'explicit' });
  operator = await startApp();
});
after(async () => {
  await explicit?.stop();
  await operator?.stop();
});

/** A page that is stored, and how many seconds it is fresh. A second may pass between the two requests. */
async function freshFor(app, seconds, answer) {
  const page = app.page(answer);
  const [first, second] = await page.twice();
  assert.deepEqual([first.cache, first.verdict], ['MISS', { fwd: 'uri-miss', stored: true }]);
  assert.deepEqual([second.cache, second.verdict.hit, page.runs], ['HIT', true, 1], second.cacheStatus);
  const { ttl } = second.verdict;
  assert.ok(ttl <= seconds && ttl >= seconds - 2, `ttl=${ttl} instead of ${seconds}`);
  return { page, first, second };
}

/** A page that is not stored, and says why. */
async function neverStored(app, answer, headers) {
  const page = app.page(answer);
  const [first, second] = await page.twice(headers);
  assert.equal(first.verdict.stored, undefined, first.cacheStatus);
  assert.equal(typeof first.verdict.detail, 'string', first.cacheStatus);
  assert.ok(!['HIT', 'STALE'].includes(second.cache), second.cacheStatus);
  assert.equal(page.runs, 2);
  return { page, first, second };
}

describe('a lifetime of the handler’s own', { concurrency: true }, () => {
  const lifetimes = [
    ['is its max-age', () => ({ 'cache-control': 'max-age=60' }), 60],
    ['is its s-maxage rather than its max-age', () => ({ 'cache-control': 'max-age=5, s-maxage=90' }), 90],
    ['is its s-maxage even if that is shorter', () => ({ 'cache-control': 's-maxage=30, max-age=500' }), 30],
    ['is its max-age rather than Expires', () => ({ 'cache-control': 'max-age=60', expires: at(3_000) }), 60],
    ['is its max-age even if it expired', () => ({ 'cache-control': 'max-age=60', expires: PAST }), 60],
    ['is its s-maxage rather than Expires', () => ({ 'cache-control': 's-maxage=60', expires: PAST }), 60],
    ['is its Expires, counted from now', () => ({ expires: at(80) }), 80],
    ['is its Expires, counted from its Date', () => ({ expires: at(480), date: at(400) }), 80],
    ['is its Expires in the spelling of RFC 850', () => ({ expires: rfc850(at(80)) }), 80],
    ['is its Expires in the spelling of asctime', () => ({ expires: asctime(at(80)) }), 80],
    ['is shorter by the Age it came with', () => ({ 'cache-control': 'max-age=100', age: '40' }), 60],
    ['is shorter by the Age, as Expires as well', () => ({ expires: at(100), age: '40' }), 60],
    ['is shorter by the time since its Date', () => ({ 'cache-control': 'max-age=100', date: at(-40) }), 60],
    ['is shorter by the larger of both', () => ({ 'cache-control': 'max-age=100', date: at(-40), age: '70' }), 30],
    ['is not shorter for a clock that is ahead', () => ({ 'cache-control': 'max-age=100', date: at(40) }), 100],
    ['is read from two lines', () => ({ 'cache-control': ['public', 'max-age=60'] }), 60],
    ['is read in any case', () => ({ 'cache-control': 'Public, MAX-AGE=60' }), 60],
    ['is read among what is unknown', () => ({ 'cache-control': 'foo, bar=7, max-age=60, "x", =, baz="q, no-store"' }), 60],
    ['is read after a quoted quote', () => ({ 'cache-control': 'x="a\\", no-store, \\"", max-age=60' }), 60],
    ['is a year where it is too large for a number', () => ({ 'cache-control': `max-age=${'9'.repeat(40)}` }), YEAR],
    ['is a year where it is larger than 32 bits', () => ({ 'cache-control': 'max-age=4294967297' }), YEAR],
  ];
  for (const [what, headers, seconds] of lifetimes) {
    it(what, async () => {
      await freshFor(explicit, seconds, () => ({ headers: headers() }));
      await freshFor(operator, seconds, () => ({ headers: headers() }));
    });
  }
});

describe('an answer without a lifetime of its own', { concurrency: true }, () => {
  const silent = [
    ['says nothing', {}],
    ['is public', { 'cache-control': 'public' }],
    ['is immutable', { 'cache-control': 'immutable' }],
    ['is a style sheet', { 'content-type': 'text/css' }],
  ];
  for (const [what, headers] of silent) {
    it(`that ${what} is fresh for the operator's TTL, and not stored without one`, async () => {
      await freshFor(operator, TEN_MINUTES, { headers });
      await neverStored(explicit, { headers });
    });
  }

  it('is not stored where the operator names no TTL', async () => {
    const app = await startApp({ defaultTtl: undefined });
    await neverStored(app, {});
    await freshFor(app, 60, { headers: { 'cache-control': 'max-age=60' } });
    await app.stop();
  });

  it('is never fresh by guess, though one with a validator may be kept to be validated', async () => {
    const page = explicit.page({ headers: { 'last-modified': at(-YEAR), etag: '"v1"' } });
    const responses = [...(await page.twice()), await page.get()];
    assert.deepEqual([responses.some(({ cache }) => cache === 'HIT'), page.runs], [false, 3]);
  });

  it('loses a random share of the operator’s TTL to the jitter, and nothing of the handler’s', async () => {
    const app = await startApp({ defaultTtl: 1_000, jitter: 0.5 });
    const ttls = async (headers) => {
      const pages = Array.from({ length: 40 }, () => app.page({ headers }));
      return Promise.all(pages.map(async (page) => (await page.twice())[1].verdict.ttl));
    };
    const operators = await ttls({});
    assert.ok(Math.min(...operators) >= 498 && Math.max(...operators) <= 1_000, String(operators));
    // 40 of 500 values that are all within 50 of each other are less likely than 1 in 10^38.
    assert.ok(Math.max(...operators) - Math.min(...operators) > 50, String(operators));
    assert.ok((await ttls({ 'cache-control': 'max-age=1000' })).every((ttl) => ttl >= 998));
    await app.stop();
  });
});

describe('an answer is never stored', { concurrency: true }, () => {
  const forbidden = [
    ['no-store', { 'cache-control': 'no-store' }],
    ['no-store in capitals beside a lifetime', { 'cache-control': 'max-age=60, NO-STORE' }],
    ['private', { 'cache-control': 'private, max-age=60' }],
    ['private beside s-maxage', { 'cache-control': 's-maxage=60, private' }],
    ['private for some headers', { 'cache-control': 'max-age=60, private="x-user, x-cart"' }],
    ['no-cache', { 'cache-control': 'no-cache, max-age=60' }],
    ['no-cache for some headers', { 'cache-control': 'max-age=60, no-cache="x-user"' }],
    ['max-age=0', { 'cache-control': 'max-age=0' }],
    ['s-maxage=0 beside max-age', { 'cache-control': 's-maxage=0, max-age=60' }],
    ['an Expires in the past', { expires: PAST }],
    ['an Expires that is its Date', () => ({ expires: at(60), date: at(60) })],
    ['an age beyond its lifetime', { 'cache-control': 'max-age=60', age: '60' }],
    ['a Date before its lifetime', () => ({ 'cache-control': 'max-age=60', date: at(-62) })],
    ['Vary: *', { 'cache-control': 'max-age=60', vary: '*' }],
    ['* among the names in Vary', { 'cache-control': 'max-age=60', vary: 'accept, *' }],
    ['* in a second line of Vary', { 'cache-control': 'max-age=60', vary: ['accept', '*'] }],
    ['Set-Cookie', { 'cache-control': 'max-age=60', 'set-cookie': 'a=1' }],
    ['Set-Cookie even if it is public', { 'cache-control': 'public, s-maxage=60, immutable', 'set-cookie': 'a=1' }],
  ];
  for (const [what, headers] of forbidden) {
    it(`with ${what}`, async () => {
      const made = () => ({ headers: typeof headers === 'function' ? headers() : headers });
      await neverStored(operator, made);
      await neverStored(explicit, made);
    });
  }

  const statuses = [201, 202, 205, 206, 207, 226, 299, 304, 305, 401, 402, 403, 406, 407, 408, 409, 411, 412, 413, 415];
  for (const status of [...statuses, 418, 421, 422, 425, 428, 429, 431, 499, 500, 501, 502, 503, 504, 505, 511, 599]) {
    it(`with status ${status}`, async () => {
      const { first } = await neverStored(operator, { status, headers: { 'cache-control': 'public, max-age=60' } });
      assert.equal(first.status, status);
    });
  }

  for (const status of [302, 303, 307, 400, 404, 405, 414, 451]) {
    it(`with status ${status} unless it has a lifetime of its own`, async () => {
      await neverStored(operator, { status, headers: { location: '/x' } });
      const { second } = await freshFor(operator, 60, { status, headers: { location: '/x', 'cache-control': 'max-age=60' } });
      assert.deepEqual([second.status, second.headers.location], [status, '/x']);
    });
  }

  for (const status of [200, 203, 204, 300, 301, 308, 410]) {
    it(`twice with status ${status}, which needs none`, async () => {
      const { first, second } = await freshFor(operator, TEN_MINUTES, { status, headers: { location: '/x' } });
      assert.deepEqual([second.status, second.headers.location, second.text], [status, '/x', first.text]);
    });
  }
});

describe('what is malformed makes nothing more cacheable:', { concurrency: true }, () => {
  const malformed = [
    'max-age', 'max-age=', 'max-age=ever', 'max-age=-60', 'max-age=+60', 'max-age=60s', 'max-age=6e1', 'max-age=0x3c',
    'max-age=60.5', 'max-age = 60', 'max-age =60', 'max-age= 60', 'max-age=6 0', 'max-age=\'60\'', 'max-age="60', 'max-age=60;',
    'max-age=60, max-age=0', 'max-age=0, max-age=60', 'max-age=60, max-age=x', 's-maxage=60, s-maxage=0',
    's-maxage=ever, max-age=60', 's-maxage, max-age=60', 'x="a, max-age=60', ' , ,max-age=60,,no-store , ', 'no-store ,max-age=60',
    'max-age=60,\tno-store', 'no-store=1, max-age=60', 'private=, max-age=60', 'no-store; max-age=60', 'private; max-age=60',
  ];
  for (const value of malformed) {
    it(`Cache-Control: ${value}`, async () => {
      await neverStored(explicit, { headers: { 'cache-control': value } });
      await neverStored(operator, { headers: { 'cache-control': value } });
    });
  }

  const others = [
    ['two lines, the shorter counts', { 'cache-control': ['max-age=60', 'max-age=0'] }],
    ['two lines, the stricter counts', { 'cache-control': ['max-age=60', 'no-store'] }],
    ['two Expires', { expires: ['Wed, 01 Jan 2098 00:00:00 GMT', PAST] }],
    ['Expires: 0', { expires: '0' }],
    ['Expires: -1', { expires: '-1' }],
    ['an empty Expires', { expires: '' }],
    ['an Expires that is ISO 8601', { expires: '2098-01-01T00:00:00Z' }],
    ['an Expires of another zone', { expires: 'Wed, 01 Jan 2098 00:00:00 CET' }],
    ['an Age that is no number', { 'cache-control': 'max-age=60', age: 'old' }],
    ['an Age below 0', { 'cache-control': 'max-age=60', age: '-10' }],
    ['two Ages', { 'cache-control': 'max-age=60', age: ['7200', '0'] }],
    ['an Age larger than any number', { 'cache-control': 'max-age=60', age: '9'.repeat(40) }],
  ];
  for (const [what, headers] of others) {
    it(what, async () => {
      await neverStored(explicit, { headers });
      await neverStored(operator, { headers });
    });
  }
});

describe('the headers of a stored answer', { concurrency: true }, () => {
  it('that describe it are answered again, with its Date', async () => {
    const headers = {
      'content-type': 'application/vnd.api+json',
      'content-language': 'de, en',
      'content-location': '/page.de',
      'content-disposition': 'inline; filename="a b.json"',
      'cache-control': 'public, max-age=60, foo="bar, baz"',
      expires: at(70),
      date: at(-5),
      etag: '"v1"',
      'last-modified': at(-100),
      link: ['</a>; rel=preload', '</b>; rel=next'],
      vary: 'accept',
    };
    const [first, second] = await explicit.page({ headers }).twice();
    assert.equal(second.cache, 'HIT');
    for (const name of Object.keys(headers)) assert.equal(second.headers[name], first.headers[name], name);
    assert.equal(second.headers.link, '</a>; rel=preload, </b>; rel=next');
    assert.equal(second.headers['content-length'], String(second.body.length));
  });

  it('keep the type that Koa gives to text, HTML, objects and bytes', async () => {
    for (const body of ['text', '<p>', { a: [1] }, [{ a: 1 }], Buffer.from([0, 1, 255]), '', 'ä'.repeat(9)]) {
      const [first, second] = await operator.page({ body }).twice();
      assert.equal(second.cache, 'HIT', JSON.stringify(body));
      assert.ok(second.body.equals(first.body));
      assert.equal(second.headers['content-type'], first.headers['content-type']);
    }
  });

  it('and its body are what Koa makes of an answer that has neither', async () => {
    for (const status of [undefined, 404, 410, 301]) {
      const page = explicit.page((ctx) => {
        ctx.set('Cache-Control', 'max-age=60');
        if (status !== undefined) ctx.status = status;
      });
      const [first, second] = await page.twice();
      const text = { 301: 'Moved Permanently', 410: 'Gone' }[status] ?? 'Not Found';
      for (const response of [first, second]) {
        assert.deepEqual([response.status, response.text], [status ?? 404, text], response.cacheStatus);
        assert.equal(response.headers['content-type'], 'text/plain; charset=utf-8');
      }
      assert.equal(second.cache, 'HIT');
    }
  });

  it('and its body stay as they were, whatever its handler does with its objects afterwards', async () => {
    for (const body of [Buffer.from('first'), { text: 'first' }, ['first']]) {
      const page = operator.page({ body });
      const first = await page.get();
      if (Buffer.isBuffer(body)) body.write('other');
      else Object.assign(body, { text: 'other', 0: 'other' });
      const second = await page.get();
      assert.deepEqual([second.cache, second.text], ['HIT', first.text]);
    }
  });

  it('that belong to a connection or to one request are not stored', async () => {
    const alien = {
      'keep-alive': 'timeout=77', 'proxy-connection': 'keep-alive', 'proxy-authenticate': 'Basic', 'proxy-authorization': 'Basic eDp5',
      te: 'trailers', upgrade: 'h2c', 'access-control-allow-origin': 'https://a.example', 'access-control-allow-credentials': 'true',
      'content-security-policy': "script-src 'nonce-1'", 'strict-transport-security': 'max-age=1', 'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin',
      'x-ratelimit-remaining': '7', 'ratelimit-remaining': '7', 'x-request-id': 'r1', 'x-response-time': '7ms',
      'server-timing': 'db;dur=7', 'www-authenticate': 'Basic', 'x-xss-protection': '0',
    };
    const { first, second } = await freshFor(operator, TEN_MINUTES, { headers: alien });
    for (const name of Object.keys(alien)) {
      assert.equal(first.headers[name], alien[name], `${name} of the first answer`);
      assert.notEqual(second.headers[name], alien[name], `${name} was stored`);
    }
  });

  it('that Connection names are not stored', async () => {
    const headers = { connection: 'Content-Language, keep-alive', 'content-language': 'de', link: '</a>' };
    const { second } = await freshFor(operator, TEN_MINUTES, { headers });
    assert.deepEqual([second.headers['content-language'], second.headers.link], [undefined, '</a>']);
  });

  it('that a middleware further out sets are those of each request', async () => {
    let requests = 0;
    const cors = (ctx, next) => {
      requests += 1;
      ctx.set('X-RateLimit-Remaining', String(requests));
      if (ctx.get('Origin')) ctx.set('Access-Control-Allow-Origin', ctx.get('Origin'));
      return next();
    };
    const app = await startApp({}, { before: [cors] });
    const page = app.page({});
    const origins = ['https://a.example', undefined, 'https://b.example'];
    for (const [index, origin] of origins.entries()) {
      const { cache, headers } = await page.get(origin && { origin });
      assert.equal(cache, index === 0 ? 'MISS' : 'HIT');
      assert.deepEqual([headers['access-control-allow-origin'], headers['x-ratelimit-remaining']], [origin, String(index + 1)]);
    }
    await app.stop();
  });
});
