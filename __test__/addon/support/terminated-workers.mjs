// A program: terminates workers in the middle of their calls to Upstash, again and again, and then still works itself.
// Arguments: rounds, and the endpoints' credentials as JSON. Prints `survived` at its end.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { resolveConfig } from '../../../index.js';
import { ARTICLE, Site } from './site.mjs';

const WORKER = new URL('calling-worker.cjs', import.meta.url);
/** How long a worker lives after its first calls, in ms, by turns: from no time at all to past the deadline. */
const LIVES_MS = [0, 1, 2, 4, 7, 12, 20, 30];

const [rounds, endpoints] = process.argv.slice(2).map((text) => JSON.parse(text));
const memory = new Site();
memory.store('/api/a', 'x');

for (let round = 0; round < rounds; round += 1) {
  const upstash = endpoints[round % endpoints.length];
  const own = new Site({ upstash, deadline: '20 ms' });
  const lives = [0, 1].map((second) => live(upstash, LIVES_MS[(round + second) % LIVES_MS.length]));
  // The main thread is in the middle of calls as well.
  await Promise.all([...lives, own.visit('/api/b', 'y'), own.engine.purgeTypes([ARTICLE])]);
  if (memory.hit('/api/a') !== 'x') throw new Error('the entry is gone');
}
console.log('survived');

async function live(upstash, ms) {
  const config = resolveConfig(JSON.stringify({ ...upstash, deadline: '20 ms' }), {});
  const worker = new Worker(WORKER, { workerData: { upstash, config } });
  const failed = once(worker, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => {});
  await Promise.race([once(worker, 'message'), failed]);
  await sleep(ms);
  await Promise.race([worker.terminate(), failed]);
}
