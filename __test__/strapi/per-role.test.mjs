// 'per-role': all of one role share an entry, and whoever comes under a role again is not answered from it unless Strapi
// would let them in.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSite } from '../support/strapi-site.mjs';
import { apiOf, ask, runsOf, until } from './support/auth-api.mjs';
import { allow, bearer, newApiToken, newRole, newUser, resigned } from './support/auth-people.mjs';
import { withoutLimit } from './support/probe-api.mjs';

const SECRET = 'a-secret-of-the-test';
const ACTIONS = ['find', 'slow', 'sleepy'].map((name) => `api::team.team.${name}`);
const ROLE = `
  await read();
  const { auth, user } = ctx.state;
  ctx.body = { run, role: user?.role.type ?? auth?.credentials?.type ?? 'public' };
`;
const handlers = { find: ROLE, slow: `await pause(300); ${ROLE}`, sleepy: `await pause(2_000); ${ROLE}` };
const files = apiOf('team', handlers, [
  ...Object.keys(handlers).map((handler) => ({ handler })),
  { handler: 'find', path: 'alone', cache: { authenticated: 'per-credential' } },
  { handler: 'find', path: 'open', auth: false },
]);

let site;
let editors;
before(async () => {
  site = await startSite({
    files,
    plugins: {
      'users-permissions': { config: { jwtManagement: 'refresh', jwtSecret: SECRET } },
      ...withoutLimit({
        cache: { earlyRefresh: false, swr: '1 h' },
        contentTypes: { 'api::team.team': { authenticated: 'per-role', browser: '1m' } },
      }),
    },
  });
  await allow(site, ['public', 'authenticated'], ACTIONS);
  editors = await newRole(site, ACTIONS);
});
after(() => site?.stop());

const get = (path, as, options) => ask(site, path, { as, ...options });

let paths = 0;
const unasked = (name = 'find') => `/api/team/${name}?n=${(paths += 1)}`;

/** Asks until the answer is a HIT: the first times it may have to be found out who that is. */
function hit(path, as) {
  return until('it is a HIT', async () => {
    const answer = await get(path, as);
    assert.equal(answer.status, 200, answer.text);
    return answer.cache === 'HIT' && answer;
  }, 2_000);
}

/** Whether the answers of these come from one entry. */
async function share(people, path = unasked()) {
  for (const as of people) await hit(path, as);
  const runs = [];
  for (const as of people) runs.push((await hit(path, as)).body.run);
  return new Set(runs).size === 1;
}

test('two users of one role share an entry, and those of another do not', async () => {
  const [one, two] = [await newUser(site), await newUser(site)];
  const [three, four] = [await newUser(site, { role: editors.type }), await newUser(site, { role: editors.type })];
  const path = unasked();
  assert.ok(await share([one, two], path));
  assert.ok(await share([three, four], path));
  const seen = [];
  for (const as of [one, three, two, four, undefined]) seen.push((await hit(path, as)).body.role);
  assert.deepEqual(seen, ['authenticated', editors.type, 'authenticated', editors.type, 'public']);
  for (const others of [[one, three], [one, undefined], [three, undefined]]) assert.ok(!(await share(others)));
});

test('the handler runs once for a role, however many of it come', async () => {
  const people = [];
  for (let i = 0; i < 6; i += 1) people.push(await newUser(site));
  // Known by now, each of them.
  for (const as of people) await hit('/api/team/find?known', as);
  const path = unasked('slow');
  const runs = await runsOf(site, 'team.slow');
  const all = await Promise.all(Array.from({ length: 30 }, (_, i) => get(path, people[i % people.length])));
  assert.deepEqual([...new Set(all.map(({ body }) => body.role))], ['authenticated']);
  assert.equal((await runsOf(site, 'team.slow')) - runs, 1);
});

test('whoever is waiting for a slow answer, their first, is not kept waiting for the others', async () => {
  for (const as of [await newUser(site), await newApiToken(site, { type: 'full-access' })]) {
    const sleepy = get(unasked('sleepy'), as);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const began = performance.now();
    assert.equal((await get(unasked(), as)).status, 200);
    assert.ok(performance.now() - began < 1_000, `${performance.now() - began} ms`);
    assert.equal((await sleepy).status, 200);
  }
});

test('API tokens are told by their type, and custom ones each alone', async () => {
  const of = (type) => newApiToken(site, { type, ...(type === 'custom' ? { permissions: ACTIONS } : {}) });
  const [readOnly, another, full, custom, other] = [await of('read-only'), await of('read-only'), await of('full-access'), await of('custom'), await of('custom')];
  const user = await newUser(site);
  assert.ok(await share([readOnly, another]));
  for (const pair of [[readOnly, full], [custom, other], [custom, readOnly], [full, user], [readOnly, undefined]]) {
    assert.ok(!(await share(pair)), pair.map((as) => as?.who).join());
  }
});

test('a user with another role gets the other’s answer with the next request', async () => {
  const [mover, stays, editor] = [await newUser(site), await newUser(site), await newUser(site, { role: editors.type })];
  const path = unasked();
  for (const as of [mover, stays, editor]) await hit(path, as);
  const move = (type) =>
    site.call(
      async (strapi, [id, name]) => {
        const role = await strapi.db.query('plugin::users-permissions.role').findOne({ where: { type: name } });
        await strapi.plugin('users-permissions').service('user').edit(id, { role: role.id });
      },
      [mover.id, type],
    );
  for (const type of [editors.type, 'authenticated', editors.type]) {
    await move(type);
    assert.equal((await get(path, mover)).body.role, type);
    assert.equal((await hit(path, mover)).body.role, type);
    assert.deepEqual([(await get(path, stays)).body.role, (await get(path, editor)).body.role], ['authenticated', editors.type]);
  }
});

