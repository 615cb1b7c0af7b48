// `Redis` with a replica nearby that lags: what it reads there, and what it never misses.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../support/random.mjs';
import { until } from '../support/rest-client.mjs';
import { useRegions } from './support/regions.mjs';

const regions = useRegions();
const lag = () => regions.east.replica.hold();
const atReplica = () => regions.east.upstash.stats.replicaRequests;
const atHome = () => regions.home.stats.requests;

describe('a read', () => {
  it('is answered by the replica as it is, for somebody who has written nothing', async () => {
    const [writer, reader] = [regions.connect(), regions.connect()];
    await writer.set('k', 'old');
    await regions.east.replica.caughtUp();
    lag();
    await writer.set('k', 'new');
    regions.home.stats.reset();
    assert.equal(await reader.get('k'), 'old');
    assert.deepEqual([atReplica(), atHome()], [1, 0]);
    regions.east.replica.release();
    await until(async () => (await reader.get('k')) === 'new');
    assert.equal(atHome(), 0);
  });

  it('sees what the same client has written, in every way to read', async () => {
    const redis = regions.connect();
    await redis.get('k');
    lag();
    for (const [value, read] of [
      ['one', () => redis.get('k')],
      ['two', async () => (await redis.pipeline().get('k').exists('k').exec())[0]],
      ['three', async () => (await redis.multi().get('k').exec())[0]],
      ['four', async () => (await Promise.all([redis.get('k'), redis.strlen('k')]))[0]],
      ['five', () => redis.eval("return redis.call('GET', KEYS[1])", ['k'], [])],
      ['six', () => redis.evalRo("return redis.call('GET', KEYS[1])", ['k'], [])],
      ['seven', async () => (await redis.mget('k'))[0]],
    ]) {
      await redis.set('k', value);
      assert.equal(await read(), value);
    }
    assert.equal(await redis.raw.get('k').then(String), 'seven');
    await redis.pipeline().set('k', 'eight').incr('n').exec();
    assert.deepEqual(await redis.pipeline().get('k').get('n').exec(), ['eight', 1]);
    await redis.multi().set('k', 'nine').incr('n').exec();
    assert.deepEqual(await redis.mget('k', 'n'), ['nine', 2]);
  });

  it('is answered by the replica again once that has what was written', async () => {
    const redis = regions.connect();
    await redis.set('k', 'v');
    await regions.east.replica.caughtUp();
    const before = atReplica();
    assert.equal(await redis.get('k'), 'v');
    assert.equal(atReplica(), before + 1);
  });

  it('waits a little for a replica that is nearly there', async () => {
    const redis = regions.connect();
    regions.east.replica.delay(20);
    for (let i = 0; i < 5; i += 1) {
      await redis.set('k', i);
      assert.equal(await redis.get('k'), i);
    }
    assert.ok(atReplica() > 0);
  });

  it('sees what another client has written that handed its token over', async () => {
    const [writer, reader] = [regions.connect(), regions.connect()];
    lag();
    await writer.set('k', 'v');
    assert.equal(await reader.get('k'), null);
    reader.readYourWritesSyncToken = writer.readYourWritesSyncToken;
    assert.equal(await reader.get('k'), 'v');
  });

  it('may miss even its own client’s writes where that is wanted', async () => {
    const redis = regions.connect({ readYourWrites: false });
    lag();
    await redis.set('k', 'v');
    assert.equal(await redis.get('k'), null);
  });

  it('that is slow does not make the client forget what was written meanwhile', async () => {
    const redis = regions.connect();
    await redis.get('warm');
    lag();
    const { upstash } = regions.east;
    await upstash.misbehave('late', { ms: 150, times: 1 });
    const slow = redis.get('other');
    await until(() => atReplica() === 2);
    await redis.set('k', 'v');
    assert.equal(await slow, null);
    assert.equal(await redis.get('k'), 'v');
  });

  it('sees all that was written at the same time, whichever answer comes last', async () => {
    const redis = regions.connect({ enableAutoPipelining: false });
    await redis.get('warm');
    await regions.home.misbehave('late', { ms: 150, times: 1 });
    const first = redis.set('a', 1);
    await until(async () => (await regions.primary.command('EXISTS', 'a')) === 1);
    await regions.east.replica.caughtUp();
    lag();
    await redis.set('b', 2);
    await first;
    assert.deepEqual([await redis.get('a'), await redis.get('b')], [1, 2]);
  });

  it('keeps its place through a scan, which one server alone can go on with', async () => {
    const redis = regions.connect();
    const keys = Array.from({ length: 3_000 }, (_, i) => `k${i}`);
    await redis.mset(Object.fromEntries(keys.map((key) => [key, 1])));
    await regions.east.replica.caughtUp();
    const found = new Set();
    let pages = 0;
    for await (const key of redis.scanIterator({ count: 100 })) {
      found.add(key);
      // What is written meanwhile is what sends a read to the primary.
      if ((pages += 1) === 500) lag();
      if (pages % 50 === 0) await redis.incr('written');
    }
    assert.deepEqual(keys.filter((key) => !found.has(key)), []);
  });

  it('by a script that the primary was told finds it, though the replica was not', async () => {
    const redis = regions.connect();
    await redis.set('k', 'v');
    const sha = await redis.scriptLoad("return redis.call('GET', KEYS[1])");
    await regions.east.replica.caughtUp();
    assert.equal(await redis.evalshaRo(sha, ['k'], []), 'v');
    assert.deepEqual(await Promise.all([redis.evalshaRo(sha, ['k'], []), redis.get('k')]), ['v', 'v']);
    assert.deepEqual(await redis.scriptExists(sha), [1]);
    const script = redis.createScript("return redis.call('STRLEN', KEYS[1])", { readonly: true });
    assert.equal(await script.exec(['k'], []), 1);
    const before = atReplica();
    assert.equal(await script.exec(['k'], []), 1);
    assert.equal(atReplica(), before + 1, 'now the replica knows it');
  });
});

