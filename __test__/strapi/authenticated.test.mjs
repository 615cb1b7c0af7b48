// 'per-credential': whoever sends an API token or a user's token has a cache of their own, and nobody else is answered
// from it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSite } from '../support/strapi-site.mjs';
import { apiOf, ask, pause, runsOf, until, WHO } from './support/auth-api.mjs';
import { allow, bearer, newApiToken, newUser, resigned } from './support/auth-people.mjs';
import { withoutLimit } from './support/probe-api.mjs';

const SECRET = 'a-secret-of-the-test';
const PATH = '/api/desk/find';

const handlers = {
  find: WHO,
  slow: `await pause(300); ${WHO}`,
  cookie: `${WHO} ctx.cookies.set('seen', '1');`,
  own: `${WHO} ctx.set('Cache-Control', 'max-age=77');`,
};
const files = {
  ...apiOf('desk', handlers, [
    ...Object.keys(handlers).map((handler) => ({ handler })),
    { handler: 'find', path: 'bypass', cache: { authenticated: 'bypass' } },
    { handler: 'find', path: 'public', auth: false },
  ]),
  ...apiOf('brief', { find: WHO }),
  ...apiOf('shut', { find: WHO }, [{ handler: 'find' }, { handler: 'find', path: 'opened', cache: { authenticated: 'per-credential' } }]),
};

/** The two ways to say it: for the whole site, or for some types. */
const OPTIONS = {
  refresh: {
    cache: { authenticated: 'per-credential', browser: '5m', cdn: '10m' },
    contentTypes: { 'api::brief.brief': { ttl: 1, swr: '1 h' }, 'api::shut.shut': { authenticated: 'bypass' } },
  },
  'legacy-support': {
    contentTypes: {
      'api::desk.desk': { authenticated: 'per-credential', browser: '5m', cdn: '10m' },
      'api::brief.brief': { ttl: 1, swr: '1 h', authenticated: 'per-credential' },
    },
  },
};

async function starting(mode) {
  const site = await startSite({
    files,
    plugins: {
      'users-permissions': { config: { jwtManagement: mode, jwtSecret: SECRET } },
      // A popular entry is made anew before its time; here it is counted how often a handler runs.
      ...withoutLimit({ ...OPTIONS[mode], cache: { earlyRefresh: false, ...OPTIONS[mode].cache } }),
    },
  });
  const actions = [...Object.keys(handlers).map((name) => `api::desk.desk.${name}`), 'api::brief.brief.find', 'api::shut.shut.find'];
  await allow(site, ['public', 'authenticated'], actions);
  return site;
}

let paths = 0;
/** One that nobody has asked for. */
const unasked = (path = PATH) => `${path}?n=${(paths += 1)}`;

