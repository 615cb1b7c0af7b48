// Main-thread CPU and calls per second of GET: ours against @upstash/redis (https://github.com/upstash/redis-js), with
// its defaults and with automatic pipelining off, and against a pipeline written by hand over undici
// (https://github.com/nodejs/undici), which decodes no base64 and retries nothing. All talk to one endpoint in a
// process of its own, in turns. The CPU is the main thread's, from the kernel, so this runs on Linux only.
//
//   npm run bench:client [-- rounds]

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Redis as UpstashRedis } from '@upstash/redis';
import { Pool } from 'undici';

import { Redis } from '../index.js';

const [argument = '9'] = process.argv.slice(2);
const ROUNDS = Number(argument);
/** How long one contender is at it, in ms. */
const TURN_MS = 400;
const PACE_PER_SECOND = 400;
const PACING = 'the pacing itself';

if (argument === 'endpoint') {
  const { startUpstash } = await import('../__test__/support/upstash-endpoint.mjs');
  const upstash = await startUpstash();
  await upstash.redis.command('SET', 'small', article(100));
  await upstash.redis.command('SET', 'large', article(10_000));
  process.send({ url: upstash.url, token: upstash.token });
  process.on('disconnect', () => void upstash.stop());
} else {
  const endpoint = fork(fileURLToPath(import.meta.url), ['endpoint']);
  const [credentials] = await once(endpoint, 'message');
  await compare(credentials);
  endpoint.disconnect();
}

/** JSON of so many bytes. */
function article(bytes) {
  const rest = { id: 7, title: 'How to put a cache in front of it', body: '' };
  const room = bytes - JSON.stringify(rest).length;
  return JSON.stringify({ ...rest, body: 'word '.repeat(Math.ceil(room / 5)).slice(0, room) });
}

async function compare(credentials) {
  const undici = undiciPipeline(credentials);
  const contenders = {
    ours: new Redis(credentials),
    upstash: new UpstashRedis(credentials),
    'upstash, no auto-pipelining': new UpstashRedis({ ...credentials, enableAutoPipelining: false }),
    'undici pipeline': undici,
  };
  for (const [name, key] of Object.entries({ '100 B': 'small', '10 KB': 'large' })) {
    for (const [load, turn] of Object.entries({ 1: flood(1), 16: flood(16), 128: flood(128), [`${PACE_PER_SECOND}/s`]: paced })) {
      // What keeps the pace costs time as well, and is none of theirs.
      const taking = turn === paced ? { ...contenders, [PACING]: { get: async () => null } } : contenders;
      const samples = Object.fromEntries(Object.keys(taking).map((contender) => [contender, []]));
      for (let round = -1; round < ROUNDS; round += 1) {
        for (const [contender, client] of Object.entries(taking)) {
          const sample = await measure(() => turn(() => client.get(key)));
          // The first one warms up.
          if (round >= 0) samples[contender].push(sample);
        }
      }
      report(`GET ${name}, ${load.includes('/') ? `paced at ${load}` : `${load} at once`}`, samples);
    }
  }
  await undici.close();
}

/** `{ cpu: µs of the main thread a call, rate: calls/s }` of a turn. */
async function measure(turn) {
  const cpu = mainThreadNs();
  const begin = performance.now();
  const calls = await turn();
  const ms = performance.now() - begin;
  return { cpu: (mainThreadNs() - cpu) / 1_000 / calls, rate: (calls / ms) * 1_000 };
}

function mainThreadNs() {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]);
}

/** `concurrency` callers, each of which asks again when it is answered. */
function flood(concurrency) {
  return async (get) => {
    const end = performance.now() + TURN_MS;
    let calls = 0;
    const caller = async () => {
      while (performance.now() < end) {
        await get();
        calls += 1;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, caller));
    return calls;
  };
}

async function paced(get) {
  const pending = [];
  const begin = performance.now();
  for (let tick = 1; performance.now() - begin < TURN_MS; tick += 1) {
    pending.push(get());
    const next = begin + (tick * 1_000) / PACE_PER_SECOND - performance.now();
    if (next > 0) await sleep(next);
  }
  await Promise.all(pending);
  return pending.length;
}

function report(title, { [PACING]: pacing, ...samples }) {
  const median = (list, of) => list.map((sample) => sample[of]).sort((a, b) => a - b)[ROUNDS >> 1];
  const taken = pacing ? median(pacing, 'cpu') : 0;
  const cpu = (name) => median(samples[name], 'cpu') - taken;
  console.log(title + (pacing ? `, less the ${taken.toFixed(1)} µs of the pacing` : ''));
  for (const name of Object.keys(samples)) {
    const rate = median(samples[name], 'rate').toFixed(0);
    console.log(`  ${name.padEnd(28)} ${cpu(name).toFixed(1).padStart(7)} µs main thread  ${rate.padStart(7)} calls/s`);
  }
  const ratios = Object.keys(samples).slice(1).map((name) => `${(cpu('ours') / cpu(name)).toFixed(2)} x ${name}`);
  console.log(`  main-thread CPU: ${ratios.join(', ')}`);
}

function undiciPipeline({ url, token }) {
  const pool = new Pool(url, { connections: 8 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  let batch = null;

  async function flush() {
    const waiting = batch;
    batch = null;
    try {
      const { body } = await pool.request({
        path: '/pipeline',
        method: 'POST',
        headers,
        body: JSON.stringify(waiting.map(({ command }) => command)),
      });
      const replies = JSON.parse(await body.text());
      for (const [index, { resolve, reject }] of waiting.entries()) {
        const { result, error } = replies[index];
        if (error) reject(new Error(error));
        else resolve(JSON.parse(result));
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  return {
    get(key) {
      return new Promise((resolve, reject) => {
        if (batch === null) {
          batch = [];
          queueMicrotask(() => process.nextTick(flush));
        }
        batch.push({ command: ['GET', key], resolve, reject });
      });
    },
    close: () => pool.close(),
  };
}
