// Which GraphQL queries are answered from memory, to whom, and which never are.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cache, status } from './support/probe-api.mjs';
import { allowPublic, asking, startGraphqlSite } from './support/graphql-site.mjs';

const CATEGORY = 'api::category.category';
const LIST = '{ articles(sort: "slug") { documentId title category { name } } }';
const BY_SLUG = 'query BySlug($slug: String) { articles(filters: { slug: { eq: $slug } }) { title } }';

let site;
let post;
let get;
let twice;
let articles;
let categories;

before(async () => {
  site = await startGraphqlSite();
  ({ post, get, twice } = asking(site));
  await site.call(allowPublic, [`${CATEGORY}.update`]);
  [articles, categories] = await site.call(async (strapi) => [
    await strapi.documents('api::article.article').findMany({ status: 'published', sort: 'slug', populate: 'category' }),
    await strapi.documents('api::category.category').findMany({ sort: 'name' }),
  ]);
});
after(() => site?.stop());

test('the second of two equal queries is a HIT with the same JSON, and tells its age', async () => {
  const [first, second] = await twice(LIST);
  assert.deepEqual([first.status, cache(first), cache(second)], [200, 'MISS', 'HIT']);
  assert.match(status(first), /^strapi-upstash; fwd=uri-miss; stored/);
  assert.match(status(second), /^strapi-upstash; hit/);
  assert.equal(second.text, first.text);
  assert.equal(first.json.data.articles.length, 25);
  assert.equal(typeof first.json.data.articles[0].category.name, 'string');
  assert.match(second.headers.age, /^\d+$/);
});

test('what Apollo, CORS and security say of an answer is the same on a HIT', async () => {
  const [first, second] = await twice(LIST, undefined, undefined, { origin: 'https://a.example' });
  assert.equal(cache(second), 'HIT');
  for (const name of ['content-type', 'cache-control', 'access-control-allow-origin', 'vary', 'x-frame-options']) {
    assert.equal(second.headers[name], first.headers[name], name);
  }
  assert.equal(second.headers['cache-control'], 'no-store');
});

describe('one entry for', () => {
  const cases = {
    'other whitespace, commas and comments': '# mine\nquery ($a: String, $b: Int) {\n  articles(filters: { slug: { eq: $a } }, pagination: { limit: $b }) {\n    slug,, title }\n}',
    'arguments and variables in another order': 'query ($b: Int, $a: String) { articles(pagination: { limit: $b } filters: { slug: { eq: $a } }) { slug title } }',
  };
  const plain = 'query ($a: String, $b: Int) { articles(filters: { slug: { eq: $a } }, pagination: { limit: $b }) { slug title } }';
  for (const [what, query] of Object.entries(cases)) {
    test(what, async () => {
      const variables = { a: articles[0].slug, b: 3 };
      const [, hit] = await twice(plain, variables);
      assert.equal(cache(hit), 'HIT');
      const other = await post(query, { b: 3, a: articles[0].slug });
      assert.equal(cache(other), 'HIT');
      assert.equal(other.text, hit.text);
    });
  }

  test('variables that say what their defaults say, and such as nobody declared', async () => {
    const query = 'query ($text: String = "said") { echo(text: $text) }';
    await twice(query);
    for (const variables of [{ text: 'said' }, { junk: 1 }, { text: 'said', junk: { a: 2 } }]) {
      assert.equal(cache(await post(query, variables)), 'HIT', JSON.stringify(variables));
    }
  });

  test('the fields of an input object in any order', async () => {
    const query = 'query ($where: EchoInput) { echo(where: $where) }';
    const [, hit] = await twice(query, { where: { a: 1, b: 2 } });
    const other = await post(query, { where: { b: 2, a: 1 } });
    assert.deepEqual([cache(other), other.text], ['HIT', hit.text]);
  });

  test('an operation by itself and among others', async () => {
    const [, hit] = await twice('query Mine { articles(sort: "title", pagination: { limit: 2 }) { ...Shown } } fragment Shown on Article { title }');
    assert.equal(cache(hit), 'HIT');
    const among = `query Other { categories { name } }
      fragment Shown on Article { title }
      query Mine { articles(sort: "title", pagination: { limit: 2 }) { ...Shown } }`;
    assert.deepEqual([cache(await post(among, undefined, 'Mine')), (await post(among, undefined, 'Mine')).text], ['HIT', hit.text]);
  });

  test('GET and POST', async () => {
    const query = '{ articles(sort: "title:desc", pagination: { limit: 4 }) { title } }';
    assert.equal(cache(await get(query)), 'MISS');
    assert.equal(cache(await get(query)), 'HIT');
    const posted = await post(query);
    assert.deepEqual([cache(posted), posted.text], ['HIT', (await get(query)).text]);
    const [, hit] = await twice(BY_SLUG, { slug: articles[1].slug });
    const asked = await get(BY_SLUG, { slug: articles[1].slug });
    assert.deepEqual([cache(asked), asked.text], ['HIT', hit.text]);
  });
});

