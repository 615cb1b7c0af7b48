// Which spellings of a URL share an entry. The judges are Strapi's own: Koa's request, the query parser that
// @strapi/core puts on it, and the router it uses.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Random } from '../support/random.mjs';
import { Site } from './support/site.mjs';

const core = createRequire(import.meta.url).resolve('@strapi/core');
const fromStrapi = createRequire(core);
const Koa = fromStrapi('koa');
const Router = fromStrapi('@koa/router');

const app = new Koa();
// The package exports its middlewares to nobody, so the file is asked for.
fromStrapi(path.join(path.dirname(core), 'middlewares/query.js')).query({}, { strapi: { server: { app } } });

const router = new Router({ prefix: '/api' });
for (const route of ['/articles', '/articles/:id', '/articles/:id/:part', '/a', '/c-d']) router.get(route, () => {});

/** What Strapi makes of a URL: the routes with their parameters, and the query. */
function readByStrapi(url) {
  const request = Object.assign(Object.create(app.request), { req: { url } });
  const layers = router.match(request.path, 'GET').pathAndMethod;
  const routes = layers.map((layer) => [layer.path, layer.params(request.path, layer.captures(request.path))]);
  return { routes, query: request.query };
}

/** Shares entries as the engine does, and holds every sharing against what Strapi reads. */
class Sharing {
  site = new Site();
  shared = 0;
  stored = 0;
  refused = 0;

  constructor(seed) {
    this.seed = seed;
  }

  see(url) {
    const first = this.site.hit(url);
    if (first !== null) {
      const both = `${JSON.stringify(first)} and ${JSON.stringify(url)} share an entry (SEED=${this.seed})`;
      assert.deepEqual(readByStrapi(url), readByStrapi(first), both);
      this.shared += first === url ? 0 : 1;
    } else if (this.site.open(url).role === 'solo') {
      this.refused += 1;
    } else {
      this.site.land(this.site.open(url).id, url);
      this.stored += 1;
    }
  }
}

const NAMES = ['a', 'b', 'sort', 'filters', 'populate', 'A', '_', '$x', 'a.b', '%61', 'a%5', '0', '', '__proto__'];
const SEGMENTS = ['', '0', '1', '99', '100', 'a', 'b', '$eq', 'a=b', '%5', 'x%5By', '__proto__', 'toString', 'a[b]'];
const VALUES = ['', '1', '2', 'a', 'b', 'a,b', '[]', 'a]', 'a]=1', '%5B', '%5D=', '+', '%20', '%26', '%', '%zz', '%00'];
const ODD = ['&', '=', '?', '[', ']', ';', '%5B', '%5d', '%5B%5D=', '%', "'", '"', '<', '\\', '^', '|', '~', '!', '/'];
/** Seldom, as these make a URL that is never cached. */
const FOREIGN = ['#', ' ', '\t', '\u0000', '\u007f', 'é', 'ÿ'];

function parameter(random) {
  let text = random.pick(NAMES);
  while (random.chance(0.45)) {
    const [open, close] = random.pick([
      ['[', ']'],
      ['[', ']'],
      ['%5B', '%5D'],
      ['%5b', '%5d'],
      ['[', ''],
      ['', ']'],
    ]);
    text += open + random.pick(SEGMENTS) + close;
  }
  if (random.chance(0.93)) text += `=${random.pick(VALUES)}`;
  return text;
}

function spoiled(random, text) {
  const odd = random.chance(0.02) ? random.pick(FOREIGN) : random.pick(ODD);
  const at = random.below(text.length + 1);
  return text.slice(0, at) + odd + text.slice(at + (random.chance(0.5) ? 1 : 0));
}

