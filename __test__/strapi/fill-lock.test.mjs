// Two processes, one Upstash: one of them runs a controller, and the other waits for its answer, but never for long.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { apiOf, ask, open, runsOf, until } from './support/auth-api.mjs';
import { withoutLimit } from './support/probe-api.mjs';
import { startTwins } from './support/twins.mjs';

const FILL_LOCK_MS = 2_000;
/** What a request may cost beside all that is waited for, on a busy machine. */
const SLACK_MS = 500;

const handlers = {
  slow: 'const rows = await read(); await pause(300); ctx.body = { run, by: process.pid, titles: rows.map((row) => row.title) };',
  // As long as the process was told when it began.
  held: `
    const ms = globalThis.holdMs ?? 0;
    const rows = await read();
    await pause(ms);
    ctx.body = { run, by: process.pid, titles: rows.map((row) => row.title) };`,
  private: `await read(); await pause(100); ctx.set('Cache-Control', 'private'); ctx.body = { run, by: process.pid };`,
  thrown: `
    const fails = globalThis.fails;
    await read();
    await pause(200);
    if (fails) throw new Error('on purpose');
    ctx.body = { run, by: process.pid };`,
};

let twins;
let upstash;
let a;
let b;

before(async () => {
  twins = await startTwins({
    files: apiOf('work', handlers, open(handlers)),
    plugins: withoutLimit({ deadline: '1 s', rateLimit: { enabled: false }, cache: { fillLock: `${FILL_LOCK_MS} ms`, earlyRefresh: false } }),
  });
  ({ upstash, a, b } = twins);
  // It opens with the first use.
  for (const site of [a, b]) {
    await ask(site, '/api/articles');
    await until('the bus is open', async () => (await site.call((strapi) => strapi.plugin('upstash').service('cache').stats())).bus === 'open');
  }
});
after(() => twins?.stop());

let paths = 0;
const unasked = (name) => `/api/work/${name}?n=${(paths += 1)}`;
const runs = async (name) => (await runsOf(a, `work.${name}`)) + (await runsOf(b, `work.${name}`));
const set = (site, name, value) => site.call((_strapi, [key, to]) => (globalThis[key] = to), [name, value]);

async function timed(request) {
  const began = performance.now();
  const answer = await request;
  return { ...answer, ms: performance.now() - began };
}

/**
 * Asks `site` and resolves once the handler runs, to the answer still to come.
 *
 * @param {object} told `holdMs`: how long the handler takes; `fails`: whether it throws
 */
async function begin(site, path, handler, told) {
  for (const [name, value] of Object.entries(told)) await set(site, name, value);
  const already = await runsOf(site, `work.${handler}`);
  const answer = timed(ask(site, path));
  await until('the handler runs', async () => (await runsOf(site, `work.${handler}`)) > already);
  for (const name of Object.keys(told)) await set(site, name, undefined);
  return { answer };
}

test('20 misses at once on each of two processes run a slow controller once in all', async () => {
  for (let round = 0; round < 5; round += 1) {
    const path = unasked('slow');
    const already = await runs('slow');
    const all = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(i % 2 === 0 ? a : b, path)));
    assert.equal((await runs('slow')) - already, 1);
    assert.equal(new Set(all.map(({ text }) => text)).size, 1);
    assert.deepEqual(all.map(({ cache }) => cache).toSorted(), [...Array(39).fill('HIT'), 'MISS']);
  }
});

test('who waited is given what the other made, about when that was made', async () => {
  const path = unasked('held');
  const { answer } = await begin(b, path, 'held', { holdMs: 700 });
  const [made, waited] = await Promise.all([answer, timed(ask(a, path))]);
  assert.deepEqual([made.cache, waited.cache, waited.text], ['MISS', 'HIT', made.text]);
  assert.match(waited.told, /^strapi-upstash; hit; ttl=\d+; detail=upstash$/);
  assert.ok(waited.ms < made.ms + SLACK_MS / 2, `${made.ms} and ${waited.ms} ms`);
});

