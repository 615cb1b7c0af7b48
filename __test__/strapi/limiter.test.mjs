// Who is refused, what they are told, and what they can't talk their way around.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSite } from '../support/strapi-site.mjs';
import { probeApi } from './support/probe-api.mjs';

const WINDOW = 3_600_000;
let site;

before(async () => {
  // An hour's window, so that no test meets its edge but in its last half minute, which is waited for.
  const left = WINDOW - (Date.now() % WINDOW);
  if (left < 60_000) await new Promise((resolve) => setTimeout(resolve, left));
  site = await startSite({
    files: probeApi,
    plugins: { upstash: { enabled: true, config: { rateLimit: { limit: 100, window: '1 h' } } } },
  });
});
after(() => site?.stop());

// Every 127.x.y.z is a loopback address of its own on Linux: each test has a visitor of its own.
let visitors = 1;
function visitor() {
  visitors += 1;
  const localAddress = `127.0.0.${visitors}`;
  return (path, options = {}) => site.request(path, { method: 'GET', ...options, localAddress });
}

test('of 105 quick requests exactly the first 100 pass', async () => {
  const ask = visitor();
  const statuses = [];
  for (let i = 0; i < 105; i += 1) statuses.push((await ask('/api/articles')).status);
  assert.deepEqual(statuses, [...Array(100).fill(200), ...Array(5).fill(429)]);
});

test('every answer tells the budget, also a 404 and a HIT', async () => {
  const ask = visitor();
  for (const [index, path] of ['/api/articles', '/api/articles', '/api/nothing'].entries()) {
    const { headers } = await ask(path);
    assert.equal(headers['x-ratelimit-limit'], '100');
    assert.equal(headers['x-ratelimit-remaining'], String(99 - index), path);
    assert.ok(Number(headers['x-ratelimit-reset']) > Date.now());
    assert.match(headers.ratelimit, new RegExp(`^"default";r=${99 - index};t=\\d+$`));
    assert.equal(headers['ratelimit-policy'], '"default";q=100;w=3600');
  }
});

test('a refusal is a 429 in the shape of a Strapi error, readable across origins', async () => {
  const ask = visitor();
  for (let i = 0; i < 100; i += 1) await ask('/api/articles');
  const refused = await ask('/api/articles', { headers: { origin: 'https://a.example' } });
  assert.equal(refused.status, 429);
  const { data, error, message, retryAfter } = refused.json;
  assert.deepEqual([data, error.status, error.name, error.details], [null, 429, 'RateLimitError', {}]);
  assert.equal(message, error.message);
  assert.equal(refused.headers['retry-after'], String(retryAfter));
  assert.ok(Number.isInteger(retryAfter) && retryAfter > 0);
  assert.equal(refused.headers['access-control-allow-origin'], 'https://a.example');
});

test('no header makes a new visitor', async () => {
  const ask = visitor();
  let response;
  for (let i = 0; i < 101; i += 1) {
    const address = `203.0.113.${i}`;
    const headers = { 'x-forwarded-for': address, 'x-real-ip': address, forwarded: `for=${address}`, authorization: `Bearer ${i}` };
    response = await ask('/api/articles', { headers });
  }
  assert.equal(response.status, 429);
});

test('no spelling of the path slips past', async () => {
  const ask = visitor();
  const paths = ['/api/articles', '/API/articles', '/Api/Articles', '/api/articles/', '/api//articles', '/api/%61rticles', '/api/./articles'];
  for (const [index, path] of paths.entries()) {
    const { headers } = await ask(path);
    assert.equal(headers['x-ratelimit-remaining'], String(99 - index), path);
  }
});

test('preflights, the admin panel and health checks are not counted', async () => {
  const ask = visitor();
  const preflight = { method: 'OPTIONS', headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' } };
  assert.equal((await ask('/api/articles', preflight)).headers['x-ratelimit-limit'], undefined);
  for (const path of ['/admin/init', '/_health']) assert.equal((await ask(path)).headers['x-ratelimit-limit'], undefined, path);
  assert.equal((await ask('/api/articles')).headers['x-ratelimit-remaining'], '99');
});

test('behind a proxy that the operator trusts the visitor is who the proxy names, IPv6 by its /64', async () => {
  const proxied = await startSite({
    files: {
      'config/server.js': `module.exports = ({ env }) => ({
        host: env('HOST'), port: env.int('PORT'), app: { keys: env.array('APP_KEYS') }, proxy: { koa: true } });\n`,
    },
    plugins: { upstash: { enabled: true, config: { rateLimit: { limit: 100, window: '1 h' } } } },
  });
  try {
    const left = async (address) =>
      Number((await proxied.get('/api/articles', { headers: { 'x-forwarded-for': address } })).headers['x-ratelimit-remaining']);
    assert.deepEqual([await left('203.0.113.1'), await left('203.0.113.1'), await left('203.0.113.2')], [99, 98, 99]);
    assert.deepEqual([await left('2001:db8:1:2::1'), await left('2001:db8:1:2:ffff::9'), await left('2001:db8:1:3::1')], [99, 98, 99]);
    assert.equal(await left('::ffff:203.0.113.1'), 97);
  } finally {
    await proxied.stop();
  }
});

test('a route has a budget of its own', async () => {
  const ask = visitor();
  const statuses = [];
  for (let i = 0; i < 4; i += 1) statuses.push((await ask(`/api/probe/limited?i=${i}`)).status);
  assert.deepEqual(statuses, [200, 200, 429, 429]);
  assert.equal((await ask('/api/articles')).status, 200);
});
