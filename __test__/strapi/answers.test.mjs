// What is answered from memory, to whom, and what never is.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PLAIN_MIDDLEWARES, startSite } from '../support/strapi-site.mjs';
import { cache, probeApi, status, withoutLimit } from './support/probe-api.mjs';

const LIST = '/api/articles?populate=category&sort=slug';
let site;

before(async () => {
  // U+0171 has the low byte of "q".
  const rewrite = `module.exports = () => (ctx, next) => { if (ctx.url.endsWith('?rewritten')) ctx.url = '/api/articles?\u0171'; return next(); };\n`;
  site = await startSite({
    files: { ...probeApi, 'src/middlewares/rewrite.js': rewrite },
    plugins: withoutLimit(),
    middlewares: PLAIN_MIDDLEWARES.toSpliced(4, 0, 'global::rewrite', 'plugin::upstash.rate-limit', 'plugin::upstash.cache'),
  });
});
after(() => site?.stop());

const twice = async (path, options) => [await site.get(path, options), await site.get(path, options)];

test('the second of two equal requests is a HIT with the same bytes, and tells its age', async () => {
  const [first, second] = await twice(LIST);
  assert.deepEqual([first.status, cache(first), cache(second)], [200, 'MISS', 'HIT']);
  assert.ok(first.body.equals(second.body) && first.json.data.length === 25);
  assert.equal(second.headers['content-type'], first.headers['content-type']);
  assert.match(second.headers.age, /^\d+$/);
});

test('spellings that Strapi answers alike share an entry', async () => {
  await twice('/api/categories?sort=name&fields=name');
  for (const path of ['/api/categories?fields=name&sort=name', '/api/categories/?sort=name&fields=name', '/API/categories?sort=name&fields=name']) {
    assert.equal(cache(await site.get(path)), 'HIT', path);
  }
  assert.notEqual(cache(await site.get('/api/categories?fields=name&sort=name:desc')), 'HIT');
});

test('a stored GET answers HEAD with its length, and a HEAD fills for GET', async () => {
  const [, hit] = await twice(LIST);
  const head = await site.request(LIST, { method: 'HEAD' });
  assert.deepEqual([cache(head), head.headers['content-length'], head.body.length], ['HIT', String(hit.body.length), 0]);
  const other = '/api/articles?sort=title';
  assert.equal(cache(await site.request(other, { method: 'HEAD' })), 'MISS');
  const get = await site.get(other);
  assert.equal(cache(get), 'HIT');
  assert.equal(get.json.data.length, 25);
});

test('whoever sends a credential is never answered from the cache and never fills it', async () => {
  const path = '/api/articles?sort=slug&fields=slug';
  for (const authorization of ['Basic eDp5', 'Bearer nonsense', 'Whatever x']) {
    const response = await site.get(path, { headers: { authorization } });
    assert.equal(cache(response), 'BYPASS', authorization);
    assert.match(status(response), /detail=authorization/);
  }
  assert.equal(cache(await site.get(path)), 'MISS', 'a request with a credential had filled the entry');
  assert.equal(cache(await site.get(path, { headers: { authorization: 'Basic eDp5' } })), 'BYPASS');
});

test('an API token gets its own answer while the public one is cached', async () => {
  const token = await site.call(async (strapi) => {
    const created = await strapi.service('admin::api-token').create({ name: `t${Date.now()}`, type: 'read-only', lifespan: null, description: '' });
    return created.accessKey;
  });
  const path = '/api/articles?sort=slug&fields=title';
  await twice(path);
  const own = await site.get(path, { headers: { authorization: `Bearer ${token}` } });
  assert.deepEqual([own.status, cache(own)], [200, 'BYPASS']);
  assert.equal(cache(await site.get(path)), 'HIT', 'using a token purged the site');
});

test('drafts are never stored, however the query spells them', async () => {
  for (const path of ['/api/articles?status=draft', '/api/articles?%73tatus=draft', '/api/articles?status=%64raft']) {
    const [first, second] = await twice(path);
    assert.equal(first.status, 200, path);
    assert.notEqual(cache(second), 'HIT', path);
  }
});

test('the headers that change a body in Strapi part the entries', async () => {
  await twice(LIST);
  for (const headers of [{ 'strapi-response-format': 'v4' }, { 'strapi-encode-source-maps': 'true' }, { host: 'other.example' }]) {
    assert.equal(cache(await site.get(LIST, { headers })), 'MISS', JSON.stringify(headers));
  }
});

describe('is not stored:', () => {
  const cases = {
    cookie: 'cookie-read', session: 'cookie-read', setcookie: 'set-cookie', private: 'private', vary: 'vary',
    stream: 'body', text: 'body', buffer: 'body', thrown: 'error', notfound: 'status', marked: 'on-sale',
    rawsql: 'no-dependencies', user: 'private', unwatched: 'unwatched-type',
  };
  for (const [name, reason] of Object.entries(cases)) {
    test(`${name}, and the header says why`, async () => {
      const [first, second] = await twice(`/api/probe/${name}`);
      assert.equal(cache(first), 'BYPASS');
      assert.ok(status(first).includes(`detail=${reason}`), status(first));
      assert.notEqual(cache(second), 'HIT');
    });
  }
});