test('a controller that takes longer than the lock delays the other process by no more than that', async () => {
  const path = unasked('held');
  const { answer } = await begin(b, path, 'held', { holdMs: FILL_LOCK_MS * 2 });
  const { status, body, ms } = await timed(ask(a, path));
  assert.deepEqual([status, body.by], [200, a.pid]);
  assert.ok(ms < FILL_LOCK_MS + SLACK_MS, `${ms} ms`);
  assert.equal((await answer).status, 200);
});

test('an answer that may not be shared is made by each process, and nobody waits for it twice', async () => {
  const path = unasked('private');
  await ask(a, path);
  const all = await Promise.all([a, b, a, b].map((site) => timed(ask(site, path))));
  assert.equal(new Set(all.map(({ body }) => `${body.by} ${body.run}`)).size, 4);
  for (const { ms } of all) assert.ok(ms < 100 + SLACK_MS, `${ms} ms`);
});

test('a leader that throws lets the other process go on at once', async () => {
  const path = unasked('thrown');
  const { answer } = await begin(b, path, 'thrown', { fails: true });
  const { status, body, ms } = await timed(ask(a, path));
  assert.equal((await answer).status, 500);
  assert.deepEqual([status, body.by], [200, a.pid]);
  assert.ok(ms < 400 + SLACK_MS, `${ms} ms`);
});

test('a purge during the fill makes nobody wait for what was begun before it', async () => {
  const path = unasked('held');
  const { answer } = await begin(b, path, 'held', { holdMs: FILL_LOCK_MS * 2 });
  const waiting = timed(ask(a, path));
  await a.call((strapi) => strapi.db.query('api::article.article').updateMany({ where: {}, data: { title: 'Meanwhile' } }));
  const next = await timed(ask(a, path));
  assert.deepEqual([next.body.by, next.body.titles[0]], [a.pid, 'Meanwhile']);
  assert.ok(next.ms < SLACK_MS, `${next.ms} ms`);
  const earlier = await waiting;
  assert.ok(earlier.ms < SLACK_MS * 2, `${earlier.ms} ms`);

  // On the process of the old fill as well, which is not the newest any more.
  const there = await timed(ask(b, path));
  assert.equal(there.body.titles[0], 'Meanwhile');
  assert.ok(there.ms < SLACK_MS, `${there.ms} ms`);
  await answer;
  for (const site of [a, b]) assert.equal((await ask(site, path)).body.titles[0], 'Meanwhile');
});

test('Upstash that is away costs no lock and no wait', async () => {
  await upstash.misbehave('hang');
  try {
    for (let i = 0; i < 6; i += 1) assert.equal((await ask(a, unasked('slow'))).status, 200);
    const { status, ms } = await timed(ask(a, unasked('slow')));
    assert.equal(status, 200);
    assert.ok(ms < 300 + SLACK_MS, `${ms} ms`);
  } finally {
    await upstash.heal();
  }
  await until('Upstash is used again', async () => {
    await ask(a, unasked('private'));
    return (await a.call((strapi) => strapi.plugin('upstash').service('cache').stats())).breaker === 'closed';
  }, 20_000);
});

// The last one: one of the two is no more.
test('a process that is killed while it makes an answer delays the other by no more than the lock', async () => {
  const path = unasked('held');
  const { answer } = await begin(b, path, 'held', { holdMs: 60_000 });
  const lost = answer.catch(() => undefined);
  await b.stop('SIGKILL');
  await lost;
  const all = await Promise.all(Array.from({ length: 10 }, () => timed(ask(a, path))));
  for (const { status, body, ms } of all) {
    assert.deepEqual([status, body.by], [200, a.pid]);
    assert.ok(ms < FILL_LOCK_MS + SLACK_MS, `${ms} ms`);
  }
  assert.equal(new Set(all.map(({ body }) => body.run)).size, 1);
});
