// Events of content become messages of QStash: each once, after the commit of its write, whatever fails in between.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, test } from 'node:test';
import { startSite } from '../support/strapi-site.mjs';
import { TOKEN, startQstash } from './support/qstash.mjs';

const ARTICLE = 'api::article.article';
const CATEGORY = 'api::category.category';
const NOTE = 'api::note.note';
const HOOK = 'https://example.com/hook';

let qstash;
before(async () => (qstash = await startQstash()));
after(() => qstash?.stop());
afterEach(() => qstash.behave('take'));

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, check, ms = 10_000) {
  for (const end = Date.now() + ms; ; await pause(50)) {
    if (await check()) return;
    assert.ok(Date.now() < end, `not within ${ms} ms: ${what}`);
  }
}

/** A site whose options hold functions. `jobs`: source text of the list. */
const withJobs = (jobs, more = {}) => ({
  env: qstash.env,
  ...more,
  files: {
    'config/plugins.js': `module.exports = () => ({ 'users-permissions': { config: { jwtManagement: 'refresh' } }, upstash: { enabled: true, config: { rateLimit: { enabled: false }, jobs: ${jobs} } } });\n`,
    ...more.files,
  },
});
const core = (kind) => `module.exports = require('@strapi/strapi').factories.createCore${kind}('${NOTE}');\n`;
/** A type in several languages. */
const notes = {
  'src/api/note/content-types/note/schema.json': JSON.stringify({
    kind: 'collectionType',
    collectionName: 'notes',
    info: { singularName: 'note', pluralName: 'notes', displayName: 'Note' },
    options: { draftAndPublish: true },
    pluginOptions: { i18n: { localized: true } },
    attributes: { text: { type: 'string', pluginOptions: { i18n: { localized: true } } }, secret: { type: 'password' } },
  }),
  'src/api/note/routes/note.js': core('Router'),
  'src/api/note/controllers/note.js': core('Controller'),
  'src/api/note/services/note.js': core('Service'),
};

const rows = (site) => site.call((strapi) => strapi.db.connection('upstash_jobs').select('*'));
const stats = (site) => site.call((strapi) => strapi.plugin('upstash').service('jobs').stats());
const articles = (site) => site.call((strapi) => strapi.documents('api::article.article').findMany({ sort: 'slug' }));
const documents = (site, method, uid, params) =>
  site.call((strapi, args) => strapi.documents(args.uid)[args.method](args.params), { method, uid, params });

/** What was taken for a document, as soon as nothing waits any more. */
async function takenOf(site, documentId) {
  await until('nothing waits', async () => (await rows(site)).length === 0);
  return qstash.taken.filter(({ body }) => body.documentId === documentId);
}

