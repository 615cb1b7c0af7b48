// The addon inside Node: threads that end in the middle of a call, processes that want to end, and memory over time.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startUpstash } from '../support/upstash-endpoint.mjs';

const PROGRAM = fileURLToPath(new URL('support/terminated-workers.mjs', import.meta.url));
const SITE = pathToFileURL(fileURLToPath(new URL('support/site.mjs', import.meta.url))).href;
const ADDON = pathToFileURL(fileURLToPath(new URL('../../index.js', import.meta.url))).href;

let hanging;
let answering;

before(async () => {
  [hanging, answering] = await Promise.all([startUpstash(), startUpstash()]);
  await hanging.misbehave('hang');
  // Answers arrive while the thread that asked is being taken down.
  await answering.misbehave('late', { ms: 4 });
});

after(() => Promise.all([hanging.stop(), answering.stop()]));

const credentials = ({ url, token }) => ({ url, token });

/** Runs a process: how it ended, what it printed and how long it took, in ms. */
function run(args) {
  const started = performance.now();
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 60_000 }, (error, stdout, stderr) => {
      const { code = 0, signal = null } = error ?? {};
      resolve({ code, signal, stdout, stderr, ms: performance.now() - started });
    });
  });
}

/** Runs a module in which `upstash`, `Site`, `Redis` and `lastWork()` are known; the latter prints when JS was done. */
async function runModule(upstash, code, flags = []) {
  const prelude = `
    import { Site, ARTICLE } from '${SITE}';
    import { Redis } from '${ADDON}';
    const upstash = ${JSON.stringify(credentials(upstash))};
    const lastWork = () => console.log(Date.now());
  `;
  const result = await run([...flags, '--input-type=module', '-e', prelude + code]);
  assert.deepEqual([result.code, result.signal, result.stderr], [0, null, '']);
  const [printed] = result.stdout.trim().split('\n').slice(-1);
  return { printed, lingered: Date.now() - Number(printed) };
}

describe('threads that are terminated in the middle of their calls', () => {
  it('50 times two of them, take nothing down', { timeout: 60_000 }, async (t) => {
    const endpoints = JSON.stringify([hanging, answering].map(credentials));
    const { code, signal, stdout, stderr, ms } = await run([PROGRAM, '50', endpoints]);
    t.diagnostic(`${Math.round(ms)} ms`);
    assert.deepEqual({ code, signal, stdout, stderr }, { code: 0, signal: null, stdout: 'survived\n', stderr: '' });
    assert.ok(hanging.stats.requests > 100 && answering.stats.requests > 100, 'the calls were under way');
  });
});

describe('a process ends by itself', () => {
  it('at once when nothing is under way, the breaker open and a purge waiting to be sent again', async (t) => {
    const { lingered } = await runModule(
      hanging,
      `const site = new Site({ upstash, deadline: '30 ms' });
       for (let i = 0; i < 4; i += 1) await site.engine.fetch(site.open('/api/' + i).id);
       await site.engine.purgeTypes([ARTICLE]);
       if (site.stats.purgesWaiting !== 1 || site.stats.breaker !== 'open') throw new Error(site.engine.stats());
       lastWork();`,
    );
    t.diagnostic(`${lingered} ms after its last work`);
    assert.ok(lingered < 1_500, `${lingered} ms`);
  });

  it('within the deadline when its look-ups, limits and purges meet an Upstash that hangs', async (t) => {
    const { lingered } = await runModule(
      hanging,
      `const site = new Site({ upstash, deadline: '300 ms' });
       const { id } = site.open('/api/articles');
       site.engine.fetch(id);
       site.engine.limiter('{"name":"all","limit":5,"windowMs":60000}').limit('x');
       site.engine.purgeTypes([ARTICLE]);
       lastWork();`,
    );
    t.diagnostic(`${lingered} ms after its last work`);
    assert.ok(lingered < 2_500, `${lingered} ms`);
  });

  it('at once when it only made an engine, a limiter and a client', async () => {
    const { lingered } = await runModule(
      answering,
      `globalThis.kept = [new Site({ upstash }), new Redis(upstash), new Site()];
       kept[0].engine.limiter('{"name":"all","limit":5,"windowMs":60000}');
       kept[0].engine.close();
       lastWork();`,
    );
    assert.ok(lingered < 1_500, `${lingered} ms`);
  });

  it('at once when its answers are still on their way to Upstash', async () => {
    const { lingered } = await runModule(
      answering,
      `const site = new Site({ upstash, deadline: '10 s' });
       const { id } = await site.ask('/api/articles');
       site.land(id, 'x');
       lastWork();`,
    );
    assert.ok(lingered < 1_500, `${lingered} ms`);
  });
});

