// Two Strapi processes on one database and one Upstash, which do not hear each other: what one writes, the other doesn't
// answer from before. With the bus between them: bus.test.mjs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cache, probeApi, status, withoutLimit } from './support/probe-api.mjs';
import { startTwins } from './support/twins.mjs';

const ARTICLE = 'api::article.article';
const LIST = '/api/articles?populate=category&sort=slug';
// The host is part of the key: both are one site behind one name.
const headers = { host: 'blog.example' };

let twins;
let upstash;
let a;
let b;
let documentId;

before(async () => {
  twins = await startTwins({
    files: probeApi,
    plugins: withoutLimit({ rateLimit: { limit: 100, window: '1 h' }, deadline: '1 s', bus: { enabled: false } }),
  });
  ({ upstash, a, b, documentId } = twins);
});
after(() => twins?.stop());

const get = (site, path) => site.get(path, { headers });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Storing delays nobody, so an answer may be out before it is stored. */
async function stored(key) {
  for (let i = 0; i < 100; i += 1) {
    const keys = await upstash.redis.command('KEYS', key);
    if (keys.length > 0) return keys.map(String);
    await pause(20);
  }
  throw new Error(`nothing is stored under ${key}`);
}

test('an answer of one process is a HIT on the other, in one request to Upstash', async () => {
  assert.equal(cache(await get(a, LIST)), 'MISS');
  const [key] = await stored('strapi:/api/articles*populate=category*');
  assert.match(key, /^strapi:\/api\/articles\?populate=category&sort=slug#[0-9a-f]{32}$/);
  const hit = await get(b, LIST);
  assert.equal(cache(hit), 'HIT', status(hit));
  assert.match(status(hit), /upstash/);
});

test('a publish through the content manager of one process is seen on the other at once where it held no copy', async () => {
  const path = '/api/articles?sort=slug&fields=title';
  await get(a, path);
  await stored('strapi:/api/articles*fields=title*');
  await a.admin.publish(ARTICLE, documentId, { title: 'Across' });
  const next = await get(b, path);
  assert.equal(cache(next), 'MISS');
  assert.ok(next.text.includes('Across'));
});

test('and at the latest when its own copy is a second old where it held one', async () => {
  await get(b, LIST);
  assert.equal(cache(await get(b, LIST)), 'HIT');
  await a.admin.publish(ARTICLE, documentId, { title: 'Bounded' });
  await pause(1_100);
  assert.ok((await get(b, LIST)).text.includes('Bounded'));
});

test('a slow fill that began before the other process wrote is not stored for anybody', async () => {
  const path = '/api/probe/slow?q=processes';
  const slow = get(b, path);
  await pause(200);
  await a.call((strapi) => strapi.db.query('api::article.article').updateMany({ where: {}, data: { title: 'Meanwhile' } }));
  assert.ok(!(await slow).text.includes('Meanwhile'), 'the fill had read before the write');
  await pause(300);
  assert.deepEqual(await upstash.redis.command('KEYS', 'strapi:/api/probe/slow*'), [], 'Upstash took the old answer');
  for (const site of [a, b]) assert.ok((await get(site, path)).text.includes('Meanwhile'));
});

test('a purge of one process by pattern or of everything holds on both', async () => {
  for (const purge of ["purgePattern('strapi:/api/articles*')", 'purgeAll()']) {
    await get(a, LIST);
    await stored('strapi:/api/articles*populate=category*');
    await a.call(`await strapi.plugin('upstash').service('cache').${purge}; return null;`);
    await pause(1_100);
    assert.equal(cache(await get(b, LIST)), 'MISS', purge);
  }
});

test('losing what Upstash knows of purges makes everything stale, never fresh', async () => {
  await get(a, LIST);
  await stored('strapi:/api/articles*populate=category*');
  await upstash.redis.command('DEL', 'strapi@versions');
  await pause(1_100);
  assert.equal(cache(await get(b, LIST)), 'MISS');
});

test('both processes share one budget, and Upstash holds it in the layout of @upstash/ratelimit', async () => {
  const sites = [a, b];
  const responses = await Promise.all(Array.from({ length: 110 }, (_, i) => get(sites[i % 2], '/api/probe/plain')));
  const passed = responses.filter((response) => response.status === 200).length;
  const counted = (await upstash.redis.command('KEYS', 'strapi@ratelimit:*')).map(String);
  assert.match(counted.join(), /^strapi@ratelimit:default:127\.0\.0\.1:\d+$/);
  const total = Number(await upstash.redis.command('GET', counted[0]));
  assert.equal(total, 100, 'the budget was not used up, or exceeded');
  assert.ok(passed > 0 && passed < 100, `${passed} passed of what the tests before had left`);
});
