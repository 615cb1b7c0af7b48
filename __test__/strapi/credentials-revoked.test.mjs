// A credential that is taken away or changed: the next request is answered as by a Strapi without a cache, on the process
// that did the edit and on another one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { apiOf, ask, pause, runsOf, until, WHO } from './support/auth-api.mjs';
import { allow, newApiToken, newRole, newUser } from './support/auth-people.mjs';
import { withoutLimit } from './support/probe-api.mjs';
import { startTwins } from './support/twins.mjs';

const USER = 'plugin::users-permissions.user';
/** In a team all of one role are answered alike. */
const ROLE = 'await read(); ctx.body = { run, role: ctx.state.user?.role.type ?? ctx.state.auth?.credentials?.type ?? null };';
/** What each API answers, and by which rule it is cached. */
const APIS = {
  desk: { answer: WHO, rule: { authenticated: 'per-credential' } },
  team: { answer: ROLE, rule: { authenticated: 'per-role' } },
  // Who somebody is, is no part of what an answer does not depend on.
  kept: { answer: WHO, rule: { authenticated: 'per-credential', invalidate: false } },
  crew: { answer: ROLE, rule: { authenticated: 'per-role', invalidate: false } },
  untagged: { answer: `${WHO} ctx.state.upstash.untag('plugin::users-permissions.user', 'auth');`, rule: { authenticated: 'per-credential' } },
};
const NAMES = Object.keys(APIS);
const ACTIONS = NAMES.flatMap((name) => [`api::${name}.${name}.find`, `api::${name}.${name}.slow`]);
/** How long a purge may be on its way over loopback, on a busy machine. */
const SOON_MS = 1_000;

const routes = [{ handler: 'find' }, { handler: 'slow' }, { handler: 'find', path: 'uncached', cache: { enabled: false } }];
const apiFiles = NAMES.map((name) => apiOf(name, { find: APIS[name].answer, slow: `await pause(500); ${APIS[name].answer}` }, routes));

let twins;
let upstash;
let a;
let b;

before(async () => {
  twins = await startTwins({
    files: Object.assign({}, ...apiFiles),
    plugins: withoutLimit({
      deadline: '1 s',
      rateLimit: { enabled: false },
      // Nothing but the bus can make the other process see it.
      l1: { maxAge: '10 m' },
      bus: { heartbeat: '1 s' },
      // What may be given stale must not be, once its credential is gone.
      cache: { swr: '1 h', staleIfError: '1 h', earlyRefresh: false },
      contentTypes: Object.fromEntries(NAMES.map((name) => [`api::${name}.${name}`, APIS[name].rule])),
    }),
  });
  ({ upstash, a, b } = twins);
  await allow(a, ['public', 'authenticated'], ACTIONS);
  // It opens with the first use.
  for (const site of [a, b]) {
    await ask(site, '/api/articles');
    await until('the bus is open', async () => (await site.call((strapi) => strapi.plugin('upstash').service('cache').stats())).bus === 'open');
  }
});
after(() => twins?.stop());

/** Two processes write to one SQLite file, which refuses one of them where their transactions meet. */
async function write(site, edit) {
  for (let tries = 0; ; tries += 1) {
    const { length } = site.log();
    try {
      return await edit();
    } catch (error) {
      const why = `${error.message} ${site.log().slice(length)}`;
      if (tries === 5 || !/SQLITE_BUSY|database is locked/.test(why)) throw error;
      await pause(50);
    }
  }
}

const admin = (method, path, body) => (site) => write(site, () => site.admin.api(method, path, body));
const inCode = (code, args) => (site) => write(site, () => site.call(code, args));
const token = (attributes) => (site) => newApiToken(site, attributes);
const user = (options) => (site) => newUser(site, options);
/** A user with a role of their own, by `who.roleId`. */
const userOfOwnRole = async (site) => {
  const { id, type } = await newRole(site, ACTIONS);
  return { ...(await newUser(site, { role: type })), roleId: id };
};
const rolePermissions = (find) => ({
  permissions: Object.fromEntries(NAMES.map((name) => [`api::${name}`, { controllers: { [name]: { find: { enabled: find } } } }])),
});

/** The advanced settings, as the admin panel saves them. */
const mustConfirm = (isNeeded) => async (site) => {
  const settings = await site.admin.api('GET', '/users-permissions/advanced');
  await admin('PUT', '/users-permissions/advanced', { ...settings.settings, email_confirmation: isNeeded, email_confirmation_redirection: '' })(site);
};

