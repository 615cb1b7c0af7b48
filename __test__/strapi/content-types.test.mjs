// How long and where an answer is kept, by content type and by route.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { resolveConfig } from '../../index.js';
import { startSite } from '../support/strapi-site.mjs';
import { apiOf, ask, open, pause, runsOf, until } from './support/auth-api.mjs';
import { withoutLimit } from './support/probe-api.mjs';

const PLAIN = 'await read(); ctx.body = { run };';
const handlers = {
  plain: PLAIN,
  own: `ctx.set('Cache-Control', 'max-age=7'); ${PLAIN}`,
  nostore: `ctx.set('Cache-Control', 'no-store'); ${PLAIN}`,
  expires: `ctx.set('Expires', new Date(Date.now() + 9_000).toUTCString()); ${PLAIN}`,
  tagged: `ctx.state.upstash.tag('prices', 'a,b c'); ${PLAIN}`,
  failing: `await read(); if (globalThis.failing) throw new Error('on purpose'); ctx.body = { run };`,
  slow: `await read(); if (run > 1) await pause(400); ctx.body = { run };`,
};
const typesOf = (names, more = []) => Object.assign({}, ...names.map((name) => apiOf(name, handlers, open(handlers, more))));

const OURS = [
  { handler: 'plain', path: 'shorter', auth: false, cache: { ttl: '1 s', swr: 0, browser: '30 s', cdn: 0 } },
  { handler: 'plain', path: 'cdn-alone', auth: false, cache: { browser: 0 } },
  { handler: 'plain', path: 'off', auth: false, cache: { enabled: false } },
  { handler: 'plain', path: 'stays', auth: false, cache: { invalidate: false } },
];

const OPTIONS = {
  ttl: '1 h',
  cache: { earlyRefresh: false, tagHeader: 'Cache-Tag', browser: '2 m', jitter: 0.1 },
  contentTypes: {
    'api::article.article': { ttl: '2h', swr: '10m', browser: '5m', cdn: '10m' },
    'api::category.category': { ttl: '24h', browser: 0 },
    'api::search.search': { ttl: '10m', invalidate: false },
    'api::brief.brief': { ttl: 1, swr: '10 m', staleIfError: '1 d', browser: false },
    'api::edge.edge': { browser: '1 m', cdn: '1 h' },
    'api::closed.closed': { enabled: false },
    'api::back.back': { enabled: true, invalidate: false },
  },
};

let site;
before(async () => {
  site = await startSite({
    files: {
      ...typesOf(['search', 'brief', 'closed', 'unnamed']),
      ...typesOf(['edge'], OURS),
      ...typesOf(['back'], [{ handler: 'plain', path: 'purged', auth: false, cache: { invalidate: true } }]),
    },
    plugins: withoutLimit(OPTIONS),
  });
});
after(() => site?.stop());

let paths = 0;
const unasked = (path) => `${path}?n=${(paths += 1)}`;
const get = (path, options) => ask(site, path, options);
/** Asks twice: [what was made, what came from the cache]. */
const twice = async (path) => [await get(path), await get(path)];
const told = (answers) => answers.map(({ cache }) => cache);
const writeArticle = () => site.call((strapi) => strapi.db.query('api::article.article').updateMany({ where: {}, data: { content: `${Date.now()}` } }));

describe('the time an answer is fresh', () => {
  test('is that of its type, less a random part so that not all end at once', async () => {
    const types = { '/api/articles': 7_200, '/api/categories': 86_400, '/api/search/plain': 600, '/api/unnamed/plain': 3_600 };
    for (const [path, ttl] of Object.entries(types)) {
      const seen = new Set();
      for (let i = 0; i < 12; i += 1) {
        const [, hit] = await twice(path.includes('plain') ? unasked(path) : `${path}?pagination[pageSize]=${i + 1}`);
        assert.equal(hit.cache, 'HIT');
        assert.ok(hit.ttl > ttl * 0.9 - 2 && hit.ttl <= ttl, `${path} ${hit.told}`);
        seen.add(hit.ttl);
      }
      assert.ok(seen.size > 3, `${path}: ${[...seen].join()}`);
    }
  });

  test('is the handler’s where the handler says so', async () => {
    for (const [name, ttl] of [['own', 7], ['expires', 9]]) {
      const [, hit] = await twice(unasked(`/api/edge/${name}`));
      assert.equal(hit.cache, 'HIT');
      assert.ok(hit.ttl >= ttl - 3 && hit.ttl <= ttl, hit.told);
    }
    assert.deepEqual(told(await twice(unasked('/api/edge/nostore'))), ['BYPASS', 'BYPASS']);
  });

  test('is the route’s where the route says so', async () => {
    const path = unasked('/api/edge/shorter');
    assert.deepEqual(told(await twice(path)), ['MISS', 'HIT']);
    await pause(1_100);
    assert.equal((await get(path)).cache, 'MISS');
  });

  test('is followed by that in which it is given stale while a new one is made', async () => {
    const path = unasked('/api/brief/slow');
    await get(path);
    await pause(1_100);
    const began = performance.now();
    const stale = await get(path);
    assert.ok(performance.now() - began < 300, 'it waited for the handler');
    assert.deepEqual([stale.cache, stale.body.run], ['STALE', 1]);
    await until('the new one is there', async () => (await get(path)).body.run === 2);
  });

  test('is followed by that in which it is given when the handler fails', async () => {
    const path = unasked('/api/brief/failing');
    const { body } = await get(path);
    await pause(1_100);
    await site.call(() => (globalThis.failing = true));
    const runs = await runsOf(site, 'brief.failing');
    for (let i = 0; i < 3; i += 1) {
      const stale = await get(path);
      assert.deepEqual([stale.status, stale.cache, stale.body], [200, 'STALE', body]);
    }
    await until('it was tried', async () => (await runsOf(site, 'brief.failing')) > runs);
    // Where nothing was set, a failure is one.
    const other = unasked('/api/search/failing');
    assert.equal((await get(other)).status, 500);
    await site.call(() => (globalThis.failing = false));
  });
});

