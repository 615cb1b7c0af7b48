// A controller that says how long its answer may be kept: that of the example.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cache, status } from './support/probe-api.mjs';
import { startSite } from '../support/strapi-site.mjs';

const ARTICLE = 'api::article.article';
const LATEST = '/api/articles/latest';
const WORDS = 'public, max-age=300, s-maxage=600';
/** What is said to a shared cache; the plugin's own time is an hour. */
const FRESH_S = 600;

let site;

before(async () => {
  site = await startSite();
});
after(() => site?.stop());

const freshFor = (answer) => Number(/ttl=(\d+)/.exec(status(answer))?.[1]);

test('it is kept for as long as the controller says to a shared cache, and browsers are told their part', async () => {
  const miss = await site.get(LATEST);
  assert.equal(cache(miss), 'MISS', miss.text);
  const hit = await site.get(LATEST);
  assert.equal(cache(hit), 'HIT');
  assert.deepEqual([miss, hit].map(({ headers }) => headers['cache-control']), [WORDS, WORDS]);
  assert.ok(freshFor(hit) > FRESH_S - 30 && freshFor(hit) <= FRESH_S, status(hit));
  assert.ok(Number(hit.headers.age) >= 0);
  assert.equal(hit.json.data.length, 5);
  assert.deepEqual(Object.keys(hit.json.data[0]).sort(), ['documentId', 'id', 'slug', 'title']);
});

test('others of the type are kept for the time that the plugin says, and say nothing to browsers', async () => {
  await site.get('/api/articles?sort=slug');
  const hit = await site.get('/api/articles?sort=slug');
  assert.equal(hit.headers['cache-control'], undefined);
  assert.ok(freshFor(hit) > FRESH_S, status(hit));
});

test('a publish purges it all the same', async () => {
  const [{ documentId }] = (await site.get(LATEST)).json.data;
  await site.admin.publish(ARTICLE, documentId, { title: 'Of now' });
  const next = await site.get(LATEST);
  assert.equal(cache(next), 'MISS');
  assert.equal(next.json.data.find((each) => each.documentId === documentId).title, 'Of now');
});
