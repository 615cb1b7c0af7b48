// What a client is told: Age, validators and 304, HEAD, X-Cache and Cache-Status. RFC 9110 §8.8, §13; RFC 9111 §4.3, §5.1;
// RFC 9211.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { asctime, at, rfc850 } from './support/dates.mjs';
import { startApp } from './support/koa-app.mjs';

let app;
before(async () => {
  app = await startApp();
});
after(() => app?.stop());

describe('Age', { concurrency: true }, () => {
  it('is on every hit, and grows', async () => {
    const page = app.page({ headers: { 'cache-control': 'max-age=60' } });
    const [first, second] = await page.twice();
    assert.deepEqual([first.age, second.age], [undefined, 0]);
    await sleep(1_100);
    const third = await page.get();
    assert.ok(third.age >= 1 && third.age <= 3, String(third.age));
    assert.ok(second.verdict.ttl > third.verdict.ttl, 'ttl falls as Age grows');
    // Rounded down to the second, the moment it was made is further away than that.
    assert.ok(Date.parse(third.headers.date) <= Date.now() - 1_100, 'Date is that of the answer, not that of the hit');
    for (const other of [await page.head(), await page.get({ 'if-none-match': third.headers.etag })]) assert.ok(other.age >= 1);
  });

  it('counts from the Date the answer came with, in any spelling', async () => {
    for (const spelt of [String, rfc850, asctime]) {
      const [, second] = await app.page({ headers: { 'cache-control': 'max-age=100', date: spelt(at(-30)) } }).twice();
      assert.ok(second.age >= 29 && second.age <= 32, `Age: ${second.age} with Date: ${second.headers.date}`);
    }
  });

  it('counts from the Age the answer came with', async () => {
    const [, second] = await app.page({ headers: { 'cache-control': 'max-age=100', age: '30' } }).twice();
    assert.ok(second.age >= 30 && second.age <= 32, String(second.age));
    assert.equal(second.names.filter((name) => name === 'age').length, 1);
  });
});

describe('the ETag', { concurrency: true }, () => {
  it('is made from the body where the handler gives none, and is weak', async () => {
    for (const body of ['text', '', { a: 1 }, ['a'], Buffer.from([0, 255])]) {
      const [first, second] = await app.page({ body }).twice();
      assert.match(first.headers.etag, /^W\/"[^"]+"$/);
      assert.equal(second.headers.etag, first.headers.etag);
      assert.equal((await app.page({ body }).get()).headers.etag, first.headers.etag, 'the same body has the same tag');
    }
  });

  it('of two bodies differs', async () => {
    const bodies = ['a', 'b', 'ab', 'ba', 'a '.repeat(5_000), `${'a '.repeat(4_999)}b `, [1, 2], [2, 1]];
    const tags = await Promise.all(bodies.map(async (body) => (await app.page({ body }).get()).headers.etag));
    assert.equal(new Set(tags).size, bodies.length);
  });

  it('of the handler is kept', async () => {
    for (const etag of ['"strong"', 'W/"weak"', '""', '"a,b"']) {
      const [first, second] = await app.page({ headers: { etag } }).twice();
      assert.deepEqual([first.headers.etag, second.headers.etag], [etag, etag]);
    }
  });
});

/** What If-None-Match leads to 304, for an entry tagged with the first of each. */
const MATCHES = [
  ['"v1"', '"v1"', true], ['"v1"', 'W/"v1"', true], ['W/"v1"', '"v1"', true], ['W/"v1"', 'W/"v1"', true],
  ['"v1"', '*', true], ['"v1"', ' * ', true], ['"v1"', '"v0", "v1"', true], ['"v1"', '"v0","v1","v2"', true],
  ['"v1"', '"v0" ,  W/"v1"', true], ['"v1"', ', "v1",', true], ['"v1"', ['"v0"', '"v1"'], true], ['"a,b"', '"c", "a,b"', true],
  ['"v1"', '"v2"', false], ['"v1"', '"v0", "v2"', false], ['"v1"', '"V1"', false], ['"v1"', '"v1 "', false], ['"v1"', '"v"', false],
  ['"v1"', '"v11"', false], ['"v1"', 'v1', false], ['"v1"', '', false], ['"a"', '"a,b"', false],
  ['"b"', '"a,b"', false], ['"*"', '"x"', false],
];

