// A Global Database for the tests of one file: a primary and two regions, each with a replica that can lag.

import { after, afterEach, before, beforeEach } from 'node:test';
import { Redis } from '../../../index.js';
import { Site } from '../../addon/support/site.mjs';
import { startRedis } from '../../support/redis-server.mjs';
import { startReplica } from '../../support/replica.mjs';
import { startUpstash } from '../../support/upstash-endpoint.mjs';

/**
 * `primary`: its redis-server; `home`: the endpoint of the primary region; `east` and `west`: `{ upstash, replica }`. Each
 * test gets an empty database and replicas that do not lag.
 */
export function useRegions() {
  const regions = { primary: null, home: null, east: null, west: null, connect, join };
  let joined = [];

  before(async () => {
    regions.primary = await startRedis();
    regions.home = await startUpstash({ redis: regions.primary, global: true });
    for (const name of ['east', 'west']) {
      const replica = await startReplica(regions.primary);
      regions[name] = { replica, upstash: await startUpstash({ redis: regions.primary, replica }) };
    }
  });

  beforeEach(async () => {
    await regions.primary.command('FLUSHALL');
    await regions.primary.command('SCRIPT', 'FLUSH');
    for (const { replica } of [regions.east, regions.west]) await replica.caughtUp();
    for (const upstash of endpoints()) upstash.stats.reset();
    joined = [];
  });

  afterEach(async () => {
    for (const upstash of endpoints()) await upstash.heal();
    for (const { replica } of [regions.east, regions.west]) replica.release();
    for (const site of joined) site.engine.close();
  });

  after(async () => {
    for (const upstash of endpoints()) await upstash.stop();
    for (const { replica } of [regions.east, regions.west]) await replica.stop();
    await regions.primary.stop();
  });

  const endpoints = () => [regions.home, regions.east.upstash, regions.west.upstash];

  /** A client in the east: it writes at home. */
  function connect(options) {
    const { url, token } = regions.home;
    return new Redis({ url, token, readUrl: regions.east.upstash.url, retry: false, ...options });
  }

  /** A process of a site in a region. Unless the test is about it, it does not trust its memory. */
  function join({ upstash }, options) {
    const site = new Site({ upstash, deadline: '2 s', l1: { maxAge: '1 ms' }, ...options });
    joined.push(site);
    return site;
  }

  return regions;
}