/** Who has it, what is done, and what Strapi answers from then on. */
const cases = {
  'an API token is revoked': [token(), (who) => admin('DELETE', `/admin/api-tokens/${who.id}`), 401],
  'an API token is regenerated': [token(), (who) => admin('POST', `/admin/api-tokens/${who.id}/regenerate`, {}), 401],
  'an API token loses a permission': [
    token({ type: 'custom', permissions: ACTIONS }),
    (who) => admin('PUT', `/admin/api-tokens/${who.id}`, { name: `n${who.id}`, description: '', type: 'custom', permissions: ['api::article.article.find'] }),
    403,
  ],
  'an API token becomes one of another type': [
    token({ type: 'full-access' }),
    (who) => admin('PUT', `/admin/api-tokens/${who.id}`, { name: `n${who.id}`, description: '', type: 'custom', permissions: [] }),
    403,
  ],
  'an API token is given an end that is over, by code': [
    token(),
    (who) => inCode((strapi, id) => strapi.db.query('admin::api-token').update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1_000) } }), who.id),
    401,
  ],
  'API tokens are deleted by code': [
    token(),
    (who) => inCode((strapi, id) => strapi.db.query('admin::api-token').deleteMany({ where: { id } }), who.id),
    401,
  ],
  'a user is blocked': [user(), (who) => admin('PUT', `/content-manager/collection-types/${USER}/${who.documentId}`, { blocked: true }), 401],
  'a user is blocked by code': [
    user(),
    (who) => inCode((strapi, id) => strapi.db.query('plugin::users-permissions.user').updateMany({ where: { id }, data: { blocked: true } }), who.id),
    401,
  ],
  'a user is deleted': [user(), (who) => admin('DELETE', `/content-manager/collection-types/${USER}/${who.documentId}`), 401],
  'a user is deleted by code': [
    user(),
    (who) => inCode((strapi, id) => strapi.plugin('users-permissions').service('user').remove({ id }), who.id),
    401,
  ],
  'users are deleted in bulk': [
    user(),
    (who) => admin('POST', `/content-manager/collection-types/${USER}/actions/bulkDelete`, { documentIds: [who.documentId] }),
    401,
  ],
  'users have to have confirmed their address': [
    async (site) => {
      await mustConfirm(false)(site);
      return newUser(site, { confirmed: false });
    },
    () => mustConfirm(true),
    401,
  ],
  'a user gets another e-mail address': [
    user(),
    (who) => admin('PUT', `/content-manager/collection-types/${USER}/${who.documentId}`, { email: `new-${who.email}` }),
    200,
    (who) => ({ desk: { who: who.who, email: `new-${who.email}`, role: 'authenticated' } }),
  ],
  'a user gets another role': [
    userOfOwnRole,
    (who) => inCode(async (strapi, id) => {
      const { id: role } = await strapi.db.query('plugin::users-permissions.role').findOne({ where: { type: 'authenticated' } });
      await strapi.plugin('users-permissions').service('user').edit(id, { role });
    }, who.id),
    200,
    (who) => ({ desk: { who: who.who, email: who.email, role: 'authenticated' }, team: { role: 'authenticated' } }),
  ],
  'a user gets a role that may not': [
    user(),
    (who) => async (site) => {
      const { id: role } = await write(site, () => newRole(site, []));
      await inCode((strapi, [id, to]) => strapi.plugin('users-permissions').service('user').edit(id, { role: to }), [who.id, role])(site);
    },
    403,
  ],
  'a role loses a permission': [
    userOfOwnRole,
    (who) => admin('PUT', `/users-permissions/roles/${who.roleId}`, { name: who.role, description: 'less', ...rolePermissions(false) }),
    403,
  ],
  'a role is deleted, and its users become the public': [
    userOfOwnRole,
    (who) => admin('DELETE', `/users-permissions/roles/${who.roleId}`),
    200,
    (who) => ({ desk: { who: who.who, email: who.email, role: 'public' }, team: { role: 'public' } }),
  ],
};

const without = ({ run: _run, ...body }) => body;

/** Both processes answer them from memory, in either way. */
async function warm(who) {
  for (const path of NAMES.map((name) => `/api/${name}/find`)) {
    for (const site of [a, b, a, b]) {
      await until(`${path} is a HIT`, async () => {
        const answer = await ask(site, path, { as: who });
        assert.equal(answer.status, 200, answer.text);
        return answer.cache === 'HIT' && !answer.told.includes('detail=upstash');
      });
    }
  }
}

