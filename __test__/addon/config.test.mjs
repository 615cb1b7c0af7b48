// What a user may write into config/plugins and config/middlewares, and what a mistake there says at boot.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine, resolveConfig, resolveMiddlewareConfig } from '../../index.js';

const SECRET = 'AXsecretSECRETsecret';
const CREDENTIALS = { UPSTASH_REDIS_REST_URL: 'https://name-1.upstash.io', UPSTASH_REDIS_REST_TOKEN: SECRET };

const resolve = (options = {}, env = {}) => JSON.parse(resolveConfig(JSON.stringify(options), env));
const resolveFor = (kind, options, plugin = {}) =>
  JSON.parse(resolveMiddlewareConfig(kind, JSON.stringify(options), JSON.stringify(resolve(plugin))));

/** One sentence at most, of one line, that names the option and never the token. */
function refused(call, message) {
  assert.throws(call, (error) => {
    assert.ok(error instanceof Error);
    assert.equal(error.code, 'E_CONFIG');
    assert.match(error.message, message);
    assert.ok(!error.message.includes('\n') && error.message.length < 300, error.message);
    return !`${error.stack}`.includes(SECRET);
  });
}

/** A rule of which nothing is said but these. */
const rule = (said = {}) => ({
  name: null,
  limit: 100,
  windowMs: 60_000,
  algorithm: 'sliding-window',
  burst: null,
  by: ['ip'],
  cost: 1,
  mode: 'leased',
  onError: 'local',
  dryRun: false,
  skip: false,
  handler: false,
  allow: [],
  ...said,
});

/** The limiter's options where one rule is for everything. */
const limits = (said = {}, others = {}) => ({
  enabled: true,
  trustedHops: null,
  forwardedHeader: 'x-forwarded-for',
  ipv6Subnet: 64,
  defaults: rule(said),
  rules: [{ ...rule(said), match: {} }],
  ...others,
});

/** What holds for an answer, where nothing is said but this. */
const answerRule = (said = {}) => ({
  enabled: true,
  ttlMs: 3_600_000,
  staleMs: 0,
  errorMs: 0,
  browserMs: 0,
  cdnMs: 0,
  authenticated: 'bypass',
  invalidate: true,
  ...said,
});

/** The cache's options, likewise. */
const caching = (said = {}, ruleSaid = {}) => ({
  enabled: true,
  untagged: false,
  jitter: 0.05,
  earlyRefresh: true,
  requestDirectives: 'ignore',
  compression: true,
  tagHeader: null,
  fillLockMs: 1_000,
  graphql: true,
  anyStatus: false,
  rule: answerRule(ruleSaid),
  ...said,
});

