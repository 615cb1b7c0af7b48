// Several processes on one Upstash: each site here has an engine of its own, as a process has.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from '../../support/redis-server.mjs';
import { until } from '../../support/rest-client.mjs';
import { startUpstash } from '../../support/upstash-endpoint.mjs';
import { Site } from './site.mjs';

/** For the tests of one file: a Redis, its endpoint, and in each test two new processes `a` and `b`. */
export function shareUpstash() {
  const shared = { redis: null, upstash: null, a: null, b: null, join, keys, publish };
  let joined = [];

  before(async () => {
    shared.redis = await startRedis();
    shared.upstash = await startUpstash({ redis: shared.redis });
  });

  beforeEach(async () => {
    await shared.redis.command('FLUSHALL');
    shared.upstash.stats.reset();
    joined = [];
    shared.a = join();
    shared.b = join();
  });

  afterEach(async () => {
    await shared.upstash.heal();
    for (const site of joined) site.engine.close();
  });

  after(async () => {
    await shared.upstash.stop();
    await shared.redis.stop();
  });

  /**
   * Another process. It trusts its memory for next to nothing, so that it always asks Upstash, and its deadline is
   * generous: a test that is not about it must not meet it on a busy machine.
   */
  function join(options) {
    const site = new Site({ upstash: shared.upstash, deadline: '2 s', l1: { maxAge: '1 ms' }, ...options });
    joined.push(site);
    return site;
  }

  async function keys(pattern = 'strapi:*') {
    return (await shared.redis.command('KEYS', pattern)).map(String).sort();
  }

  /** Fills a URL and waits until Upstash has it; what the process itself holds in memory is past its time by then. */
  async function publish(site, url, body, facts) {
    const { id, found } = await site.ask(url);
    assert.equal(found, null, `${url} was on Upstash before its fill`);
    site.land(id, body, facts);
    const pattern = `strapi:${url.replaceAll(/[?*[\]]/g, '\\$&')}#*`;
    await until(async () => (await keys(pattern)).length === 1);
    await sleep(2);
  }

  return shared;
}

/** What Upstash answers a process with, memory aside. */
export async function onUpstash(site, url) {
  const { id, found } = await site.ask(url);
  site.engine.abandon(id);
  return found === null ? null : String(found.body);
}