/** Another spelling, which Strapi may or may not read alike. */
function respelled(random, parameters) {
  const changes = [
    () => random.shuffled(parameters).join('&'),
    () => parameters.toSorted().join('&'),
    () => parameters.join('&').replaceAll(/[[\]]/g, (c) => (random.chance(0.5) ? c : encodeURIComponent(c))),
    () => random.shuffled(parameters).join('&').replaceAll(/%5b/gi, '[').replaceAll(/%5d/gi, ']'),
    () =>
      random
        .shuffled(parameters)
        .join('&')
        .replaceAll(/%5[bd]/gi, (c) => c.toLowerCase()),
    () => spoiled(random, random.shuffled(parameters).join('&')),
    () => [...parameters, random.pick(parameters)].join('&'),
    () => parameters.slice(1).join('&'),
    () => parameters.join('&').replace(/[a-z]/, (c) => `%${c.charCodeAt(0).toString(16)}`),
  ];
  return random.pick(changes)();
}

describe('spellings of a query', () => {
  it('share an entry only where Strapi reads the same from them, array order included', (t) => {
    const random = new Random();
    t.diagnostic(`SEED=${random.seed}`);
    const sharing = new Sharing(random.seed);
    for (let i = 0; i < 4_000; i += 1) {
      const parameters = Array.from({ length: 1 + random.below(4) }, () => parameter(random));
      sharing.see(`/api/a?${parameters.join('&')}`);
      for (let j = 0; j < 5; j += 1) sharing.see(`/api/a?${respelled(random, parameters)}`);
    }
    t.diagnostic(`${sharing.shared} shared, ${sharing.stored} stored, ${sharing.refused} never cached`);
    // Otherwise this has judged nothing.
    assert.ok(sharing.shared > 500 && sharing.stored > 500 && sharing.refused > 5);
  });

  it('of plain parameters share an entry in every order, with brackets plain or encoded', (t) => {
    const random = new Random();
    t.diagnostic(`SEED=${random.seed}`);
    const site = new Site();
    for (let i = 0; i < 500; i += 1) {
      const names = new Set(Array.from({ length: 1 + random.below(48) }, () => `n-${random.below(200)}_$`));
      const parameters = [...names].map((name) => {
        const suffix = random.pick(['', '[a]', '[a][$in][0]', '[]']);
        return `${name}${suffix}=${random.below(100)}`;
      });
      const url = `/api/articles?${parameters.join('&')}`;
      site.store(url, url);
      for (let j = 0; j < 4; j += 1) {
        const query = random.shuffled(parameters).join('&');
        const other = `/api/articles?${random.chance(0.5) ? query : query.replaceAll('[', '%5B').replaceAll(']', '%5d')}`;
        assert.equal(site.hit(other), url, `SEED=${random.seed}`);
      }
    }
  });

  it('of which one parameter comes twice share an entry only in the same order', () => {
    const site = new Site();
    site.store('/api/a?sort=a&x=1&sort=b', 'a before b');
    assert.equal(site.hit('/api/a?x=1&sort=a&sort=b'), 'a before b');
    assert.equal(site.hit('/api/a?sort=b&x=1&sort=a'), null);
  });
});

