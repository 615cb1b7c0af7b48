// HTTP's own rules, as a client of Strapi sees them: validators, Vary, stale answers, unsafe methods, encodings.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PLAIN_MIDDLEWARES, startSite } from '../support/strapi-site.mjs';
import { apiOf, ask, open, pause, runsOf, until } from './support/auth-api.mjs';
import { encodings } from './support/auth-encodings.mjs';
import { withoutLimit } from './support/probe-api.mjs';

const PLAIN = 'await read(); ctx.body = { run };';
const handlers = {
  plain: PLAIN,
  long: `await read(); ctx.body = { run, text: 'words, '.repeat(2_000) };`,
  same: 'await read(); ctx.body = { same: true };',
  seen: `globalThis.seen = { ...ctx.headers }; ${PLAIN}`,
  language: `await read(); ctx.vary('Accept-Language'); ctx.body = { run, language: ctx.get('accept-language') };`,
  later: `await read(); if (globalThis.varies) ctx.vary('X-Region'); ctx.body = { run, region: ctx.get('x-region') };`,
  star: `ctx.vary('*'); ${PLAIN}`,
  etag: `ctx.set('ETag', '"v1"'); ${PLAIN}`,
  dated: `ctx.set('Last-Modified', 'Tue, 03 Mar 2026 10:00:00 GMT'); ${PLAIN}`,
  // Knows itself whether it has changed.
  validates: `
    await read();
    globalThis.seen = { ...ctx.headers };
    ctx.set({ ETag: '"' + (globalThis.version ?? 1) + '"', 'X-Total-Count': String(run) });
    if (ctx.get('if-none-match').includes('"' + (globalThis.version ?? 1) + '"')) { ctx.status = 304; return; }
    ctx.body = { run };`,
  slow: `await read(); if (run > 1) await pause(500); ctx.body = { run };`,
  failing: `
    await read();
    if (globalThis.failing === 'throws') throw new Error('on purpose');
    if (globalThis.failing === 404) return ctx.notFound();
    if (globalThis.failing) { ctx.status = globalThis.failing; ctx.body = { error: 'on purpose' }; return; }
    ctx.body = { run };`,
  sql: `
    ctx.state.upstash.tag('counts');
    ctx.body = { run, count: await strapi.db.connection('articles').count() };`,
  write: `
    if (ctx.query.fails) { ctx.status = Number(ctx.query.fails); ctx.body = { no: true }; return; }
    if (ctx.query.location) ctx.set('Location', ctx.query.location);
    if (ctx.query.content) ctx.set('Content-Location', ctx.query.content);
    ctx.body = { wrote: true };`,
};
const { write: _write, ...reads } = handlers;
const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE'];
const files = apiOf('page', handlers, [
  ...open(reads),
  { handler: 'slow', path: 'brief-slow', auth: false, cache: { ttl: 1, swr: '1 h' } },
  { handler: 'failing', path: 'brief-failing', auth: false, cache: { ttl: 1, staleIfError: '1 h' } },
  { handler: 'validates', path: 'brief-validates', auth: false, cache: { ttl: 1 } },
  { handler: 'language', path: 'brief-language', auth: false, cache: { ttl: 1, swr: '1 h' } },
  ...UNSAFE.flatMap((method) => ['sql', 'other'].map((path) => ({ handler: 'write', method, path, auth: false }))),
]);

let paths = 0;
const unasked = (name) => `/api/page/${name}?n=${(paths += 1)}`;

