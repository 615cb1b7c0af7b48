// Strapi's own limiters of log-ins, with our store: those of the admin panel and of users-permissions.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startRedis } from '../support/redis-server.mjs';
import { startSite } from '../support/strapi-site.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';

const files = {
  'config/admin.js': `
const { RateLimitStore } = require('strapi-upstash/koa2-ratelimit');
module.exports = ({ env }) => ({
  auth: { secret: env('ADMIN_JWT_SECRET') },
  apiToken: { salt: env('API_TOKEN_SALT') },
  transfer: { token: { salt: env('TRANSFER_TOKEN_SALT') } },
  secrets: { encryptionKey: env('ENCRYPTION_KEY') },
  rateLimit: { enabled: true, interval: { min: 10 }, max: 4, store: new RateLimitStore() },
});
`,
  'config/plugins.js': `
const { RateLimitStore } = require('strapi-upstash/koa2-ratelimit');
module.exports = () => ({
  'users-permissions': { config: { jwtSecret: 'secret', ratelimit: { enabled: true, interval: { min: 10 }, max: 3, store: new RateLimitStore() } } },
  upstash: { enabled: true, config: { rateLimit: { enabled: false } } },
});
`,
};

const adminLogin = (site, email = 'somebody@example.com') =>
  site.request('/admin/login', { method: 'POST', body: { email, password: 'Wrong-horse-7' } });
const userLogin = (site) => site.request('/api/auth/local', { method: 'POST', body: { identifier: 'somebody', password: 'wrong' } });

async function statuses(times, log) {
  const found = [];
  for (let i = 0; i < times; i += 1) found.push((await log(i)).status);
  return found;
}

describe('log-ins with Upstash', () => {
  let redis;
  let upstash;
  let sites = [];

  before(async () => {
    redis = await startRedis();
    upstash = await startUpstash({ redis });
    const env = { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token };
    const first = await startSite({ files, env });
    sites = [first];
    sites.push(await startSite({ files, env, database: first.database }));
  });
  after(async () => {
    for (const site of sites.toReversed()) await site.stop();
    await upstash?.stop();
    await redis?.stop();
  });

  test('of the admin panel are counted over all processes', async () => {
    assert.deepEqual(await statuses(6, (i) => adminLogin(sites[i % 2])), [400, 400, 400, 400, 429, 429]);
    assert.equal((await adminLogin(sites[1], 'another@example.com')).status, 400);
  });

  test('of users are counted over all processes', async () => {
    assert.deepEqual(await statuses(5, (i) => userLogin(sites[i % 2])), [400, 400, 400, 429, 429]);
  });

  test('leave nothing readable in Redis, and nothing for ever', async () => {
    const keys = (await redis.command('KEYS', '*:login:*')).map(String);
    assert.equal(keys.length, 3);
    for (const key of keys) {
      assert.match(key, /^strapi:login:[\w-]{43}$/);
      const left = await redis.command('PTTL', key);
      assert.ok(left > 500_000 && left <= 600_000, `${left}`);
    }
  });

  test('are counted in the process while Upstash is away, and nobody waits long', async () => {
    await upstash.misbehave('hang');
    const email = 'away@example.com';
    const began = Date.now();
    assert.deepEqual(await statuses(6, () => adminLogin(sites[0], email)), [400, 400, 400, 400, 429, 429]);
    assert.ok(Date.now() - began < 10_000, `${Date.now() - began} ms`);
    assert.match(sites[0].log(), /log-ins are counted in this process alone/);
  });
});

describe('log-ins without Upstash', () => {
  let site;
  before(async () => (site = await startSite({ files })));
  after(() => site?.stop());

  test('are counted in process memory', async () => {
    assert.deepEqual(await statuses(6, () => adminLogin(site)), [400, 400, 400, 400, 429, 429]);
    assert.deepEqual(await statuses(5, () => userLogin(site)), [400, 400, 400, 429, 429]);
  });
});