describe('a job', () => {
  let site;
  const EVERYTHING = `{ name: 'all', on: ['create', 'update', 'delete', 'publish', 'unpublish'], contentType: '*', url: '${HOOK}' }`;
  const RICH = `{
    name: 'rich', on: 'publish', contentType: '${ARTICLE}', url: '${HOOK}/rich?a=1', delay: '5m', retries: 3, method: 'PUT', timeout: '30 s',
    callback: '${HOOK}/back', failureCallback: '${HOOK}/failed', headers: { 'X-Secret': 'a-header-nobody-may-read' },
    body: async (event, { strapi }) => {
      const article = await strapi.documents(event.contentType).findOne({ documentId: event.documentId, status: 'published', populate: ['category'] });
      if (article.title === 'Throw') throw new Error('on purpose');
      if (article.title === 'Skip') return null;
      if (article.title === 'Hang') return new Promise(() => undefined);
      return { id: event.documentId, title: event.entry.title, now: article.title, rich: true, inTransaction: strapi.db.inTransaction() };
    },
  }`;
  before(async () => {
    site = await startSite(withJobs(`[${EVERYTHING}, ${RICH}]`, { files: notes }));
    await site.call(async (strapi) => {
      await strapi.plugin('i18n').service('locales').create({ code: 'fr', name: 'French' });
    });
  });
  after(() => site?.stop());

  const kinds = (taken) => taken.map(({ body }) => `${body.on} ${body.locale}`).sort();

  test('of a publish through the content manager is sent once, with what happened and nothing of the content', async () => {
    const [{ documentId }] = await articles(site);
    const begin = Date.now();
    await site.admin.publish(ARTICLE, documentId, { title: 'Through the panel' });
    const taken = (await takenOf(site, documentId)).filter(({ body }) => body.on === 'publish');
    assert.equal(taken.length, 1);
    const [{ id, url, headers, body }] = taken;
    assert.deepEqual(Object.keys(body).sort(), ['at', 'contentType', 'documentId', 'id', 'locale', 'on']);
    assert.deepEqual([body.contentType, body.locale, url], [ARTICLE, null, HOOK]);
    assert.ok(Date.parse(body.at) >= begin && Date.parse(body.at) <= Date.now());
    assert.deepEqual([id, headers['upstash-forward-idempotency-key'], headers['content-type']], [`${body.id}-all`, id, 'application/json']);
    assert.deepEqual([headers['upstash-delay'], headers['upstash-retries']], [undefined, undefined]);
  });

  test('takes all options along', async () => {
    const [{ documentId }] = await articles(site);
    await site.admin.publish(ARTICLE, documentId, { title: 'With everything' });
    await until('it is sent', () => qstash.taken.some(({ body }) => body.title === 'With everything'));
    const { url, headers, body } = qstash.taken.find(({ body: { title } }) => title === 'With everything');
    assert.equal(url, `${HOOK}/rich?a=1`);
    const names = ['delay', 'retries', 'method', 'timeout', 'callback', 'failure-callback', 'forward-x-secret'];
    assert.deepEqual(
      names.map((name) => headers[`upstash-${name}`]),
      ['300s', '3', 'PUT', '30s', `${HOOK}/back`, `${HOOK}/failed`, 'a-header-nobody-may-read'],
    );
    assert.deepEqual(body, { id: documentId, title: 'With everything', now: 'With everything', rich: true, inTransaction: false });
  });

  test('whose function throws or never ends gets the default body, and one whose function makes null is not sent', async () => {
    const [{ documentId }] = await articles(site);
    for (const [title, expected] of [['Throw', 1], ['Hang', 1], ['Skip', 0]]) {
      const count = () => qstash.taken.filter(({ url, body }) => url.includes('/rich') && body.on === 'publish').length;
      const earlier = count();
      await site.admin.publish(ARTICLE, documentId, { title });
      await takenOf(site, documentId);
      assert.equal(count() - earlier, expected, title);
    }
    assert.match(site.log(), /making the body of the job rich failed and the default is sent: on purpose/);
  });

  test('is not sent before its transaction is committed', async () => {
    const [, { documentId }] = await articles(site);
    const earlier = qstash.taken.length;
    const done = site.call(async (strapi, id) => {
      await strapi.db.transaction(async () => {
        await strapi.documents('api::article.article').publish({ documentId: id });
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      });
      return Date.now();
    }, documentId);
    await pause(700);
    assert.equal(qstash.taken.length, earlier);
    const committed = await done;
    const taken = (await takenOf(site, documentId)).slice(-1);
    assert.ok(taken[0].at >= committed - 50, `${taken[0].at - committed} ms`);
  });

  test('of a write that is rolled back is never sent', async () => {
    const [, { documentId }] = await articles(site);
    const earlier = (await takenOf(site, documentId)).length;
    await assert.rejects(
      site.call(async (strapi, id) => {
        await strapi.db.transaction(async () => {
          await strapi.documents('api::article.article').update({ documentId: id, data: { title: 'Never' } });
          throw new Error('on purpose');
        });
      }, documentId),
      /on purpose/,
    );
    // Nor of one that fails on its own.
    await assert.rejects(documents(site, 'create', ARTICLE, { status: 'published', data: { title: null, slug: 'never' } }));
    assert.deepEqual(await rows(site), []);
    await pause(500);
    assert.equal((await takenOf(site, documentId)).length, earlier);
  });

  test('of a bulk publish is sent once for each document', async () => {
    const found = await articles(site);
    const documentIds = found.slice(0, 3).map(({ documentId }) => documentId);
    const count = (id) => qstash.taken.filter(({ body }) => body.documentId === id && body.on === 'publish').length;
    const earlier = documentIds.map(count);
    await site.admin.api('POST', `/content-manager/collection-types/${ARTICLE}/actions/bulkPublish`, { documentIds });
    await takenOf(site, '');
    assert.deepEqual(documentIds.map(count), earlier.map((number) => number + 1));
  });

  test('follows each kind of write once, also those that publish on the way', async () => {
    const { documentId } = await documents(site, 'create', ARTICLE, { status: 'published', data: { title: 'Kinds', slug: 'kinds' } });
    assert.deepEqual(kinds(await takenOf(site, documentId)), ['create null', 'publish null']);
    await documents(site, 'update', ARTICLE, { documentId, data: { title: 'Kinds, a draft' } });
    await documents(site, 'update', ARTICLE, { documentId, status: 'published', fields: ['title'], data: { title: 'Kinds, again' } });
    await documents(site, 'discardDraft', ARTICLE, { documentId });
    await documents(site, 'unpublish', ARTICLE, { documentId });
    // There is nothing left to unpublish.
    await documents(site, 'unpublish', ARTICLE, { documentId });
    await documents(site, 'publish', ARTICLE, { documentId });
    const clone = await documents(site, 'clone', ARTICLE, { documentId, data: { slug: 'kinds-clone' } });
    await documents(site, 'delete', ARTICLE, { documentId });
    await documents(site, 'delete', ARTICLE, { documentId: 'nobody' });
    const expected = ['create', 'delete', 'publish', 'publish', 'publish', 'unpublish', 'update', 'update'];
    assert.deepEqual(kinds(await takenOf(site, documentId)), expected.map((on) => `${on} null`));
    assert.deepEqual(kinds(await takenOf(site, clone.documentId)), ['create null']);
    assert.deepEqual(await takenOf(site, 'nobody'), []);
    const plain = await documents(site, 'create', CATEGORY, { status: 'published', data: { name: 'Plain', slug: 'plain' } });
    assert.deepEqual(kinds(await takenOf(site, plain.documentId)), ['create null'], 'what has no drafts is not published');
  });

  test('follows each language of a document', async () => {
    const { documentId } = await documents(site, 'create', NOTE, { data: { text: 'English', secret: 'correct horse' }, locale: 'en' });
    await documents(site, 'update', NOTE, { documentId, data: { text: 'Français' }, locale: 'fr' });
    await documents(site, 'publish', NOTE, { documentId, locale: '*' });
    await documents(site, 'delete', NOTE, { documentId, locale: '*' });
    const expected = ['create en', 'delete en', 'delete fr', 'publish en', 'publish fr', 'update fr'];
    assert.deepEqual(kinds(await takenOf(site, documentId)), expected);
  });

  test('that came with an import of another site is not sent', async () => {
    const event = JSON.stringify({ id: 'x', on: 'publish', contentType: ARTICLE, documentId: 'imported', locale: null, at: '', entry: {} });
    await site.call(
      (strapi, data) => strapi.db.query('plugin::upstash.job').create({ data }),
      { key: 'imported', job: 'all', event, noted: Date.now(), due: Date.now(), attempts: 0 },
    );
    await pause(6_000);
    assert.ok(!qstash.taken.some(({ id }) => id === 'imported'));
    const { failed, pending } = await stats(site);
    assert.deepEqual([failed, pending], [1, 0]);
    await site.call((strapi) => strapi.db.connection('upstash_jobs').delete());
  });

  test('no secret is in the log, in the configuration that is shown, or in the database', async () => {
    const shown = await site.call((strapi) => JSON.stringify(strapi.config.get('plugin::upstash')));
    assert.ok(shown.includes('"rich"') && shown.includes(qstash.url), shown);
    for (const text of [shown, site.log()]) assert.ok(!text.includes(TOKEN) && !text.includes('a-header-nobody-may-read'));
    qstash.behave('hang');
    const { documentId } = await documents(site, 'create', NOTE, { data: { text: 'x', secret: 'correct horse' } });
    assert.ok(!JSON.stringify(await rows(site)).includes('$2'), 'a hash of a password is noted');
    qstash.behave('take');
    await documents(site, 'delete', NOTE, { documentId });
  });

  test('is shown to nobody', async () => {
    const { data } = await site.admin.api('GET', '/content-manager/content-types');
    assert.deepEqual(data.filter(({ uid, isDisplayed }) => uid.startsWith('plugin::upstash') && isDisplayed), []);
    assert.equal((await site.get('/api/upstash/jobs')).status, 404);
  });
});

