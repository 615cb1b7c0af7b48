// After a write, by GraphQL or any other way, the next GraphQL answer is fresh; what the write did not change stays.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { allowPublic, asking, forbidPublic, graphqlSite, startGraphqlSite } from './support/graphql-site.mjs';
import { cache } from './support/probe-api.mjs';
import { startTwins } from './support/twins.mjs';

const ARTICLE = 'api::article.article';
const CATEGORY = 'api::category.category';
const LIST = '{ articles(sort: "slug") { documentId title category { name } } }';
const OF_CATEGORIES = '{ categories(sort: "name") { name articles(sort: "slug") { title } } }';
const BY_SLUG = 'query BySlug($slug: String) { articles(filters: { slug: { eq: $slug } }) { title } }';

let site;
let post;
let twice;
let articles;
let categories;

before(async () => {
  site = await startGraphqlSite();
  ({ post, twice } = asking(site));
  await site.call(allowPublic, [`${CATEGORY}.create`, `${CATEGORY}.update`, `${CATEGORY}.delete`]);
  [articles, categories] = await site.call(async (strapi) => [
    await strapi.documents('api::article.article').findMany({ status: 'published', sort: 'slug', populate: 'category' }),
    await strapi.documents('api::category.category').findMany({ sort: 'name' }),
  ]);
});
after(() => site?.stop());

/** Fills and hits `query`, writes, and asks once more: that answer must be made anew and show what was written. */
async function freshAfter(query, change, shows, variables) {
  const [, hit] = await twice(query, variables);
  assert.equal(cache(hit), 'HIT', 'was not cached before');
  await change();
  const next = await post(query, variables);
  assert.equal(cache(next), 'MISS', 'the old answer was still given');
  assert.ok(next.text.includes(shows), `the new answer does not show ${shows}`);
}

/** Fills and hits `query`, writes, and asks once more: that answer must still be there. */
async function staysAfter(query, change, variables) {
  const [, hit] = await twice(query, variables);
  assert.equal(cache(hit), 'HIT', 'was not cached before');
  await change();
  assert.equal(cache(await post(query, variables)), 'HIT', 'was purged for nothing');
}

describe('is purged by', () => {
  test('a mutation that creates', () =>
    freshAfter(OF_CATEGORIES, () => post('mutation { createCategory(data: { name: "Made by GraphQL", slug: "made" }) { name } }'), 'Made by GraphQL'));

  test('a mutation that updates, of what is populated as well', async () => {
    const { documentId } = articles[0].category;
    const rename = (name) => post(`mutation { updateCategory(documentId: "${documentId}", data: { name: "${name}" }) { name } }`);
    await freshAfter(LIST, () => rename('Renamed once'), 'Renamed once');
    await freshAfter(BY_SLUG.replace('title', 'category { name }'), () => rename('Renamed twice'), 'Renamed twice', { slug: articles[0].slug });
  });

  test('a mutation that deletes', async () => {
    const { json } = await post('mutation { createCategory(data: { name: "Soon gone", slug: "gone" }) { documentId } }');
    await twice(OF_CATEGORIES);
    await post(`mutation { deleteCategory(documentId: "${json.data.createCategory.documentId}") { documentId } }`);
    const next = await post(OF_CATEGORIES);
    assert.equal(cache(next), 'MISS');
    assert.ok(!next.text.includes('Soon gone'));
  });

  test('an edit in the content manager', async () => {
    const { documentId, slug, content } = articles[1];
    await freshAfter(BY_SLUG, () => site.admin.publish(ARTICLE, documentId, { title: 'By an editor', slug, content }), 'By an editor', { slug });
  });

  test('an edit through the Document Service', () =>
    freshAfter(
      `query ($id: ID!) { article(documentId: $id) { title } }`,
      () => site.call((strapi, documentId) => strapi.documents('api::article.article').update({ documentId, data: { title: 'By code' }, status: 'published' }), articles[2].documentId),
      'By code',
      { id: articles[2].documentId },
    ));

  test('an edit of the category of an article, and of an article of a category', async () => {
    const { documentId } = categories[0];
    const rename = (name) => site.call((strapi, [id, to]) => strapi.documents('api::category.category').update({ documentId: id, data: { name: to } }), [documentId, name]);
    await freshAfter(LIST, () => rename('A new name'), 'A new name');
    const nested = '{ articles(pagination: { limit: 30 }) { category { articles(sort: "slug") { category { name } } } } }';
    await freshAfter(nested, () => rename('Another name'), 'Another name');
    const retitle = () => site.call((strapi, id) => strapi.documents('api::article.article').update({ documentId: id, data: { title: 'Seen from its category' }, status: 'published' }), articles[3].documentId);
    await freshAfter(OF_CATEGORIES, retitle, 'Seen from its category');
  });

  test('a link that is made from the other side', async () => {
    const moved = articles.find(({ category }) => category.documentId !== categories[1].documentId);
    await freshAfter(
      BY_SLUG.replace('title', 'category { documentId }'),
      () => site.call((strapi, [category, article]) => strapi.documents('api::category.category').update({ documentId: category, data: { articles: { connect: [{ documentId: article }] } } }), [categories[1].documentId, moved.documentId]),
      categories[1].documentId,
      { slug: moved.slug },
    );
  });

  test('the page info of a connection, by what appears', async () => {
    const query = '{ categories_connection(pagination: { limit: 1 }) { nodes { name } pageInfo { total } } }';
    const { json } = await post(query);
    const { total } = json.data.categories_connection.pageInfo;
    await freshAfter(query, () => post('mutation { createCategory(data: { name: "One more", slug: "one-more" }) { name } }'), `"total":${total + 1}`);
  });

  test('the right to ask for it, that was taken away', async () => {
    await twice(OF_CATEGORIES);
    await site.call(forbidPublic, [`${CATEGORY}.find`]);
    const next = await post(OF_CATEGORIES);
    assert.notEqual(cache(next), 'HIT');
    assert.equal(next.json.errors[0].message, 'Forbidden access');
    await site.call(allowPublic, [`${CATEGORY}.find`]);
    assert.equal((await post(OF_CATEGORIES)).json.errors, undefined);
  });

  test('its path, its tag, and all', async () => {
    const service = (method, ...args) => site.call((strapi, [name, given]) => strapi.plugin('upstash').service('cache')[name](...given), [method, args]);
    for (const [method, ...args] of [['purgePattern', 'strapi:/graphql*'], ['purgeTags', 'prices'], ['purgeAll']]) {
      const [, hit] = await twice('{ tagged }');
      assert.equal(cache(hit), 'HIT');
      await service(method, ...args);
      assert.equal(cache(await post('{ tagged }')), 'MISS', method);
    }
    await twice('{ tagged }');
    await service('purgePattern', 'strapi:/api*');
    assert.equal(cache(await post('{ tagged }')), 'HIT', 'another path purged it');
  });
});

