// Entries by request headers. RFC 9111 §4.1.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp } from './support/koa-app.mjs';

let app;
before(async () => {
  app = await startApp();
});
after(() => app?.stop());

/** A page whose answer tells the headers it was made for. */
const mirror = (vary, names, headers) =>
  app.page((ctx) => ({ headers: { vary, ...headers }, body: JSON.stringify(names.map((name) => ctx.req.headers[name] ?? null)) }));

/** The page answers both requests with one entry, or with one for each, whichever comes first. */
async function same(page, one, other) {
  assert.equal((await page.get(one)).cache, 'MISS');
  const response = await page.get(other);
  assert.deepEqual([response.cache, page.runs], ['HIT', 1], `${JSON.stringify(one)} and ${JSON.stringify(other)}`);
}

async function different(make, one, other) {
  for (const [first, second] of [[one, other], [other, one]]) {
    const page = make();
    for (const cache of ['MISS', 'HIT']) {
      for (const headers of [first, second]) {
        assert.equal((await page.get(headers)).cache, cache, `${JSON.stringify(headers)} after ${JSON.stringify(first)}`);
      }
    }
    assert.equal(page.runs, 2);
  }
}

describe('an answer with Vary', { concurrency: true }, () => {
  it('is for those who send the same in the headers it names, and for nobody else', async () => {
    const page = mirror('Accept-Language', ['accept-language']);
    const languages = ['de', 'en', 'fr', 'de-AT', 'DE', 'de;q=0.9', 'de, en', 'en, de', '*', 'x'.repeat(2_000), 'd', 'e'];
    for (const cache of ['MISS', 'HIT']) {
      for (const language of languages) {
        const response = await page.get({ 'accept-language': language, 'x-other': cache });
        assert.deepEqual([response.json, response.cache], [[language], cache]);
        assert.match(response.headers.vary, /^accept-language\b/i);
      }
    }
    assert.equal(page.runs, languages.length);
  });

  it('says that a variant was missing', async () => {
    const page = mirror('X-Mode', ['x-mode']);
    const asked = [];
    for (const mode of ['a', 'b', 'a']) asked.push((await page.get({ 'x-mode': mode })).cacheStatus);
    assert.deepEqual(asked.slice(0, 2), ['strapi-upstash; fwd=uri-miss; stored', 'strapi-upstash; fwd=vary-miss; stored']);
    assert.match(asked[2], /^strapi-upstash; hit; ttl=\d+$/);
  });

  it('by several headers is for those who send the same in all of them', async () => {
    const page = mirror('X-A, X-B', ['x-a', 'x-b']);
    const pairs = [['1', '2'], ['2', '1'], ['1', '1'], ['12', ''], ['', '12'], ['1', '2\t3'], ['1, 2', '3'], ['1', '2, 3']];
    for (const cache of ['MISS', 'HIT']) {
      for (const [a, b] of pairs) assert.deepEqual((await page.get({ 'x-a': a, 'x-b': b })).cache, cache, `${a} and ${b}`);
    }
    assert.deepEqual((await page.get({ 'x-a': '12', 'x-b': '' })).json, ['12', '']);
  });

  it('can name fifty of them', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `x-${index}`);
    const page = mirror(names.join(', '), ['x-0', 'x-49']);
    for (const [value, cache] of [['a', 'MISS'], ['b', 'MISS'], ['a', 'HIT'], ['b', 'HIT']]) {
      const response = await page.get({ 'x-0': 'same', 'x-49': value });
      assert.deepEqual([response.cache, response.json], [cache, ['same', value]]);
    }
  });

  it('can name what objects have by themselves', async () => {
    for (const vary of ['__proto__', 'constructor', 'hasOwnProperty, toString']) await same(mirror(vary, []), {}, {});
    await different(() => mirror('constructor', ['constructor']), { constructor: 'a' }, { constructor: 'b' });
  });

  it('can vary by cookies, and by what only some requests have', async () => {
    await different(() => app.page({ headers: { vary: 'Cookie' } }), { cookie: 'a=1' }, { cookie: 'a=2' });
    await different(() => mirror('Origin', ['origin']), { origin: 'https://a.example' }, undefined);
  });

  it('that names nothing is for all', async () => {
    for (const vary of ['', ' ', ',', ' , ,']) await same(mirror(vary, []), { 'x-a': '1' }, { 'x-a': '2' });
  });
});

