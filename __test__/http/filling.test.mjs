// Requests for one page at the same time: who runs the handler, and who gets its answer.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gate, meeting, startApp } from './support/koa-app.mjs';

let app;
before(async () => {
  app = await startApp();
});
after(() => app?.stop());

const times = (count, make) => Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const textsOf = (responses) => responses.map(({ text }) => text);

/** A page whose first run waits until so many requests are there. */
function crowded(count, answer, ...later) {
  const page = app.page(async (ctx, run) => {
    await page.reached(count);
    return typeof answer === 'function' ? answer(ctx, run) : answer;
  }, ...later);
  return page;
}

describe('requests for what is not stored', { concurrency: true }, () => {
  it('are one run of the handler, a hundred of them', async () => {
    const page = crowded(100, {});
    const responses = await times(100, () => page.get());
    assert.deepEqual([page.runs, [...new Set(textsOf(responses))]], [1, [`${page.path} run 1`]]);
    const counts = { MISS: 0, HIT: 0 };
    for (const { cache, cacheStatus } of responses) {
      counts[cache] += 1;
      assert.equal(cacheStatus, `strapi-upstash; fwd=uri-miss; ${cache === 'MISS' ? 'stored' : 'collapsed'}`);
    }
    assert.deepEqual(counts, { MISS: 1, HIT: 99 });
  });

  it('are one run for each URL, host and variant', async () => {
    const one = crowded(30, (ctx) => ({ body: ctx.host, headers: { 'cache-control': 'max-age=60' } }));
    const responses = await times(30, (index) => one.get({ host: `h${index % 3}.example` }));
    assert.deepEqual(textsOf(responses), responses.map((_, index) => `h${index % 3}.example`));
    assert.equal(one.runs, 3);
  });

  it('are answered with 304 where a visitor has the answer that was made', async () => {
    const page = crowded(3, { headers: { etag: '"v1"' } });
    const asked = [undefined, { 'if-none-match': '"v1"' }, { 'if-none-match': '"v0"' }];
    const responses = await Promise.all(asked.map((headers) => page.get(headers)));
    assert.deepEqual([responses.map(({ status }) => status), page.runs], [[200, 304, 200], 1]);
  });

  it('do not wait for those with a credential, nor follow them', async () => {
    const { opened, open } = gate();
    const page = app.page(async (ctx) => {
      const name = ctx.get('Authorization');
      if (name === 'ann') await opened;
      return { body: `for ${name || 'all'}` };
    });
    const ann = page.get({ authorization: 'ann' });
    await page.ran(1);
    assert.deepEqual(textsOf(await Promise.all([page.get(), page.get({ authorization: 'bob' }), page.get()])), ['for all', 'for bob', 'for all']);
    open();
    assert.equal((await ann).text, 'for ann');
  });

  it('with HEAD do not give their followers an answer without a body', async () => {
    const page = app.page(async () => {
      await page.reached(4);
      return { body: 'whole' };
    });
    const [first, ...others] = [page.head(), page.get(), page.get(), page.head()];
    assert.deepEqual(textsOf(await Promise.all([first, ...others])), ['', 'whole', 'whole', '']);
  });
});

describe('an answer that may not be shared', { concurrency: true }, () => {
  const own = [
    ['is private', { headers: { 'cache-control': 'private, max-age=60' } }],
    ['is not to be stored', { headers: { 'cache-control': 'no-store' } }],
    ['sets a cookie', { headers: { 'set-cookie': 'a=1', 'cache-control': 'public, max-age=60' } }],
    ['varies by everything', { headers: { vary: '*' } }],
    ['is an error', { status: 500 }],
    ['is not for everybody', { status: 403 }],
    ['was made with a cookie', (ctx) => void ctx.cookies.get('name')],
  ];
  for (const [what, answer] of own) {
    it(`as it ${what} is given to nobody who waited for it`, async () => {
      const mine = (ctx, run) => ({ ...(typeof answer === 'function' ? answer(ctx) : answer), body: `run ${run}` });
      const page = crowded(20, mine, mine);
      const responses = await times(20, () => page.get());
      assert.deepEqual([new Set(textsOf(responses)).size, page.runs], [20, 20]);
      assert.ok(responses.every(({ cache }) => cache !== 'HIT'));
    });
  }

  it('keeps those who come next from waiting for each other', async () => {
    const arrive = meeting(20);
    const answer = { headers: { 'cache-control': 'private' } };
    // Opens only when all are in the handler at once.
    const page = app.page(answer, async () => {
      await arrive();
      return answer;
    });
    await page.get();
    const responses = await times(20, () => page.get());
    assert.deepEqual([new Set(textsOf(responses)).size, page.runs], [20, 21]);
  });

  it('keeps those who waited from waiting for each other', async () => {
    const arrive = meeting(19);
    const answer = { headers: { 'cache-control': 'private' } };
    const page = crowded(20, answer, async () => {
      await arrive();
      return answer;
    });
    assert.equal(new Set(textsOf(await times(20, () => page.get()))).size, 20);
  });
});