describe('If-None-Match', { concurrency: true }, () => {
  for (const [etag, asked, same] of MATCHES) {
    it(`${JSON.stringify(asked)} ${same ? 'matches' : 'does not match'} ${etag}, from memory and from the handler`, async () => {
      const page = app.page({ headers: { etag } });
      const filling = await page.get({ 'if-none-match': asked });
      assert.deepEqual([filling.status, filling.cache], [same ? 304 : 200, 'MISS']);
      assert.equal(page.seen[0]['if-none-match'], undefined, 'the handler was to make the whole answer');
      const whole = await page.get();
      assert.deepEqual([whole.status, whole.cache, whole.text], [200, 'HIT', `${page.path} run 1`]);
      const hit = await page.get({ 'if-none-match': asked });
      assert.deepEqual([hit.status, hit.cache, hit.text], [same ? 304 : 200, 'HIT', same ? '' : whole.text]);
      const head = await page.head({ 'if-none-match': asked });
      assert.deepEqual([head.status, page.runs], [hit.status, 1]);
    });
  }

  it('matches a tag that was made here', async () => {
    const page = app.page({});
    const { etag } = (await page.get()).headers;
    const responses = [await page.get({ 'if-none-match': etag }), await page.get({ 'if-none-match': etag.slice(2) })];
    assert.deepEqual(responses.map(({ status }) => status), [304, 304]);
  });

  for (const status of [301, 404, 410]) {
    it(`does not turn ${status} into 304`, async () => {
      const page = app.page({ status, headers: { etag: '"v1"', location: '/x', 'cache-control': 'max-age=60' } });
      const responses = [];
      for (const asked of ['*', '"v1"', '*', '"v1"']) responses.push((await page.get({ 'if-none-match': asked })).status);
      assert.deepEqual([responses, page.runs], [Array(4).fill(status), 1]);
    });
  }
});

describe('If-Modified-Since', { concurrency: true }, () => {
  const modified = at(-3_600);
  const cases = [
    ['the moment it was modified', { 'if-modified-since': modified }, 304],
    ['a later one', { 'if-modified-since': at(-60) }, 304],
    ['an earlier one', { 'if-modified-since': at(-7_200) }, 200],
    ['the moment in the spelling of RFC 850', { 'if-modified-since': rfc850(modified) }, 304],
    ['the moment in the spelling of asctime', { 'if-modified-since': asctime(modified) }, 304],
    ['no date', { 'if-modified-since': 'yesterday' }, 200],
    ['a date that is none of HTTP’s', { 'if-modified-since': '2098-01-01T00:00:00Z' }, 200],
    ['a date of another zone', { 'if-modified-since': 'Wed, 01 Jan 2098 00:00:00 CET' }, 200],
    ['a number', { 'if-modified-since': '4000000000' }, 200],
    ['a later one beside a tag that does not match', { 'if-modified-since': at(-60), 'if-none-match': '"v0"' }, 200],
    ['an earlier one beside a tag that matches', { 'if-modified-since': at(-7_200), 'if-none-match': '"v1"' }, 304],
  ];
  for (const [what, headers, status] of cases) {
    it(`of ${what} gives ${status}, from memory and from the handler`, async () => {
      const page = app.page({ headers: { 'last-modified': modified, etag: '"v1"' } });
      const filling = await page.get(headers);
      assert.deepEqual([filling.status, filling.cache, page.seen[0]['if-modified-since']], [status, 'MISS', undefined]);
      const hit = await page.get(headers);
      assert.deepEqual([hit.status, hit.cache, page.runs], [status, 'HIT', 1]);
      assert.equal((await page.head(headers)).status, status);
    });
  }
});