describe('is not purged by', () => {
  const edit = (uid, documentId, data, more = {}) => site.call((strapi, [type, params]) => strapi.documents(type).update(params), [uid, { documentId, data, ...more }]);
  const one = 'query ($id: ID!) { article(documentId: $id) { title category { name } } }';

  test('a draft that is saved', () => staysAfter(OF_CATEGORIES, () => edit(ARTICLE, articles[5].documentId, { title: 'Only a draft' })));

  test('another article, of one that is asked for with its relation', () =>
    staysAfter(one, () => edit(ARTICLE, articles[6].documentId, { title: 'Somebody else' }, { status: 'published' }), { id: articles[7].documentId }));

  test('another category', async () => {
    const { json } = await post('mutation { createCategory(data: { name: "Empty", slug: "empty" }) { documentId } }');
    const { documentId } = json.data.createCategory;
    await staysAfter(one, () => edit(CATEGORY, documentId, { name: 'Still empty' }), { id: articles[7].documentId });
  });

  test('what reads nothing but another type', () => staysAfter('{ articles(sort: "slug", pagination: { limit: 9 }) { slug } }', () => edit(CATEGORY, categories[0].documentId, { description: 'x' })));
});

describe('in two processes with one Upstash', () => {
  let twins;
  let a;
  let b;

  before(async () => {
    twins = await startTwins(graphqlSite());
    [a, b] = [asking(twins.a), asking(twins.b)];
    await twins.a.call(allowPublic, [`${CATEGORY}.update`]);
  });
  after(() => twins?.stop());

  test('what one has asked is a HIT in the other', async () => {
    const first = await a.post(LIST);
    assert.equal(cache(first), 'MISS');
    let second;
    for (let i = 0; i < 20 && second === undefined; i += 1) {
      const response = await b.post(LIST);
      if (cache(response) === 'HIT') second = response;
    }
    assert.equal(second?.text, first.text);
  });

  test('nobody gets at an entry by the name of its key', async () => {
    await a.twice(LIST);
    const names = (await twins.upstash.redis.command('KEYS', 'strapi:/graphql*')).map(String);
    assert.ok(names.length > 0);
    for (const name of names) {
      const url = name.slice('strapi:'.length, name.indexOf('#'));
      const response = await twins.a.get(url, { headers: { 'apollo-require-preflight': 'true' } });
      assert.deepEqual([response.status, cache(response)], [400, undefined], url);
    }
  });

  test('a mutation in one is seen in the other at once', async () => {
    await b.twice(OF_CATEGORIES);
    const { json } = await a.post('{ categories { documentId } }');
    const [{ documentId }] = json.data.categories;
    for (const name of ['First', 'Second', 'Third']) {
      await b.twice(OF_CATEGORIES);
      const changed = await a.post(`mutation { updateCategory(documentId: "${documentId}", data: { name: "${name}" }) { name } }`);
      assert.equal(changed.json.data.updateCategory.name, name);
      assert.ok((await b.post(OF_CATEGORIES)).text.includes(name), name);
    }
  });
});