const ONE = `[{ name: 'one', on: 'publish', contentType: '${ARTICLE}', url: '${HOOK}' }]`;

describe('while QStash', () => {
  let site;
  let documentId;
  before(async () => {
    site = await startSite(withJobs(ONE));
    [{ documentId }] = await articles(site);
  });
  after(() => site?.stop());

  /** Messages taken since, as soon as nothing waits. */
  async function during(mode, count) {
    const earlier = qstash.taken.length;
    qstash.behave(mode);
    const times = [];
    for (let i = 0; i < count; i += 1) {
      const begin = performance.now();
      await site.admin.publish(ARTICLE, documentId, { title: `${mode} ${i}` });
      times.push(performance.now() - begin);
    }
    return { times, taken: () => qstash.taken.slice(earlier) };
  }

  test('fails, editors go on, and everything is sent once it is back', async () => {
    const { taken } = await during('fail', 12);
    const { data } = await site.admin.api('GET', '/upstash/status');
    assert.deepEqual([data.jobs.enabled, data.jobs.pending, data.jobs.failed], [true, 12, 0]);
    assert.equal(taken().length, 0);
    qstash.behave('take');
    await until('all are sent', async () => (await stats(site)).pending === 0, 30_000);
    assert.deepEqual([taken().length, new Set(taken().map(({ id }) => id)).size], [12, 12]);
    assert.match(site.log(), /sending the job one failed and is tried again: .*on purpose/);
  });

  test('hangs, no write waits for it', async () => {
    const { times, taken } = await during('hang', 8);
    assert.ok(Math.max(...times) < 3_000, times.join());
    qstash.behave('take');
    await until('all are sent', async () => (await stats(site)).pending === 0, 60_000);
    assert.deepEqual([taken().length, new Set(taken().map(({ id }) => id)).size], [8, 8]);
  });

  test('takes a message whose answer is lost, it gets the same deduplication id again', async () => {
    const { taken } = await during('lose', 1);
    await until('it is sent', async () => (await stats(site)).pending === 0, 20_000);
    const ids = taken().map(({ id, deduplicated }) => [id, deduplicated]);
    assert.deepEqual(ids, [[ids[0][0], false], [ids[0][0], true]]);
  });

  test('refuses a message, it is given up after five attempts, and sent when somebody says so', async () => {
    const { tried } = qstash;
    const { taken } = await during('refuse', 1);
    await until('it is given up', async () => (await stats(site)).failed === 1, 60_000);
    assert.equal(qstash.tried - tried, 5);
    assert.match(site.log(), /the job one was given up, and its row \d+ is kept for 30 days: .*no such thing/);
    qstash.behave('take');
    assert.equal(await site.call((strapi) => strapi.plugin('upstash').service('jobs').retry()), 1);
    await until('it is sent', async () => taken().length === 1);
    await until('none is left', async () => (await rows(site)).length === 0);
  });

  test('hangs, SIGTERM ends the site all the same', async () => {
    await during('hang', 3);
    const ended = await site.stop();
    assert.deepEqual([ended.forced, ended.ms < 6_000], [false, true], `${ended.ms} ms`);
  });
});

