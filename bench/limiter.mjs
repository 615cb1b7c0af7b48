// The limiter in three parts:
//
// 1. ns per decision in process: ours against rate-limiter-flexible's memory limiter
//    (https://github.com/animir/node-rate-limiter-flexible) and against @upstash/ratelimit where it has an answer in
//    memory, which is for the refused alone. Identifiers are strings that stay, as the address of an open connection
//    does, and fresh ones, as what is read from a header.
// 2. Upstash commands per 1,000 requests against @upstash/ratelimit, which the guide's middleware asks for each.
// 3. How far the sliding window is from an exact one, on traffic of three kinds.
//
//   npm run bench:limiter [-- decisions|commands|error]

import { setTimeout as sleep } from 'node:timers/promises';

import { Ratelimit as UpstashRatelimit } from '@upstash/ratelimit';
import { Redis as UpstashRedis } from '@upstash/redis';
import { RateLimiterMemory } from 'rate-limiter-flexible';

import { Engine, Tokens, resolveConfig } from '../index.js';
import { startUpstash } from '../__test__/support/upstash-endpoint.mjs';
import { Random } from '../__test__/support/random.mjs';

const [only] = process.argv.slice(2);

if (only === undefined || only === 'decisions') await decisions();
if (only === undefined || only === 'commands') await commands();
if (only === undefined || only === 'error') error();
// Timers of rate-limiter-flexible would keep the process for their windows.
process.exit(0);

async function decisions() {
  const rounds = 31;
  const calls = 20_000;
  const bytes = Array.from({ length: 1_000 }, (_, i) => Buffer.from(`203.0.${i >> 8}.${i & 255}`));
  const strings = bytes.map(text);
  for (const [kind, nameOf] of [
    ['strings that stay', (i) => strings[i % strings.length]],
    ['fresh strings', (i) => text(bytes[i % bytes.length])],
  ]) {
    const contenders = {
      ours: ourDecisions(1_000_000_000),
      'rate-limiter-flexible': theirDecisions(1_000_000_000),
      'ours, refused': ourDecisions(1),
      'rate-limiter-flexible, refused': theirDecisions(1),
      '@upstash/ratelimit, refused': blockedDecisions(strings),
    };
    const samples = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
    for (let round = -3; round < rounds; round += 1) {
      // Interleaved, so that a busy machine slows all alike.
      for (const [name, turn] of Object.entries(contenders)) {
        const ns = await turn(nameOf, calls);
        if (round >= 0) samples[name].push(ns);
      }
    }
    const ns = Object.fromEntries(Object.entries(samples).map(([name, list]) => [name, median(list)]));
    const ratio = (one, other) => (ns[one] / ns[other]).toFixed(2);
    console.log(`${kind}: ${Object.entries(ns).map(([name, each]) => `${name} ${each.toFixed(0)} ns`).join('   ')}`);
    console.log(`decision, ${kind}: ${ratio('ours', 'rate-limiter-flexible')} x the time of rate-limiter-flexible (memory)`);
    console.log(
      `refusal, ${kind}: ${ratio('ours, refused', 'rate-limiter-flexible, refused')} x the time of rate-limiter-flexible (memory), ` +
        `${ratio('ours, refused', '@upstash/ratelimit, refused')} x the time of @upstash/ratelimit's cache of the refused`,
    );
  }
}

function ourDecisions(limit) {
  const engine = new Engine(resolveConfig('{}', {}));
  const limiter = engine.limiter(JSON.stringify({ name: 'bench', limit, windowMs: 3_600_000 }));
  const decide = limiter.decider(new Float64Array(5));
  return (nameOf, calls) => {
    let passed = 0;
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i += 1) passed += decide(nameOf(i), 1);
    return checked(passed, limit, calls, Number(process.hrtime.bigint() - start));
  };
}

function theirDecisions(points) {
  const limiter = new RateLimiterMemory({ points, duration: 3_600 });
  return async (nameOf, calls) => {
    let passed = 0;
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i += 1) {
      try {
        await limiter.consume(nameOf(i), 1);
        passed += 1;
      } catch {
        // Its way to say no.
      }
    }
    return checked(passed, points, calls, Number(process.hrtime.bigint() - start));
  };
}

/** All are refused already, and its cache knows it. */
function blockedDecisions(names) {
  const ephemeralCache = new Map(names.map((name) => [`@upstash/ratelimit:${name}`, Date.now() + 3_600_000]));
  const redis = new UpstashRedis({ url: 'http://127.0.0.1:1', token: 'none', retry: false, enableTelemetry: false });
  const limiter = new UpstashRatelimit({ redis, limiter: UpstashRatelimit.slidingWindow(1, '1 h'), ephemeralCache });
  return async (nameOf, calls) => {
    let passed = 0;
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i += 1) passed += (await limiter.limit(nameOf(i))).success ? 1 : 0;
    return checked(passed, 1, calls, Number(process.hrtime.bigint() - start));
  };
}

