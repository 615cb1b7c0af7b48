// The cache in process memory, as the plugin drives it: look-up, fill, what is stored and what a purge takes away.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ARTICLE, CATEGORY, PAGE, Site } from './support/site.mjs';

const URL = '/api/articles?sort=title';

describe('a look-up', () => {
  it('misses, is filled, and hits', () => {
    const site = new Site();
    assert.equal(site.engine.store, 'memory');
    assert.equal(site.hit(URL), null);
    const { slot, reason, shareable } = site.store(URL, '{"data":[]}');
    assert.deepEqual({ stored: slot >= 0, reason, shareable }, { stored: true, reason: undefined, shareable: true });
    assert.equal(site.probe(URL), slot);
    assert.equal(site.hit(URL), '{"data":[]}');
    const { hits, misses, stored, entries } = site.stats;
    assert.deepEqual({ hits, misses, stored, entries }, { hits: 2, misses: 1, stored: 1, entries: 1 });
  });

  it('never leads from one host or one variant to the entry of another', () => {
    const site = new Site();
    const visitors = ['a.example', 'b.example', 'a.example:80', ''].flatMap((host) =>
      [0, 1, 2, 3, 4, 5, 6, 7].map((variant) => ({ host, variant })),
    );
    for (const visitor of visitors) {
      assert.equal(site.hit(URL, visitor), null, JSON.stringify(visitor));
      site.store(URL, JSON.stringify(visitor), {}, visitor);
    }
    for (const visitor of visitors) assert.equal(site.hit(URL, visitor), JSON.stringify(visitor));
    assert.equal(site.hit(URL, { host: 'A.Example', variant: 0 }), '{"host":"a.example","variant":0}');
  });

  it('finds its entry again after thousands of other hosts asked', () => {
    const site = new Site();
    site.store(URL, 'x');
    for (let i = 0; i < 5_000; i += 1) assert.equal(site.hit(URL, { host: `h${i}.example`, variant: 0 }), null);
    if (site.hit(URL) === null) site.store(URL, 'x');
    assert.equal(site.hit(URL), 'x');
    for (let i = 0; i < 5_000; i += 1) assert.equal(site.hit(URL, { host: `h${i}.example`, variant: 0 }), null);
  });

  it('keeps the meaning of a scope, whatever hosts other callers asked for meanwhile', () => {
    const site = new Site();
    const kept = site.engine.scope('example.com', 0);
    for (let i = 0; i < 5_000; i += 1) assert.notEqual(site.engine.scope(`h${i}.example`, 0), kept);
    const { slot } = site.store(URL, 'x');
    assert.equal(site.prober(URL, kept), slot);
  });

  it('asks nobody else, as there is no Upstash', () => {
    const site = new Site();
    const id = site.begin(URL);
    assert.equal(site.engine.fetch(id), null);
    assert.equal(site.engine.adopt(id), -1);
    assert.equal(site.engine.purgeAll(), null);
    assert.equal(site.engine.takeWarning(), null);
  });

  it('misses all that was stored under another schema', () => {
    const site = new Site();
    site.store(URL, 'old');
    site.engine.setSchema(JSON.stringify({ prefix: '/api', types: {} }));
    assert.equal(site.hit(URL), null);
    assert.equal(site.release(), 1);
    assert.throws(() => site.engine.setSchema('{"types":7}'), { code: 'E_CONFIG', message: /^schema: / });
  });
});

describe('a fill that began under another schema', () => {
  it('is not answered under the new one', () => {
    const site = new Site();
    const underWay = site.begin(URL);
    site.engine.setSchema(JSON.stringify({ prefix: '/api', types: {} }));
    site.land(underWay, 'old');
    assert.equal(site.hit(URL), null);
  });
});

describe('an entry ends', () => {
  const stored = (options, facts) => {
    const site = new Site(options);
    site.store(URL, 'x', facts);
    return () => site.hit(URL) !== null;
  };

  it('with its TTL: the site’s, over that the middleware’s, and over both the handler’s max-age', async () => {
    const site = stored({ ttl: '500 ms' });
    const middleware = stored({ ttl: '500 ms' }, { ttlMs: 60_000 });
    const shorterMiddleware = stored({}, { ttlMs: 500 });
    const handler = stored({ ttl: '500 ms' }, { ttlMs: 500, cacheControl: 'public, max-age=60' });
    const all = () => [site(), middleware(), shorterMiddleware(), handler()];
    assert.deepEqual(all(), [true, true, true, true]);
    await sleep(510);
    assert.deepEqual(all(), [false, true, false, true]);
  });

  it('sooner by the Age the answer came with', async () => {
    const young = stored({}, { cacheControl: 'max-age=4' });
    const old = stored({}, { cacheControl: 'max-age=4', age: '3' });
    assert.deepEqual([young(), old()], [true, true]);
    await sleep(1_010);
    assert.deepEqual([young(), old()], [true, false]);
  });

  it('and is filled anew under the same URL', async () => {
    const site = new Site();
    site.store(URL, 'first', { ttlMs: 20 });
    await sleep(30);
    assert.equal(site.hit(URL), null);
    site.store(URL, 'second');
    assert.deepEqual([site.hit(URL), site.stats.entries], ['second', 1]);
  });
});

