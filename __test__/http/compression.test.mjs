// Stored variants by Accept-Encoding. RFC 9110 §8.4, §12.5.3. They are made after the first hit that accepts them.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { startApp } from './support/koa-app.mjs';

const DECODE = { br: brotliDecompressSync, gzip: gunzipSync };
const LONG = 'All work and no play makes Jack a dull boy. ÄÖÜ€😀\n'.repeat(200);

let app;
before(async () => {
  app = await startApp();
});
after(() => app?.stop());

const accepting = (encoding, more) => ({ 'accept-encoding': encoding, ...more });
const encodingOf = ({ headers }) => headers['content-encoding'];

/** Asks until the answer comes as wanted, and checks every answer on the way. */
async function encoded(page, accept, wanted, plain) {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const response = await page.get(accepting(accept));
    assert.ok(whole(response).equals(plain), `${accept}: another body`);
    if (encodingOf(response) === wanted) return response;
    await sleep(5);
  }
  return assert.fail(`was never sent in ${wanted}`);
}

/** The body as it was before it was encoded; its length has to be the one that was told. */
function whole(response) {
  const { body, headers } = response;
  assert.equal(headers['content-length'], String(body.length));
  const encoding = encodingOf(response);
  return encoding === undefined ? body : DECODE[encoding](body);
}

/** A page that has both variants, and its body. */
async function withVariants(answer = { body: LONG }) {
  const page = app.page(answer);
  const plain = (await page.get()).body;
  for (const encoding of ['br', 'gzip']) await encoded(page, encoding, encoding, plain);
  return { page, plain };
}

describe('a long text', { concurrency: true }, () => {
  for (const encoding of ['br', 'gzip']) {
    it(`is sent in ${encoding} to who accepts it`, async () => {
      const page = app.page({ body: LONG });
      const first = await page.get(accepting(encoding));
      assert.deepEqual([first.cache, first.text], ['MISS', LONG]);
      const response = await encoded(page, encoding, encoding, Buffer.from(LONG));
      assert.ok(response.body.length < LONG.length / 10);
      assert.deepEqual([response.cache, page.runs], ['HIT', 1]);
      assert.equal(response.headers['content-type'], first.headers['content-type']);
      assert.match(response.headers.vary, /\baccept-encoding\b/i);
      assert.equal((await page.get(accepting(encoding))).body.compare(response.body), 0, 'it is made once');
    });
  }

  const choices = [
    [undefined, undefined], ['', undefined], ['identity', undefined], ['deflate', undefined], ['zstd, compress', undefined],
    ['gzip', 'gzip'], ['GZIP', 'gzip'], ['Br', 'br'], ['gzip, deflate', 'gzip'], ['gzip, deflate, br', 'br'], ['gzip,deflate,br,zstd', 'br'],
    ['br;q=0.5, gzip;q=1', 'gzip'], ['br;q=0.5, gzip', 'gzip'], ['gzip;q=0.5, br;q=0.6', 'br'], ['gzip;q=0.001', 'gzip'],
    ['gzip;q=0', undefined], ['br;q=0, gzip;q=0.0', undefined], ['gzip;q=0.000', undefined], ['br;q=0, gzip', 'gzip'], ['br ; Q=0 , gzip', 'gzip'],
    ['*', 'br'], ['*;q=0', undefined], ['br;q=0, *', 'gzip'], ['gzip;q=0, *', 'br'], ['br;q=0, gzip;q=0, *', undefined],
    ['identity;q=0, gzip', 'gzip'], ['identity;q=0, *', 'br'], ['*;q=0, gzip', 'gzip'], ['identity, gzip;q=0.5', undefined],
    ['identity;q=0.5, gzip;q=0.9', 'gzip'], ['gzipped, xbr', undefined], [['gzip', 'br'], 'br'],
  ];
  it('is sent as a request prefers it', async () => {
    const { page, plain } = await withVariants();
    for (const [accept, wanted] of choices) {
      const response = await page.get(accept === undefined ? {} : accepting(accept));
      assert.equal(encodingOf(response), wanted, `Accept-Encoding: ${accept}`);
      assert.ok(whole(response).equals(plain));
      assert.deepEqual([response.status, response.cache], [200, 'HIT']);
      assert.match(response.headers.vary ?? '', /\baccept-encoding\b/i, `Accept-Encoding: ${accept}`);
    }
    assert.equal(page.runs, 1);
  });

  it('is not refused to who accepts nothing', async () => {
    const { page, plain } = await withVariants();
    for (const accept of ['identity;q=0', '*;q=0', 'identity;q=0, br;q=0, gzip;q=0']) {
      const response = await page.get(accepting(accept));
      assert.deepEqual([response.status, encodingOf(response)], [200, undefined]);
      assert.ok(response.body.equals(plain));
    }
  });

  it('has one entry, whatever is accepted', async () => {
    const page = app.page({ body: LONG });
    const caches = [];
    for (const accept of ['gzip', 'br', 'identity', 'gzip, br']) caches.push((await page.get(accepting(accept))).cache);
    assert.deepEqual([caches, page.runs], [['MISS', 'HIT', 'HIT', 'HIT'], 1]);
  });

  it('of any type that can be compressed is, with any Vary', async () => {
    const types = ['application/json', 'text/html; charset=utf-8', 'application/vnd.api+json', 'image/svg+xml', 'application/xml', 'text/css', 'TEXT/CSV'];
    await Promise.all(
      types.map(async (type) => {
        const { page } = await withVariants({ headers: { 'content-type': type, vary: 'Accept-Language' }, body: LONG });
        const { headers } = await page.get(accepting('br'));
        assert.deepEqual(headers.vary.toLowerCase().split(/, ?/).sort(), ['accept-encoding', 'accept-language'], type);
      }),
    );
  });

  it('of bytes and of objects is as well', async () => {
    await withVariants({ body: Buffer.from(LONG), headers: { 'content-type': 'text/plain' } });
    await withVariants({ body: { text: LONG } });
  });

  it('keeps one Vary when it names the encoding already, or everything is said in capitals', async () => {
    for (const vary of ['Accept-Encoding', 'ACCEPT-ENCODING, X-A']) {
      const page = app.page({ headers: { vary }, body: LONG });
      await page.get(accepting('br'));
      const { headers } = await encoded(page, 'br', 'br', Buffer.from(LONG));
      assert.equal(headers.vary.match(/accept-encoding/gi).length, 1, headers.vary);
    }
  });
});

