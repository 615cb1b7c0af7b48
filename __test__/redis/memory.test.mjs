// A million calls leave nothing behind.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TOKEN, useDatabase } from '../support/redis-client.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CALLS = 1_000_000;
const suite = useDatabase();

/** In a process of its own, whose memory is nobody else's. Prints its memory in MB after each tenth of the calls. */
const PROGRAM = `
  const { Redis } = require('strapi-upstash');
  const redis = Redis.fromEnv();
  const failing = { signal: AbortSignal.abort() };
  (async () => {
    await redis.set('k', 'x'.repeat(100));
    for (let tenth = 0; tenth < 10; tenth += 1) {
      for (let calls = 0; calls < ${CALLS / 10}; calls += 1_000) {
        await Promise.all(Array.from({ length: 990 }, (_, i) => (i % 2 ? redis.get('k') : redis.incr('n'))));
        await Promise.allSettled(Array.from({ length: 8 }, () => redis.incr('k')));
        await Promise.allSettled([redis.with(failing).get('k'), redis.raw.get('k')]);
        new Redis({ url: process.env.UPSTASH_REDIS_REST_URL, token: 'unused' });
      }
      globalThis.gc();
      console.log(Math.round(process.memoryUsage.rss() / 1e6));
    }
  })();
`;

describe('a client', () => {
  it('does not grow with its calls', { timeout: 300_000 }, async () => {
    const sizes = await memory();
    assert.equal(sizes.length, 10);
    // The first tenths warm up: compilers, buffers, the allocator.
    const [before, after] = [Math.max(...sizes.slice(2, 5)), Math.max(...sizes.slice(-3))];
    assert.ok(after <= before * 1.05 + 4, `MB after each tenth: ${sizes.join(', ')}`);
  });
});

async function memory() {
  const env = { PATH: process.env.PATH, UPSTASH_REDIS_REST_URL: suite.upstash.url, UPSTASH_REDIS_REST_TOKEN: TOKEN };
  const child = spawn(process.execPath, ['--expose-gc', '-e', PROGRAM], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of child.stdout) output += chunk;
  return output.trim().split('\n').map(Number);
}