describe('an answer that is not stored', () => {
  const manyTags = Array.from({ length: 600 }, (_, i) => `tag-${i}`);
  const refusals = [
    ['its status is not 200', { status: 404 }, 'status'],
    ['its status is another success', { status: 206 }, 'status'],
    ['it is private', { cacheControl: 'max-age=60, PRIVATE' }, 'private'],
    ['it must not be stored', { cacheControl: 'no-store' }, 'private'],
    ['it would have to be revalidated', { cacheControl: 'no-cache' }, 'private'],
    ['it sets a cookie', { setCookie: true }, 'set-cookie'],
    ['it is stale when it comes', { cacheControl: 's-maxage=0, max-age=60' }, 'ttl-zero'],
    ['it is as old as it may become', { cacheControl: 'max-age=60', age: '60' }, 'ttl-zero'],
    ['it expired', { expires: 'Thu, 01 Jan 1970 00:00:00 GMT' }, 'ttl-zero'],
    ['its max-age is no number', { cacheControl: 'max-age=ever' }, 'ttl-zero'],
    ['nothing was seen to be read for it', { reads: [] }, 'no-dependencies'],
    ['only permissions were read for it', { reads: [['plugin::users-permissions.permission', {}]] }, 'no-dependencies'],
    ['what was read for it is not understood', { reads: '[[7]]' }, 'unknown-dependencies'],
    ['it depends on too much', { tags: manyTags }, 'too-many-tags'],
    ['the plugin says so', { bypass: 'draft' }, 'draft'],
  ];
  for (const [why, facts, reason] of refusals) {
    it(`because ${why} is shared with nobody, and its URL is not waited for in the next seconds`, () => {
      const site = new Site();
      const leader = site.begin(URL);
      assert.deepEqual(site.open(URL), { id: leader, role: 'follower' });
      assert.deepEqual(site.land(leader, 'x', facts), { slot: -1, reason, shareable: false });
      assert.equal(site.hit(URL), null);
      assert.deepEqual(site.open(URL), { id: 0, role: 'solo' });
      assert.equal(site.open('/api/articles').role, 'leader');
      assert.deepEqual([site.stats.entries, site.stats.refused], [0, 1]);
    });
  }

  it('because it has no body is not shared either', () => {
    const site = new Site();
    assert.deepEqual(site.land(site.begin(URL), null), { slot: -1, reason: 'no-body', shareable: false });
  });

  it('because it is too large is one byte larger than the largest that is', () => {
    const site = new Site({ l1: { maxEntryBytes: 2_000 } });
    assert.ok(site.store('/api/fits', 'x'.repeat(2_000)).slot >= 0);
    const { slot, reason } = site.store('/api/larger', 'x'.repeat(2_001));
    assert.deepEqual({ slot, reason }, { slot: -1, reason: 'too-large' });
    assert.equal(site.stats.entries, 1);
  });

  it('is measured in bytes, not in characters', () => {
    const site = new Site({ l1: { maxEntryBytes: 2_000 } });
    assert.equal(site.store('/api/a', 'é'.repeat(1_001)).reason, 'too-large');
  });
});

describe('an answer whose handler read nothing', () => {
  it('is stored when the handler names what it depends on', () => {
    const site = new Site();
    assert.ok(site.store(URL, 'x', { reads: [], tags: ['weather'] }).slot >= 0);
    site.engine.purgeTypes([ARTICLE]);
    assert.equal(site.hit(URL), 'x');
    site.engine.purgeTags(['weather']);
    assert.equal(site.hit(URL), null);
  });
});

