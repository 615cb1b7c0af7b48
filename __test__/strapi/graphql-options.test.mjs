// GraphQL in sites that have options, limits and Apollo plugins of their own, or no GraphQL at all.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSite } from '../support/strapi-site.mjs';
import { COUNTING_PLUGIN, HOLDING_PLUGIN, allowPublic, asking, forbidPublic, graphqlSite, startGraphqlSite } from './support/graphql-site.mjs';
import { cache, status } from './support/probe-api.mjs';
import { startTwins } from './support/twins.mjs';

const CATEGORY = 'api::category.category';
const LIST = '{ articles(sort: "slug") { documentId title category { name } } }';

describe('in a site with a limiter and an Apollo plugin of its own', () => {
  let other;
  let ask;

  before(async () => {
    other = await startGraphqlSite({
      config: { rateLimit: { limit: 20 }, contentTypes: { [CATEGORY]: { enabled: false } } },
      graphql: { endpoint: '/data/graph' },
      apollo: `allowBatchedHttpRequests: true, ${COUNTING_PLUGIN}`,
    });
    ask = asking(other, '/data/graph');
  });
  after(() => other?.stop());

  test('the plugin is still asked, for a HIT as well, and what it adds is of this request', async () => {
    const [first, second] = await ask.twice(LIST);
    assert.deepEqual([cache(first), cache(second)], ['MISS', 'HIT']);
    assert.deepEqual(second.json.data, first.json.data);
    assert.equal(second.json.extensions.sent, first.json.extensions.sent + 1);
  });

  test('a type that is not to be cached keeps a query out that asks for it', async () => {
    for (const query of ['{ categories { name } }', '{ articles(pagination: { limit: 1 }) { title } ... on Query { categories { name } } }']) {
      assert.match(status(await ask.post(query)), /detail=disabled/, query);
    }
  });

  test('a batch is answered, and bypasses the cache', async () => {
    const body = [{ query: LIST }, { query: '{ categories { name } }' }];
    const first = await other.request('/data/graph', { method: 'POST', body });
    const second = await other.request('/data/graph', { method: 'POST', body });
    for (const response of [first, second]) {
      assert.equal(cache(response), 'BYPASS');
      assert.match(status(response), /detail=batch/);
      assert.deepEqual(response.json.map(({ data }) => Object.keys(data)), [['articles'], ['categories']]);
    }
  });

  test('a HIT is counted by the limiter, and tells its numbers', async () => {
    const left = ({ headers }) => Number(headers['x-ratelimit-remaining']);
    const [first, second] = await ask.twice(LIST);
    assert.equal(cache(second), 'HIT');
    assert.equal(left(second), left(first) - 1);
    let refused;
    for (let i = 0; i < 25 && refused === undefined; i += 1) {
      const response = await ask.post(LIST);
      if (response.status !== 200) refused = response;
    }
    assert.equal(refused.status, 429);
    assert.equal(cache(refused), undefined);
    assert.ok(refused.headers['retry-after']);
  });
});

describe('with options of the cache and of content types', () => {
  let other;

  before(async () => {
    other = await startGraphqlSite({
      config: { cache: { browser: '5 m', cdn: '10 m' }, contentTypes: { [CATEGORY]: { ttl: '1 s', browser: '1 m' } } },
      apollo: HOLDING_PLUGIN,
    });
  });
  after(() => other?.stop());

  test('the most careful rule of the types at its top is that of a query', async () => {
    const ask = asking(other);
    const both = '{ categories { name } articles(pagination: { limit: 1 }) { title } }';
    for (const query of ['{ categories { name } }', both]) {
      await ask.get(query);
      const hit = await ask.get(query);
      assert.deepEqual([cache(hit), hit.headers['cache-control']], ['HIT', 'public, max-age=60, s-maxage=600']);
    }
    await ask.twice('{ articles { category { name } } }');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    assert.equal(cache(await ask.post(both)), 'MISS');
    assert.equal(cache(await ask.post('{ articles { category { name } } }')), 'HIT', 'a type further down has no say');
  });

  test('what the public lost while its query was on the way is not stored', async () => {
    const ask = asking(other);
    const query = '{ categories(sort: "slug:desc") { name } }';
    const late = ask.post(query, undefined, undefined, { 'x-held': 'yes' });
    await other.call(async () => {
      while (!globalThis.isHeld) await new Promise((resolve) => setTimeout(resolve, 10));
    });
    await other.call(forbidPublic, [`${CATEGORY}.find`]);
    await other.call(() => globalThis.release());
    await late;
    const next = await ask.post(query);
    assert.notEqual(cache(next), 'HIT');
    assert.equal(next.json.errors[0].message, 'Forbidden access');
    await other.call(allowPublic, [`${CATEGORY}.find`]);
  });

  test('a GET says for how long it may be kept; a POST and an error stay as Apollo has them', async () => {
    const ask = asking(other);
    for (const outcome of ['MISS', 'HIT']) {
      const response = await ask.get(LIST);
      assert.deepEqual([cache(response), response.headers['cache-control']], [outcome, 'public, max-age=300, s-maxage=600']);
    }
    assert.equal((await ask.post(LIST)).headers['cache-control'], 'no-store');
    assert.equal((await ask.get('{ me { id } }')).headers['cache-control'], 'no-store');
    assert.equal((await ask.get('{ own }')).headers['cache-control'], 'max-age=60, public');
  });
});

test('with cache.graphql off nothing of it is cached', async () => {
  const other = await startGraphqlSite({ config: { cache: { graphql: false } } });
  try {
    for (const response of await asking(other).twice(LIST)) {
      assert.deepEqual([response.status, cache(response), status(response)], [200, undefined, '']);
      assert.equal(response.json.data.articles.length, 25);
    }
    await other.get('/api/articles');
    assert.equal(cache(await other.get('/api/articles')), 'HIT');
  } finally {
    await other.stop();
  }
});

test('a site without the GraphQL plugin starts without a word about it', async () => {
  const other = await startSite({ plugins: { upstash: { enabled: true, config: {} } } });
  try {
    assert.doesNotMatch(other.log(), /graphql/i);
  } finally {
    await other.stop();
  }
});

test('without Upstash, and with it black-holed, queries are answered', async () => {
  const twins = await startTwins(graphqlSite({ config: { deadline: '200 ms' } }));
  try {
    await twins.upstash.misbehave('blackhole');
    const ask = asking(twins.a);
    for (let i = 0; i < 3; i += 1) assert.equal((await ask.post(LIST)).json.data.articles.length, 25);
    await twins.upstash.heal();
  } finally {
    await twins.stop();
  }
});
