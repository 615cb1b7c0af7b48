// Random answers, and what a well-kept library makes of them: http-cache-semantics says what may be stored, how long it
// is fresh and what may be used when it is stale. The middleware has to do that, except for what differences.mjs lists.
//
// SEED=… makes other answers, RESPONSES=… makes more of them.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import CachePolicy from 'http-cache-semantics';
import { Random } from '../support/random.mjs';
import { DIFFERENCES, read } from './differences.mjs';
import { startApp } from './support/koa-app.mjs';
import { RandomResponses } from './support/random-responses.mjs';

const RESPONSES = Number(process.env.RESPONSES ?? 3_000);
const AT_ONCE = 16;
/** Dates have whole seconds, and so has what is told: so near to an end, in seconds, both may be right. */
const BLUR = 2;
/** Without dates it is only about who looked at the clock first. */
const TWINKLE = 0.5;
const REQUEST = { method: 'GET', url: '/', headers: { host: 'a.example' } };

let app;
before(async () => {
  app = await startApp({ profile: 'explicit', compression: false });
});
after(() => app?.stop());

/** What the library makes of an answer that is made now. */
class Oracle extends CachePolicy {
  constructor(response) {
    super(REQUEST, response, { shared: true });
    this.received = this._responseTime;
    this.isDated = 'date' in response.headers || 'expires' in response.headers;
  }

  /** Seconds that it will be fresh at a moment in ms; not above 0 is stale. */
  freshFor(moment) {
    if (!this.storable()) return Number.NEGATIVE_INFINITY;
    this.now = () => moment;
    return this.maxAge() - this.age();
  }

  /** Seconds that it will be usable while it is made anew. */
  usableFor(moment) {
    return this.freshFor(moment) + Number(this._rescc['stale-while-revalidate'] ?? 0);
  }
}

/** What a request gets that was sent and answered at these moments: `fresh`, `stale`, `gone`, or `either`. */
function expected(oracle, { sent, arrived }) {
  const blur = oracle.isDated ? BLUR : TWINKLE;
  const holds = (secondsAt) => {
    if (secondsAt(arrived) > blur) return true;
    const wasOver = !oracle.isDated && secondsAt(oracle.received) <= 0;
    return wasOver || secondsAt(sent) < -blur ? false : undefined;
  };
  const isFresh = holds((moment) => oracle.freshFor(moment));
  if (isFresh !== false) return isFresh ? 'fresh' : 'either';
  const isUsable = holds((moment) => oracle.usableFor(moment));
  return isUsable === undefined ? 'either' : isUsable ? 'stale' : 'gone';
}

async function ask(page) {
  const sent = Date.now();
  const response = await page.get();
  return { response, sent, arrived: Date.now() };
}

const OUTCOMES = { HIT: 'fresh', STALE: 'stale' };

async function askTwice(response) {
  let oracle;
  let raw;
  const page = app.page(() => {
    // At the moment that counts for the cache as well.
    oracle ??= new Oracle(read(response));
    raw ??= new Oracle(response);
    return response;
  });
  const first = await page.get();
  const second = await ask(page);
  // Only a hit is not validated: a handler that was asked again may say the same as before.
  const { verdict, cache } = second.response;
  return { page, response, oracle, raw, first, second, got: verdict.hit ? OUTCOMES[cache] : 'gone' };
}

function explain({ response, first, second, oracle }) {
  const seen = [first, second.response].map(({ status, cacheStatus }) => `${status} ${cacheStatus}`);
  const [fresh, usable] = [oracle.freshFor(second.sent), oracle.usableFor(second.sent)];
  return JSON.stringify({ response, read: read(response), fresh, usable, seen });
}