describe('requests for one URL at the same time', () => {
  it('are one fill: the first leads, the others follow it', () => {
    const site = new Site();
    const leader = site.begin(URL);
    for (let i = 0; i < 3; i += 1) assert.deepEqual(site.open(URL), { id: leader, role: 'follower' });
    assert.equal(site.open(URL, { host: 'other.example', variant: 0 }).role, 'leader');
    assert.equal(site.land(leader, 'x').shareable, true);
    assert.deepEqual([site.hit(URL), site.stats.stored], ['x', 1]);
  });

  it('are free again when the leader threw', () => {
    const site = new Site();
    site.engine.abandon(site.begin(URL));
    site.store(URL, 'second');
    assert.equal(site.hit(URL), 'second');
  });

  it('follow no fill that began before a purge', () => {
    const site = new Site();
    const old = site.begin(URL);
    site.engine.purgeTypes([PAGE]);
    const fresh = site.begin(URL);
    assert.notEqual(fresh, old);
    assert.deepEqual(site.open(URL), { id: fresh, role: 'follower' });
    site.land(fresh, 'new');
    // The purge was not about articles: the old fill is no worse, and does not harm.
    site.land(old, 'old');
    assert.notEqual(site.hit(URL), null);
  });

  it('are not harmed by a fill that is ended twice', () => {
    const site = new Site();
    const id = site.begin(URL);
    site.land(id, 'x');
    assert.deepEqual(site.land(id, 'y'), { slot: -1, reason: 'unknown-flight', shareable: false });
    site.engine.abandon(id);
    assert.equal(site.engine.adopt(id), -1);
    assert.equal(site.hit(URL), 'x');
  });
});

/** A document whose title was changed. */
function changed(uid, id) {
  const state = (title) => ({ rows: [{ public: true, locale: null, values: { id: 1, title, text: 'x' } }], links: [] });
  return JSON.stringify({ documents: [{ uid, id, before: state('old'), after: state('new') }] });
}

describe('a purge', () => {
  const articles = (params) => ({ reads: [[ARTICLE, params]] });
  const purges = [
    ['of its type', (engine) => engine.purgeTypes([ARTICLE]), articles({}), { reads: [[PAGE, {}]] }],
    [
      'of a document it shows',
      (engine) => engine.purgeChanges(changed(PAGE, 'p1')),
      { reads: [[PAGE, {}, { documents: [[PAGE, 'p1', null]], complete: true, published: true }]] },
      { reads: [[PAGE, {}, { documents: [[PAGE, 'p2', null]], complete: true, published: true }]] },
    ],
    [
      'of a field it filters by',
      (engine) => engine.purgeChanges(changed(PAGE, 'p1')),
      { reads: [[PAGE, { where: { title: 'x' } }, { documents: [], complete: true, published: true }]] },
      { reads: [[PAGE, { where: { text: 'x' } }, { documents: [], complete: true, published: true }]] },
    ],
    ['of one of several types', (engine) => engine.purgeTypes([PAGE, CATEGORY]), { reads: [[PAGE, {}]] }, articles({})],
    [
      'of a type it populates',
      (engine) => engine.purgeTypes([CATEGORY]),
      articles({ populate: { category: { fields: ['name'] } } }),
      articles({}),
    ],
    [
      'of a type it filters through',
      (engine) => engine.purgeTypes([CATEGORY]),
      articles({ filters: { $or: [{ category: { name: 'x' } }] } }),
      articles({ filters: { title: 'category' } }),
    ],
    [
      'of a type it sorts through',
      (engine) => engine.purgeTypes([CATEGORY]),
      articles({ sort: ['title:asc', 'category.name:desc'] }),
      articles({ sort: ['title:asc'] }),
    ],
    [
      'of a type it populates in a dynamic zone',
      (engine) => engine.purgeTypes([PAGE]),
      articles({ populate: { blocks: { on: { 'shared.quote': { populate: ['source'] } } } } }),
      articles({ populate: { category: true } }),
    ],
    [
      'of files, when it shows a media field',
      (engine) => engine.purgeTypes(['plugin::upload.file']),
      { reads: [[PAGE, { populate: ['cover'] }]] },
      { reads: [[PAGE, {}]] },
    ],
    [
      'of any type, when it populates a relation to any',
      (engine) => engine.purgeTypes([CATEGORY]),
      { reads: [[PAGE, { populate: ['owner'] }]] },
      { reads: [[PAGE, { populate: ['cover'] }]] },
    ],
    ['of its tag', (engine) => engine.purgeTags(['front page', 'x']), { tags: ['front page'] }, { tags: ['front'] }],
    ['of a key pattern', (engine) => engine.purgePattern('strapi:/api/doomed*'), {}, {}],
    ['of rights', (engine) => engine.purgeTypes(['plugin::users-permissions.permission']), { reads: [[PAGE, {}]] }],
    ['of everything', (engine) => engine.purgeAll(), { tags: ['x'] }],
  ];
  for (const [what, purge, doomed, spared] of purges) {
    it(`${what} takes the entry away and refuses a fill that began before it`, () => {
      const site = new Site();
      site.store('/api/doomed', 'old', doomed);
      const underWay = site.begin('/api/doomed/slow');
      if (spared) site.store('/api/spared', 'kept', spared);
      const sparedUnderWay = spared && site.begin('/api/spared/slow');
      assert.equal(site.hit('/api/doomed'), 'old');

      assert.equal(purge(site.engine), null);

      assert.equal(site.hit('/api/doomed'), null);
      assert.deepEqual(site.land(underWay, 'old', doomed), { slot: -1, reason: 'purged', shareable: true });
      assert.equal(site.hit('/api/doomed/slow'), null);
      if (spared) {
        assert.equal(site.hit('/api/spared'), 'kept');
        assert.ok(site.land(sparedUnderWay, 'kept', spared).slot >= 0);
      }
      site.store('/api/doomed', 'new', doomed);
      site.store('/api/doomed/slow', 'new', doomed);
      assert.deepEqual([site.hit('/api/doomed'), site.hit('/api/doomed/slow')], ['new', 'new']);
    });
  }

  it('of a plain URL means every entry of that URL and none below it', () => {
    const site = new Site();
    for (const url of ['/api/articles', '/api/articles/1', '/api/articles?a=b']) site.store(url, url);
    site.store('/api/articles', 'another variant', {}, { host: 'example.com', variant: 1 });
    site.engine.purgePattern('strapi:/api/articles');
    assert.equal(site.hit('/api/articles'), null);
    assert.equal(site.hit('/api/articles', { host: 'example.com', variant: 1 }), null);
    assert.equal(site.hit('/api/articles/1'), '/api/articles/1');
    assert.equal(site.hit('/api/articles?a=b'), '/api/articles?a=b');
  });

  it('of a pattern knows the globs of Redis', () => {
    const site = new Site({ prefix: 'blog' });
    const urls = ['/api/a1', '/api/a2', '/api/b1', '/api/[x]', '/api/a1/deep'];
    const left = (pattern) => {
      for (const url of urls) if (site.hit(url) === null) site.store(url, url);
      site.engine.purgePattern(pattern);
      return urls.filter((url) => site.hit(url) !== null);
    };
    assert.deepEqual(left('blog:/api/a?'), ['/api/b1', '/api/[x]', '/api/a1/deep']);
    assert.deepEqual(left('blog:/api/[^a]1'), ['/api/a1', '/api/a2', '/api/[x]', '/api/a1/deep']);
    assert.deepEqual(left('blog:/api/\\[x\\]'), ['/api/a1', '/api/a2', '/api/b1', '/api/a1/deep']);
    assert.deepEqual(left('strapi:*'), urls);
    assert.deepEqual(left('*:/api/?1*'), ['/api/a2', '/api/[x]']);
  });
});

