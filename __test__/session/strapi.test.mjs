// The store under strapi::session: log-ins through an OAuth provider, over two processes of one site, and the cache
// beside it.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../support/redis-server.mjs';
import { until } from '../support/rest-client.mjs';
import { PLAIN_MIDDLEWARES, startSite } from '../support/strapi-site.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { probeApi } from '../strapi/support/probe-api.mjs';
import { providerFiles, startProvider } from './support/provider.mjs';

const KEY = Buffer.alloc(32, 7).toString('base64');
// Cookies of Strapi's are for HTTPS alone in production unless told otherwise.
const LINE = `{ name: 'strapi::session', config: { secure: false, store: require('strapi-upstash/session').createSessionStore({ encrypt: '${KEY}', timeout: 300 }) } }`;
/** The plugin of this working copy, also where node_modules is another's. */
const PLUGIN = { enabled: true, resolve: fileURLToPath(new URL('../../package.json', import.meta.url)) };
const PEOPLE = { 'users-permissions': { config: { jwtSecret: 'secret', ratelimit: { enabled: false } } } };
const middlewares = PLAIN_MIDDLEWARES.toSpliced(4, 0, 'plugin::upstash.cache');
const listed = middlewares.map((name) => (name === 'strapi::session' ? LINE : JSON.stringify(name)));

let redis;
let upstash;
let provider;
let first;
let second;

before(async () => {
  [redis, provider] = await Promise.all([startRedis(), startProvider()]);
  upstash = await startUpstash({ redis });
  const files = { ...probeApi, ...providerFiles(provider.url), 'config/middlewares.js': `module.exports = [${listed.join(',')}];\n` };
  // One hears of Upstash by the environment, the other by the plugin's configuration.
  const env = { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token };
  first = await startSite({ files, env, plugins: { ...PEOPLE, upstash: PLUGIN } });
  const plugins = { ...PEOPLE, upstash: { ...PLUGIN, config: { url: upstash.url, token: upstash.token } } };
  second = await startSite({ files, plugins, database: first.database });
});
after(async () => {
  await second?.stop();
  await first?.stop();
  provider?.stop();
  await upstash?.stop();
  await redis?.stop();
});

/** A browser that a load balancer sends to the site named with each request. */
class Browser {
  cookies = new Map();

  async get(site, path) {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ');
    const response = await site.get(path, { headers: cookie === '' ? {} : { cookie } });
    for (const line of response.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.cookies.set(name, value);
    }
    return response;
  }
}

/** Goes to the provider and back. `sites`: who answers the start, the way back, and the log-in. */
async function logIn([start, back, end], browser = new Browser()) {
  const toProvider = await browser.get(start, '/api/connect/loopback');
  assert.equal(toProvider.status, 302, toProvider.text);
  const agreed = await fetch(toProvider.headers.location, { redirect: 'manual' });
  assert.equal(agreed.status, 302);
  const { pathname, search } = new URL(agreed.headers.get('location'));
  assert.equal(pathname, '/api/connect/loopback/callback');
  const toFrontEnd = await browser.get(back, pathname + search);
  assert.equal(toFrontEnd.status, 302, toFrontEnd.text);
  const login = await browser.get(end, '/api/auth/loopback/callback');
  return { browser, welcome: toFrontEnd.headers.location, login };
}

const sessions = async () => (await redis.command('KEYS', 'strapi@session:*')).map(String);