describe('the validators of an encoded answer', { concurrency: true }, () => {
  it('are those of the plain one, and weak', async () => {
    for (const etag of [undefined, 'W/"v1"', '"v1"']) {
      const { page } = await withVariants({ headers: etag ? { etag } : {}, body: LONG });
      const tags = [];
      for (const accept of ['br', 'gzip']) tags.push((await page.get(accepting(accept))).headers.etag);
      assert.equal(tags[0], tags[1]);
      assert.match(tags[0], /^W\/"/, 'two bodies have one strong tag');
      const asked = [...tags, (await page.get()).headers.etag];
      for (const tag of asked) {
        const response = await page.get(accepting('br', { 'if-none-match': tag }));
        assert.deepEqual([response.status, response.body.length], [304, 0]);
        assert.match(response.headers.vary, /accept-encoding/i);
      }
    }
  });
});

describe('HEAD', { concurrency: true }, () => {
  it('tells the length and the encoding that GET would have', async () => {
    const { page } = await withVariants();
    for (const accept of ['br', 'gzip', 'identity', 'deflate']) {
      const get = await page.get(accepting(accept));
      const head = await page.head(accepting(accept));
      for (const name of ['content-length', 'content-encoding', 'content-type', 'etag', 'vary']) {
        assert.equal(head.headers[name], get.headers[name], `${name} for ${accept}`);
      }
      assert.equal(head.body.length, 0);
    }
  });
});

describe('never encoded is', { concurrency: true }, () => {
  const plain = [
    ['a body below 1024 bytes', { body: 'x'.repeat(1_023) }],
    ['an empty body', { body: '' }],
    ['a picture', { headers: { 'content-type': 'image/png' }, body: Buffer.from(LONG) }],
    ['a film', { headers: { 'content-type': 'video/mp4' }, body: Buffer.from(LONG) }],
    ['an archive', { headers: { 'content-type': 'application/zip' }, body: Buffer.from(LONG) }],
    ['a font', { headers: { 'content-type': 'font/woff2' }, body: Buffer.from(LONG) }],
    ['what no type is known of', { body: Buffer.from(LONG) }],
    ['what may not be transformed', { headers: { 'cache-control': 'max-age=60, No-Transform' }, body: LONG }],
    ['what is encoded', { headers: { 'content-encoding': 'x-own', 'content-type': 'text/plain' }, body: LONG }],
  ];
  for (const [what, answer] of plain) {
    it(what, async () => {
      const page = app.page(answer);
      const first = await page.get();
      for (let i = 0; i < 20; i += 1) {
        const response = await page.get(accepting('br, gzip'));
        assert.deepEqual([encodingOf(response), response.cache], [answer.headers?.['content-encoding'], 'HIT']);
        assert.ok(response.body.equals(first.body));
        await sleep(10);
      }
    });
  }

  it('anything where the operator says so', async () => {
    const site = await startApp({ compression: false });
    const page = site.page({ body: LONG });
    for (let i = 0; i < 20; i += 1) {
      const { headers } = await page.get(accepting('br, gzip'));
      assert.deepEqual([headers['content-encoding'], headers.vary], [undefined, undefined]);
      await sleep(10);
    }
    await site.stop();
  });
});

describe('what was encoded', { concurrency: true }, () => {
  it('goes with its entry when that is purged', async () => {
    const page = app.page((_ctx, run) => ({ body: LONG + run }));
    for (const run of [1, 2]) {
      await encoded(page, 'br', 'br', Buffer.from(LONG + run));
      await app.cache.purgePattern(`cache:${page.path}`);
    }
  });

  it('is made from the body that is answered, whatever comes at the same time', async () => {
    const page = app.page((_ctx, run) => ({ headers: { 'cache-control': 'max-age=0, stale-while-revalidate=60' }, body: `${run} `.repeat(2_000) }));
    let newest = 0;
    for (let i = 0; i < 60; i += 1) {
      const all = await Promise.all(['br', 'gzip', 'identity'].map((accept) => page.get(accepting(accept))));
      for (const response of all) {
        const text = whole(response).toString();
        const run = Number.parseInt(text, 10);
        assert.equal(text, `${run} `.repeat(2_000));
        newest = Math.max(newest, run);
      }
    }
    assert.ok(newest > 2);
  });
});
