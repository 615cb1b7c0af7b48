// Limits that processes of several regions share, while the replicas hear nothing: tokens are taken at the primary, so
// nothing passes twice.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MultiRegionRatelimit, Ratelimit, Redis } from '../../index.js';
import { until } from '../support/rest-client.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { useRegions } from './support/regions.mjs';

const DAY_MS = 86_400_000;
const LIMIT = 200;
const regions = useRegions();

before(async () => {
  // Windows of a day begin at midnight, UTC; no test is to see one begin.
  const left = DAY_MS - (Date.now() % DAY_MS);
  if (left < 60_000) await sleep(left);
});

const lag = () => {
  for (const { replica } of [regions.east, regions.west]) replica.hold();
};

/** A process in each region. */
let processes = [];
after(() => processes.forEach(({ child }) => child.kill('SIGKILL')));

async function startProcesses() {
  const file = new URL('../addon/support/hammering-process.mjs', import.meta.url);
  processes = [regions.east, regions.west].map(({ upstash: { url, token } }) => ({ upstash: { url, token }, child: fork(file) }));
  await Promise.all(processes.map(({ child }) => once(child, 'message')));
}

/** What they let pass of one visitor who asks as fast as can be, until they refuse. */
async function hammered(rule) {
  if (processes.length === 0) await startProcesses();
  lag();
  let passed = 0;
  for (let refused = 0; refused === 0; ) {
    const counts = await Promise.all(
      processes.map(async ({ child, upstash }) => {
        child.send({ upstash, rule: { name: 'all', ...rule }, identifier: 'ada', atOnce: 6, ms: 500 });
        return (await once(child, 'message'))[0];
      }),
    );
    assert.ok(counts.every(({ undecided }) => undecided === 0), JSON.stringify(counts));
    passed += counts.reduce((sum, { admitted }) => sum + admitted, 0);
    refused = Math.min(...counts.map((count) => count.refused));
  }
  return passed;
}

describe('a rule of the plugin', () => {
  for (const mode of ['exact', 'leased']) {
    for (const algorithm of ['fixed-window', 'sliding-window']) {
      it(`lets exactly its limit pass, over both regions (${mode}, ${algorithm})`, async () => {
        const admitted = await hammered({ algorithm, mode, limit: LIMIT, windowMs: DAY_MS });
        assert.ok(mode === 'exact' ? admitted === LIMIT : admitted <= LIMIT && admitted >= 0.9 * LIMIT, `${admitted}`);
      });
    }
    for (const algorithm of ['token-bucket', 'gcra']) {
      it(`lets no more pass than its burst and what the time brings (${mode}, ${algorithm})`, async () => {
        const begin = Date.now();
        const windowMs = 200_000;
        const admitted = await hammered({ algorithm, mode, limit: LIMIT, windowMs, burst: LIMIT });
        const most = LIMIT + Math.ceil(((Date.now() - begin) * LIMIT) / windowMs) + 1;
        assert.ok(admitted <= most && admitted >= 0.9 * LIMIT, `${admitted} of ${most}`);
      });
    }
  }
});

describe('Ratelimit over a client with readUrl', () => {
  const ALGORITHMS = {
    fixedWindow: [20, '1 d'],
    slidingWindow: [20, '1 d'],
    tokenBucket: [1, '1 d', 20],
    gcra: [20, '30 d'],
  };
  for (const [algorithm, args] of Object.entries(ALGORITHMS)) {
    for (const ephemeralCache of [undefined, false]) {
      it(`lets no more than its limit pass (${algorithm}, ${ephemeralCache === false ? 'without' : 'with'} its cache of the refused)`, async () => {
        const limiters = [0, 1].map(() => new Ratelimit({ redis: regions.connect(), limiter: Ratelimit[algorithm](...args), ephemeralCache, timeout: 0 }));
        lag();
        const found = await Promise.all(Array.from({ length: 60 }, (_, at) => limiters[at % 2].limit('ada')));
        assert.equal(found.filter(({ success }) => success).length, 20);
        assert.equal((await limiters[0].getRemaining('ada')).remaining, 0);
        assert.equal(regions.east.upstash.stats.requests, 0, 'all of it goes to the primary');
      });
    }
  }

  it('knows a limit that was set while all runs at once', async () => {
    const options = { limiter: Ratelimit.slidingWindow(20, '1 d'), timeout: 0, dynamicLimits: true };
    const [here, there] = [0, 1].map(() => new Ratelimit({ redis: regions.connect(), ...options }));
    lag();
    await here.setDynamicLimit({ limit: 2 });
    assert.equal((await there.limit('ada')).limit, 2);
  });
});

describe('MultiRegionRatelimit, over a database for each region', () => {
  it('lets no more than its limit pass, where each request waits for the one before it to be known everywhere', async (test) => {
    const databases = await Promise.all([startUpstash(), startUpstash()]);
    test.after(() => Promise.all(databases.map((upstash) => upstash.stop())));
    const clients = databases.map(({ url, token }) => new Redis({ url, token, retry: false }));
    const limiterAt = (order) =>
      new MultiRegionRatelimit({ redis: order.map((at) => clients[at]), limiter: MultiRegionRatelimit.fixedWindow(10, '1 d'), timeout: 0, ephemeralCache: false });
    const limiters = [limiterAt([0, 1]), limiterAt([1, 0])];
    let passed = 0;
    for (let i = 0; i < 30; i += 1) {
      const { success, pending } = await limiters[i % 2].limit('ada');
      await pending;
      passed += success ? 1 : 0;
    }
    assert.equal(passed, 10);
  });

  it('goes on with one region while another is away, and lets its limit pass again where nothing of it was heard', async (test) => {
    const databases = await Promise.all([startUpstash(), startUpstash()]);
    test.after(() => Promise.all(databases.map((upstash) => upstash.stop())));
    const clients = databases.map(({ url, token }) => new Redis({ url, token, retry: false }));
    const limiter = new MultiRegionRatelimit({ redis: clients, limiter: MultiRegionRatelimit.fixedWindow(10, '1 d'), timeout: 0, ephemeralCache: false });
    const passes = async () => {
      let passed = 0;
      for (let i = 0; i < 20; i += 1) {
        const { success, pending } = await limiter.limit('ada');
        await pending;
        passed += success ? 1 : 0;
      }
      return passed;
    };
    await databases[0].misbehave('refuse');
    assert.equal(await passes(), 10);
    await databases[1].misbehave('refuse');
    await databases[0].heal();
    await until(() => clients[0].ping().catch(() => null));
    assert.equal(await passes(), 10);
  });
});