describe('entries of their own for', () => {
  test('other variables', async () => {
    const answers = [];
    for (const { slug, title } of articles.slice(2, 5)) {
      const [first, second] = await twice(BY_SLUG, { slug });
      assert.deepEqual([cache(first), cache(second)], ['MISS', 'HIT']);
      assert.equal(second.json.data.articles[0].title, title);
      answers.push(second.text);
    }
    assert.equal(new Set(answers).size, 3);
  });

  test('variables of other types, and null where there was nothing', async () => {
    const query = 'query ($text: String, $number: Int, $list: [Int], $any: JSON, $at: DateTime) { echo(text: $text, number: $number, list: $list, any: $any, at: $at) }';
    const seen = new Set();
    const all = [
      {}, { text: null }, { text: '' }, { text: '1' }, { text: 'null' }, { number: 1 }, { number: null }, { list: [1] }, { list: [] }, { list: [null] },
      { any: 1 }, { any: '1' }, { any: [1] }, { any: { a: 1, b: 2 } }, { any: { a: 1 } }, { any: true }, { any: 'true' },
      { at: '2026-01-01T00:00:00.000Z' }, { at: '2026-01-01T00:00:01.000Z' },
    ];
    for (const variables of all) {
      const [first, second] = await twice(query, variables);
      assert.deepEqual([cache(first), cache(second)], ['MISS', 'HIT'], JSON.stringify(variables));
      assert.equal(second.text, first.text);
      seen.add(second.text);
    }
    assert.equal(seen.size, all.length, 'two of them had one answer');
  });

  test('each operation of a document', async () => {
    const both = 'query A { articles(pagination: { limit: 1 }) { title } } query B { categories(pagination: { limit: 1 }) { name } }';
    const [, a] = await twice(both, undefined, 'A');
    const [, b] = await twice(both, undefined, 'B');
    assert.deepEqual([cache(a), cache(b)], ['HIT', 'HIT']);
    assert.ok(a.json.data.articles && b.json.data.categories);
  });

  test('fields under other names, in another order, skipped or not', async () => {
    const answers = new Set();
    for (const fields of ['title slug', 'slug title', 'name: title slug', 'title slug @skip(if: true)', 'title slug @include(if: true)']) {
      const [first, second] = await twice(`{ articles(sort: "slug:desc", pagination: { limit: 2 }) { ${fields} } }`);
      assert.deepEqual([cache(first), cache(second)], ['MISS', 'HIT'], fields);
      assert.equal(second.text, first.text);
      answers.add(first.text);
    }
    assert.equal(answers.size, 4);
  });

  test('other hosts, and whatever else stands in the URL', async () => {
    const query = '{ categories(sort: "slug") { slug } }';
    await twice(query);
    assert.equal(cache(await post(query, undefined, undefined, { host: 'other.example' })), 'MISS');
    const other = asking(site, '/graphql?preview=1');
    assert.equal(cache(await other.post(query)), 'MISS');
    assert.equal(cache(await get(query)), 'HIT');
  });
});

test('the endpoint is found as the router finds it', async () => {
  const query = '{ categories(sort: "slug:desc") { slug } }';
  await twice(query);
  for (const path of ['/GraphQL', '/graphql/']) assert.equal(cache(await asking(site, path).post(query)), 'HIT', path);
});