describe('a failure', { concurrency: true }, () => {
  for (const [what, answer] of [['that is thrown', () => { throw new Error('on purpose'); }], ['that is answered', { status: 503 }]]) {
    it(`${what} says nothing about the next answer, which is stored`, async () => {
      const page = app.page(answer, {});
      const responses = [await page.get(), ...(await page.twice())];
      assert.deepEqual([responses[0].status >= 500, responses[1].cache, responses[2].cache], [true, 'MISS', 'HIT']);
    });
  }
});

describe('a fill that began before a purge', { concurrency: true }, () => {
  const purges = [
    ['of its tag', (site) => site.cache.purgeTags('news')],
    ['of its URL', (site, page) => site.cache.purgePattern(`cache:${page.path}`)],
    ['of everything', (site) => site.cache.purgeAll()],
    ['by a write', (_site, page) => page.send('PUT')],
  ];
  for (const [what, purge] of purges) {
    it(`${what} is answered to who waited, and not stored`, async () => {
      const site = await startApp();
      const { opened, open } = gate();
      let state = 'old';
      const page = site.page(async (ctx, run) => {
        ctx.state.upstash?.tag('news');
        const read = state;
        if (run === 1) await opened;
        return { body: read };
      });
      const waiting = page.get();
      await page.ran(1);
      state = 'new';
      await purge(site, page);
      // Who asks after the purge does not follow what began before it.
      assert.equal((await page.get()).text, 'new');
      open();
      assert.equal((await waiting).status, 200);
      for (let i = 0; i < 3; i += 1) assert.equal((await page.get()).text, 'new');
      await site.stop();
    });
  }
});

describe('those who wait are not taken down by who fills,', { concurrency: true }, () => {
  const fails = async (page, count) => {
    const responses = await times(count, () => page.get());
    return responses.map(({ status }) => status).sort();
  };

  it('that throws', async () => {
    const page = crowded(10, () => { throw new Error('on purpose'); }, {});
    assert.deepEqual(await fails(page, 10), [...Array(9).fill(200), 500]);
  });

  it('that answers 503', async () => {
    const page = crowded(10, { status: 503 }, {});
    assert.deepEqual(await fails(page, 10), [...Array(9).fill(200), 503]);
  });

  for (const [what, whenGone] of [['goes on', () => {}], ['notices', (ctx, reject) => ctx.res.once('close', () => reject(new Error('gone')))]]) {
    it(`whose client goes away while its handler ${what}`, async () => {
      const { opened, open } = gate();
      const page = app.page(
        (ctx) =>
          new Promise((resolve, reject) => {
            whenGone(ctx, reject);
            opened.then(() => resolve({}));
          }),
        {},
      );
      const client = new AbortController();
      const leader = page.get({}, { signal: client.signal });
      await page.ran(1);
      const followers = times(5, () => page.get());
      await page.reached(6);
      client.abort();
      await assert.rejects(leader, { name: 'AbortError' });
      open();
      assert.deepEqual((await followers).map(({ status }) => status), Array(5).fill(200));
      assert.equal((await page.get()).status, 200);
    });
  }

  it('whose answer is a stream', async () => {
    const { Readable } = await import('node:stream');
    const page = crowded(5, () => ({ body: Readable.from(['stream']) }));
    assert.deepEqual(textsOf(await times(5, () => page.get())), Array(5).fill('stream'));
  });

  // The one test here that takes seconds: so long a fill is given before it counts as hung.
  it('that hangs', async () => {
    const client = new AbortController();
    const page = app.page(() => new Promise(() => {}), {});
    const leader = page.get({}, { signal: client.signal });
    await page.ran(1);
    const responses = await times(5, () => page.get());
    assert.deepEqual(responses.map(({ status }) => status), Array(5).fill(200));
    client.abort();
    await assert.rejects(leader, { name: 'AbortError' });
    assert.equal((await page.get()).status, 200);
  });
});

describe('requests that differ in what an answer varies by', { concurrency: true }, () => {
  const mirror = (ctx) => ({ headers: { vary: 'X-Mode' }, body: ctx.get('X-Mode') });
  const mixed = (page, count) => times(count, (index) => page.get({ 'x-mode': index % 2 === 0 ? 'a' : 'b' }));
  const expected = (count) => Array.from({ length: count }, (_, index) => (index % 2 === 0 ? 'a' : 'b'));

  it('get their own, though nothing is known of the page yet', async () => {
    const page = crowded(20, mirror, mirror);
    assert.deepEqual(textsOf(await mixed(page, 20)), expected(20));
    assert.ok(page.runs <= 11, `${page.runs} runs`);
  });

  it('are one run for each variant once that is known', async () => {
    const page = app.page(mirror, async (ctx) => {
      await page.reached(21);
      return mirror(ctx);
    });
    await page.get({ 'x-mode': 'c' });
    assert.deepEqual(textsOf(await mixed(page, 20)), expected(20));
    assert.equal(page.runs, 3);
  });
});
