// Types, queries and writes that nobody thought of: each GraphQL answer from the cache is the one an uncached query gets,
// and what would not have changed stays. `STEPS=500 SEED=7 node --test __test__/strapi/graphql-random.test.mjs` takes longer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../support/random.mjs';
import { startSite } from '../support/strapi-site.mjs';
import { queriesOf } from './support/graphql-reads.mjs';
import { cache } from './support/probe-api.mjs';
import { WORDS, WRITES, filesOf, furnish, randomTypes, writeSomething } from './support/random-site.mjs';

const STEPS = Number(process.env.STEPS ?? 30);
const TYPES = 5;
/** Entries that were purged though their answer stayed the same, of all whose answer did. */
const NEEDLESS_AT_MOST = 0.15;

test(`${STEPS} random writes to a site of random types, asked by GraphQL`, { timeout: 840_000 }, async (t) => {
  const random = new Random(Number(process.env.SEED ?? 23));
  t.diagnostic(`SEED=${random.seed}`);
  const types = randomTypes(random, TYPES);
  const site = await startSite({
    files: filesOf(types),
    plugins: {
      upstash: { enabled: true, config: { rateLimit: { limit: 1_000_000 }, l1: { maxEntryBytes: 4_000_000 } } },
      graphql: { enabled: true, resolve: '@strapi/plugin-graphql/package.json', config: { defaultLimit: 25, maxLimit: 100 } },
    },
  });
  try {
    await site.call(furnish, types);
    const dice = () => Array.from({ length: 60 }, () => random.next());
    const write = (what, step) => site.call(writeSomething, { what, types, words: WORDS, dice: dice(), step });
    for (let i = 0; i < 50; i += 1) await write(i % 8 === 0 ? 'edit the single type' : random.pick(['create', 'create and publish', 'update and publish']), `s${i}`);

    const queries = [];
    for (const type of types) {
      const all = await site.call((strapi, uid) => strapi.db.query(uid).findMany({ orderBy: 'id' }), type.uid);
      const ids = [...new Set(all.map(({ documentId }) => documentId))];
      queries.push(...queriesOf(random, type, random.shuffled(ids).slice(0, 3), types));
    }
    const ask = async (query, headers = {}) => {
      const answer = await site.request('/graphql', { method: 'POST', body: { query }, headers });
      assert.equal(answer.json.errors, undefined, `${query}: ${answer.text.slice(0, 300)}`);
      return { text: answer.text, cache: cache(answer) };
    };
    // A header that the cache does not answer to, and that means nothing to Strapi.
    const fresh = async (query) => {
      const answer = await ask(query, { 'x-http-method-override': 'POST' });
      assert.equal(answer.cache, 'BYPASS');
      return answer.text;
    };

    const known = new Map();
    for (const { query } of queries) known.set(query, (await ask(query)).text);
    for (const { query } of queries) assert.equal((await ask(query)).cache, 'HIT', query);
    const counts = new Map();
    let done = 0;
    for (let step = 0; step < STEPS; step += 1) {
      const what = step < WRITES.length ? WRITES[step] : random.pick(WRITES);
      const where = await write(what, step);
      if (where !== null) done += 1;
      for (const { kind, query } of queries) {
        const now = await ask(query);
        const right = await fresh(query);
        assert.equal(now.text, right, `SEED=${random.seed} step ${step}: ${what} (${where}), then ${query} (${now.cache})`);
        if (known.get(query) === right) {
          for (const name of [kind, what, 'all']) {
            const { purged = 0, all = 0 } = counts.get(name) ?? {};
            counts.set(name, { purged: purged + (now.cache === 'HIT' ? 0 : 1), all: all + 1 });
          }
        }
        known.set(query, right);
      }
    }
    t.diagnostic(`${queries.length} queries; ${done} of ${STEPS} writes wrote something; purged for nothing:`);
    for (const [name, { purged, all }] of counts) t.diagnostic(`${((100 * purged) / all).toFixed(1).padStart(5)} %  ${name} (${purged} of ${all})`);
    assert.ok(done > STEPS / 2, 'most writes wrote nothing');
    const { purged, all } = counts.get('all');
    assert.ok(purged / all < NEEDLESS_AT_MOST, `${purged} of ${all} were purged for nothing`);
  } finally {
    await site.stop();
  }
});
