// A write in Strapi, and values that another process keeps on the same Upstash.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { createCache } from 'strapi-upstash/next';
import { until } from '../support/rest-client.mjs';
import { startSite } from '../support/strapi-site.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';

const ARTICLE = 'api::article.article';
const CATEGORY = 'api::category.category';

let upstash;
let site;
let cache;
let articles;

before(async () => {
  upstash = await startUpstash();
  const env = { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token };
  site = await startSite({ env });
  // The first look of a page asks Upstash and not memory: what the bus tells, and when, is the subject of cached.test.mjs.
  cache = createCache({ url: upstash.url, token: upstash.token, deadline: '2 s', bus: { enabled: false }, l1: { maxAge: '1 ms' } });
  articles = await site.call((strapi) => strapi.documents('api::article.article').findMany({ status: 'published', sort: 'slug', populate: ['category'] }));
});
after(async () => {
  cache?.close();
  await site?.stop();
  await upstash?.stop();
});

/** Keeps a value for each of these tags, writes, and tells which are gone. */
async function purgedBy(write, ...tags) {
  const values = (value) => Promise.all(tags.map((tag) => cache.cached(tag, { tags: [tag] }, () => value)));
  await cache.purgeAll();
  await values('old');
  await until(async () => (await upstash.redis.command('KEYS', 'strapi:/cached/*')).length >= tags.length);
  await write();
  const found = await values('new');
  return tags.filter((_, i) => found[i] === 'new');
}

it('publishing an article purges what shows it, and what shows articles', async () => {
  const [{ documentId }, other] = articles;
  const own = `${ARTICLE}:${documentId}`;
  const write = () => site.admin.publish(ARTICLE, documentId, { title: 'Across' });
  assert.deepEqual(await purgedBy(write, ARTICLE, own, `${ARTICLE}:${other.documentId}`, CATEGORY), [ARTICLE, own]);
});

it('saving a draft purges nothing', async () => {
  const [{ documentId }] = articles;
  const write = () => site.admin.save(ARTICLE, documentId, { title: 'Not yet' });
  assert.deepEqual(await purgedBy(write, ARTICLE, `${ARTICLE}:${documentId}`, CATEGORY), []);
});

it('renaming a category purges what shows categories, as an article page that names both types does', async () => {
  const { documentId } = articles[0].category;
  const write = () => site.admin.save(CATEGORY, documentId, { name: 'Renamed' });
  assert.deepEqual(await purgedBy(write, ARTICLE, CATEGORY, `${CATEGORY}:${documentId}`), [CATEGORY, `${CATEGORY}:${documentId}`]);
});

it('a link that is written from the other side purges what shows either type', async () => {
  const article = articles[0];
  const category = articles.find((each) => each.category.documentId !== article.category.documentId).category;
  const write = () =>
    site.call((strapi, [id, taken]) => strapi.documents('api::category.category').update({ documentId: id, data: { articles: { connect: [taken] } } }), [
      category.documentId,
      article.documentId,
    ]);
  const tags = [ARTICLE, CATEGORY, `${ARTICLE}:${article.documentId}`];
  assert.deepEqual(await purgedBy(write, ...tags), tags);
});

it('creating, unpublishing and removing an article purges what shows articles', async () => {
  let documentId;
  const create = async () => {
    const write = (strapi) => strapi.documents('api::article.article').create({ data: { title: 'New', slug: 'new' }, status: 'published' });
    ({ documentId } = await site.call(write));
  };
  assert.deepEqual(await purgedBy(create, ARTICLE, CATEGORY), [ARTICLE]);
  for (const action of ['unpublish', 'publish', 'delete']) {
    const write = () => site.call((strapi, [name, id]) => strapi.documents('api::article.article')[name]({ documentId: id }), [action, documentId]);
    assert.deepEqual(await purgedBy(write, ARTICLE, `${ARTICLE}:${documentId}`, CATEGORY), [ARTICLE, `${ARTICLE}:${documentId}`], action);
  }
});

it('so does a write of which no more than the type is known', async () => {
  const [{ documentId }] = articles;
  const write = () => site.call((strapi) => strapi.plugin('upstash').service('cache').purgeTypes('api::article.article'));
  assert.deepEqual(await purgedBy(write, ARTICLE, `${ARTICLE}:${documentId}`, CATEGORY), [ARTICLE, `${ARTICLE}:${documentId}`]);
});

it('purgeAll in Strapi purges everything here, and a name of your own is the same on both sides', async () => {
  const everything = () => site.call((strapi) => strapi.plugin('upstash').service('cache').purgeAll());
  assert.deepEqual(await purgedBy(everything, ARTICLE, 'prices'), [ARTICLE, 'prices']);
  const prices = () => site.call((strapi) => strapi.plugin('upstash').service('cache').purgeTags('prices'));
  assert.deepEqual(await purgedBy(prices, ARTICLE, 'prices'), ['prices']);
});

it('a purge here reaches answers of Strapi that show the type', async () => {
  const path = '/api/articles?sort=slug&pagination[pageSize]=2';
  await site.get(path);
  assert.equal((await site.get(path)).headers['x-cache'], 'HIT');
  await cache.purge(ARTICLE);
  await until(async () => (await site.get(path)).headers['x-cache'] === 'MISS');
});
