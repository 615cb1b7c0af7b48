// The Global Database that the other tests here rely on: its replicas lag as they are told, and its tokens mean what
// Upstash says they mean.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { restClient, until } from '../support/rest-client.mjs';
import { useRegions } from './support/regions.mjs';

const regions = useRegions();

/** Asks an endpoint; `{ result, token }`. */
async function ask({ url, token }, command, sync, path = '/') {
  const headers = sync ? { 'upstash-sync-token': sync } : {};
  const response = await restClient({ url, token }).post(path, command, { headers });
  const body = await response.json();
  return { result: 'result' in body ? body.result : body, token: response.headers.get('upstash-sync-token') };
}

describe('a region', () => {
  it('writes at the primary and reads at the replica, which lags for as long as it is held', async () => {
    const { upstash, replica } = regions.east;
    replica.hold();
    assert.equal((await ask(upstash, ['SET', 'k', 'v'])).result, 'OK');
    await sleep(50);
    assert.equal((await ask(upstash, ['GET', 'k'])).result, null);
    assert.equal((await ask(regions.west.upstash, ['GET', 'k'])).result, 'v');
    assert.equal((await ask(regions.home, ['GET', 'k'])).result, 'v');
    replica.release();
    await until(async () => (await ask(upstash, ['GET', 'k'])).result === 'v');
  });

  it('lags by as much as it is told', async () => {
    const { upstash, replica } = regions.east;
    replica.delay(200);
    const begin = performance.now();
    await ask(upstash, ['SET', 'k', 'v']);
    await until(async () => (await ask(upstash, ['GET', 'k'])).result === 'v');
    const ms = performance.now() - begin;
    assert.ok(ms >= 190 && ms < 1_000, `${ms} ms`);
  });

  it('with a token it answers from a state that has what the token tells of', async () => {
    const { upstash, replica } = regions.east;
    const old = await ask(upstash, ['SET', 'k', 'old']);
    await replica.caughtUp();
    replica.hold();
    const { token } = await ask(upstash, ['SET', 'k', 'new']);
    assert.notEqual(token, old.token);
    assert.equal((await ask(upstash, ['GET', 'k'], old.token)).result, 'old');
    assert.equal((await ask(upstash, ['GET', 'k'], token)).result, 'new');
    assert.deepEqual((await ask(upstash, [['GET', 'k'], ['EXISTS', 'k']], token, '/pipeline')).result, [{ result: 'new' }, { result: 1 }]);
    assert.equal((await ask(upstash, ['GET', 'k'], 'another-history:1')).result, 'new');
  });

  it('answers whole at the primary what writes anywhere, and scripts, and at the replica what does not', async () => {
    const { upstash, replica } = regions.east;
    replica.hold();
    await ask(upstash, ['SET', 'k', 'v']);
    for (const [path, commands, atReplica] of [
      ['/pipeline', [['GET', 'k'], ['SET', 'l', '1']], false],
      ['/multi-exec', [['GET', 'k'], ['INCR', 'n']], false],
      ['/', ['EVAL', "return redis.call('GET', 'k')", '0'], false],
      ['/', ['FUTURE'], false],
      ['/pipeline', [['GET', 'k'], ['TTL', 'k']], true],
      ['/multi-exec', [['GET', 'k'], ['STRLEN', 'k']], true],
      ['/', ['EVAL_RO', "return redis.call('GET', 'k')", '0'], true],
    ]) {
      upstash.stats.reset();
      await ask(upstash, commands, null, path);
      assert.equal(upstash.stats.replicaRequests === 1, atReplica, JSON.stringify(commands));
    }
  });
});