describe('the plugin’s options', () => {
  it('all have a default', () => {
    assert.deepEqual(resolve(), {
      url: null,
      token: null,
      prefix: 'strapi',
      ttlMs: 3_600_000,
      deadlineMs: 150,
      l1: { maxBytes: 67_108_864, maxEntries: 100_000, maxEntryBytes: 1_048_576, maxAgeMs: 1_000 },
      bus: { enabled: true, heartbeatMs: 3_000 },
      cache: caching(),
      contentTypes: {},
      jobs: [],
      qstash: { enabled: true, token: null, baseUrl: 'https://qstash.upstash.io' },
      rateLimit: limits(),
      revalidate: null,
      purgeOnStart: false,
    });
  });

  it('count as they are written, durations in ms', () => {
    const options = {
      url: 'https://other.upstash.io',
      token: SECRET,
      prefix: 'blog-2:eu_1.x',
      ttl: '1.5 h',
      deadline: '80ms',
      l1: { maxBytes: 2_097_152, maxEntries: 500, maxEntryBytes: 4_096, maxAge: 2 },
      bus: { enabled: false, heartbeat: '10 s' },
      cache: {
        enabled: false,
        untagged: true,
        authenticated: 'per-role',
        swr: '10 m',
        staleIfError: '1 d',
        browser: 300,
        cdn: '10m',
        jitter: 0,
        earlyRefresh: false,
        requestDirectives: 'honor',
        compression: false,
        tagHeader: 'Cache-Tag',
        fillLock: false,
        graphql: false,
      },
      contentTypes: { 'api::search.search': { ttl: '10m', invalidate: false } },
      rateLimit: { enabled: false, limit: 7, window: '2 d' },
      purgeOnStart: true,
      revalidate: { url: 'https://example.com/api/revalidate', secret: '0123456789abcdef', timeout: '2 s' },
    };
    assert.deepEqual(resolve(options, { ...CREDENTIALS, CACHE_KEY_PREFIX: 'env', CACHE_TTL_SECONDS: '5' }), {
      url: 'https://other.upstash.io',
      token: SECRET,
      prefix: 'blog-2:eu_1.x',
      ttlMs: 5_400_000,
      deadlineMs: 80,
      l1: { maxBytes: 2_097_152, maxEntries: 500, maxEntryBytes: 4_096, maxAgeMs: 2_000 },
      bus: { enabled: false, heartbeatMs: 10_000 },
      cache: caching(
        {
          enabled: false,
          untagged: true,
          jitter: 0,
          earlyRefresh: false,
          requestDirectives: 'honor',
          compression: false,
          tagHeader: 'Cache-Tag',
          fillLockMs: 0,
          graphql: false,
        },
        {
          enabled: false,
          ttlMs: 5_400_000,
          staleMs: 600_000,
          errorMs: 86_400_000,
          browserMs: 300_000,
          cdnMs: 600_000,
          authenticated: 'per-role',
        },
      ),
      contentTypes: { 'api::search.search': { ttlMs: 600_000, invalidate: false } },
      jobs: [],
      qstash: { enabled: true, token: null, baseUrl: 'https://qstash.upstash.io' },
      rateLimit: limits({ limit: 7, windowMs: 172_800_000 }, { enabled: false }),
      purgeOnStart: true,
      revalidate: { url: 'https://example.com/api/revalidate', secret: '0123456789abcdef', timeoutMs: 2_000 },
    });
  });

  it('may be left undefined, null or empty, as env() of an unset variable leaves them', () => {
    const unset = { url: null, token: '', prefix: '', ttl: null, l1: null, cache: null, rateLimit: { limit: null } };
    assert.deepEqual(resolve(unset), resolve());
  });

  it('come from the environment where the config is silent', () => {
    const { url, token, prefix, ttlMs } = resolve(
      {},
      { ...CREDENTIALS, CACHE_KEY_PREFIX: 'env', CACHE_TTL_SECONDS: '90' },
    );
    assert.deepEqual([url, token, prefix, ttlMs], ['https://name-1.upstash.io', SECRET, 'env', 90_000]);
    const empty = {
      UPSTASH_REDIS_REST_URL: '',
      UPSTASH_REDIS_REST_TOKEN: '',
      CACHE_KEY_PREFIX: '',
      CACHE_TTL_SECONDS: '',
    };
    assert.deepEqual(resolve({}, empty), resolve());
    assert.deepEqual(resolve({}, { PATH: '/bin', CACHE_TTL: '1' }), resolve());
  });

  it('may take the URL from one place and the token from the other', () => {
    const { url, token } = resolve({ url: 'http://127.0.0.1:8079' }, { UPSTASH_REDIS_REST_TOKEN: SECRET });
    assert.deepEqual([url, token], ['http://127.0.0.1:8079', SECRET]);
  });

  it('never make an entry larger than all of memory', () => {
    const { maxBytes, maxEntryBytes } = resolve({ l1: { maxBytes: 1_048_576, maxEntryBytes: 8_388_608 } }).l1;
    assert.deepEqual([maxBytes, maxEntryBytes], [1_048_576, 1_048_576]);
  });

  const durations = [
    [1, 1_000],
    [0.5, 500],
    ['30', 30_000],
    ['150 ms', 150],
    ['2s', 2_000],
    ['1.5 m', 90_000],
    ['1 w', 604_800_000],
  ];
  it('are durations in seconds, or with their unit', () => {
    for (const [ttl, ms] of durations) assert.equal(resolve({ ttl }).ttlMs, ms, `${ttl}`);
  });

  const mistakes = [
    [{ tll: 60 }, /^tll: not an option; the options here are url, token, prefix, ttl, /],
    [{ l1: { maxByte: 1 } }, /^l1\.maxByte: not an option; the options here are maxBytes, maxEntries, maxEntryBytes, maxAge$/],
    [{ rateLimit: { max: 1 } }, /^rateLimit\.max: not an option; the options here are enabled, trustedHops, /],
    [{ cache: { ttl: 1 } }, /^cache\.ttl: not an option; the options here are swr, staleIfError, browser, cdn, authenticated, enabled, untagged, /],
    [{ ttl: 0 }, /^ttl: found 0; expected a number of seconds above 0 or a duration such as /],
    [{ ttl: -1 }, /^ttl: found -1; expected/],
    [{ ttl: '1 year' }, /^ttl: found '1 year'; expected/],
    [{ ttl: '0.1 ms' }, /^ttl: found '0\.1 ms'; expected/],
    [{ ttl: true }, /^ttl: found true; expected/],
    [{ ttl: 1e15 }, /^ttl: found .*; expected/],
    [{ deadline: {} }, /^deadline: found {}; expected/],
    [{ l1: { maxBytes: 1_024 } }, /^l1\.maxBytes: found 1024; expected a whole number from 1048576 to /],
    [{ l1: { maxBytes: '64 MB' } }, /^l1\.maxBytes: found '64 MB'; expected a whole number/],
    [{ l1: { maxEntryBytes: 0.5 } }, /^l1\.maxEntryBytes: found 0\.5; expected/],
    [{ l1: [] }, /^l1: found \[\]; expected an object of options$/],
    [{ rateLimit: { limit: 0 } }, /^rateLimit\.limit: found 0; expected a whole number from 1 to /],
    [{ rateLimit: { limit: 1.5 } }, /^rateLimit\.limit: found 1\.5; expected/],
    [{ rateLimit: { window: 'soon' } }, /^rateLimit\.window: found 'soon'; expected/],
    [{ cache: true }, /^cache: found true; expected an object of options$/],
    [{ cache: { enabled: 'yes' } }, /^cache\.enabled: found 'yes'; expected true or false$/],
    [{ purgeOnStart: 1 }, /^purgeOnStart: found 1; expected true or false$/],
    [{ prefix: 'a b' }, /^prefix: found 'a b'; expected 1 to 64 letters, digits, /],
    [{ prefix: 'a*' }, /^prefix: found 'a\*'; expected/],
    [{ prefix: 'x'.repeat(65) }, /^prefix: found 'x+'?; expected/],
    [{ prefix: 7 }, /^prefix: found 7; expected a string$/],
    [
      { url: 'https://a.example' },
      /^token: missing while url is set; set UPSTASH_REDIS_REST_TOKEN \(or token\) as well, or neither$/,
    ],
    [{ token: SECRET }, /^url: missing while token is set; set UPSTASH_REDIS_REST_URL \(or url\) as well, or neither$/],
    [
      { url: 'a.example', token: SECRET },
      /^url: found something that is no URL; expected the REST URL that Upstash shows, such as https:/,
    ],
    [{ url: 'rediss://default:pw@a.example:6379', token: SECRET }, /^url: found/],
    [{ url: 'https://a.example?x=1', token: SECRET }, /^url: found/],
    [
      { url: `https://u:${SECRET}@a.example`, token: 't' },
      /^url: found a user or password in it; expected the bare REST URL/,
    ],
    [{ url: 'https://a.example', token: `${SECRET} ` }, /^token: found spaces or characters outside ASCII/],
    [{ url: 'https://a.example', token: [SECRET] }, /^token: found something that is not text; expected a string$/],
    [{ url: 7, token: SECRET }, /^url: found something that is not text; expected a string$/],
    [{ cache: { jitter: 2 } }, /^cache\.jitter: found 2; expected a number from 0 to 1$/],
    [{ cache: { authenticated: 'all' } }, /^cache\.authenticated: found 'all'; expected 'bypass' or 'per-credential' or 'per-role'$/],
    [{ contentTypes: { article: {} } }, /^contentTypes: found 'article'; expected names such as 'api::article\.article'$/],
    [{ contentTypes: { 'api::a.a': { swr: 'long' } } }, /^contentTypes\.api::a\.a\.swr: found 'long'; expected/],
    [[], /^config: found \[\]; expected an object of options$/],
    ['on', /^config: found 'on'; expected an object of options$/],
    [null, /^config: found null; expected an object of options$/],
  ];
  for (const [options, message] of mistakes) {
    it(`refuse ${JSON.stringify(options).replace(SECRET, '…').slice(0, 60)} in one sentence`, () => {
      refused(() => resolveConfig(JSON.stringify(options), {}), message);
    });
  }

  it('refuse a variable of the environment by its own name', () => {
    refused(
      () => resolve({}, { CACHE_TTL_SECONDS: 'an hour' }),
      /^CACHE_TTL_SECONDS: found 'an hour'; expected a number of seconds/,
    );
    refused(() => resolve({}, { CACHE_KEY_PREFIX: 'a b' }), /(CACHE_KEY_PREFIX|prefix).*found 'a b'/);
    refused(
      () => resolve({}, { UPSTASH_REDIS_REST_TOKEN: SECRET }),
      /^url: missing while token is set; set UPSTASH_REDIS_REST_URL/,
    );
    refused(() => resolve({}, { UPSTASH_REDIS_REST_URL: 'https://a.example' }), /^token: missing while url is set/);
  });

  it('refuse a password in a URL that is none without repeating it', () => {
    refused(() => resolve({ url: `redis://default:${SECRET}@a.example:6379`, token: 't' }), /^url: found/);
    refused(() => resolve({ url: `https://a.example/?_token=${SECRET}`, token: 't' }), /^url: found/);
  });
});