describe('memory', () => {
  it('stays within its bound in bytes, and tells every slot it freed', () => {
    const maxBytes = 1 << 20;
    const site = new Site({ l1: { maxBytes } });
    const urls = [];
    for (let i = 0; i < 6_000; i += 1) {
      const url = `/api/articles/${i}`;
      urls.push(url);
      site.store(url, `${url} ${'x'.repeat((i * 37) % 4_000)}`);
      if (i % 500 === 0) assert.ok(site.stats.bytes <= maxBytes, `${site.stats.bytes} bytes`);
    }
    const { entries, bytes } = site.stats;
    assert.ok(bytes <= maxBytes && entries > 200, `${entries} entries, ${bytes} bytes`);
    const held = site.bodies.filter(Boolean);
    assert.equal(held.length, entries, 'JavaScript holds as many bodies as the engine has entries');
    const answered = urls.filter((url) => site.hit(url) !== null);
    assert.equal(answered.length, entries);
    for (const url of answered) assert.equal(site.hit(url).split(' ')[0], url);
    assert.ok(held.join('').length <= bytes);
  });

  it('uses a slot again, and an old spelling of its URL does not lead there', () => {
    const site = new Site();
    const { slot } = site.store('/api/a', 'a');
    assert.equal(site.hit('/API/a/'), 'a');
    site.engine.purgePattern('strapi:/api/a');
    assert.deepEqual(site.engine.drain(), [slot]);
    assert.deepEqual(site.engine.drain(), []);
    assert.equal(site.store('/api/b', 'b').slot, slot);
    assert.deepEqual([site.hit('/API/a/'), site.hit('/api/a'), site.hit('/api/b')], [null, null, 'b']);
  });

  it('is empty once the engine is closed, and every request runs alone', () => {
    const site = new Site();
    for (let i = 0; i < 100; i += 1) site.store(`/api/${i}`, 'x');
    site.engine.close();
    assert.equal(site.release(), 100);
    assert.deepEqual(site.bodies.filter(Boolean), []);
    assert.deepEqual([site.hit('/api/1'), site.stats.entries], [null, 0]);
    assert.deepEqual(site.open('/api/1'), { id: 0, role: 'solo' });
    assert.equal(site.engine.purgeAll(), null);
    site.engine.close();
  });

  it('stays empty when a fill ends after the engine was closed', () => {
    const site = new Site();
    const underWay = site.begin(URL);
    site.engine.close();
    assert.equal(site.land(underWay, 'x').slot, -1);
    assert.deepEqual([site.hit(URL), site.stats.entries], [null, 0]);
  });
});
