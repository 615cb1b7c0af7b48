// What an edit costs: the time, the longest stop of the event loop and the Redis commands of a purge at 1,000, 10,000 and
// 100,000 cached answers, against the guide's KEYS and DEL, strapi-cache and plugin-rest-cache; and what watching a
// content write costs where nothing is cached.
//
//   npm run bench:purge [-- 100000 | writes]

import { startRedis } from '../__test__/support/redis-server.mjs';
import { PLAIN_MIDDLEWARES, startSite } from '../__test__/support/strapi-site.mjs';
import { startUpstash } from '../__test__/support/upstash-endpoint.mjs';
import { installPeers, restCache, strapiCache, WITHOUT_OURS } from './support/peers.mjs';

const only = process.argv[2];
const SIZES = only === undefined ? [1_000, 10_000, 100_000] : [Number(only)];
const ROUNDS = 3;
const WRITES = 600;

if (only !== 'writes') installPeers();
const redis = await startRedis();
const upstash = await startUpstash({ redis });
const environment = { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token };

const ours = { upstash: { enabled: true, config: { l1: { maxBytes: 1_000_000_000, maxEntries: 1_000_000 }, rateLimit: { enabled: false } } } };

const contenders = {
  'ours, memory': { plugins: ours, fill: fillOurs, purge: purgeOurs },
  'ours, Upstash': { plugins: ours, env: environment, fill: fillOurs, purge: purgeOurs },
  'the guide, KEYS and DEL': { plugins: WITHOUT_OURS, middlewares: PLAIN_MIDDLEWARES, env: environment, fill: fillGuide, purge: purgeGuide },
  'strapi-cache, memory': { plugins: strapiCache(), middlewares: PLAIN_MIDDLEWARES, fill: fillStrapiCache, purge: purgeStrapiCache },
  'strapi-cache, Redis': {
    plugins: strapiCache({ redis: `redis://127.0.0.1:${redis.port}` }),
    middlewares: PLAIN_MIDDLEWARES,
    fill: fillStrapiCache,
    purge: purgeStrapiCache,
  },
  'plugin-rest-cache, memory': {
    plugins: restCache({ contentTypes: ['api::article.article'] }),
    middlewares: PLAIN_MIDDLEWARES,
    fill: fillRestCache,
    purge: purgeRestCache,
  },
};

try {
  if (only !== 'writes') await purges();
  await writes();
} finally {
  await upstash.stop();
  await redis.stop();
}

async function purges() {
  const times = new Map();
  for (const [name, { plugins, middlewares, env, fill, purge }] of Object.entries(contenders)) {
    // Before the start: a site that sees its Redis emptied purges everything, at a time of its own.
    await redis.command('FLUSHALL');
    const site = await startSite({ plugins, middlewares, env });
    try {
      for (const size of SIZES) {
        const rounds = [];
        for (let round = 0; round < ROUNDS; round += 1) {
          await site.call(fill, { size });
          const before = await commands();
          const measured = await site.call(measure, { purge: purge.toString() });
          if (measured.left > 0) throw new Error(`${name} left ${measured.left} of ${size} keys: what it took means nothing`);
          rounds.push({ ...measured, commands: (await commands()) - before });
        }
        const [best] = rounds.sort((a, b) => a.ms - b.ms);
        times.set(`${name} ${size}`, best.ms);
        console.log(
          `${String(size).padStart(7)} keys  ${name.padEnd(26)} ${best.ms.toFixed(2).padStart(9)} ms  ` +
            `event loop stopped ${best.stall.toFixed(1).padStart(7)} ms  ${String(best.commands).padStart(7)} commands`,
        );
      }
    } finally {
      await site.stop();
    }
  }
  for (const size of SIZES) {
    for (const own of ['ours, memory', 'ours, Upstash']) {
      const rivals = Object.keys(contenders).filter((name) => !name.startsWith('ours'));
      for (const name of rivals) {
        console.log(`purge: ${(times.get(`${own} ${size}`) / times.get(`${name} ${size}`)).toFixed(4)} x the time of ${name}, ${own}, ${size} keys`);
      }
    }
  }
}

/** A content write with nothing cached, with the plugin and without it, in turns. */
async function writes() {
  const [watched, plain] = await Promise.all([startSite({ plugins: ours }), startSite({ plugins: WITHOUT_OURS, middlewares: PLAIN_MIDDLEWARES })]);
  try {
    const all = { watched: [], plain: [] };
    for (let i = 0; i < WRITES; i += 1) {
      const turns = [['watched', watched], ['plain', plain]];
      for (const [name, site] of i % 2 === 0 ? turns : turns.toReversed()) all[name].push(await site.call(writeOnce, { i }));
    }
    const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
    const [with_, without] = [median(all.watched), median(all.plain)];
    console.log(`write: ${(with_ / without).toFixed(3)} x the time of the same write without the plugin, nothing cached (${with_.toFixed(2)} and ${without.toFixed(2)} ms)`);
  } finally {
    await Promise.all([watched.stop(), plain.stop()]);
  }
}

/** Commands that Redis has run, those of its clients' greetings and of this question left out. */
async function commands() {
  const statistics = await redis.command('INFO', 'commandstats');
  return String(statistics)
    .split('\n')
    .filter((line) => !/^cmdstat_(info|hello|client|ping|flushall|select)/.test(line))
    .reduce((sum, line) => sum + Number(/calls=(\d+)/.exec(line)?.[1] ?? 0), 0);
}

