// Processes that hear each other: a purge of one is known to the others at once, and while nothing is purged they ask
// Upstash for nothing.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { cache, withoutLimit } from './support/probe-api.mjs';
import { startTwins } from './support/twins.mjs';

const ARTICLE = 'api::article.article';
const LIST = '/api/articles?sort=slug&fields=title';
const headers = { host: 'blog.example' };
/** How long a purge may be on its way over loopback, on a busy machine. */
const SOON_MS = 1_000;
const HEARTBEAT_MS = 1_000;

let twins;
let upstash;
let a;
let b;
let documentId;

before(async () => {
  twins = await startTwins({
    // So long that nothing here is fresh for want of trust.
    plugins: withoutLimit({ deadline: '1 s', l1: { maxAge: '1 ms' }, bus: { heartbeat: `${HEARTBEAT_MS} ms` }, rateLimit: { enabled: false } }),
  });
  ({ upstash, a, b, documentId } = twins);
});
after(() => twins?.stop());
afterEach(() => upstash.heal());

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const get = async (site, path = LIST) => {
  const answer = await site.get(path, { headers });
  return { text: answer.text, cache: cache(answer), isFromMemory: /^strapi-upstash; hit; ttl=\d+$/.test(answer.headers['cache-status']) };
};
const bus = async (site) => (await site.call((strapi) => strapi.plugin('upstash').service('cache').stats())).bus;

async function until(what, check, ms = 10_000) {
  for (const end = Date.now() + ms; ; await pause(20)) {
    if (await check()) return;
    assert.ok(Date.now() < end, `not within ${ms} ms: ${what}`);
  }
}

/** Both hold the list in memory and trust it. */
async function warm() {
  for (const site of [a, b]) {
    await until('the list is answered from memory', async () => (await get(site)).isFromMemory);
  }
}

let edits = 0;
async function edit(site) {
  edits += 1;
  const title = `Told ${edits}`;
  // Two processes write to one SQLite file, which refuses one of them where their transactions meet.
  await site.admin.publish(ARTICLE, documentId, { title }).catch((error) => {
    assert.match(site.log(), /SQLITE_BUSY|database is locked/, error.message);
    return site.admin.publish(ARTICLE, documentId, { title });
  });
  return title;
}

test('what is in memory costs no command, long after it would not be trusted alone', async () => {
  await warm();
  assert.deepEqual([await bus(a), await bus(b)], ['open', 'open']);
  upstash.stats.reset();
  for (let i = 0; i < 40; i += 1) {
    for (const site of [a, b]) assert.ok((await get(site)).isFromMemory);
    await pause(25);
  }
  const commands = upstash.stats.commands.map(([name]) => `${name}`.toUpperCase());
  // The signs of life, and not one of each.
  assert.ok(commands.every((name) => /^EVAL(SHA)?$/.test(name)) && commands.length <= 4, commands.join());
});

test('a publish on one is seen on the other at once, in both directions', async () => {
  for (const [writer, reader] of [[a, b], [b, a], [a, b]]) {
    await warm();
    const title = await edit(writer);
    assert.ok((await get(writer)).text.includes(title), 'on the process that wrote');
    await until('the other process is fresh', async () => (await get(reader)).text.includes(title), SOON_MS);
  }
});

test('so are a purge by pattern and one of everything', async () => {
  for (const purge of ["purgePattern('strapi:/api/articles*')", 'purgeAll()']) {
    await warm();
    await a.call(`await strapi.plugin('upstash').service('cache').${purge}; return null;`);
    await until(purge, async () => !(await get(b)).isFromMemory, SOON_MS);
  }
});

test('what was told while the channel was broken is read from the log', async () => {
  await warm();
  // Streams are cut, and cannot be opened again for a while; commands of the writer get through.
  await upstash.misbehave('drop', { match: (name) => /^subscribe$/i.test(name) });
  await upstash.cutStreams();
  const title = await edit(a);
  await until('the other process does not trust its memory', async () => (await get(b)).text.includes(title), SOON_MS);
  await upstash.heal();
  await until('the channel is open again', async () => (await bus(b)) === 'open', 20_000);
  assert.ok((await get(b)).text.includes(title));
});

test('a channel that falls silent without breaking is not trusted for long', async () => {
  await warm();
  await upstash.silenceStreams();
  const title = await edit(a);
  // It may answer from memory until the sign of life is missed, and no longer.
  await until('the other process does not trust its memory', async () => (await get(b)).text.includes(title), 2 * HEARTBEAT_MS + SOON_MS);
  await upstash.cutStreams();
  await until('the channel is open again', async () => (await bus(b)) === 'open', 20_000);
});

test('after Redis has lost everything, purges are heard as before', async () => {
  await warm();
  await upstash.redis.command('FLUSHALL');
  const title = await edit(a);
  await until('the other process is fresh', async () => (await get(b)).text.includes(title), SOON_MS);
  await warm();
  const next = await edit(b);
  await until('the other process is fresh', async () => (await get(a)).text.includes(next), SOON_MS);
});