describe('memory', { concurrency: 2 }, () => {
  /** Prints by how many MB the process grows over `rounds` calls of `work`, after `warmUp` of them. */
  const measure = (work, { warmUp, rounds, setUp = '' }) => `
    ${setUp}
    const resident = () => { gc(); gc(); return process.memoryUsage.rss() / 2 ** 20; };
    const tick = () => new Promise((resolve) => setImmediate(resolve));
    let i = 0;
    const until = async (end) => { for (; i < end; i += 1) { ${work}; if (i % 1000 === 0) await tick(); } await tick(); };
    await until(${warmUp});
    const before = resident();
    await until(${warmUp + rounds});
    console.log(Math.round(resident() - before));
  `;

  async function growth(t, work, options) {
    const { printed } = await runModule(answering, measure(work, options), ['--expose-gc']);
    t.diagnostic(`${printed} MB more`);
    return Number(printed);
  }

  it('does not grow over 100,000 look-ups, fills and evictions', async (t) => {
    const grown = await growth(
      t,
      `const url = '/api/articles/' + (i * 7919) % 30000;
       if (site.hit(url) === null) site.store(url, 'x'.repeat(500 + i % 3000));`,
      { setUp: `const site = new Site({ l1: { maxBytes: 4 * 2 ** 20 } });`, warmUp: 20_000, rounds: 80_000 },
    );
    // The bodies that pass through weigh 150 MB; what malloc keeps in reserve settles within 25.
    assert.ok(grown < 50, `${grown} MB`);
  });

  it('does not grow over 50,000 purges, abandoned fills, unshareable answers and unknown hosts', async (t) => {
    const grown = await growth(
      t,
      `site.engine.purgeTags(['tag ' + i]);
       site.engine.purgePattern('strapi:/api/' + i + '*');
       site.hit('/api/articles', { host: 'h' + i + '.example', variant: 0 });
       site.engine.abandon(site.begin('/api/abandoned/' + i));
       site.store('/api/private/' + i, 'x', { cacheControl: 'private' });`,
      { setUp: 'const site = new Site();', warmUp: 15_000, rounds: 35_000 },
    );
    // Of tags 100,000 are remembered, of everything else 10,000 at most.
    assert.ok(grown < 40, `${grown} MB`);
  });

  it('does not grow over 300,000 strangers that a limiter sees', async (t) => {
    const grown = await growth(t, `for (let j = 0; j < 10; j += 1) limiter.limitNow('stranger ' + i + ' ' + j);`, {
      setUp: `const limiter = new Site().engine.limiter('{"name":"all","limit":5,"windowMs":60000}');`,
      warmUp: 11_000,
      rounds: 30_000,
    });
    assert.ok(grown < 25, `${grown} MB`);
  });

  it('does not grow over 1,000 entries that come from Upstash and go again', async (t) => {
    await answering.heal();
    const grown = await growth(
      t,
      `await site.visit('/api/articles/' + i % 50, 'x'.repeat(100000));
      if (i % 200 === 0) await site.engine.purgeAll();`,
      {
        setUp: `const site = new Site({ upstash, deadline: '5 s', l1: { maxAge: '1 ms' } });`,
        warmUp: 200,
        rounds: 800,
      },
    );
    assert.ok(grown < 40, `${grown} MB`);
  });
});