// What follows runs in Strapi, each with nothing from around it.

async function measure(strapi, { purge }, require) {
  const { performance } = require('node:perf_hooks');
  const run = new Function('strapi', 'require', `return (${purge})(strapi, require)`);
  let stall = 0;
  let last = performance.now();
  let going = true;
  const beat = () => {
    const now = performance.now();
    stall = Math.max(stall, now - last);
    last = now;
    if (going) setImmediate(beat);
  };
  setImmediate(beat);
  await new Promise((resolve) => setTimeout(resolve, 20));
  stall = 0;
  const start = performance.now();
  const left = await run(strapi, require);
  const ms = performance.now() - start;
  await new Promise((resolve) => setImmediate(resolve));
  going = false;
  return { ms, stall, left };
}

async function writeOnce(strapi, { i }) {
  const articles = strapi.documents('api::article.article');
  const { documentId } = await articles.findFirst({ sort: 'slug' });
  const start = performance.now();
  await articles.update({ documentId, data: { title: `Title ${i}` }, status: 'published' });
  return performance.now() - start;
}

/** Entries in memory, and keys of as many in Redis: a purge asks for none of them. */
async function fillOurs(strapi, { size }, require) {
  const { Engine } = require('strapi-upstash');
  const { stats } = Engine.prototype;
  let engine;
  Engine.prototype.stats = function spy() {
    engine = this;
    return stats.call(this);
  };
  strapi.plugin('upstash').service('cache').stats();
  Engine.prototype.stats = stats;
  globalThis.engine = engine;
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const now = () => strapi.plugin('upstash').service('cache').stats();
  const body = Buffer.from(JSON.stringify({ data: 'x'.repeat(200) }));
  const store = (i) => {
    const { id } = engine.open(`/api/articles/${i}`, 'h', 0);
    const found = { documents: [['api::article.article', `a${i}`, null]], complete: true, published: true };
    const reads = JSON.stringify([['api::article.article', { where: { documentId: `a${i}` } }, found]]);
    engine.finish(id, { status: 200, setCookie: false, head: '[]', created: Date.now(), reads, tags: [] }, body);
  };
  // A site listens to the others from its first entry on, and forgets what it stored until it hears them.
  store(0);
  while (now().store === 'upstash' && now().bus !== 'open') await pause(20);
  await pause(300);
  for (let i = 0; i < size; i += 1) {
    store(i);
    if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  // What was stored on the way to Upstash has arrived.
  await pause(300);
  if (now().entries < size) throw new Error(`${size - now().entries} entries are gone: a purge of the others means nothing`);
}

async function purgeOurs(strapi) {
  await strapi.plugin('upstash').service('cache').purgeTypes('api::article.article');
  const { engine } = globalThis;
  const probe = engine.prober();
  const scope = engine.scope('h', 0);
  let left = 0;
  for (let i = 0; i < 100; i += 1) if (probe(`/api/articles/${i}`, scope) !== -1) left += 1;
  return left;
}

async function fillGuide(strapi, { size }, require) {
  const { Redis } = require('@upstash/redis');
  const client = new Redis({ url: process.env.UPSTASH_REDIS_REST_URL, token: process.env.UPSTASH_REDIS_REST_TOKEN });
  for (let i = 0; i < size; i += 1_000) {
    const pipeline = client.pipeline();
    for (let j = i; j < Math.min(i + 1_000, size); j += 1) pipeline.set(`strapi:/api/articles/${j}`, 'x'.repeat(200), { ex: 3_600 });
    await pipeline.exec();
  }
}

/** As the guide has it. */
async function purgeGuide(strapi, require) {
  const { Redis } = require('@upstash/redis');
  const client = new Redis({ url: process.env.UPSTASH_REDIS_REST_URL, token: process.env.UPSTASH_REDIS_REST_TOKEN });
  const keys = await client.keys('strapi:/api/articles*');
  if (keys.length > 0) await Promise.all(keys.map((key) => client.del(key)));
  return client.dbsize();
}

async function fillStrapiCache(strapi, { size }) {
  const store = strapi.plugin('strapi-cache').service('service').getCacheInstance();
  for (let i = 0; i < size; i += 1_000) {
    await Promise.all(Array.from({ length: Math.min(1_000, size - i) }, (_, j) => store.set(`GET:/api/articles/${i + j}`, { body: 'x'.repeat(200), headers: null })));
  }
}

/** The call that its lifecycle hook makes. */
async function purgeStrapiCache(strapi) {
  const store = strapi.plugin('strapi-cache').service('service').getCacheInstance();
  await store.clearByRegexp([/^.*:\/api\/articles(\/.*)?(\?.*)?$/]);
  return (await store.keys()).length;
}

async function fillRestCache(strapi, { size }) {
  const store = strapi.plugin('rest-cache').service('cacheStore');
  for (let i = 0; i < size; i += 1) await store.set(`/api/articles/${i}?&`, { body: 'x'.repeat(200) }, 3_600_000);
}

async function purgeRestCache(strapi) {
  const store = strapi.plugin('rest-cache').service('cacheStore');
  await store.clearByUid('api::article.article', {}, true);
  return (await store.keys()).length;
}