describe('browsers and CDNs', () => {
  test('are told what the type says, on a MISS, a HIT and a 304', async () => {
    const types = {
      '/api/articles?sort=slug': 'public, max-age=300, s-maxage=600',
      '/api/edge/plain': 'public, max-age=60, s-maxage=3600',
      '/api/search/plain': 'public, max-age=120',
      '/api/categories': undefined,
      '/api/brief/plain': undefined,
    };
    for (const [path, expected] of Object.entries(types)) {
      const [miss, hit] = await twice(path);
      assert.deepEqual(told([miss, hit]), ['MISS', 'HIT'], path);
      const again = await get(path, { headers: { 'if-none-match': hit.etag } });
      assert.equal(again.status, 304);
      for (const { headers } of [miss, hit, again]) assert.equal(headers['cache-control'], expected, path);
    }
  });

  test('are told not to give to other credentials what the type lets them keep', async () => {
    const names = ({ headers }) => (headers.vary ?? '').toLowerCase().split(/, */);
    for (const answer of await twice(unasked('/api/edge/plain'))) assert.ok(names(answer).includes('authorization'), answer.headers.vary);
    // What the handler lets them keep is the handler's to say.
    for (const answer of await twice(unasked('/api/edge/own'))) assert.ok(!names(answer).includes('authorization'), answer.headers.vary);
  });

  test('are told what the handler says, or the route', async () => {
    for (const [name, expected] of [['own', 'max-age=7'], ['nostore', 'no-store'], ['shorter', 'public, max-age=30'], ['cdn-alone', 'public, max-age=0, s-maxage=3600']]) {
      for (const { headers } of await twice(unasked(`/api/edge/${name}`))) assert.equal(headers['cache-control'], expected);
    }
    for (const { headers } of await twice(unasked('/api/edge/expires'))) assert.equal(headers['cache-control'], undefined);
  });

  test('are told nothing of an answer that is none to keep', async () => {
    const missing = await get('/api/articles/no-such-document');
    assert.deepEqual([missing.status, missing.headers['cache-control']], [404, undefined]);
    for (const headers of [{ authorization: 'Basic eDp5' }, { range: 'bytes=0-1' }]) {
      const answer = await get(unasked('/api/edge/plain'), { headers });
      assert.equal(answer.headers['cache-control']?.includes('public') ?? false, false);
    }
    const drafts = await get('/api/articles?status=draft');
    assert.equal(drafts.headers['cache-control']?.includes('public') ?? false, false);
  });

  test('get the tags in a header of their own, for a purge there', async () => {
    const { documentId } = await site.call((strapi) => strapi.documents('api::article.article').findFirst({ status: 'published', sort: 'slug' }));
    for (const { headers } of await twice(`/api/articles/${documentId}`)) {
      const tags = headers['cache-tag'].split(',').map((tag) => tag.trim());
      assert.ok(tags.includes(`d:${documentId}`), headers['cache-tag']);
    }
    for (const { headers } of await twice(unasked('/api/edge/tagged'))) {
      const tags = headers['cache-tag'].split(',').map((tag) => tag.trim());
      assert.ok(tags.includes('x:prices') && tags.some((tag) => tag.startsWith('t:api::article.article')), headers['cache-tag']);
      // A separator in a tag must not make two of it.
      assert.ok(!tags.includes('x:a') && !tags.includes('b c'), headers['cache-tag']);
    }
    assert.equal((await get(unasked('/api/edge/nostore'))).headers['cache-tag'], undefined);
  });
});