describe('of several processes', () => {
  let first;
  let documentIds;
  const others = [];
  before(async () => {
    first = await startSite(withJobs(ONE));
    documentIds = (await articles(first)).map(({ documentId }) => documentId);
  });
  after(async () => {
    for (const other of others) await other.stop();
    await first?.stop();
  });

  const another = async () => {
    const site = await startSite(withJobs(ONE, { database: first.database }));
    others.push(site);
    return site;
  };
  /** Publishes and is killed when the database has committed that, before anybody in the process hears of it. */
  const publishAndDie = (site, documentId) =>
    site
      .call((strapi, id) => {
        const driver = strapi.db.connection.client.constructor.prototype;
        const { _query } = driver;
        driver._query = async function query(connection, asked) {
          const answer = await _query.call(this, connection, asked);
          if (/^commit/i.test(asked.sql)) process.kill(process.pid, 'SIGKILL');
          return answer;
        };
        return strapi.documents('api::article.article').publish({ documentId: id });
      }, documentId)
      .then(() => assert.fail('it lives'), () => site.ended);

  test('one that is killed between commit and send leaves it to one that runs', async () => {
    const earlier = qstash.taken.length;
    await publishAndDie(await another(), documentIds[0]);
    await until('it is sent', async () => qstash.taken.length > earlier, 15_000);
    assert.equal(qstash.taken.at(-1).body.documentId, documentIds[0]);
    await until('no row is left', async () => (await rows(first)).length === 0);
  });

  test('or, where there is none, to the one that is started next', async () => {
    const victim = await startSite(withJobs(ONE));
    others.push(victim);
    const earlier = qstash.taken.length;
    await publishAndDie(victim, documentIds[0]);
    await pause(500);
    assert.equal(qstash.taken.length, earlier, 'it was sent before it was killed');
    const next = await startSite(withJobs(ONE, { database: victim.database }));
    try {
      await until('it is sent', async () => qstash.taken.length > earlier, 15_000);
      await until('no row is left', async () => (await rows(next)).length === 0);
      assert.equal(qstash.taken.length, earlier + 1);
    } finally {
      await next.stop();
    }
  });

  test('one that is killed while it sends is stood in for by one that runs, under the same deduplication id', async () => {
    const victim = await another();
    qstash.behave('hang');
    const { tried } = qstash;
    await documents(victim, 'publish', ARTICLE, { documentId: documentIds[1] });
    await until('it is being sent', () => qstash.tried > tried);
    const [{ key }] = await rows(first);
    process.kill(victim.pid, 'SIGKILL');
    await victim.ended;
    qstash.behave('take');
    await until('it is sent', () => qstash.taken.some(({ id }) => id === key), 50_000);
    await until('no row is left', async () => (await rows(first)).length === 0);
  });

  test('two never send the same', async () => {
    const other = await another();
    const earlier = qstash.taken.length;
    await Promise.all(
      [first, other].map(async (site, at) => {
        // One of two processes on one SQLite file may find it locked, whatever they write.
        for (let done = 0; done < 15; ) {
          await documents(site, 'publish', ARTICLE, { documentId: documentIds[at] }).then(() => (done += 1), ({ message }) => assert.match(message, /locked/));
        }
      }),
    );
    await until('none waits', async () => (await rows(first)).length === 0, 20_000);
    const ids = qstash.taken.slice(earlier).map(({ id }) => id);
    assert.deepEqual([ids.length, new Set(ids).size], [30, 30]);
    const sent = [(await stats(first)).sent, (await stats(other)).sent];
    assert.ok(sent.every((number) => number > 0), sent.join());
  });
});

