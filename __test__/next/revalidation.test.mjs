// How a publish reaches a front end: what Strapi sends, when, and how often; and whom the front end believes.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCache, verifyRevalidation } from 'strapi-upstash/next';
import { until } from '../support/rest-client.mjs';
import { startSite } from '../support/strapi-site.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { SECRET, startReceiver } from './support/receiver.mjs';

const ARTICLE = 'api::article.article';
const CATEGORY = 'api::category.category';

describe('a request', () => {
  const EVENT = { types: [ARTICLE], tags: [`w:${ARTICLE}`], everything: false };
  const seconds = () => Math.floor(Date.now() / 1000);

  function request({ body = JSON.stringify(EVENT), secret = SECRET, time = seconds(), signed = body, header } = {}) {
    const hex = createHmac('sha256', secret).update(`${time}.${signed}`).digest('hex');
    const headers = { 'x-strapi-upstash-signature': header ?? `t=${time},v1=${hex}` };
    return new Request('http://127.0.0.1/', { method: 'POST', body, headers });
  }

  it('that is signed with the secret tells what changed', async () => {
    assert.deepEqual(await verifyRevalidation(request(), SECRET), EVENT);
    assert.deepEqual(await verifyRevalidation(request(), ['another-secret-12', SECRET]), EVENT);
  });

  it('tells nothing otherwise', async () => {
    const time = seconds();
    for (const [what, made] of [
      ['another secret', request({ secret: 'another' })],
      ['another body', request({ signed: '{}' })],
      ['too old', request({ time: time - 301 })],
      ['of the future', request({ time: time + 301 })],
      ['no signature', request({ header: '' })],
      ['half a signature', request({ header: `t=${time},v1=abcd` })],
      ['a time that is none', request({ header: `t=now,v1=${'0'.repeat(64)}` })],
      ['no JSON', request({ body: '{' })],
      ['no event', request({ body: '{"types":"x"}' })],
      ['too long', request({ body: `${JSON.stringify(EVENT)}${' '.repeat(1024 * 1024)}` })],
      ['no body', new Request('http://127.0.0.1/', { method: 'POST', headers: request().headers })],
    ]) {
      assert.equal(await verifyRevalidation(made, SECRET), null, what);
    }
  });

  it('may be as old as is said', async () => {
    assert.deepEqual(await verifyRevalidation(request({ time: seconds() - 301 }), SECRET, { tolerance: 600 }), EVENT);
    assert.equal(await verifyRevalidation(request({ time: seconds() - 30 }), SECRET, { tolerance: 10 }), null);
  });

  it('is not looked at without a secret', async () => {
    for (const secret of [undefined, '', [], [undefined]]) {
      await assert.rejects(verifyRevalidation(request(), secret), { code: 'E_CONFIG', message: /^secret: expected/ });
    }
  });
});

