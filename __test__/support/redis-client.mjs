// A database for the tests of one file, and a fresh client for each of them.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach } from 'node:test';
import { Redis } from '../../index.js';
import { startRedis } from './redis-server.mjs';
import { startUpstash } from './upstash-endpoint.mjs';

export const TOKEN = 'AXsecretSECRETsecret';

/**
 * Starts a database before the tests of this file. `suite.server` is its redis-server, `suite.upstash` the endpoint,
 * `suite.redis` a new client for each test, made with `options`; `suite.connect(options)` makes another.
 */
export function useDatabase(options = {}) {
  const suite = {
    connect: (more) => new Redis({ url: suite.upstash.url, token: TOKEN, ...options, ...more }),
  };

  before(async () => {
    suite.server = await startRedis();
    suite.upstash = await startUpstash({ redis: suite.server, token: TOKEN });
  });

  beforeEach(async () => {
    await suite.server.command('FLUSHALL');
    suite.upstash.stats.reset();
    // What one has learned of the endpoint is none of the next one's business.
    suite.redis = suite.connect();
  });

  afterEach(() => suite.upstash.heal());

  after(async () => {
    await suite.upstash.stop();
    await suite.server.stop();
  });

  return suite;
}

/** The error of a promise that must reject, and that must not hold the token. */
export async function rejection(promise) {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  assert.ok('error' in outcome, `resolved to ${JSON.stringify(outcome.value)}`);
  assert.ok(outcome.error instanceof Error);
  assert.ok(!`${outcome.error.stack} ${JSON.stringify(outcome.error)}`.includes(TOKEN), 'the token is in the error');
  return outcome.error;
}