describe('the names in Vary', { concurrency: true }, () => {
  const spellings = [
    'X-A, X-B', 'X-B, X-A', 'x-a,x-b', 'X-a ,\tx-B', ' X-A , X-B ', 'X-A, X-B, X-A', ',X-A,,X-B,', ['X-A', 'X-B'], ['X-B', 'X-A, x-a'],
  ];
  for (const vary of spellings) {
    it(`mean the same as ${JSON.stringify(vary)}`, async () => {
      await same(mirror(vary, []), { 'x-a': '1', 'X-B': '2' }, { 'X-B': '2', 'X-A': '1' });
      await different(() => mirror(vary, []), { 'x-a': '1', 'x-b': '2' }, { 'x-a': '1', 'x-b': '3' });
      await different(() => mirror(vary, []), { 'x-a': '1', 'x-b': '2' }, { 'x-a': '2', 'x-b': '2' });
    });
  }

  it('may be spelt differently by each answer', async () => {
    const page = app.page(...spellings.map((vary) => (ctx) => ({ headers: { vary }, body: ctx.get('X-A') })));
    const values = spellings.map((_, index) => String(index));
    for (const cache of ['MISS', 'HIT']) {
      for (const value of values) {
        const response = await page.get({ 'x-a': value });
        assert.deepEqual([response.text, response.cache], [value, cache]);
      }
    }
  });
});

describe('the values of a header', { concurrency: true }, () => {
  const page = () => mirror('Accept-Language', []);
  const by = (value) => ({ 'accept-language': value });

  it('are the same with the spaces that a list may have', async () => {
    for (const value of ['de,en', 'de ,en', 'de , en', 'de,\ten', '  de,  en ']) await same(page(), by('de, en'), by(value));
  });

  it('are the same in one line and in several', async () => {
    await same(page(), by('de, en'), by(['de', 'en']));
  });

  it('differ by spaces elsewhere', async () => {
    await different(page, by('a b'), by('a  b'));
    await different(page, by('a b'), by('ab'));
    await different(page, by('x="a, b"'), by('x="a,b"'));
    await different(page, by('x="a\\", b"'), by('x="a\\",b"'));
  });

  it('differ by their order, their case and their bytes', async () => {
    await different(page, by('de, en'), by('en, de'));
    await different(() => mirror('X-Mode', []), { 'x-mode': 'a' }, { 'x-mode': 'A' });
    await different(() => mirror('X-Mode', []), { 'x-mode': 'a' }, { 'x-mode': 'a,' });
    await different(() => mirror('X-Mode', []), { 'x-mode': '\u00e4' }, { 'x-mode': '\u00f6' });
  });

  it('differ from no header at all, even if they are empty', async () => {
    for (const value of ['de', '']) await different(page, by(value), {});
  });
});