describe('a middleware’s options', () => {
  it('stand over the plugin’s', () => {
    const plugin = { ttl: 60, rateLimit: { limit: 9, window: '5 m' } };
    assert.deepEqual(resolveFor('cache', { ttl: '10 m' }, plugin), { ttlMs: 600_000 });
    const limited = (config, said) => {
      const { own, rules } = resolveFor('rate-limit', config, plugin);
      assert.deepEqual(rules, [{ ...rule(said), match: {} }]);
      return own;
    };
    assert.equal(limited({ limit: 5 }, { limit: 5, windowMs: 300_000 }), true);
    assert.equal(limited({ window: 1 }, { limit: 9, windowMs: 1_000 }), true);
    assert.equal(limited({}, { limit: 9, windowMs: 300_000 }), false);
    assert.equal(resolveFor('cache', {}, plugin).ttlMs ?? null, null);
  });

  it('are checked as well', () => {
    refused(() => resolveFor('cache', { limit: 5 }), /^limit: not an option; the options here are ttl, invalidate, swr, /);
    refused(() => resolveFor('cache', { ttl: 'never' }), /^ttl: found 'never'; expected/);
    refused(() => resolveFor('rate-limit', { ttl: 5 }), /^ttl: not an option; the options here are rules, name, limit, window/);
    refused(() => resolveFor('rate-limit', { limit: '5' }), /^limit: found '5'; expected a whole number/);
    refused(() => resolveFor('rate-limit', []), /^config: found \[\]; expected an object of options$/);
    refused(() => resolveFor('gzip', {}), /^middleware: found 'gzip'; expected 'cache' or 'rate-limit'$/);
  });
});

describe('an engine', () => {
  it('is made of what was resolved', () => {
    assert.equal(new Engine(JSON.stringify(resolve())).store, 'memory');
    assert.equal(new Engine(JSON.stringify(resolve({}, CREDENTIALS))).store, 'upstash');
  });

  it('is not made of anything else', () => {
    for (const config of ['', '{}', 'null', '{"prefix":"strapi"}', JSON.stringify({ ...resolve(), ttlMs: 'soon' })]) {
      refused(() => new Engine(config), /^config: not what resolveConfig returns/);
    }
  });
});