describe('a site', () => {
  let site;
  before(async () => {
    site = await startSite({
      files,
      plugins: withoutLimit({ cache: { earlyRefresh: false, tagHeader: 'Surrogate-Key' }, rateLimit: { limit: 100_000, window: '1 h' } }),
    });
  });
  after(() => site?.stop());

  const get = (path, options) => ask(site, path, options);
  const withHeaders = (path, headers) => ask(site, path, { headers });
  const service = (call) => site.call(`await strapi.plugin('upstash').service('cache').${call}; return null;`);
  const set = (name, value) => site.call((_strapi, [key, to]) => (globalThis[key] = to), [name, value]);

  describe('answers a validator', () => {
    test('with 304 on a HIT, whatever the list it stands in', async () => {
      const path = unasked('plain');
      const { etag, cache } = await get(path);
      assert.deepEqual([cache, /^W\/"[^"]+"$/.test(etag)], ['MISS', true]);
      for (const sent of [etag, etag.slice(2), `"other", ${etag}`, `"other",${etag.slice(2)} , "more"`, '*']) {
        const again = await withHeaders(path, { 'if-none-match': sent });
        assert.deepEqual([again.status, again.cache, again.etag, again.bytes.length], [304, 'HIT', etag, 0], sent);
      }
      for (const sent of ['"other"', `W/"x${etag.slice(3)}`, etag.slice(3, -1)]) {
        const again = await withHeaders(path, { 'if-none-match': sent });
        assert.deepEqual([again.status, again.cache], [200, 'HIT'], sent);
      }
    });

    test('with 304 on a MISS, and the handler sees none of it', async () => {
      const path = unasked('same');
      const { etag } = await get(path);
      await service('purgeAll()');
      const again = await withHeaders(path, { 'if-none-match': etag });
      assert.deepEqual([again.status, again.cache, again.etag, again.bytes.length], [304, 'MISS', etag, 0]);
      assert.equal((await get(path)).cache, 'HIT');
      const other = unasked('seen');
      const full = await withHeaders(other, { 'if-none-match': '"x"', 'if-modified-since': new Date().toUTCString() });
      assert.equal(full.status, 200);
      const seen = await site.call(() => globalThis.seen);
      assert.deepEqual([seen['if-none-match'], seen['if-modified-since']], [undefined, undefined]);
    });

    test('of the handler’s own, and a date only where there is no ETag in the request', async () => {
      const path = unasked('etag');
      assert.equal((await get(path)).etag, '"v1"');
      assert.equal((await withHeaders(path, { 'if-none-match': 'W/"v1"' })).status, 304);
      const dated = unasked('dated');
      await get(dated);
      const since = (date, more = {}) => withHeaders(dated, { 'if-modified-since': date, ...more }).then(({ status }) => status);
      assert.equal(await since('Tue, 03 Mar 2026 10:00:00 GMT'), 304);
      assert.equal(await since('Wed, 04 Mar 2026 10:00:00 GMT'), 304);
      assert.equal(await since('Mon, 02 Mar 2026 10:00:00 GMT'), 200);
      assert.equal(await since('Wed, 04 Mar 2026 10:00:00 GMT', { 'if-none-match': '"other"' }), 200);
    });

    test('of an entry that is over by asking the handler, whose 304 makes it fresh again', async () => {
      const path = unasked('brief-validates');
      const { body } = await get(path);
      await pause(1_100);
      const renewed = await get(path);
      assert.deepEqual([renewed.status, renewed.cache, renewed.body], [200, 'HIT', body], renewed.told);
      assert.match(renewed.told, /fwd=stale; fwd-status=304; stored/);
      assert.equal((await site.call(() => globalThis.seen))['if-none-match'], '"1"');
      assert.equal(renewed.headers['x-total-count'], String(body.run + 1));
      const hit = await get(path);
      assert.deepEqual([hit.cache, hit.body], ['HIT', body]);
      assert.ok(hit.ttl >= 0, hit.told);
      await set('version', 2);
      await pause(1_100);
      const changed = await get(path);
      assert.deepEqual([changed.status, changed.cache, changed.body.run > body.run, changed.etag], [200, 'MISS', true, '"2"']);
    });
  });

  test('a stored GET answers HEAD with its length and its headers', async () => {
    const path = unasked('plain');
    const full = await get(path);
    const head = await get(path, { method: 'HEAD' });
    assert.deepEqual(
      [head.status, head.cache, head.headers['content-length'], head.etag, head.bytes.length],
      [200, 'HIT', `${full.bytes.length}`, full.etag, 0],
    );
    const none = await get(path, { method: 'HEAD', headers: { 'if-none-match': full.etag } });
    assert.deepEqual([none.status, none.bytes.length], [304, 0]);
  });

  describe('Vary of a controller', () => {
    test('parts the entries by what the request says', async () => {
      const path = unasked('language');
      const asked = (language) => withHeaders(path, language === undefined ? {} : { 'accept-language': language });
      for (const language of ['en', 'fr', undefined]) {
        const miss = await asked(language);
        assert.deepEqual([miss.cache, miss.body.language], ['MISS', language ?? '']);
      }
      for (const language of ['en', 'fr', undefined]) {
        const hit = await asked(language);
        assert.deepEqual([hit.cache, hit.body.language], ['HIT', language ?? '']);
        assert.match(hit.headers.vary, /accept-language/i);
      }
      assert.match((await asked('de')).told, /fwd=vary-miss; stored/);
    });

    test('counts from when it is there, and a star forbids to store', async () => {
      const path = unasked('later');
      await withHeaders(path, { 'x-region': 'a' });
      assert.equal((await withHeaders(path, { 'x-region': 'b' })).cache, 'HIT');
      await set('varies', true);
      await service('purgeAll()');
      for (const region of ['a', 'b']) {
        const answer = await withHeaders(path, { 'x-region': region });
        assert.deepEqual([answer.cache, answer.body.region], ['MISS', region]);
      }
      for (const region of ['a', 'b', 'a']) assert.equal((await withHeaders(path, { 'x-region': region })).body.region, region);
      const star = unasked('star');
      assert.deepEqual([(await get(star)).cache, (await get(star)).cache], ['BYPASS', 'BYPASS']);
    });

    test('holds for those who come at once', async () => {
      const path = unasked('language');
      const languages = Array.from({ length: 24 }, (_, i) => ['en', 'fr', 'de'][i % 3]);
      const all = await Promise.all(languages.map((language) => withHeaders(path, { 'accept-language': language })));
      assert.deepEqual(all.map(({ body }) => body.language), languages);
    });

    test('holds for what is made anew in the background', async () => {
      const path = unasked('brief-language');
      for (const language of ['en', 'fr']) await withHeaders(path, { 'accept-language': language });
      await pause(1_100);
      for (const language of ['fr', 'en']) {
        const stale = await withHeaders(path, { 'accept-language': language });
        assert.deepEqual([stale.cache, stale.body.language], ['STALE', language]);
        await until('it is new', async () => {
          const next = await withHeaders(path, { 'accept-language': language });
          assert.equal(next.body.language, language);
          return next.body.run > stale.body.run;
        });
      }
    });
  });

  describe('while a new answer is made in the background', () => {
    test('clients get the old one at once, the handler runs once, and no limiter counts it', async () => {
      const path = unasked('brief-slow');
      const left = ({ headers }) => Number(headers['x-ratelimit-remaining']);
      const first = await get(path);
      await pause(1_100);
      const runs = await runsOf(site, 'page.slow');
      const began = performance.now();
      const all = await Promise.all(Array.from({ length: 10 }, () => get(path)));
      assert.ok(performance.now() - began < 350, 'they waited for the handler');
      for (const stale of all) {
        assert.deepEqual([stale.status, stale.cache, stale.body], [200, 'STALE', first.body]);
        assert.match(stale.told, /^strapi-upstash; hit; ttl=-\d+; detail=stale-while-revalidate$/);
        assert.ok(Number(stale.headers.age) >= 1);
      }
      const next = await until('the new one is there', async () => {
        const answer = await get(path);
        return answer.body.run > first.body.run && answer;
      });
      assert.equal((await runsOf(site, 'page.slow')) - runs, 1);
      assert.equal(next.cache, 'HIT');
      const last = await get(path);
      assert.equal(left(last), left(next) - 1);
      assert.equal(Math.min(...all.map(left)), left(first) - 10);
    });

    test('what was purged is not given: its next reader waits for a new one', async () => {
      const path = unasked('brief-slow');
      const { body } = await get(path);
      await pause(1_100);
      await site.call((strapi) => strapi.db.query('api::article.article').updateMany({ where: {}, data: { content: `${Date.now()}` } }));
      const answer = await get(path);
      assert.deepEqual([answer.cache, answer.body.run > body.run], ['MISS', true]);
    });
  });

  describe('when the handler fails', () => {
    after(() => set('failing', false));

    test('the old answer is given, whether it throws or says 5xx', async () => {
      const path = unasked('brief-failing');
      await set('failing', false);
      const { body } = await get(path);
      for (const [failing, status] of [['throws', 500], [500, 500], [502, 502], [503, 503], [504, 504]]) {
        await pause(1_100);
        await set('failing', failing);
        const stale = await get(path);
        assert.deepEqual([stale.status, stale.cache, stale.body], [200, 'STALE', body], `${failing} ${stale.told}`);
        assert.match(stale.told, new RegExp(`fwd=stale; fwd-status=${status}; detail=stale-if-error`));
      }
      await set('failing', false);
      await until('it is made anew', async () => (await get(path)).body.run > body.run);
    });

    test('what is not there any more is not given', async () => {
      const path = unasked('brief-failing');
      await set('failing', false);
      await get(path);
      await pause(1_100);
      await set('failing', 404);
      assert.equal((await get(path)).status, 404);
    });

    test('what was purged is not given', async () => {
      const path = unasked('brief-failing');
      await set('failing', false);
      await get(path);
      await set('failing', 'throws');
      await service('purgeAll()');
      for (let i = 0; i < 2; i += 1) assert.equal((await get(path)).status, 500);
    });
  });

  test('only-if-cached is answered from the cache or with 504, and the handler does not run', async () => {
    const path = unasked('plain');
    const runs = await runsOf(site, 'page.plain');
    const none = await withHeaders(path, { 'cache-control': 'only-if-cached' });
    assert.deepEqual([none.status, none.cache], [504, 'MISS']);
    assert.match(none.told, /^strapi-upstash; detail=only-if-cached/);
    assert.equal(await runsOf(site, 'page.plain'), runs);
    await get(path);
    const hit = await withHeaders(path, { 'cache-control': 'only-if-cached' });
    assert.deepEqual([hit.status, hit.cache], [200, 'HIT']);
  });

  test('visitors can not force load: no-cache and max-age=0 are ignored', async () => {
    const path = unasked('plain');
    await get(path);
    for (const headers of [{ 'cache-control': 'no-cache' }, { 'cache-control': 'max-age=0' }, { pragma: 'no-cache' }, { 'cache-control': 'no-store' }]) {
      assert.equal((await withHeaders(path, headers)).cache, 'HIT');
    }
  });

  describe('an unsafe method', () => {
    const path = '/api/page/sql';
    const cached = async (at = path) => {
      await get(at);
      assert.equal((await get(at)).cache, 'HIT');
    };

    for (const method of UNSAFE) {
      test(`${method} that succeeds purges its own URL, of which nothing but that is known`, async () => {
        await cached();
        assert.equal((await get(path, { method, body: {} })).status, 200);
        assert.equal((await get(path)).cache, 'MISS');
      });
    }

    test('that fails purges nothing', async () => {
      for (const status of [400, 404, 409, 500]) {
        // Its own URL has another query then, so the location is what is watched.
        await cached();
        await get(`/api/page/other?fails=${status}&location=${path}`, { method: 'POST', body: {} });
        assert.equal((await get(path)).cache, 'HIT', `${status}`);
      }
    });

    test('purges what its Location and Content-Location name, on this host alone', async () => {
      const named = (query) => get(`/api/page/other?${query}`, { method: 'POST', body: {} });
      for (const query of [`location=${path}`, `content=${path}`, `location=${encodeURIComponent(`http://blog.example${path}`)}`]) {
        await cached();
        await named(query);
        assert.equal((await get(path)).cache, 'MISS', query);
      }
      await cached();
      await named(`location=${encodeURIComponent(`http://other.example${path}`)}`);
      assert.equal((await get(path)).cache, 'HIT');
    });
  });

  test('tags go out for a CDN that separates them by spaces', async () => {
    const path = unasked('plain');
    for (const { headers } of [await get(path), await get(path)]) {
      assert.ok(headers['surrogate-key'].split(' ').some((tag) => tag.startsWith('t:api::article.article')), headers['surrogate-key']);
      assert.ok(!headers['surrogate-key'].includes(','));
    }
  });

  encodings('by itself', () => site, unasked, true);
});

describe('a site behind strapi::compression', () => {
  let site;
  before(async () => {
    const middlewares = PLAIN_MIDDLEWARES.toSpliced(4, 0, 'strapi::compression', 'plugin::upstash.rate-limit', 'plugin::upstash.cache');
    site = await startSite({ files, middlewares, plugins: withoutLimit({ cache: { earlyRefresh: false } }) });
  });
  after(() => site?.stop());

  encodings('once', () => site, unasked, false);
});
