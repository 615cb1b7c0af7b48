// Purges that Upstash has not acknowledged are noted in the site's database, with the write that caused them: a process
// that is killed loses none.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startSite } from '../support/strapi-site.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { cache, withoutLimit } from './support/probe-api.mjs';

const LIST = '/api/articles?sort=slug&fields=title';
const headers = { host: 'blog.example' };

let upstash;
let options;

before(async () => {
  upstash = await startUpstash();
  options = {
    plugins: withoutLimit({ deadline: '300 ms', l1: { maxAge: '100 ms' } }),
    env: { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token },
  };
});
after(() => upstash?.stop());
beforeEach(() => upstash.heal());

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const titles = async (site) => {
  const answer = await site.get(LIST, { headers });
  return { titles: answer.json.data.map(({ title }) => title), cache: cache(answer) };
};
const rows = (site) => site.call((strapi) => strapi.db.connection('upstash_purges').select('what', 'noted'));

async function until(what, check, ms = 5_000) {
  for (const end = Date.now() + ms; ; await pause(50)) {
    if (await check()) return;
    assert.ok(Date.now() < end, `not within ${ms} ms: ${what}`);
  }
}

/** Publishes the first article under another title, as an editor does, and gives that title. */
let edits = 0;
async function edit(site) {
  edits += 1;
  const title = `Edited ${edits}`;
  const { documentId } = await site.call((strapi) => strapi.documents('api::article.article').findFirst({ status: 'published', sort: 'slug' }));
  await site.admin.publish('api::article.article', documentId, { title });
  return title;
}

/** Fills Upstash with the list as it is, from one process. */
async function fill(site) {
  await pause(150);
  await site.get(LIST, { headers });
  await until('the list is in Upstash', async () => (await upstash.redis.command('KEYS', 'strapi:/api/articles*fields=title*')).length > 0);
}

describe('a process that is killed before Upstash knows of its purge', () => {
  test('leaves a note, and the one that starts after it makes the purge before it answers', async () => {
    const first = await startSite(options);
    const database = first.database;
    // Its folder goes with it, and the database is in it: another process holds it open.
    const other = await startSite({ ...options, database });
    try {
      await fill(first);
      await upstash.misbehave('refuse');
      const title = await edit(first);
      assert.ok((await rows(other)).length > 0);
      process.kill(first.pid, 'SIGKILL');
      await first.ended;
      await upstash.heal();
      assert.ok((await upstash.redis.command('KEYS', 'strapi:/api/articles*fields=title*')).length > 0, 'what is stale is still there');
      const next = await startSite({ ...options, database });
      try {
        const seen = await titles(next);
        assert.ok(seen.titles.includes(title), JSON.stringify(seen));
        // And for the one that was there all the time.
        await until('the other process is fresh', async () => (await titles(other)).titles.includes(title));
      } finally {
        await next.stop();
      }
    } finally {
      await other.stop();
      await first.stop();
    }
  });

  test('is stood in for by those that go on, soon', async () => {
    const first = await startSite(options);
    const other = await startSite({ ...options, database: first.database });
    try {
      await fill(first);
      await upstash.misbehave('refuse');
      const title = await edit(first);
      process.kill(first.pid, 'SIGKILL');
      await first.ended;
      await upstash.heal();
      await until('the other process is fresh', async () => (await titles(other)).titles.includes(title), 30_000);
    } finally {
      await other.stop();
      await first.stop();
    }
  });
});

describe('the notes', () => {
  let site;
  before(async () => (site = await startSite(options)));
  after(() => site?.stop());

  test('of what Upstash has acknowledged are crossed out', async () => {
    await edit(site);
    await site.call((strapi) => strapi.db.query('api::category.category').updateMany({ where: { id: { $gt: 0 } }, data: { name: 'Renamed' } }));
    await site.call((strapi) => strapi.plugin('upstash').service('cache').purgeTags('prices'));
    await until('no rows are left', async () => (await rows(site)).length === 0, 15_000);
  });

  test('stay while it does not answer, one for each kind of thing in a transaction, and go when it is back', async () => {
    await upstash.misbehave('refuse');
    await site.call((strapi) =>
      strapi.db.transaction(async () => {
        for (let i = 0; i < 5; i += 1) {
          await strapi.db.query('api::category.category').updateMany({ where: { id: { $gt: 0 } }, data: { name: `Name ${i}` } });
        }
      }),
    );
    await pause(600);
    const left = await rows(site);
    assert.equal(left.filter(({ what }) => what === '{"types":["api::category.category"]}').length, 1);
    await upstash.heal();
    await until('no rows are left', async () => (await rows(site)).length === 0, 30_000);
  });

  test('of a write that is rolled back are rolled back as well', async () => {
    await upstash.misbehave('refuse');
    await site
      .call((strapi) =>
        strapi.db.transaction(async () => {
          await strapi.db.query('api::category.category').updateMany({ where: { id: { $gt: 0 } }, data: { name: 'Never' } });
          throw new Error('on purpose');
        }),
      )
      .catch(() => undefined);
    assert.deepEqual(await rows(site), []);
  });

  test('are shown to nobody', async () => {
    const { data } = await site.admin.api('GET', '/content-manager/content-types');
    const shown = data.filter(({ uid, isDisplayed }) => uid.startsWith('plugin::upstash') && isDisplayed);
    assert.deepEqual(shown, []);
    assert.equal((await site.get('/api/upstash/purges')).status, 404);
  });

  test('cost nothing without Upstash', async () => {
    const alone = await startSite({ plugins: withoutLimit() });
    try {
      await alone.call((strapi) => {
        globalThis.noted = 0;
        strapi.db.connection.on('query', ({ sql }) => (globalThis.noted += /upstash_purges/.test(sql) ? 1 : 0));
      });
      await edit(alone);
      assert.equal(await alone.call(() => globalThis.noted), 0);
    } finally {
      await alone.stop();
    }
  });
});
