// What is wrong in the configuration is said at boot, in one sentence; what is right is seen in the site's answers.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PLAIN_MIDDLEWARES, startSite } from '../support/strapi-site.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { cache } from './support/probe-api.mjs';

const SECRET = 'a-token-nobody-may-read';
const plugin = (config, more = {}) => ({ upstash: { enabled: true, config, ...more } });
const ours = (...items) => PLAIN_MIDDLEWARES.toSpliced(4, 0, ...items);

describe('Strapi does not start, and says why, with', () => {
  const cases = {
    'an unknown option': [{ plugins: plugin({ tll: 60 }) }, 'tll: not an option; the options here are url, token, prefix, ttl'],
    'a TTL that is none': [{ plugins: plugin({ ttl: 'soon' }) }, "ttl: found 'soon'; expected a number of seconds above 0"],
    'a URL that is none': [{ plugins: plugin({ url: 'upstash', token: SECRET }) }, 'url: found something that is no URL'],
    'half a credential in the environment': [{ env: { UPSTASH_REDIS_REST_TOKEN: SECRET } }, 'url: missing'],
    'a wrong option of a middleware': [
      { middlewares: ours({ name: 'plugin::upstash.rate-limit', config: { limit: 0 } }) },
      'limit: found 0; expected a whole number from 1',
    ],
  };
  for (const [name, [options, sentence]] of Object.entries(cases)) {
    test(name, async () => {
      const error = await startSite(options).then(
        (site) => site.stop().then(() => assert.fail('it started')),
        (failure) => failure,
      );
      assert.ok(error.log?.includes(sentence), error.log ?? error.message);
      assert.ok(!error.log.includes(SECRET), 'the token is in the log');
    });
  }
});

test('the environment configures, and the options can be read without the token', async () => {
  const upstash = await startUpstash({ token: SECRET });
  const site = await startSite({
    env: { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: SECRET, CACHE_KEY_PREFIX: 'mine', CACHE_TTL_SECONDS: '77' },
    middlewares: ours('global::upstash-ratelimit', 'global::upstash-cache'),
  });
  try {
    await site.get('/api/articles');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const [key] = (await upstash.redis.command('KEYS', 'mine:/api/articles#*')).map(String);
    const ttl = await upstash.redis.command('TTL', key);
    assert.ok(ttl > 60 && ttl <= 77, `${ttl} s`);
    const options = await site.call((strapi) => JSON.stringify(strapi.config.get('plugin::upstash')));
    assert.ok(options.includes('"mine"') && !options.includes(SECRET), options);
    assert.ok(!site.log().includes(SECRET));
  } finally {
    await site.stop();
    await upstash.stop();
  }
});

test('purgeOnStart begins with nothing of what Upstash holds, without it a start finds what was there', async () => {
  const upstash = await startUpstash();
  const env = { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token };
  const headers = { host: 'blog.example' };
  const first = await startSite({ env, plugins: plugin({ deadline: '2 s' }) });
  try {
    await first.get('/api/articles', { headers });
    for (const [purgeOnStart, expected] of [[false, 'HIT'], [true, 'MISS']]) {
      await new Promise((resolve) => setTimeout(resolve, 300));

      const next = await startSite({ env, database: first.database, plugins: plugin({ deadline: '2 s', purgeOnStart }) });
      assert.equal(cache(await next.get('/api/articles', { headers })), expected, `purgeOnStart: ${purgeOnStart}`);
      await next.stop();
    }
  } finally {
    await first.stop();
    await upstash.stop();
  }
});

test('the guide’s names work without a file of the user, and parts can be turned off', async () => {
  const site = await startSite({
    plugins: plugin({ rateLimit: { enabled: false } }),
    middlewares: ours('global::upstash-ratelimit', { name: 'global::upstash-cache', config: { ttl: '1 h' } }),
  });
  try {
    await site.get('/api/articles');
    const hit = await site.get('/api/articles');
    assert.deepEqual([cache(hit), hit.headers['x-ratelimit-limit']], ['HIT', undefined]);
  } finally {
    await site.stop();
  }
});

test('a cache that stands outside of cors gets a warning, and with cache.enabled false nothing is cached', async () => {
  const site = await startSite({
    plugins: plugin({ cache: { enabled: false } }),
    middlewares: ['plugin::upstash.cache', ...PLAIN_MIDDLEWARES],
  });
  try {
    assert.match(site.log(), /plugin::upstash\.cache stands before strapi::errors, strapi::security, strapi::cors/);
    await site.get('/api/articles');
    assert.equal(cache(await site.get('/api/articles')), undefined);
  } finally {
    await site.stop();
  }
});
