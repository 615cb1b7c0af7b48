// Random reads and writes at the same time: whatever an answer says about how long it may be kept, stale or not, nobody is
// answered with what was written over before he asked, or with what was made for another URL or another variant.
//
// SEED=… makes other choices; how they meet is up to the machine.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../support/random.mjs';
import { startApp } from './support/koa-app.mjs';

const PAGES = 8;
const CLIENTS = 24;
const STEPS = 120;
const MODES = ['a', 'b'];

const LIFETIMES = [
  'max-age=60', 'max-age=60', 'max-age=0, stale-while-revalidate=60', 'max-age=0, stale-if-error=60',
  'max-age=0, stale-while-revalidate=60, stale-if-error=60',
];
const VALIDATED = ['max-age=0', 'max-age=0, must-revalidate', 'no-cache', 'max-age=0, stale-if-error=60'];
/** A URL whose answer turned out to be of these is not waited for in the next seconds, so only one page has them. */
const UNSTORED = ['no-store', 'private', 'max-age=0'];

class Site {
  constructor(random) {
    this.random = random;
    this.counts = { HIT: 0, MISS: 0, BYPASS: 0, STALE: 0, 304: 0, failed: 0, writes: 0 };
  }

  async start(options) {
    this.app = await startApp(options);
    this.shelves = Array.from({ length: PAGES }, (_, index) => this.shelf(index));
  }

  /** A page, the number of its version, and the version that every later reader has to see. */
  shelf(index) {
    const { random } = this;
    const shelf = { version: 0, settled: 0, varies: index % 2 === 0, page: null };
    shelf.page = this.app.page(async (ctx) => {
      await this.pause();
      if (ctx.method === 'POST') {
        shelf.version += 1;
        const { version } = shelf;
        await this.pause();
        return { body: String(version) };
      }
      ctx.state.upstash.tag(shelf.page.path);
      const mode = shelf.varies ? ctx.get('X-Mode') : '';
      const etag = `"${index}-${mode}-${shelf.version}"`;
      await this.pause();
      if (random.chance(0.05)) throw new Error('on purpose');
      if (random.chance(0.1) && ctx.get('If-None-Match')) return { status: 503 };
      const headers = { 'cache-control': random.pick(index === 0 ? [...LIFETIMES, ...UNSTORED] : LIFETIMES) };
      if (random.chance(0.5)) Object.assign(headers, { etag, 'cache-control': random.pick([...LIFETIMES, ...VALIDATED]) });
      if (shelf.varies) headers.vary = random.pick(['X-Mode', 'x-mode', 'X-Mode, X-Other']);
      return ctx.get('If-None-Match') === etag ? { status: 304, headers: { ...headers, etag } } : { headers, body: etag };
    });
    return shelf;
  }

  pause() {
    const { random } = this;
    return random.chance(0.5) ? sleep(random.int(0, 4)) : new Promise(setImmediate);
  }

  async write(shelf) {
    const { random, app } = this;
    const { page } = shelf;
    this.counts.writes += 1;
    let version;
    if (random.chance(0.5)) {
      const response = await page.send('POST');
      version = Number(response.text);
    } else {
      version = shelf.version += 1;
      await random.pick([() => app.cache.purgeTags(page.path), () => app.cache.purgePattern(`cache:${page.path}`)])();
    }
    shelf.settled = Math.max(shelf.settled, version);
  }

  async read(index, known) {
    const { random } = this;
    const shelf = this.shelves[index];
    const mode = random.pick(MODES);
    const headers = { 'x-mode': mode };
    const tag = known.get(`${index}-${mode}`);
    if (tag !== undefined && random.chance(0.3)) headers['if-none-match'] = tag;
    const { settled } = shelf;
    const response = await shelf.page.get(headers);
    if (response.status === 500 || response.status === 503) {
      this.counts.failed += 1;
      return;
    }
    this.counts[response.status === 304 ? 304 : response.cache] += 1;
    const found = response.status === 304 ? tag : response.text;
    const [, page, variant, version] = /^"(\d+)-(\w*)-(\d+)"$/.exec(found) ?? assert.fail(`${response.status} ${found}`);
    assert.deepEqual([Number(page), variant], [index, shelf.varies ? mode : ''], response.cacheStatus);
    assert.ok(Number(version) >= settled, `version ${version} after ${settled} was settled: ${response.status} ${response.cacheStatus}`);
    if (response.headers.etag === found) known.set(`${index}-${mode}`, found);
  }

  async client() {
    const { random } = this;
    const known = new Map();
    for (let step = 0; step < STEPS; step += 1) {
      const index = random.below(PAGES);
      if (random.chance(0.08)) await this.write(this.shelves[index]);
      else await this.read(index, known);
    }
  }
}

describe('many clients at the same time', () => {
  for (const options of [{ profile: 'explicit' }, { swr: 60, staleIfError: 60, earlyRefresh: true }]) {
    const random = new Random();
    it(`see no version that was written over before they asked, with ${JSON.stringify(options)} (SEED=${random.seed})`, async () => {
      const site = new Site(random);
      await site.start(options);
      await Promise.all(Array.from({ length: CLIENTS }, () => site.client()));
      console.log(`SEED=${random.seed} ${JSON.stringify(site.counts)}`);
      for (const [what, count] of Object.entries(site.counts)) assert.ok(count > 10, `${what}: ${count}`);
      await site.app.stop();
    });
  }
});
