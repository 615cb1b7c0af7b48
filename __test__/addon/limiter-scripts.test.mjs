// The limiter's Lua scripts against its functions in Rust: the same histories, clocks that jump included, on a real
// Redis. What the functions promise is proved in src/limiter.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { Tokens } from '../../index.js';
import { Random } from '../support/random.mjs';
import { startRedis } from '../support/redis-server.mjs';

const HISTORIES = 40;
const STEPS = 60;

let redis;
let sources;

before(async () => {
  redis = await startRedis();
  const names = ['take_window', 'take_bucket', 'take_gcra', 'give_back_window', 'give_back_bucket', 'give_back_gcra'];
  const read = async (name) => [name, await readFile(new URL(`../../src/limiter/scripts/${name}.lua`, import.meta.url), 'utf8')];
  sources = Object.fromEntries(await Promise.all(names.map(read)));
});

after(() => redis.stop());

async function run(name, keys, values) {
  const reply = await redis.command('EVAL', sources[name], `${keys.length}`, ...keys, ...values.map(String));
  // Time is the history's, and stands still for Redis.
  await redis.command('PERSIST', keys[0]);
  return reply;
}

/** The two scripts of an algorithm on one key: `take` gives how many were taken. */
const ALGORITHMS = {
  'fixed-window': (options, key) => windows({ ...options, sliding: 0 }, key),
  'sliding-window': (options, key) => windows({ ...options, sliding: 1 }, key),
  'token-bucket': ({ limit, windowMs, burst }, key) => {
    const common = commonDivisor(limit, windowMs);
    return {
      take: async (now, least, needed, more) =>
        (await run('take_bucket', [key], [burst, windowMs / common, limit / common, now, least, needed, more]))[0],
      giveBack: (_now, tokens) => run('give_back_bucket', [key], [burst, tokens]),
    };
  },
  gcra: ({ limit, windowMs, burst }, key) => ({
    take: async (now, least, needed, more) => (await run('take_gcra', [key], [limit, windowMs, burst, now, least, needed, more]))[0],
    giveBack: (now, tokens) => run('give_back_gcra', [key], [limit, windowMs, now, tokens]),
  }),
};

function windows({ limit, windowMs, sliding }, key) {
  const bucket = (now) => Math.floor(now / windowMs);
  return {
    take: async (now, least, needed, more) => {
      const keys = [`${key}:${bucket(now)}`, `${key}:${bucket(now) - 1}`];
      return (await run('take_window', keys, [limit, now, windowMs, sliding, least, needed, more]))[0];
    },
    giveBack: (now, tokens) => run('give_back_window', [`${key}:${bucket(now)}`], [tokens]),
  };
}

for (const [algorithm, scripts] of Object.entries(ALGORITHMS)) {
  describe(`the scripts of ${algorithm}`, () => {
    it(`take what the function takes, on ${HISTORIES} random histories`, async (test) => {
      const random = new Random();
      test.diagnostic(`SEED=${random.seed}`);
      const count = { taken: 0, refused: 0, partly: 0, givenBack: 0, jumps: 0 };
      for (let history = 0; history < HISTORIES; history += 1) {
        const windowMs = random.pick([60_000, 90_001, 3_600_000, 86_400_000]);
        const options = { limit: random.int(1, 60), windowMs, burst: random.int(1, 40) };
        const here = new Tokens(JSON.stringify({ name: 'x', algorithm, ...options }));
        const there = scripts(options, `${algorithm}:${history}`);
        let now = Date.now() + random.below(windowMs);
        let newest = now;
        const taken = [];
        for (let step = 0; step < STEPS; step += 1) {
          const least = random.int(1, 3);
          const needed = random.int(least, 8);
          const more = random.int(0, 12);
          const wanted = Math.min(options.limit, options.burst) >= least;
          const [tokens] = here.take('who', now, least, needed, more);
          const context = `SEED=${random.seed} ${JSON.stringify({ options, history, step, now, least, needed, more })}`;
          assert.equal(await there.take(now, least, needed, more), tokens, context);
          if (tokens === 0) count.refused += 1;
          else count[tokens < needed ? 'partly' : 'taken'] += 1;
          if (tokens > 0) taken.push({ now, tokens });
          if (wanted && taken.length > 0 && random.chance(0.15)) {
            const last = taken.pop();
            // What was taken in this window, bucket or burst, and is not yet forgotten anywhere.
            if (Math.floor(last.now / windowMs) === Math.floor(now / windowMs)) {
              here.giveBack('who', now, last.tokens);
              await there.giveBack(now, last.tokens);
              count.givenBack += 1;
            }
          }
          now += random.chance(0.8) ? random.below(windowMs / 20) : random.below(windowMs * 1.5);
          newest = Math.max(newest, now);
          if (random.chance(0.05)) {
            // By a window at most. Buckets further back are forgotten here, and are keys of their own there.
            now = Math.max(newest - windowMs, now - random.below(windowMs));
            count.jumps += 1;
          }
        }
      }
      test.diagnostic(JSON.stringify(count));
      for (const [what, times] of Object.entries(count)) assert.ok(times >= 20, `${what}: ${times}`);
    });
  });
}

function commonDivisor(a, b) {
  return b === 0 ? a : commonDivisor(b, a % b);
}