/** What a process answers otherwise than where nothing is cached. */
async function differences(site, who, expected, bodies) {
  const found = [];
  for (const name of NAMES) {
    const answer = await ask(site, `/api/${name}/find`, { as: who });
    const uncached = await ask(site, `/api/${name}/uncached`, { as: who });
    assert.equal(uncached.status, expected, 'what this test expects is not what Strapi does');
    const isSame = answer.status === expected && (expected !== 200 || JSON.stringify(without(answer.body)) === JSON.stringify(without(uncached.body)));
    if (!isSame || answer.cache === 'STALE') found.push(`${name}: ${answer.status} ${answer.told} ${answer.text.slice(0, 100)}`);
    else if (bodies?.[name] !== undefined) assert.deepEqual(without(answer.body), bodies[name]);
  }
  return found;
}

for (const [name, [make, edit, expected, bodies]] of Object.entries(cases)) {
  describe(name, () => {
    for (const writer of ['one', 'the other']) {
      test(`on ${writer} process`, async () => {
        const [here, there] = writer === 'one' ? [a, b] : [b, a];
        const who = await write(here, () => make(here));
        await warm(who);
        await edit(who)(here);
        assert.deepEqual(await differences(here, who, expected, bodies?.(who)), [], 'where it was done');
        let last;
        await until('the other process knows', async () => {
          last = await differences(there, who, expected, bodies?.(who));
          return last.length === 0;
        }, SOON_MS).catch(() => assert.deepEqual(last, [], `on the other process, after ${SOON_MS} ms`));
      });
    }
  });
}

test('an API token expires: neither process answers from memory a moment later', async () => {
  const end = Date.now() + 2_500;
  const who = await newApiToken(a, { expiresAt: end });
  await warm(who);
  await pause(end + 100 - Date.now());
  for (const site of [a, b]) assert.deepEqual(await differences(site, who, 401), []);
});

test('a user is blocked while an answer for them is made: it is not kept', async () => {
  for (const name of NAMES) {
    const who = await write(a, () => userOfOwnRole(a));
    const path = `/api/${name}/slow?n=blocked`;
    for (const [site, other] of [[a, b], [b, a]]) {
      const runs = await runsOf(site, `${name}.slow`);
      const slow = ask(site, path, { as: who });
      await until('the handler runs', async () => (await runsOf(site, `${name}.slow`)) > runs);
      await inCode((strapi, [id, blocked]) => strapi.plugin('users-permissions').service('user').edit(id, { blocked }), [who.id, true])(site);
      await slow;
      assert.equal((await ask(site, path, { as: who })).status, 401, site === a ? 'on one' : 'on the other');
      await until('the other process knows', async () => (await ask(other, path, { as: who })).status === 401, SOON_MS);
      await inCode((strapi, [id, blocked]) => strapi.plugin('users-permissions').service('user').edit(id, { blocked }), [who.id, false])(site);
      await until('both know', async () => {
        const answers = await Promise.all([a, b].map((each) => ask(each, '/api/desk/uncached', { as: who })));
        return answers.every(({ status }) => status === 200);
      });
    }
  }
});

test('what others have is left alone', async () => {
  const [gone, stays] = [await newApiToken(a), await newApiToken(a)];
  await warm(gone);
  await warm(stays);
  await admin('DELETE', `/admin/api-tokens/${gone.id}`)(a);
  for (const site of [a, b]) {
    const answer = await ask(site, '/api/desk/find', { as: stays });
    assert.deepEqual([answer.status, answer.body.who], [200, stays.who]);
  }
});

test('no credential can be read from what is in Upstash, neither from keys nor from values', async () => {
  const people = [await newApiToken(a), await newUser(a)];
  for (const who of people) await warm(who);
  const secrets = people.map((who) => who.headers.authorization.slice('Bearer '.length));
  const keys = (await upstash.redis.command('KEYS', '*')).map(String);
  // A dump shows what a value of any type holds, unless it is compressed.
  await upstash.redis.command('CONFIG', 'SET', 'rdbcompression', 'no');
  for (const key of keys) {
    const dump = String(await upstash.redis.command('DUMP', key));
    for (const secret of secrets) {
      assert.ok(!key.includes(secret) && !dump.includes(secret), key);
    }
  }
  assert.ok(keys.some((key) => key.includes('/api/desk/find')), keys.join());
});