/** ns per call, of a turn in which either all pass or nearly all are refused. */
function checked(passed, limit, calls, elapsed) {
  if (limit === 1 ? passed > calls / 10 : passed !== calls) throw new Error(`${passed} of ${calls} passed a limit of ${limit}`);
  return elapsed / calls;
}

async function commands() {
  const seconds = 10;
  const upstash = await startUpstash();
  const { url, token } = upstash;
  // Far from used up, as it is for visitors who behave.
  const rule = { limit: 100_000, windowMs: 60_000 };
  const ours = (mode) => {
    const engine = new Engine(resolveConfig(JSON.stringify({ url, token, deadline: '2 s' }), {}));
    const limiter = engine.limiter(JSON.stringify({ name: mode, mode, ...rule }));
    return async (who) => (limiter.limitNow(who) ?? (await limiter.limit(who))).success;
  };
  const redis = new UpstashRedis({ url, token, enableTelemetry: false });
  const theirs = new UpstashRatelimit({ redis, limiter: UpstashRatelimit.slidingWindow(rule.limit, '60 s') });
  const contenders = {
    'the guide’s': async (who) => (await theirs.limit(who)).success,
    exact: ours('exact'),
    leased: ours('leased'),
  };
  for (const perSecond of [1, 10, 100]) {
    // 1,000 requests in all, from as many visitors as that takes.
    const visitors = 1_000 / (perSecond * seconds);
    const counts = {};
    for (const [name, ask] of Object.entries(contenders)) {
      upstash.stats.reset();
      let passed = 0;
      await Promise.all(
        Array.from({ length: visitors }, async (_, visitor) => {
          await sleep((visitor * 1_000) / (perSecond * visitors));
          const start = performance.now();
          for (let i = 0; i < perSecond * seconds; i += 1) {
            const due = start + (i * 1_000) / perSecond - performance.now();
            if (due > 0) await sleep(due);
            if (await ask(`visitor ${visitor}`)) passed += 1;
          }
        }),
      );
      if (passed !== 1_000) throw new Error(`${passed} of 1000 passed`);
      counts[name] = upstash.stats.commands.length;
    }
    const shown = Object.entries(counts).map(([name, count]) => `${name} ${count}`).join('   ');
    console.log(`commands for 1,000 requests at ${perSecond}/s per visitor: ${shown}   leased: ${(counts.leased / counts['the guide’s']).toFixed(3)} x the guide’s`);
  }
  await upstash.stop();
}

/** Simulated: a thousand windows of each kind of traffic, the same at each run. */
function error() {
  const limit = 100;
  const windowMs = 60_000;
  const span = 1_000 * windowMs;
  for (const [kind, load, arrivals] of [
    ['Poisson, 0.9 x the limit', 0.9, poisson],
    ['Poisson, 1.5 x the limit', 1.5, poisson],
    ['bursts of 40', 1.2, bursts],
    ['the limit at once at each window’s end, and at once after it', 0, edges],
  ]) {
    const random = new Random(1);
    const tokens = new Tokens(JSON.stringify({ name: 'bench', algorithm: 'sliding-window', limit, windowMs }));
    const passed = [];
    const count = { requests: 0, over: 0, under: 0, most: 0 };
    let oldest = 0;
    for (const at of arrivals(random, { rate: (load * limit) / windowMs, span, windowMs, limit })) {
      while (oldest < passed.length && passed[oldest] <= at - windowMs) oldest += 1;
      const inWindow = passed.length - oldest;
      const { success } = tokens.decide('visitor', at, 1);
      count.requests += 1;
      if (success && inWindow >= limit) count.over += 1;
      if (!success && inWindow < limit) count.under += 1;
      if (success) passed.push(at);
      count.most = Math.max(count.most, passed.length - oldest);
    }
    const percent = (part) => `${((100 * part) / count.requests).toFixed(2)} %`;
    console.log(
      `sliding window against an exact one, ${kind}: passes wrongly ${percent(count.over)}, refuses wrongly ${percent(count.under)}, ` +
        `at most ${(count.most / limit).toFixed(2)} x the limit in any window (${count.requests} requests)`,
    );
  }
}

function* poisson(random, { rate, span }) {
  for (let at = 0; at < span; ) {
    at += -Math.log(1 - random.next()) / rate;
    yield 1e12 + Math.floor(at);
  }
}

function* bursts(random, { rate, span }) {
  const size = 40;
  for (let at = 0; at < span; ) {
    at += (-Math.log(1 - random.next()) / rate) * size;
    for (let i = 0; i < size; i += 1) yield 1e12 + Math.floor(at) + i;
  }
}

/** The worst a visitor can do who knows where windows end. */
function* edges(_random, { span, windowMs, limit }) {
  const start = Math.ceil(1e12 / windowMs) * windowMs;
  for (let at = 0; at < span; at += 3 * windowMs) {
    for (let i = 0; i < 2 * limit; i += 1) yield start + at + windowMs - 1;
    for (let i = 0; i < 20 * limit; i += 1) yield start + at + windowMs + Math.floor((i * windowMs) / (20 * limit));
  }
}

/** A string nobody has hashed yet. */
function text(bytes) {
  return bytes.latin1Slice(0, bytes.length);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
