// Types, reads and writes that nobody thought of: whatever is written by whatever way, each cached answer is the one an
// uncached request gets, and what would not have changed stays.
// `STEPS=500 SEED=7 node --test __test__/strapi/random-schema.test.mjs` takes longer and another site.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../support/random.mjs';
import { startRedis } from '../support/redis-server.mjs';
import { startSite } from '../support/strapi-site.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { cache, withoutLimit } from './support/probe-api.mjs';
import { WORDS, WRITES, filesOf, furnish, randomTypes, readsOf, writeSomething } from './support/random-site.mjs';

const STEPS = Number(process.env.STEPS ?? 66);
const TYPES = 5;
/** Entries that were purged though their answer stayed the same, of all whose answer did. */
const NEEDLESS_AT_MOST = 0.1;

test(`${STEPS} random writes to a site of random types`, { timeout: 840_000 }, (t) => writesToRandomSite(t, STEPS, {}, {}));

test('each kind of write, with Upstash asked for each answer', { timeout: 840_000 }, async (t) => {
  const redis = await startRedis();
  const upstash = await startUpstash({ redis });
  try {
    const env = { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token };
    // Memory is trusted for a millisecond, so what is answered comes from Upstash.
    await writesToRandomSite(t, WRITES.length, env, { bus: { enabled: false }, l1: { maxAge: '1 ms', maxEntryBytes: 4_000_000 }, deadline: '5 s' });
  } finally {
    await upstash.stop();
    await redis.stop();
  }
});

async function writesToRandomSite(t, steps, env, config) {
  const random = new Random(Number(process.env.SEED ?? 11));
  t.diagnostic(`SEED=${random.seed}`);
  const types = randomTypes(random, TYPES);
  const site = await startSite({ files: filesOf(types), env, plugins: withoutLimit({ l1: { maxEntryBytes: 4_000_000 }, ...config }) });
  try {
    await site.call(furnish, types);
    const dice = () => Array.from({ length: 60 }, () => random.next());
    const write = (what, step) => site.call(writeSomething, { what, types, words: WORDS, dice: dice(), step });
    for (let i = 0; i < 50; i += 1) await write(i % 8 === 0 ? 'edit the single type' : random.pick(['create', 'create and publish', 'update and publish']), `s${i}`);

    const reads = [];
    for (const type of types) {
      const all = await site.call((strapi, uid) => strapi.db.query(uid).findMany({ orderBy: 'id' }), type.uid);
      const ids = [...new Set(all.map(({ documentId }) => documentId))];
      reads.push(...readsOf(random, type, random.shuffled(ids).slice(0, 3), types));
    }

    const get = async (path, headers = {}) => {
      const answer = await site.get(path, { headers });
      assert.ok([200, 404].includes(answer.status), `${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
      return { text: `${answer.status} ${answer.text}`, cache: cache(answer), stored: answer.status === 200 };
    };
    // A header that the cache does not answer to, and that means nothing to Strapi.
    const fresh = async (path) => {
      const answer = await get(path, { 'x-http-method-override': 'GET' });
      assert.equal(answer.cache, 'BYPASS');
      return answer.text;
    };

    const byRead = new Tally();
    const byWrite = new Tally();
    const known = new Map();
    for (const { path } of reads) known.set(path, await get(path));
    assert.ok([...known.values()].filter(({ stored }) => stored).length > reads.length / 2, 'most reads find nothing');
    let done = 0;
    for (let step = 0; step < steps; step += 1) {
      const what = step < WRITES.length ? WRITES[step] : random.pick(WRITES);
      const where = await write(what, step);
      if (where !== null) done += 1;
      for (const { kind, path } of reads) {
        const before = known.get(path);
        const now = await get(path);
        const right = await fresh(path);
        assert.equal(now.text, right, `SEED=${random.seed} step ${step}: ${what} (${where}), then ${path} (${now.cache})`);
        known.set(path, now);
        if (before.stored && before.text === right) {
          byRead.add(kind, now.cache !== 'HIT');
          byWrite.add(what, now.cache !== 'HIT');
        }
      }
    }

    t.diagnostic(`${reads.length} reads; ${done} of ${steps} writes wrote something`);
    t.diagnostic(`needlessly purged: ${byRead.total}`);
    for (const line of byRead.lines()) t.diagnostic(`  ${line}`);
    t.diagnostic('by what was written:');
    for (const line of byWrite.lines()) t.diagnostic(`  ${line}`);
    assert.ok(done > steps / 2, 'most writes wrote nothing');
    assert.ok(byRead.share < NEEDLESS_AT_MOST, `${byRead.total} were purged for nothing`);
  } finally {
    await site.stop();
  }
}

/** Shares by kind. */
class Tally {
  kinds = new Map();

  add(kind, purged) {
    const counts = this.kinds.get(kind) ?? { purged: 0, all: 0 };
    counts.all += 1;
    if (purged) counts.purged += 1;
    this.kinds.set(kind, counts);
  }

  get share() {
    const all = [...this.kinds.values()];
    const sum = (name) => all.reduce((total, counts) => total + counts[name], 0);
    return sum('purged') / sum('all');
  }

  get total() {
    return `${(100 * this.share).toFixed(1)} %`;
  }

  lines() {
    return [...this.kinds].map(([kind, { purged, all }]) => `${((100 * purged) / all).toFixed(1).padStart(5)} %  ${kind} (${purged} of ${all})`);
  }
}