test('a GET that Apollo takes for forged is refused though its answer is stored', async () => {
  const query = '{ categories { name } }';
  await twice(query);
  const response = await site.get(`/graphql?${new URLSearchParams({ query })}`);
  assert.equal(response.status, 400);
});

test('whoever sends a credential is never answered from the cache and never fills it', async () => {
  const query = '{ articles(sort: "slug", pagination: { limit: 7 }) { slug } }';
  const token = await site.call(async (strapi) => {
    const created = await strapi.service('admin::api-token').create({ name: 'reader', type: 'full-access', lifespan: null, description: '' });
    return created.accessKey;
  });
  const own = await post(query, undefined, undefined, { authorization: `Bearer ${token}` });
  assert.deepEqual([own.status, cache(own), own.json.data.articles.length], [200, 'BYPASS', 7]);
  assert.match(status(own), /detail=authorization/);
  for (const authorization of ['Basic eDp5', 'Bearer nonsense', 'Whatever x']) {
    assert.equal(cache(await post(query, undefined, undefined, { authorization })), 'BYPASS', authorization);
  }
  assert.equal(cache(await post(query)), 'MISS', 'a request with a credential had filled the entry');
  assert.equal(cache(await post(query)), 'HIT');
  assert.equal(cache(await post(query, undefined, undefined, { authorization: `Bearer ${token}` })), 'BYPASS');
});

describe('is not stored:', () => {
  const cases = {
    'an answer with errors': ['{ me { id } articles(pagination: { limit: 1 }) { title } }', 'errors'],
    'what a resolver read a cookie for': ['{ cookie }', 'cookie-read'],
    'what sets a cookie': ['{ setcookie }', 'set-cookie'],
    'another status': ['{ refused }', 'status'],
    'what varies by a header': ['{ language }', 'vary'],
    'what comes from outside of Strapi': ['{ outside }', 'no-dependencies'],
    'what comes from raw SQL': ['{ rawsql }', 'no-dependencies'],
    'what a resolver marks': ['{ marked }', 'on-sale'],
    'what the schema says is private': ['{ ownprivate }', 'private'],
    'the schema itself': ['{ __schema { queryType { name } } articles(pagination: { limit: 1 }) { title } }', 'introspection'],
    'a type of the schema': ['{ __type(name: "Article") { name } }', 'introspection'],
    'drafts': ['{ articles(status: DRAFT, pagination: { limit: 1 }) { title } }', 'draft'],
    'what is told by what is published of it': ['{ articles(publicationFilter: MODIFIED) { title } }', 'unknown-dependencies'],
    'the same, populated': ['{ categories(hasPublishedVersion: true) { articles { title } } }', 'unknown-dependencies'],
  };
  for (const [what, [query, reason]] of Object.entries(cases)) {
    test(`${what}, and the header says why`, async () => {
      const [first, second] = await twice(query);
      assert.equal(cache(first), 'BYPASS');
      assert.ok(status(first).includes(`detail=${reason}`), status(first));
      assert.notEqual(cache(second), 'HIT');
    });
  }

  test('drafts that a variable asks for, or its default', async () => {
    const given = 'query ($s: PublicationStatus) { articles(status: $s, pagination: { limit: 1 }) { title } }';
    const byDefault = 'query ($s: PublicationStatus = DRAFT) { articles(status: $s, pagination: { limit: 1 }) { title } }';
    for (const [query, variables] of [[given, { s: 'DRAFT' }], [byDefault, {}]]) {
      const [first, second] = await twice(query, variables);
      assert.equal(first.status, 200);
      assert.ok(status(first).includes('detail=draft'), status(first));
      assert.notEqual(cache(second), 'HIT');
    }
    const [, published] = await twice(given, { s: 'PUBLISHED' });
    assert.equal(cache(published), 'HIT');
  });

  test('what is no valid request', async () => {
    for (const [query, variables] of [['{ nope }'], ['{ articles {'], [''], ['query ($n: Int) { echo(number: $n) }', { n: 'one' }], ['query A { categories { name } } query B { categories { name } }']]) {
      const [first, second] = await twice(query, variables);
      assert.equal(first.status, 400, query);
      assert.notEqual(cache(second), 'HIT', query);
      assert.deepEqual(second.json, first.json);
    }
  });

  test('a mutation', async () => {
    const mutation = 'mutation ($id: ID!) { updateCategory(documentId: $id, data: { description: "twice" }) { updatedAt } }';
    const [first, second] = await twice(mutation, { id: categories[0].documentId });
    assert.notEqual(first.json.data.updateCategory.updatedAt, second.json.data.updateCategory.updatedAt);
    assert.deepEqual([cache(first), cache(second)], [undefined, undefined]);
  });
});