describe('Strapi does not start, and says why, with', () => {
  const job = `on: 'publish', url: 'https://example.com/secret-in-a-path'`;
  const cases = {
    'a job and no token': [ONE, { env: {} }, 'qstash.token: missing while there are jobs; set QSTASH_TOKEN'],
    'an event that is none': [`[{ ${job}, contentType: '${ARTICLE}', on: 'save' }]`, {}, "jobs[0].on: found 'save'; expected 'create', 'update'"],
    'a type that is none': [`[{ ${job}, contentType: 'api::artcle.artcle' }]`, {}, "jobs[0].contentType: found 'api::artcle.artcle'; expected a content type of this site"],
    'a publish of what has no drafts': [`[{ ${job}, contentType: '${CATEGORY}' }]`, {}, `jobs[0].on: found 'publish' of ${CATEGORY}, which has no draft & publish`],
  };
  for (const [name, [jobs, more, sentence]] of Object.entries(cases)) {
    test(name, async () => {
      const error = await startSite(withJobs(jobs, more)).then(
        (site) => site.stop().then(() => assert.fail('it started')),
        (failure) => failure,
      );
      assert.ok(error.log?.includes(sentence), error.log ?? error.message);
      assert.ok(!error.log.includes('secret-in-a-path') && !error.log.includes(TOKEN));
    });
  }
});

test('with qstash.enabled false, nothing is noted and no token is needed', async () => {
  const site = await startSite(withJobs(`${ONE}, qstash: { enabled: false }`, { env: {} }));
  try {
    const [{ documentId }] = await articles(site);
    await site.admin.publish(ARTICLE, documentId, { title: 'Off' });
    assert.deepEqual(await rows(site), []);
    assert.match(site.log(), /jobs off/);
  } finally {
    await site.stop();
  }
});

test('the configuration in docs/jobs.md does what is said there', async () => {
  const [, config] = /^```js\n(\/\/ config\/plugins\.js\n.*?)^```/ms.exec(await readFile(new URL('../../docs/jobs.md', import.meta.url), 'utf8'));
  const site = await startSite({ env: qstash.env, files: { 'config/plugins.js': config } });
  try {
    const [{ documentId }] = await articles(site);
    const earlier = qstash.taken.length;
    await site.admin.publish(ARTICLE, documentId, { title: 'From the docs' });
    await until('both are sent', () => qstash.taken.length === earlier + 2);
    const [letter, index] = qstash.taken.slice(earlier).sort((a, b) => (a.url < b.url ? -1 : 1)).toReversed();
    assert.deepEqual([letter.headers['upstash-delay'], letter.headers['upstash-retries']], ['300s', '3']);
    assert.deepEqual(letter.body, { documentId, title: 'From the docs' });
    assert.deepEqual([index.body.on, index.body.documentId], ['publish', documentId]);
  } finally {
    await site.stop();
  }
});