describe('spellings of a path', () => {
  it('share an entry only where Strapi’s router finds the same routes and parameters', (t) => {
    const random = new Random();
    t.diagnostic(`SEED=${random.seed}`);
    const sharing = new Sharing(random.seed);
    const pieces = [
      '/',
      '/',
      'api',
      'API',
      'Api',
      'a',
      'A',
      'articles',
      'Articles',
      '1',
      'c-d',
      '%2f',
      '%61',
      '..',
      ';x',
    ];
    for (let i = 0; i < 20_000; i += 1) {
      let url = random.pick(['/api/', '/api/', '/API/', '/aPi/', '/api', '']);
      for (let j = random.below(5); j > 0; j -= 1) url += random.pick(pieces);
      sharing.see(url + random.pick(['', '', '/', '//', '?', '/?', '?a=1']));
    }
    t.diagnostic(`${sharing.shared} shared, ${sharing.stored} stored, ${sharing.refused} never cached`);
    assert.ok(sharing.shared > 500 && sharing.stored > 500 && sharing.refused > 500);
  });

  const stored = '/api/articles/1?a=b';
  const same = ['/api/articles/1/?a=b', '/API/articles/1?a=b', '/Api/articles/1/?a=b'];
  const others = [
    '/api/Articles/1?a=b',
    '/api/articles/1?A=b',
    '/api/articles/1?a=B',
    '/api/articles/1?a=%62',
    '/api/articles/%31?a=b',
    '/api/articles%2f1?a=b',
    '/api//articles/1?a=b',
    '/api/articles//1?a=b',
    '/api/articles/1//?a=b',
    '/api/articles/1;v=2?a=b',
    '/api/articles/x/../1?a=b',
    '/api/articles/1%00?a=b',
    '/api/articles/1?a=b?',
    '/api/articles/1??a=b',
    '/api/articles/1',
  ];
  const never = [
    '/',
    '/api',
    '/api/',
    '/apis/articles/1?a=b',
    '//api/articles/1?a=b',
    '/admin/articles/1?a=b',
    'http://example.com/api/articles/1?a=b',
    '*',
    '/api/articles/1?a=b#c',
    '/api/articles/1#?a=b',
    '/api/articles/1?a=b c',
    '/api/articles/1\u0000?a=b',
    '/api/articles/1?a=\u00e9',
    `/api/${'x'.repeat(2_044)}`,
    `/api/${'x'.repeat(100_000)}`,
  ];

  it('that Strapi answers alike lead to one entry', () => {
    for (const url of same) {
      const site = new Site();
      site.store(stored, 'x');
      assert.equal(site.hit(url), 'x', url);
      assert.deepEqual(readByStrapi(url), readByStrapi(stored));
    }
  });

  it('that Strapi may answer differently do not', () => {
    const site = new Site();
    site.store(stored, stored);
    for (const url of others) {
      assert.equal(site.probe(url), -1, url);
      site.store(url, url);
    }
    for (const url of [stored, ...others]) assert.equal(site.hit(url), url);
  });

  it('that are none of a content API, or too long, are never cached', () => {
    const site = new Site();
    for (const url of never) {
      assert.equal(site.probe(url), -2, url.slice(0, 60));
      assert.deepEqual(site.open(url), { id: 0, role: 'solo' }, url.slice(0, 60));
    }
    const longest = `/api/${'x'.repeat(2_043)}`;
    site.store(longest, 'x');
    assert.equal(site.hit(longest), 'x');
  });

  it('are held against the API’s own prefix', () => {
    const site = new Site();
    site.engine.setSchema(JSON.stringify({ prefix: '/content/v1/', types: {} }));
    site.store('/content/v1/articles', 'x');
    assert.equal(site.hit('/CONTENT/v1/articles/'), 'x');
    assert.equal(site.probe('/api/articles'), -2);
    assert.equal(site.probe('/content/v1'), -2);
  });
});

describe('what no HTTP request holds', () => {
  it('is never stored: a character beyond latin1', () => {
    // The look-up takes what Node's HTTP parser makes; the middleware asks it for nothing else. What is stored is
    // read exactly.
    const site = new Site();
    assert.equal(site.engine.open('/api/\u0161', 'h', 0).role, 'solo');
  });

  it('is never read as something else: a NUL in the host', () => {
    const site = new Site();
    site.store('/api/b', 'b', {}, { host: 'h\u0000.example', variant: 0 });
    assert.equal(site.hit('/api/b\u0000h', { host: '.example', variant: 0 }), null);
  });

  it('is refused without harm: arguments that are no strings', () => {
    const site = new Site();
    const scope = site.engine.scope('h', 0);
    for (const url of [undefined, null, 7, {}, Symbol('s')]) assert.equal(site.prober(url, scope), -2);
    for (const wrong of [undefined, null, '1', {}]) assert.equal(site.prober('/api/a', wrong), -2);
    assert.equal(site.prober(), -2);
    assert.equal(site.prober('/api/a', scope), -1);
  });

  it('does not mix up hosts that read alike in another encoding', () => {
    const site = new Site();
    // As bytes of a header: one is E9, the other C3 A9, the UTF-8 of the first.
    site.store('/api/a', 'first', {}, { host: '\u00e9.example', variant: 0 });
    assert.equal(site.hit('/api/a', { host: '\u00e9.example', variant: 0 }), 'first');
    assert.equal(site.hit('/api/a', { host: '\u00c3\u00a9.example', variant: 0 }), null);
  });
});