for (const store of ['memory', 'Upstash']) {
  describe(`Strapi with ${store}`, () => {
    let receiver;
    let upstash;
    let site;
    let article;

    before(async () => {
      receiver = await startReceiver();
      const env = {};
      if (store === 'Upstash') {
        upstash = await startUpstash();
        Object.assign(env, { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token });
      }
      const config = { rateLimit: { enabled: false }, revalidate: { url: receiver.url, secret: SECRET, timeout: '1 s' } };
      site = await startSite({ env, plugins: { upstash: { enabled: true, config } } });
      article = await site.call((strapi) => strapi.documents('api::article.article').findFirst({ status: 'published', sort: 'slug', populate: ['category'] }));
      // What the start wrote.
      await sleep(300);
      receiver.events.length = 0;
    });
    afterEach(async () => {
      receiver.answer(200);
      receiver.events.length = 0;
      await upstash?.heal();
    });
    after(async () => {
      await site?.stop();
      await upstash?.stop();
      receiver?.stop();
    });

    const publish = (title) => site.admin.publish(ARTICLE, article.documentId, { title });
    const told = (count = 1) => until(() => receiver.events.length >= count);

    it('tells the front end of a publish, in one request, with what purges there what shows it', async () => {
      const cache = createCache({ url: '', token: '' });
      const show = (tags, value) => cache.cached(tags[0], { tags }, () => value);
      const tags = [[ARTICLE], [`${ARTICLE}:${article.documentId}`], [`${ARTICLE}:other`], [CATEGORY]];
      for (const each of tags) await show(each, 'old');
      await publish('Told');
      await told();
      const [event] = receiver.events;
      assert.deepEqual([event.types, event.everything], [[ARTICLE], false]);
      await cache.purge(event.tags);
      assert.deepEqual(await Promise.all(tags.map((each) => show(each, 'new'))), ['new', 'new', 'old', 'old']);
      await sleep(200);
      assert.equal(receiver.events.length, 1);
      cache.close();
    });

    it('tells nothing of drafts, of log-ins, and of what is rolled back', async () => {
      await site.admin.save(ARTICLE, article.documentId, { title: 'Not yet' });
      await site.admin.api('GET', '/admin/users/me');
      await site.request('/admin/login', { method: 'POST', body: { email: 'admin@example.com', password: 'Correct-horse-7' } });
      await site.call(async (strapi, id) => {
        const work = async () => {
          await strapi.documents('api::article.article').update({ documentId: id, data: { title: 'Never' }, status: 'published' });
          throw new Error('rolled back');
        };
        await strapi.db.transaction(work).catch(() => undefined);
      }, article.documentId);
      await sleep(300);
      assert.deepEqual(receiver.events, []);
    });

    it('tells of purges from code, by their names', async () => {
      await site.call((strapi) => strapi.plugin('upstash').service('cache').purgeTags('prices'));
      await told();
      assert.deepEqual(receiver.events, [{ types: [], tags: ['prices'], everything: false }]);
      await site.call((strapi) => strapi.plugin('upstash').service('cache').purgeAll());
      await told(2);
      assert.equal(receiver.events[1].everything, true);
    });

    it('tells it again until the front end takes it, with what changed meanwhile, and delays no write', async () => {
      receiver.answer(503);
      const begin = Date.now();
      await publish('Once');
      assert.ok(Date.now() - begin < 2_000);
      await told(1);
      await site.admin.save(CATEGORY, article.category.documentId, { name: 'Renamed' });
      receiver.answer(200);
      await until(() => receiver.events.some((event) => event.types.includes(CATEGORY)));
      const last = receiver.events.at(-1);
      assert.deepEqual(last.types.toSorted(), [ARTICLE, CATEGORY]);
      await sleep(700);
      assert.equal(receiver.events.at(-1), last);
    });

    it('goes on when the front end never answers, and tells it later', async () => {
      receiver.answer('never');
      const begin = Date.now();
      await publish('Hanging');
      assert.ok(Date.now() - begin < 900, 'a write does not wait for the front end');
      await told(1);
      receiver.answer(200);
      await told(2);
      assert.deepEqual(receiver.events.map(({ types }) => types), [[ARTICLE], [ARTICLE]]);
    });

    it('says nothing of the secret', async () => {
      assert.doesNotMatch(site.log(), new RegExp(SECRET));
      const shown = await site.call((strapi) => JSON.stringify(strapi.config.get('plugin::upstash')));
      assert.match(shown, /"revalidate":\{"url":"http:/);
      assert.doesNotMatch(shown, new RegExp(SECRET));
    });

    if (store === 'Upstash') {
      it('tells it when Upstash knows of the purge, and not before', async () => {
        await upstash.misbehave('refuse');
        await publish('Later');
        await sleep(1_000);
        assert.deepEqual(receiver.events, []);
        await upstash.heal();
        await told();
        assert.deepEqual(receiver.events[0].types, [ARTICLE]);
      });
    }

    it('tells what is left when it ends', async () => {
      receiver.answer(500);
      await publish('Last');
      await told(1);
      receiver.answer(200);
      const { forced, ms } = await site.stop();
      assert.equal(forced, false);
      assert.ok(ms < 10_000, `${ms} ms`);
      assert.equal(receiver.events.length, 2);
    });
  });
}