describe('at once', () => {
  test('equal queries run once, and all get the one answer', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, (_, i) => (i % 2 ? post('{ slow }') : get('query { slow }'))));
    assert.equal(new Set(all.map(({ text }) => text)).size, 1);
    assert.equal(all.filter((response) => cache(response) === 'MISS').length, 1);
    assert.ok(all.some((response) => /; collapsed/.test(status(response)) && cache(response) === 'HIT'));
  });

  test('an answer with errors is given to one of those who wait for it', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => post('{ slowfailing }')));
    assert.ok(all.every(({ json }) => json.errors.length === 1));
    assert.equal(new Set(all.map(({ json }) => json.errors[0].message)).size, 20, 'two had the error of one run');
    const runs = new Set((await Promise.all(Array.from({ length: 5 }, () => post('{ marked }')))).map(({ text }) => text));
    assert.equal(runs.size, 5);
  });

  test('who leaves before the answer takes nobody along', async () => {
    const left = post('{ again: slow }').catch(() => undefined);
    const aborted = site.request('/graphql', { method: 'POST', body: { query: '{ third: slow }' }, timeoutMs: 100 }).catch(() => 'gone');
    const others = await Promise.all(Array.from({ length: 5 }, () => post('{ third: slow }')));
    assert.equal(await aborted, 'gone');
    assert.ok(others.every(({ json }) => json.data.third.startsWith('run')));
    await left;
  });

  test('a query that began before an edit is not stored', async () => {
    const query = '{ articles(sort: "slug", pagination: { limit: 1 }) { title } slow }';
    const running = post(query);
    await new Promise((resolve) => setTimeout(resolve, 120));
    await site.call((strapi, documentId) => strapi.documents('api::article.article').update({ documentId, data: { title: 'Edited meanwhile' }, status: 'published' }), articles[0].documentId);
    await running;
    const next = await post(query);
    assert.notEqual(cache(next), 'HIT');
    assert.equal(next.json.data.articles[0].title, 'Edited meanwhile');
  });
});

test('what the schema says of its lifetime counts, and goes out on a HIT as well', async () => {
  const [, hit] = await twice('{ own }');
  assert.deepEqual([cache(hit), hit.headers['cache-control']], ['HIT', 'max-age=60, public']);
  const [, brief] = await twice('{ ownsecond }');
  assert.equal(cache(brief), 'HIT');
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  assert.equal(cache(await post('{ ownsecond }')), 'MISS');
});

test('what a resolver says of it in headers goes out on a HIT as well', async () => {
  for (const response of await twice('{ header }')) {
    assert.deepEqual([response.headers['cache-control'], response.headers['content-language']], ['max-age=30', 'en'], cache(response));
  }
  assert.equal(cache(await post('{ header }')), 'HIT');
});

test('a persisted query is what it stands for', async () => {
  const query = '{ articles(sort: "slug", pagination: { limit: 11 }) { slug } }';
  const { createHash } = await import('node:crypto');
  const extensions = { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') } };
  const ask = (body) => site.request('/graphql', { method: 'POST', body });
  assert.equal((await ask({ extensions })).json.errors[0].extensions.code, 'PERSISTED_QUERY_NOT_FOUND');
  assert.equal(cache(await ask({ query, extensions })), 'MISS');
  const hit = await ask({ extensions });
  assert.deepEqual([cache(hit), hit.json.data.articles.length], ['HIT', 11]);
});