/** What a hit tells of itself, within the time that its way took. */
function tellsTime(exchange, { response, sent, arrived }) {
  const { oracle } = exchange;
  const { ttl } = response.verdict;
  assert.ok(ttl <= oracle.freshFor(sent) + BLUR && ttl >= oracle.freshFor(arrived) - BLUR, `ttl=${ttl} ${explain(exchange)}`);
  const age = (moment) => ((oracle.now = () => moment), oracle.age());
  assert.ok(response.age >= age(sent) - BLUR && response.age <= age(arrived) + BLUR, `Age: ${response.age} ${explain(exchange)}`);
}

async function inTurn(list, work) {
  const rest = list.values();
  const results = [];
  const worker = async () => {
    for (const item of rest) results.push(await work(item));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

describe('random answers', () => {
  const random = new Random();
  const responses = new RandomResponses(random);
  let asked;

  it(`are stored, hit and used stale as the library has it (SEED=${random.seed})`, async () => {
    asked = await inTurn(Array.from({ length: RESPONSES }), () => askTwice(responses.make()));
    const counts = { fresh: 0, stale: 0, gone: 0, either: 0 };
    const different = [];
    for (const exchange of asked) {
      const wanted = expected(exchange.oracle, exchange.second);
      counts[wanted] += 1;
      if (wanted !== 'either' && exchange.got !== wanted) different.push(`${wanted} expected, ${exchange.got} found: ${explain(exchange)}`);
    }
    console.log(`SEED=${random.seed} ${JSON.stringify(counts)}`);
    assert.equal(different.length, 0, `${different.length} differ:\n${different.slice(0, 5).join('\n')}`);
    const { fresh, stale, gone, either } = counts;
    assert.ok(Math.min(fresh, stale, gone) > RESPONSES / 100 && either < RESPONSES / 4, 'too few show anything');
  });

  it('tell how long they are fresh, and how old they are', () => {
    for (const exchange of asked) if (exchange.got === 'fresh') tellsTime(exchange, exchange.second);
  });

  it('that may be stored say so', () => {
    for (const exchange of asked) {
      const { stored, detail } = exchange.first.verdict;
      assert.notEqual(stored === true, detail !== undefined, exchange.first.cacheStatus);
      if (exchange.got !== 'gone') assert.equal(stored, true, explain(exchange));
      if (!exchange.oracle.storable()) assert.equal(stored, undefined, explain(exchange));
    }
  });

  it('are judged alike some time later', async () => {
    await sleep(1_200);
    const hits = asked.filter(({ got }) => got === 'fresh');
    await inTurn(hits, async (exchange) => {
      const { page, oracle, first } = exchange;
      const later = await ask(page);
      const wanted = expected(oracle, later);
      if (wanted === 'fresh') {
        assert.deepEqual([later.response.cache, later.response.text], ['HIT', first.text], explain(exchange));
        tellsTime(exchange, later);
      } else if (wanted !== 'either') {
        assert.notEqual(later.response.cache, 'HIT', explain(exchange));
      }
    });
  });

  it('are mostly judged by the library alone', () => {
    const same = asked.filter(({ raw, oracle, second }) => expected(raw, second) === expected(oracle, second));
    assert.ok(same.length > RESPONSES * 0.6, `of ${RESPONSES} only ${same.length} are not about a difference`);
  });
});

describe('where both differ:', () => {
  for (const { what, example, theirs, ours } of DIFFERENCES) {
    if (example === null) continue;
    it(what, async () => {
      const exchange = await askTwice(example());
      const { raw, oracle, second, got } = exchange;
      const close = (seconds, wanted) => Math.abs(seconds - wanted) <= BLUR || (wanted === Infinity && seconds > 1e9);
      if (theirs === 'stale') assert.equal(expected(raw, second), 'stale');
      else assert.ok(close(Math.max(0, raw.freshFor(raw.received)), theirs), `theirs: ${raw.freshFor(raw.received)}`);
      assert.equal(got, ours === 0 ? 'gone' : 'fresh', explain(exchange));
      assert.ok(close(Math.max(0, oracle.freshFor(oracle.received)), ours), `read: ${oracle.freshFor(oracle.received)}`);
      if (ours !== 0) tellsTime(exchange, second);
    });
  }
});