describe('a 304', { concurrency: true }, () => {
  it('has the headers that the 200 would have, those of its body excepted, and no body', async () => {
    const headers = {
      'cache-control': 'max-age=60, public', 'content-location': '/x', etag: '"v1"', expires: at(60), vary: 'accept', date: at(-3),
    };
    const ofBody = { 'content-type': 'text/css', 'content-encoding': 'x-own', 'content-language': 'de', 'content-disposition': 'inline' };
    const page = app.page({ headers: { ...headers, ...ofBody } });
    await page.get();
    const response = await page.get({ 'if-none-match': '"v1"' });
    assert.deepEqual([response.status, response.body.length, response.cache], [304, 0, 'HIT']);
    for (const name of Object.keys(headers)) assert.equal(response.headers[name], headers[name], name);
    assert.equal(response.verdict.hit, true);
    assert.ok(response.age >= 2);
    for (const name of [...Object.keys(ofBody), 'transfer-encoding']) assert.equal(response.headers[name], undefined, name);
    assert.ok([undefined, String((await page.get()).body.length)].includes(response.headers['content-length']));
  });
});

describe('HEAD', { concurrency: true }, () => {
  it('of a stored GET has its headers and no body', async () => {
    for (const body of ['text', 'ä€😀', { ä: '€' }, Buffer.alloc(3_000, 1), '']) {
      const page = app.page({ body, headers: { 'x-total-count': '7', link: '</x>' } });
      const [, get] = await page.twice();
      const head = await page.head();
      assert.deepEqual([head.status, head.cache, head.body.length, page.runs], [200, 'HIT', 0, 1]);
      assert.equal(head.headers['content-length'], String(get.body.length));
      for (const name of ['content-type', 'etag', 'link', 'x-total-count']) assert.equal(head.headers[name], get.headers[name], name);
    }
  });

  it('that is not stored runs its handler alone and is not stored', async () => {
    const page = app.page({});
    const head = await page.head();
    assert.deepEqual([head.status, head.cacheStatus, head.body.length], [200, 'strapi-upstash; fwd=uri-miss; detail=head', 0]);
    assert.deepEqual([(await page.head()).cache === 'HIT', page.methods], [false, ['HEAD', 'HEAD']]);
    assert.deepEqual((await page.twice()).map(({ cache }) => cache), ['MISS', 'HIT']);
  });
});

describe('the words of X-Cache and Cache-Status', { concurrency: true }, () => {
  it('are those of the documentation', async () => {
    const stored = await app.page({}).twice();
    assert.deepEqual([stored[0].cache, stored[0].cacheStatus], ['MISS', 'strapi-upstash; fwd=uri-miss; stored']);
    assert.equal(stored[1].cache, 'HIT');
    assert.match(stored[1].cacheStatus, /^strapi-upstash; hit; ttl=(600|59\d)$/);
    const refused = await app.page({ headers: { 'cache-control': 'no-store' } }).get();
    assert.match(refused.cacheStatus, /^strapi-upstash; fwd=uri-miss; detail=[a-z-]+$/);
    const bypassed = await app.page({}).get({ authorization: 'x' });
    assert.deepEqual([bypassed.cache, bypassed.cacheStatus], ['BYPASS', 'strapi-upstash; fwd=bypass; detail=authorization']);
  });

  it('do not stand twice, whatever the handler or a cache behind it says', async () => {
    const page = app.page({ headers: { 'x-cache': 'HIT', 'cache-status': 'origin; hit' } });
    for (const response of await page.twice()) {
      assert.equal(response.names.filter((name) => name === 'x-cache').length, 1);
      assert.equal(response.headers['cache-status'].match(/strapi-upstash/g).length, 1);
    }
  });
});