describe('a later answer with another Vary', { concurrency: true }, () => {
  it('splits what was one entry before', async () => {
    const varied = (ctx) => ({ headers: { 'cache-control': 'max-age=60', vary: 'X-Mode' }, body: ctx.get('X-Mode') });
    const page = app.page({ headers: { 'cache-control': 'max-age=1' }, body: 'for all' }, varied);
    await same(page, { 'x-mode': 'a' }, { 'x-mode': 'b' });
    await sleep(1_100);
    for (const cache of ['MISS', 'HIT']) {
      for (const mode of ['a', 'b']) {
        const response = await page.get({ 'x-mode': mode });
        assert.deepEqual([response.text, response.cache], [mode, cache]);
      }
    }
  });

  it('names more headers: what it was made for counts from then on', async () => {
    const both = (ctx) => `${ctx.get('X-Mode')} ${ctx.get('X-Size')}`;
    const page = app.page((ctx) => ({ headers: { vary: ctx.get('X-Mode') === 'b' ? 'X-Mode, X-Size' : 'X-Mode' }, body: both(ctx) }));
    await page.get({ 'x-mode': 'a', 'x-size': '1' });
    for (const size of ['1', '2', '1', '2']) assert.equal((await page.get({ 'x-mode': 'b', 'x-size': size })).text, `b ${size}`);
    // The first answer did not depend on the size: either it is still good for all, or it is made anew.
    assert.match((await page.get({ 'x-mode': 'a', 'x-size': '2' })).text, /^a [12]$/);
  });

  it('names another header: nobody gets what was made for another one', async () => {
    const page = app.page((ctx, run) => {
      const name = run % 2 === 1 ? 'X-A' : 'X-B';
      return { headers: { vary: name }, body: `${name} ${ctx.get(name)}` };
    });
    for (let i = 0; i < 60; i += 1) {
      const asked = { 'x-a': String(i % 3), 'x-b': String(i % 5) };
      const [name, value] = (await page.get(asked)).text.split(' ');
      assert.equal(value, asked[name.toLowerCase()], `request ${i}`);
    }
  });

  it('is * then, and is not stored', async () => {
    const page = app.page((ctx) => ({ headers: { vary: ctx.get('X-Mode') === 'own' ? '*' : 'X-Mode' }, body: ctx.get('X-Mode') }));
    await page.get({ 'x-mode': 'a' });
    const own = { 'x-mode': 'own' };
    assert.notEqual((await page.twice(own))[1].cache, 'HIT');
    assert.equal((await page.get({ 'x-mode': 'a' })).text, 'a');
  });
});

describe('each variant', { concurrency: true }, () => {
  const variants = ['a', 'b'];
  const page = () => app.page((ctx) => ({ headers: { vary: 'X-Mode', etag: `"${ctx.get('X-Mode')}"` }, body: ctx.get('X-Mode').repeat(3) }));

  it('answers its own HEAD and conditional requests', async () => {
    const both = page();
    for (const mode of variants) await both.get({ 'x-mode': mode });
    for (const mode of variants) {
      assert.equal((await both.head({ 'x-mode': mode })).headers.etag, `"${mode}"`);
      assert.equal((await both.get({ 'x-mode': mode, 'if-none-match': `"${mode}"` })).status, 304);
      const other = await both.get({ 'x-mode': mode, 'if-none-match': `"${mode === 'a' ? 'b' : 'a'}"` });
      assert.deepEqual([other.status, other.text], [200, mode.repeat(3)]);
    }
    assert.equal(both.runs, 2);
  });

  it('is purged with its URL', async () => {
    const purges = [(both) => app.cache.purgePattern(`cache:${both.path}`), (both) => both.send('DELETE')];
    for (const purge of purges) {
      const both = page();
      for (const mode of variants) await both.get({ 'x-mode': mode });
      await purge(both);
      for (const mode of variants) assert.equal((await both.get({ 'x-mode': mode })).cache, 'MISS');
    }
  });
});

describe('what a middleware further out varies by', { concurrency: true }, () => {
  it('counts as if the handler did', async () => {
    const site = await startApp({}, { before: [(ctx, next) => (ctx.vary('Origin'), next())] });
    const page = site.page((ctx) => ({ body: ctx.get('Origin') }));
    for (const cache of ['MISS', 'HIT']) {
      for (const origin of ['https://a.example', 'https://b.example']) {
        const response = await page.get({ origin });
        assert.deepEqual([response.text, response.cache, response.headers.vary.toLowerCase()], [origin, cache, 'origin']);
      }
    }
    await site.stop();
  });
});

describe('a body that its handler encoded', { concurrency: true }, () => {
  it('is for those who accept it', async () => {
    const page = app.page((ctx) => {
      const encoding = ctx.acceptsEncodings('gzip', 'identity');
      return { headers: { vary: 'Accept-Encoding', 'content-encoding': encoding }, body: Buffer.from(`in ${encoding}`) };
    });
    for (const cache of ['MISS', 'HIT']) {
      for (const [accepted, encoding] of [['gzip', 'gzip'], ['identity', 'identity'], [undefined, 'identity']]) {
        const response = await page.get(accepted && { 'accept-encoding': accepted });
        assert.deepEqual([response.text, response.headers['content-encoding'], response.cache], [`in ${encoding}`, encoding, cache]);
      }
    }
  });
});