test('who is blocked or deleted gets 401, while the others of the role are answered from the cache', async () => {
  const ends = {
    blocked: (strapi, id) => strapi.plugin('users-permissions').service('user').edit(id, { blocked: true }),
    deleted: (strapi, id) => strapi.plugin('users-permissions').service('user').remove({ id }),
  };
  for (const [name, end] of Object.entries(ends)) {
    const [gone, stays] = [await newUser(site), await newUser(site)];
    const path = unasked();
    assert.ok(await share([gone, stays], path));
    await site.call(end, gone.id);
    for (let i = 0; i < 3; i += 1) {
      const answer = await get(path, gone);
      assert.deepEqual([answer.status, ['HIT', 'STALE'].includes(answer.cache)], [401, false], `${name} ${answer.told}`);
      await hit(path, stays);
    }
  }
});

test('who has not confirmed their address gets 401 once that is needed, while others fill the role’s entry', async () => {
  const [unconfirmed, stays] = [await newUser(site, { confirmed: false }), await newUser(site)];
  const path = unasked();
  assert.ok(await share([unconfirmed, stays], path));
  const mustConfirm = (isNeeded) =>
    site.call(async (strapi, value) => {
      const store = strapi.store({ type: 'plugin', name: 'users-permissions', key: 'advanced' });
      await store.set({ value: { ...(await store.get()), email_confirmation: value } });
    }, isNeeded);
  await mustConfirm(true);
  try {
    for (let i = 0; i < 3; i += 1) {
      await hit(path, stays);
      assert.equal((await get(path, unconfirmed)).status, 401);
    }
  } finally {
    await mustConfirm(false);
  }
});

test('forged and expired tokens of a known user get 401 where the role’s entry is stored', async () => {
  const user = await newUser(site);
  const path = unasked();
  await hit(path, user);
  const [head, body, signature] = user.jwt.split('.');
  const forged = [
    'nonsense', `${head}.${body}.`, `${head}.${body}.${[...signature].toReversed().join('')}`,
    resigned(user.jwt, {}, 'another-secret'),
    resigned(user.jwt, { exp: Math.floor(Date.now() / 1000) - 10 }, SECRET),
    resigned(user.jwt, { userId: '999999' }, SECRET),
  ];
  for (const token of forged) {
    for (let i = 0; i < 2; i += 1) assert.equal((await get(path, bearer(token))).status, 401, token);
  }
  assert.equal((await get(path, bearer(resigned(user.jwt, { extra: 1 }, SECRET)))).status, 200);
});

test('a token is not answered from its role’s entry after its own end', async () => {
  const user = await newUser(site);
  const seconds = Math.floor(Date.now() / 1000);
  const brief = bearer(resigned(user.jwt, { exp: seconds + 2 }, SECRET));
  const token = await newApiToken(site, { expiresAt: seconds * 1_000 + 2_000 });
  const path = unasked();
  for (const as of [user, await newApiToken(site)]) await hit(path, as);
  for (const as of [brief, token]) await hit(path, as);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000 + 2_600 - Date.now()));
  for (const as of [brief, token]) {
    const answer = await get(path, as);
    assert.deepEqual([answer.status, ['HIT', 'STALE'].includes(answer.cache)], [401, false], answer.told);
  }
  await hit(path, user);
});

test('a role that loses a permission loses its entry', async () => {
  const role = await newRole(site, ACTIONS);
  const people = [await newUser(site, { role: role.type }), await newUser(site, { role: role.type })];
  const path = unasked();
  assert.ok(await share(people, path));
  await site.call(
    (strapi, id) => strapi.db.query('plugin::users-permissions.permission').deleteMany({ where: { role: { id }, action: 'api::team.team.find' } }),
    role.id,
  );
  for (const as of people) assert.equal((await get(path, as)).status, 403);
});

test('browsers may keep it and shared caches may not; a route may part its callers after all', async () => {
  const [one, two] = [await newUser(site), await newUser(site)];
  const { headers } = await hit(unasked(), one);
  assert.equal(headers['cache-control'], 'private, max-age=60');
  assert.ok(!(await share([one, two], unasked('alone'))));
});

test('no way to spell its path takes a route for another', async () => {
  const [one, two] = [await newUser(site), await newUser(site)];
  for (const path of ['/API/team/alone', '/api/team/alone/', '/api/team/ALONE', '/Api/Team/Alone/', '/api/team/alone?', '/api/team/alone?a#b']) {
    const runs = [];
    for (const as of [one, two, one, two]) runs.push((await get(path, as)).body.run);
    assert.ok(runs[0] !== runs[1] && runs[2] !== runs[3], `${path}: ${runs.join()}`);
  }
});

test('what Strapi does not authenticate is not stored for a credential', async () => {
  const user = await newUser(site);
  const path = unasked('open');
  for (let i = 0; i < 2; i += 1) assert.equal((await get(path, user)).cache, 'BYPASS');
});