it('a subscription hears the primary, whatever the replica hears', async (test) => {
  const redis = regions.connect();
  lag();
  const heard = [];
  const subscriber = redis.subscribe('news');
  test.after(() => subscriber.unsubscribe());
  subscriber.on('message', ({ message }) => heard.push(message));
  await until(async () => (await redis.publish('news', 'first')) === 1);
  await until(() => heard.includes('first'));
});

describe('a replica', () => {
  for (const mode of ['refuse', 'drop', '500', 'garbage', 'truncate', 'hang', 'blackhole']) {
    it(`that does ‘${mode}’ costs no answer, and the primary nothing`, async () => {
      const redis = regions.connect({ timeout: 1_000 });
      await redis.set('k', 'v');
      await regions.east.upstash.misbehave(mode);
      for (let i = 0; i < 6; i += 1) {
        assert.equal(await redis.get('k'), 'v');
        assert.equal(await redis.set('k', 'v'), 'OK');
      }
      assert.equal(redis.status().breaker, 'closed');
      await regions.east.upstash.heal();
      const before = atReplica();
      await until(async () => (await redis.get('k')) === 'v' && atReplica() > before);
    });
  }

  it('goes on answering while the primary is away', async () => {
    const redis = regions.connect({ timeout: 500 });
    await redis.set('k', 'v');
    await regions.east.replica.caughtUp();
    await regions.home.misbehave('refuse');
    for (let i = 0; i < 5; i += 1) {
      assert.equal(await redis.get('k'), 'v');
      await assert.rejects(redis.set('k', 'w'));
    }
  });

  it('is never asked for what writes: the table of commands agrees with Redis', async () => {
    const known = new Map((await regions.primary.command('COMMAND')).map(([name, , flags]) => [String(name).toUpperCase(), flags]));
    const folder = new URL('../../redis/commands/', import.meta.url);
    for (const file of (await readdir(folder)).filter((name) => name.endsWith('.json'))) {
      for (const [method, { send, wire, write }] of Object.entries(JSON.parse(await readFile(new URL(file, folder), 'utf8')))) {
        const name = (wire ?? send ?? method).split(' ')[0].toUpperCase();
        const flags = known.get(name);
        if (!write && flags) assert.ok(!flags.includes('write') || name === 'BITFIELD', `${method} writes`);
      }
    }
  });
});

describe('many clients at random', () => {
  it('each read their own newest value, while the replica lags by fits and starts', async () => {
    const random = new Random(5);
    const stop = Date.now() + 3_000;
    const lagging = (async () => {
      while (Date.now() < stop) {
        const { replica } = regions.east;
        [() => replica.hold(), () => replica.release(), () => replica.delay(30)][random.below(3)]();
        await sleep(20 + random.below(60));
      }
      regions.east.replica.release();
    })();
    const counts = await Promise.all(
      Array.from({ length: 6 }, async (_, who) => {
        const redis = regions.connect({ enableAutoPipelining: who % 2 === 0 });
        let reads = 0;
        for (let value = 1; Date.now() < stop; value += 1) {
          const keys = [0, 1, 2].map((at) => `${who}:${at}`);
          // Side by side, so that answers overtake each other; a read of another key goes along.
          await Promise.all([...keys.map((key) => redis.set(key, value)), redis.get('nobody')]);
          const found = [await redis.get(keys[1]), ...(await redis.pipeline().get(keys[0]).get(keys[2]).exec())];
          assert.deepEqual(found, [value, value, value]);
          reads += 3;
        }
        return reads;
      }),
    );
    await lagging;
    assert.ok(counts.every((count) => count > 30), String(counts));
    assert.ok(atReplica() > 20, `${atReplica()} at the replica`);
  });
});
