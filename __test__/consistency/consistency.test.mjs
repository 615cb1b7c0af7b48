// Nobody is answered with what was known to be changed: four processes, one Redis, every misfortune a network has, and a
// checker that looks at each read. Then the same with bugs planted: a checker that finds none of them proves nothing.
//
// A longer run, with other seeds: npm run test:consistency

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runSite } from './support/run.mjs';

const shown = ({ wrong, stats: _stats, ...counts }) => JSON.stringify({ ...counts, wrong: wrong.slice(0, 3) });

describe('four processes', { concurrency: 1 }, () => {
  for (const seed of [11, 12]) {
    it(`answer nothing stale while everything fails (seed ${seed})`, async (test) => {
      const result = await runSite({ seed, ms: 6_000 });
      test.diagnostic(shown(result));
      assert.deepEqual(result.wrong, [], shown(result));
      assert.equal(result.unknown, 0, 'every purge gets through in the end');
      assert.ok(result.reads > 3_000 && result.writes > 200, shown(result));
      assert.ok(Object.keys(result.happened).length >= 8, shown(result));
      for (const source of ['memory', 'upstash', 'database']) assert.ok(result.sources[source] > 50, shown(result));
    });
  }
});

describe('a planted bug is found:', { concurrency: 1 }, () => {
  for (const [bug, what] of Object.entries({
    snapshot: 'a fill that takes its snapshot after it has read',
    early: 'a purge before the commit',
    bus: 'messages that get lost with no sign of life to tell',
    outbox: 'a process that is killed and leaves no note',
  })) {
    it(what, async (test) => {
      for (let seed = 1; seed <= 5; seed += 1) {
        const result = await runSite({ seed, ms: 3_000, bug });
        test.diagnostic(`seed ${seed}: ${result.wrong.length} wrong of ${result.reads}`);
        if (result.wrong.length > 0) return;
      }
      assert.fail('not in five runs');
    });
  }
});