for (const mode of Object.keys(OPTIONS)) {
  describe(`with users' tokens of the mode ${mode},`, () => {
    let site;
    before(async () => (site = await starting(mode)));
    after(() => site?.stop());

    const get = (path, as, options) => ask(site, path, { as, ...options });

    /** All of `people` ask twice, in turns: each is answered once anew and once as before, and each for themselves. */
    async function haveTheirOwn(people, path = unasked()) {
      const first = new Map();
      for (const as of people) {
        const answer = await get(path, as);
        assert.deepEqual([answer.status, answer.cache, answer.body.who], [200, 'MISS', as.who], answer.told);
        assert.match(answer.told, /fwd=uri-miss; stored/);
        first.set(as, answer);
      }
      for (const as of people) {
        const answer = await get(path, as);
        assert.deepEqual([answer.cache, answer.body], ['HIT', first.get(as).body], answer.told);
      }
      assert.equal(new Set(people.map((as) => first.get(as).body.run)).size, people.length);
    }

    const anybody = { who: 'public', headers: {} };

    test('each user is a HIT for themselves alone, and the public has an entry of its own', async () => {
      await haveTheirOwn([await newUser(site), await newUser(site), anybody]);
      await haveTheirOwn([anybody, await newUser(site)]);
    });

    test('each API token is a HIT for itself alone, of whatever kind', async () => {
      const tokens = [];
      for (const type of ['full-access', 'read-only', 'custom']) {
        for (let i = 0; i < 2; i += 1) {
          tokens.push(await newApiToken(site, { type, ...(type === 'custom' ? { permissions: ['api::desk.desk.find'] } : {}) }));
        }
      }
      await haveTheirOwn([...tokens, anybody, await newUser(site)]);
    });

    test('the core controllers are a HIT for a token as well, until an article is written', async () => {
      const token = await newApiToken(site);
      const path = '/api/articles?sort=slug&populate=category';
      assert.deepEqual([(await get(path, token)).cache, (await get(path, token)).cache], mode === 'refresh' ? ['MISS', 'HIT'] : ['BYPASS', 'BYPASS']);
      const desk = unasked();
      for (const expected of ['MISS', 'HIT']) assert.equal((await get(desk, token)).cache, expected);
      await site.call((strapi) => strapi.db.query('api::article.article').updateMany({ where: {}, data: { content: `${Date.now()}` } }));
      assert.equal((await get(desk, token)).cache, 'MISS');
      assert.notEqual((await get(path, token)).cache, 'HIT');
    });

    test('each sees themselves at /api/users/me, and a change of theirs at once', async () => {
      const people = [await newUser(site), await newUser(site)];
      const path = '/api/users/me';
      for (let i = 0; i < 3; i += 1) {
        for (const as of people) {
          const { status, cache, body, told } = await get(path, as);
          const expected = mode === 'refresh' ? ['MISS', 'HIT', 'HIT'][i] : 'BYPASS';
          assert.deepEqual([status, cache, body.id], [200, expected, as.id], told);
        }
      }
      await site.call((strapi, id) => strapi.plugin('users-permissions').service('user').edit(id, { username: `renamed${id}` }), people[0].id);
      assert.equal((await get(path, people[0])).body.username, `renamed${people[0].id}`);
      assert.equal((await get(path)).status, 403);
    });

    test('forged and unknown credentials get 401 each time, and nothing is stored for them', async () => {
      const user = await newUser(site);
      const [head, body, signature] = user.jwt.split('.');
      const seconds = Math.floor(Date.now() / 1000);
      const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
      const forged = [
        'nonsense', 'f'.repeat(256), 'a.b.c', `${head}.${body}.`, `${none}.${body}.`,
        `${head}.${body}.${[...signature].toReversed().join('')}`,
        resigned(user.jwt, {}, 'another-secret'),
        resigned(user.jwt, { exp: seconds - 10 }, SECRET),
        resigned(user.jwt, { id: 999_999, userId: '999999' }, SECRET),
      ];
      const path = unasked();
      await haveTheirOwn([user, anybody], path);
      const stats = () => site.call((strapi) => strapi.plugin('upstash').service('cache').stats());
      const { entries } = await stats();
      for (const token of forged) {
        for (let i = 0; i < 2; i += 1) {
          const answer = await get(path, bearer(token));
          assert.deepEqual([answer.status, ['HIT', 'STALE'].includes(answer.cache)], [401, false], `${token} ${answer.told}`);
        }
      }
      assert.equal((await stats()).entries, entries);
    });

    test('another scheme than Bearer is nobody to Strapi, and is not answered from the cache', async () => {
      const path = unasked();
      for (const authorization of ['Basic eDp5', 'Whatever x', 'Bearer', 'Bearer a b']) {
        for (let i = 0; i < 2; i += 1) {
          const answer = await get(path, { headers: { authorization } });
          assert.equal(answer.cache, 'BYPASS', `${authorization} ${answer.told}`);
        }
      }
      assert.equal((await get(path)).cache, 'MISS', 'a request with a credential had filled the public entry');
    });

    test('a credential is the same to whom it belongs, however the header is spelt', async () => {
      const [one, other] = [await newApiToken(site), await newUser(site)];
      const path = unasked();
      for (const [as, key] of [[one, one.key], [other, other.jwt]]) {
        for (const authorization of [`Bearer ${key}`, `bearer ${key}`, `BEARER   ${key}`, `Bearer ${key}`]) {
          const answer = await get(path, { headers: { authorization } });
          assert.deepEqual([answer.status, answer.body.who], [200, as.who], authorization);
        }
      }
    });

    test('an entry ends with the credential it was made for, and is not given stale afterwards', async () => {
      const user = await newUser(site);
      const seconds = Math.floor(Date.now() / 1000);
      const brief = bearer(resigned(user.jwt, { exp: seconds + 3 }, SECRET));
      const token = await newApiToken(site, { expiresAt: Date.now() + 2_500 });
      const both = [unasked(), unasked('/api/brief/find')];
      for (const path of both) {
        for (const as of [brief, token]) {
          assert.equal((await get(path, as)).cache, 'MISS');
          const hit = await get(path, as);
          assert.equal(hit.cache, 'HIT');
          assert.ok(hit.ttl <= 3, hit.told);
        }
      }
      await pause(seconds * 1_000 + 3_500 - Date.now());
      for (const path of both) {
        for (const as of [brief, token]) {
          const answer = await get(path, as);
          assert.deepEqual([answer.status, ['HIT', 'STALE'].includes(answer.cache)], [401, false], answer.told);
        }
      }
      assert.equal((await get(PATH, user)).status, 200);
    });

    test('browsers may keep it and shared caches may not', async () => {
      const path = unasked();
      const user = await newUser(site);
      for (const [as, expected] of [[user, 'private, max-age=300'], [anybody, 'public, max-age=300, s-maxage=600']]) {
        for (const state of ['MISS', 'HIT']) {
          const answer = await get(path, as);
          assert.deepEqual([answer.cache, answer.headers['cache-control']], [state, expected]);
        }
      }
    });

    test('an ETag is a 304 for who has the same bytes, and a HEAD tells one’s own length', async () => {
      const path = unasked();
      const [one, other] = [await newUser(site), await newUser(site)];
      const { etag } = await get(path, one);
      const again = await get(path, one, { headers: { 'if-none-match': etag } });
      assert.deepEqual([again.status, again.cache, again.bytes.length], [304, 'HIT', 0]);
      const others = await get(path, other, { headers: { 'if-none-match': etag } });
      assert.deepEqual([others.status, others.body?.who], [200, other.who]);
      const head = await get(path, one, { method: 'HEAD' });
      const { bytes } = await get(path, one);
      assert.deepEqual([head.cache, head.headers['content-length']], ['HIT', `${bytes.length}`]);
    });

    test('those who come at once share a run with themselves and with nobody else', async () => {
      const people = [await newUser(site), await newUser(site), await newApiToken(site, { type: 'full-access' }), anybody];
      const path = unasked('/api/desk/slow');
      const already = await runsOf(site, 'desk.slow');
      const all = await Promise.all(
        Array.from({ length: 40 }, async (_, i) => [people[i % people.length], await get(path, people[i % people.length])]),
      );
      for (const [as, answer] of all) assert.equal(answer.body.who, as.who);
      assert.equal((await runsOf(site, 'desk.slow')) - already, people.length);
    });

    test('what is stale is given to its owner, and made anew for its owner', async () => {
      const people = [await newUser(site), await newApiToken(site, { type: 'full-access' }), await newUser(site)];
      const path = unasked('/api/brief/find');
      const runs = new Map();
      for (const as of people) runs.set(as, (await get(path, as)).body.run);
      await pause(1_200);
      for (const as of people) {
        const answer = await get(path, as);
        assert.deepEqual([answer.cache, answer.body.who, answer.body.run], ['STALE', as.who, runs.get(as)], answer.told);
      }
      for (const as of people) {
        const answer = await until('it is made anew', async () => {
          const next = await get(path, as);
          return next.body.run > runs.get(as) && next;
        });
        assert.equal(answer.body.who, as.who);
      }
    });

    test('what sets a cookie is not stored, nor what Strapi has not authenticated', async () => {
      const user = await newUser(site);
      for (const path of [unasked('/api/desk/cookie'), unasked('/api/desk/public')]) {
        for (let i = 0; i < 2; i += 1) {
          const answer = await get(path, user);
          assert.deepEqual([answer.status, answer.cache], [200, 'BYPASS'], `${path} ${answer.told}`);
        }
      }
    });

    test('a type or a route may say otherwise than what stands above it', async () => {
      const user = await newUser(site);
      const rule = async (path) => {
        const seen = [];
        for (let i = 0; i < 2; i += 1) seen.push(await get(path, user));
        for (const { body } of seen) assert.equal(body.who, user.who);
        assert.deepEqual(seen.map((answer) => answer.status), [200, 200]);
        return seen.map((answer) => answer.cache);
      };
      assert.deepEqual(await rule(unasked('/api/desk/bypass')), ['BYPASS', 'BYPASS']);
      assert.deepEqual(await rule(unasked('/api/shut/find')), ['BYPASS', 'BYPASS']);
      assert.deepEqual(await rule(unasked('/api/shut/opened')), ['MISS', 'HIT']);
      assert.match((await get('/api/shut/find', user)).told, /fwd=bypass; detail=authorization/);
    });

    test('a handler’s own lifetime holds for its caller', async () => {
      const user = await newUser(site);
      const path = unasked('/api/desk/own');
      await get(path, user);
      const hit = await get(path, user);
      assert.deepEqual([hit.cache, hit.headers['cache-control']], ['HIT', 'max-age=77']);
      assert.ok(hit.ttl <= 77, hit.told);
    });
  });
}
