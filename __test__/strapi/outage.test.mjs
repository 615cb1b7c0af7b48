// Upstash fails in every way there is: the site answers as if the plugin were not there.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSite } from '../support/strapi-site.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { cache, withoutLimit } from './support/probe-api.mjs';

const ARTICLE = 'api::article.article';
const DEADLINE = 400;
const TOKEN = 'a-token-nobody-may-read';
let upstash;
let site;
let asked = 0;

before(async () => {
  upstash = await startUpstash({ token: TOKEN });
  site = await startSite({
    plugins: withoutLimit({ deadline: `${DEADLINE} ms`, rateLimit: { limit: 100_000 } }),
    env: { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: TOKEN },
  });
});
after(async () => {
  await site?.stop();
  await upstash?.stop();
});

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const breaker = async () => (await site.call((strapi) => strapi.plugin('upstash').service('cache').stats())).breaker;

/** A URL nobody has asked for, so that L1 can't answer it, and how long its answer took. */
async function ask() {
  asked += 1;
  const begin = performance.now();
  const response = await site.get(`/api/articles?sort=slug&pagination[pageSize]=${1 + (asked % 90)}&fields=title`);
  return { response, ms: performance.now() - begin };
}

async function until(condition) {
  for (let i = 0; i < 200; i += 1) {
    if (await condition()) return;
    await ask();
    await pause(50);
  }
  throw new Error('it never came');
}

for (const mode of ['refuse', 'blackhole', 'hang', '500', 'garbage', 'drop', 'truncate']) {
  describe(`with Upstash in the mode "${mode}"`, () => {
    before(() => upstash.misbehave(mode));
    after(async () => {
      await upstash.heal();
      await until(async () => (await breaker()) === 'closed');
    });

    test('every request is answered, at most one deadline later, and after a few no later at all', async () => {
      const usual = Math.max((await ask()).ms, 0);
      assert.ok(usual < DEADLINE + 1_000, `${usual} ms`);
      for (let i = 0; i < 6; i += 1) {
        const { response, ms } = await ask();
        assert.equal(response.status, 200);
        assert.equal(response.json.data.length > 0, true);
        assert.ok(ms < DEADLINE + 350, `${ms} ms is more than one deadline`);
      }
      assert.equal(await breaker(), 'open');
      const times = [];
      for (let i = 0; i < 5; i += 1) times.push((await ask()).ms);
      const median = times.toSorted((x, y) => x - y)[2];
      assert.ok(median < DEADLINE - 100, `${median} ms with the breaker open`);
    });

    test('an editor saves, and this process answers with what was saved', async () => {
      const { documentId } = await site.call((strapi) => strapi.documents('api::article.article').findFirst({ status: 'published', sort: 'slug' }));
      const title = `Written during ${mode}`;
      await site.admin.publish(ARTICLE, documentId, { title });
      const path = '/api/articles?sort=slug&populate=category';
      assert.ok((await site.get(path)).text.includes(title));
      assert.equal(cache(await site.get(path)), 'HIT', 'memory still works');
    });
  });
}

test('when it is back, what it held from before the outage is not answered', async () => {
  const path = '/api/articles?sort=slug&fields=title&pagination[pageSize]=99';
  await site.get(path);
  await pause(300);
  await upstash.misbehave('refuse');
  const { documentId } = await site.call((strapi) => strapi.documents('api::article.article').findFirst({ status: 'published', sort: 'slug' }));
  await site.admin.publish(ARTICLE, documentId, { title: 'Newer than the outage' });
  await upstash.heal();
  await until(async () => (await breaker()) === 'closed');
  await pause(1_100);
  assert.ok((await site.get(path)).text.includes('Newer than the outage'));
});

test('the log warns now and then, and never holds the token', () => {
  const warnings = site.log().split('\n').filter((line) => line.includes('[upstash]') && line.includes('warn'));
  assert.ok(warnings.length > 0 && warnings.length < 40, `${warnings.length} warnings`);
  assert.ok(!site.log().includes(TOKEN));
});

test('Strapi starts and answers with an Upstash that is not there, or refuses the token', async () => {
  const wrong = await startSite({
    plugins: withoutLimit(),
    env: { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: 'wrong' },
  });
  assert.equal((await wrong.get('/api/articles')).status, 200);
  await wrong.stop();
  await upstash.misbehave('refuse');
  const alone = await startSite({
    plugins: withoutLimit(),
    env: { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: TOKEN },
  });
  assert.equal((await alone.get('/api/articles')).status, 200);
  assert.equal((await alone.stop()).forced, false);
  await upstash.heal();
});