describe('a write', () => {
  test('leaves what has invalidate: false until its time is over', async () => {
    const [kept, routed, others] = [unasked('/api/search/plain'), unasked('/api/edge/stays'), unasked('/api/edge/plain')];
    for (const path of [kept, routed, others]) await twice(path);
    await writeArticle();
    assert.deepEqual(told([await get(kept), await get(routed), await get(others)]), ['HIT', 'HIT', 'MISS']);
  });

  test('purges it where its route says otherwise', async () => {
    const [kept, purged] = [unasked('/api/back/plain'), unasked('/api/back/purged')];
    for (const path of [kept, purged]) await twice(path);
    await writeArticle();
    assert.deepEqual(told([await get(kept), await get(purged)]), ['HIT', 'MISS']);
  });

  test('is not what purgeAll and a pattern are: they purge it as well', async () => {
    const path = unasked('/api/search/plain');
    for (const purge of ['purgeAll()', "purgePattern('strapi:/api/search/*')"]) {
      await get(path);
      assert.equal((await get(path)).cache, 'HIT');
      await site.call(`await strapi.plugin('upstash').service('cache').${purge}; return null;`);
      assert.equal((await get(path)).cache, 'MISS', purge);
    }
  });
});

test('a type or a route that is not enabled is made anew each time', async () => {
  for (const path of [unasked('/api/closed/plain'), unasked('/api/edge/off')]) {
    const [first, second] = await twice(path);
    assert.deepEqual([first.status, second.body.run], [200, first.body.run + 1], path);
    for (const answer of [first, second]) {
      assert.ok(!['HIT', 'MISS', 'STALE'].includes(answer.cache), answer.told);
      assert.equal(answer.headers['cache-control'], undefined);
    }
  }
});

describe('a mistake', () => {
  const mistakes = {
    'contentTypes.api::article.article.ttl': { contentTypes: { 'api::article.article': { ttl: 'soon' } } },
    'contentTypes.api::article.article.swr': { contentTypes: { 'api::article.article': { swr: -1 } } },
    'contentTypes.api::article.article.staleIfError': { contentTypes: { 'api::article.article': { staleIfError: {} } } },
    'contentTypes.api::article.article.browser': { contentTypes: { 'api::article.article': { browser: 'long' } } },
    'contentTypes.api::article.article.cdn': { contentTypes: { 'api::article.article': { cdn: [] } } },
    'contentTypes.api::article.article.authenticated': { contentTypes: { 'api::article.article': { authenticated: 'per-user' } } },
    'contentTypes.api::article.article.invalidate': { contentTypes: { 'api::article.article': { invalidate: 'no' } } },
    'contentTypes.api::article.article.enabled': { contentTypes: { 'api::article.article': { enabled: 1 } } },
    'contentTypes.api::article.article.tll': { contentTypes: { 'api::article.article': { tll: 1 } } },
    'contentTypes.api::article.article': { contentTypes: { 'api::article.article': 60 } },
    contentTypes: { contentTypes: [] },
    'cache.authenticated': { cache: { authenticated: true } },
    'cache.swr': { cache: { swr: 'x' } },
    'cache.staleIfError': { cache: { staleIfError: -5 } },
    'cache.browser': { cache: { browser: 'x' } },
    'cache.cdn': { cache: { cdn: 'x' } },
    'cache.jitter': { cache: { jitter: 1.5 } },
    'cache.earlyRefresh': { cache: { earlyRefresh: 'yes' } },
    'cache.requestDirectives': { cache: { requestDirectives: 'obey' } },
    'cache.compression': { cache: { compression: 'br' } },
    'cache.tagHeader': { cache: { tagHeader: 'two words' } },
    'cache.fillLock': { cache: { fillLock: 'x' } },
    'cache.graphql': { cache: { graphql: 'yes' } },
    'l1.maxEntries': { l1: { maxEntries: 0 } },
  };
  for (const [name, options] of Object.entries(mistakes)) {
    test(`in ${name} is said by that name`, () => {
      assert.throws(
        () => resolveConfig(JSON.stringify(options), {}),
        (error) => error.code === 'E_CONFIG' && error.message.includes(name) && error.message.length < 300,
      );
    });
  }

  const atBoot = {
    'of a type': [{ plugins: withoutLimit({ contentTypes: { 'api::article.article': { ttl: 'soon' } } }) }, /contentTypes\.api::article\.article\.ttl: found 'soon'/],
    'of a route': [{ files: apiOf('edge', handlers, [{ handler: 'plain', cache: { ttl: 'soon' } }]) }, /ttl: found 'soon'/],
  };
  for (const [name, [options, sentence]] of Object.entries(atBoot)) {
    test(`in the options ${name} ends the start`, async () => {
      const error = await startSite(options).then(
        (started) => started.stop().then(() => assert.fail('it started')),
        (failure) => failure,
      );
      assert.match(error.log ?? error.message, sentence);
    });
  }
});