describe('a log-in through a provider', () => {
  it('works over two processes: what one keeps of it the other finds', async () => {
    const { welcome, login } = await logIn([first, second, first]);
    assert.equal(welcome, 'https://blog.example/welcome');
    assert.equal(login.status, 200, login.text);
    assert.equal(login.json.user.email, 'ada@example.com');
    assert.ok(login.json.jwt);
  });

  it('does not work without the session, nor with that of another', async () => {
    const browser = new Browser();
    const { headers } = await browser.get(first, '/api/connect/loopback');
    const agreed = await fetch(headers.location, { redirect: 'manual' });
    const { pathname, search } = new URL(agreed.headers.get('location'));
    const without = await new Browser().get(second, pathname + search);
    assert.match(without.headers.location, /error_description=OAuth2\+state\+mismatch/);
    const other = new Browser();
    await other.get(first, '/api/connect/loopback');
    assert.match((await other.get(second, pathname + search)).headers.location, /error_description=OAuth2\+state\+mismatch/);
    // Whose it is may still go on.
    assert.equal((await browser.get(second, pathname + search)).headers.location, 'https://blog.example/welcome');
  });

  it('leaves one session in Redis, encrypted, for a day', async () => {
    await redis.command('FLUSHALL');
    const { browser } = await logIn([second, first, second]);
    assert.deepEqual([...browser.cookies.keys()].filter((name) => name.startsWith('koa.sess')).sort(), ['koa.sess', 'koa.sess.sig']);
    const [key, ...others] = await sessions();
    assert.deepEqual(others, []);
    assert.match(String(await redis.command('GET', key)), /^e1\.\d+\.[0-9a-f]{8}\.[\w-]+$/);
    const left = await redis.command('PTTL', key);
    assert.ok(left > 86_000_000 && left <= 86_410_000, `${left}`);
  });
});

describe('beside the cache', () => {
  it('who has a session gets public answers from the cache, and keeps the session', async () => {
    const { browser } = await logIn([first, first, first]);
    const path = '/api/articles?sort=slug&pagination[pageSize]=3';
    await browser.get(first, path);
    const hit = await browser.get(first, path);
    assert.equal(hit.headers['x-cache'], 'HIT');
    assert.equal(hit.headers['set-cookie'], undefined);
  });

  it('an answer that a handler makes of the session is nobody else’s', async () => {
    const [one, two] = [await first.get('/api/probe/session'), await first.get('/api/probe/session')];
    assert.deepEqual([one.status, one.headers['x-cache'], two.headers['x-cache']], [200, 'BYPASS', 'BYPASS']);
    assert.match(one.headers['cache-status'], /detail=cookie-read/);
    const { browser } = await logIn([first, first, first]);
    assert.equal((await browser.get(first, '/api/probe/session')).headers['x-cache'], 'BYPASS');
  });

  it('a purge of all that is cached leaves sessions alone', async () => {
    await logIn([first, second, first]);
    const there = await sessions();
    assert.ok(there.length > 0);
    await first.call(async (strapi) => {
      await strapi.plugin('upstash').service('cache').purgeAll();
      await strapi.plugin('upstash').service('cache').purgePattern('*');
    });
    assert.deepEqual((await sessions()).sort(), there.sort());
  });
});

describe('while Upstash is away', () => {
  for (const mode of ['hang', 'refuse', '500']) {
    it(`(${mode}) pages are answered, and one process logs in by itself`, async () => {
      const { browser } = await logIn([first, first, first]);
      await upstash.misbehave(mode);
      const began = Date.now();
      const page = await browser.get(first, '/api/articles?sort=slug');
      assert.equal(page.status, 200);
      assert.ok(Date.now() - began < 3_000, `${Date.now() - began} ms`);
      const away = await logIn([first, first, first]);
      assert.equal(away.login.status, 200, away.login.text);
      await upstash.heal();
      await until(async () => (await logIn([first, second, first])).login.status === 200);
      // What was begun meanwhile has arrived.
      await until(async () => (await away.browser.get(second, '/api/auth/loopback/callback')).status === 200);
    });
  }

  it('Strapi’s log says so once in a while, and nothing of sessions', () => {
    const lines = first.log().split('\n').filter((line) => line.includes('sessions:'));
    assert.ok(lines.length >= 1 && lines.length <= 3, lines.join('\n'));
    assert.doesNotMatch(lines.join('\n'), /grant|access_token/);
  });
});

it('a mistake in the options is one sentence at boot', async () => {
  const files = { 'config/middlewares.js': `module.exports = [${listed.join(',').replace('timeout: 300', 'timeut: 300')}];\n` };
  await assert.rejects(startSite({ files }), ({ log }) => {
    assert.match(log, /timeut: no such option; there are redis, url/);
    return true;
  });
});