test('streams, text and bytes go out as the handler made them', async () => {
  assert.equal((await site.get('/api/probe/stream')).text, 'ab');
  assert.equal((await site.get('/api/probe/text')).text, 'text');
  assert.deepEqual([...(await site.get('/api/probe/buffer')).body], [1, 0, 255]);
  assert.equal((await site.get('/api/probe/detached')).text, 'by hand');
});

test('an answer too large for an entry is given and not stored', async () => {
  const [first, second] = await twice('/api/probe/large');
  assert.equal(first.json.text.length, 2_000_000);
  assert.notEqual(cache(second), 'HIT');
});

test('of the handler only listed headers are stored; its own lifetime and age count', async () => {
  const [, hit] = await twice('/api/probe/headers');
  assert.equal(cache(hit), 'HIT');
  assert.deepEqual([hit.headers['x-total-count'], hit.headers['x-secret']], ['7', undefined]);
  assert.ok(Number(hit.headers.age) >= 30);
  await twice('/api/probe/shortlived');
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  assert.equal(cache(await site.get('/api/probe/shortlived')), 'MISS');
});

test('CORS headers are made for each request', async () => {
  await twice(LIST);
  for (const origin of ['https://a.example', 'https://b.example']) {
    const response = await site.get(LIST, { headers: { origin } });
    assert.deepEqual([cache(response), response.headers['access-control-allow-origin']], ['HIT', origin]);
  }
});

test('the numbers of the limiter on a HIT are those of the request, not of the entry', async () => {
  const [first, second] = await twice(LIST);
  const left = (response) => Number(response.headers['x-ratelimit-remaining']);
  assert.equal(left(second), left(first) - 1);
});

test('a request with Range, a body or another method in a header bypasses', async () => {
  await twice('/api/probe/plain');
  for (const headers of [{ range: 'bytes=0-1' }, { 'x-http-method-override': 'DELETE' }]) {
    assert.equal(cache(await site.get('/api/probe/plain', { headers })), 'BYPASS');
  }
  assert.equal(cache(await site.request('/api/probe/plain', { method: 'GET', body: { a: 1 } })), 'BYPASS');
});

test('a URL that a middleware rewrote to what no request holds is not looked up', async () => {
  await twice('/api/articles?q');
  const response = await site.get('/api/articles?rewritten');
  assert.equal(cache(response), undefined);
});

test('what is not the content API passes without a word', async () => {
  for (const path of ['/_health', '/admin/init', '/favicon.ico']) {
    assert.equal(cache(await site.get(path)), undefined, path);
  }
});

test('200 requests at once run the controller once', async () => {
  const all = await Promise.all(Array.from({ length: 200 }, () => site.get('/api/probe/slow?q=crowd')));
  assert.equal(new Set(all.map((response) => response.text)).size, 1);
  assert.equal(all.filter((response) => cache(response) === 'MISS').length, 1);
});

test('a private answer is given to one of those who wait for it', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => site.get('/api/probe/slowprivate')));
  assert.equal(new Set(all.map((response) => response.text)).size, 20);
});

test('a leader that throws takes nobody down', async () => {
  const all = await Promise.all(Array.from({ length: 6 }, () => site.get('/api/probe/slowthrown')));
  const statuses = all.map((response) => response.status).toSorted();
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 500]);
});

test('a tag given by hand makes an answer cacheable and purges it', async () => {
  const [, hit] = await twice('/api/probe/tagged');
  assert.equal(cache(hit), 'HIT');
  await site.call((strapi) => strapi.plugin('upstash').service('cache').purgeTags('prices'));
  assert.equal(cache(await site.get('/api/probe/tagged')), 'MISS');
});

test('what an answer says not to depend on purges it no more', async () => {
  const [, hit] = await twice('/api/probe/untag');
  assert.equal(cache(hit), 'HIT');
  await site.call((strapi) => strapi.plugin('upstash').service('cache').purgeTypes('api::category.category'));
  assert.equal(cache(await site.get('/api/probe/untag')), 'HIT');
  await site.call((strapi) => strapi.plugin('upstash').service('cache').purgeTypes('api::article.article'));
  assert.equal(cache(await site.get('/api/probe/untag')), 'MISS');
});

test('on a route the cache takes a TTL of its own', async () => {
  const [, hit] = await twice('/api/probe/brief');
  assert.equal(cache(hit), 'HIT');
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  assert.equal(cache(await site.get('/api/probe/brief')), 'MISS');
});

test('a purge by pattern reaches the URLs it matches and no others', async () => {
  await twice('/api/categories?sort=name');
  await twice('/api/articles?sort=slug');
  await site.call((strapi) => strapi.plugin('upstash').service('cache').purgePattern('strapi:/api/articles*'));
  assert.equal(cache(await site.get('/api/articles?sort=slug')), 'MISS');
  assert.equal(cache(await site.get('/api/categories?sort=name')), 'HIT');
});
