// A hundred thousand requests of thousands of credentials and of the public, all mixed: nobody ever sees what was made
// for somebody else. `USERS=50000 node --test …` makes each request one of a new credential, or nearly so.
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Pool } from 'undici';
import { Random } from '../support/random.mjs';
import { startSite } from '../support/strapi-site.mjs';
import { apiOf, HOST } from './support/auth-api.mjs';
import { allow, newRole } from './support/auth-people.mjs';
import { withoutLimit } from './support/probe-api.mjs';

const SECRET = 'a-secret-of-the-test';
const USERS = Number(process.env.USERS ?? 1_000);
/** Two of one user are two credentials. */
const TOKENS_OF_A_USER = 2;
const API_TOKENS = 1_000;
const REQUESTS = 100_000;
const CONNECTIONS = 64;

/** An answer names its caller, by what Strapi says and by the header that was sent. */
const ECHO = `
  await read();
  const { auth, user } = ctx.state;
  const who = user ? 'user ' + user.id : auth?.credentials ? 'token ' + auth.credentials.id : 'public';
  ctx.body = { run, who, sent: ctx.get('authorization').slice(-40) };
`;

let site;
let pool;
let people;

before(async () => {
  site = await startSite({
    files: apiOf('canary', { find: ECHO, slowfind: `await pause(50); ${ECHO}` }),
    plugins: {
      'users-permissions': { config: { jwtManagement: 'legacy-support', jwtSecret: SECRET } },
      ...withoutLimit({ cache: { authenticated: 'per-credential' }, rateLimit: { enabled: false } }),
    },
  });
  const actions = ['api::canary.canary.find', 'api::canary.canary.slowfind'];
  await allow(site, ['public'], actions);
  const role = await newRole(site, actions);
  const keys = Array.from({ length: API_TOKENS }, () => randomBytes(128).toString('hex'));
  const { users, tokens } = await site.call(insert, { users: USERS, role: role.id, keys });
  people = [
    { who: 'public', credential: '' },
    ...users.flatMap((id) => Array.from({ length: TOKENS_OF_A_USER }, (_, index) => ({ who: `user ${id}`, credential: jwtOf(id, index) }))),
    ...tokens.map((id, index) => ({ who: `token ${id}`, credential: keys[index] })),
  ];
  pool = new Pool(site.url, { connections: CONNECTIONS });
});
after(async () => {
  await pool?.close();
  await site?.stop();
});

/** Runs in Strapi. */
async function insert(strapi, { users, role, keys }) {
  const made = { users: [], tokens: [] };
  const inParts = async (total, add) => {
    for (let from = 0; from < total; from += 250) await add(from, Math.min(250, total - from));
  };
  await inParts(users, async (from, count) => {
    const data = Array.from({ length: count }, (_, i) => ({
      username: `canary${from + i}`, email: `canary${from + i}@example.com`, provider: 'local', confirmed: true, blocked: false,
      documentId: `canary${from + i}`,
    }));
    const { ids } = await strapi.db.query('plugin::users-permissions.user').createMany({ data });
    await strapi.db.connection('up_users_role_lnk').insert(ids.map((id) => ({ user_id: id, role_id: role })));
    made.users.push(...ids);
  });
  const { hash } = strapi.service('admin::api-token-content-api');
  await inParts(keys.length, async (from, count) => {
    const data = Array.from({ length: count }, (_, i) => ({
      name: `canary${from + i}`, description: '', kind: 'content-api', type: i % 2 === 0 ? 'read-only' : 'full-access',
      accessKey: hash(keys[from + i]), lastUsedAt: new Date(), documentId: `canary${from + i}`,
    }));
    const { ids } = await strapi.db.query('admin::api-token').createMany({ data });
    made.tokens.push(...ids);
  });
  return made;
}

function jwtOf(id, nonce) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ id, nonce, iat: now, exp: now + 3_600 })}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

/** Whose run it was that made a body; a run is for one alone. */
const runs = new Map();

async function look(path, person) {
  const headers = { host: HOST, ...(person.credential === '' ? {} : { authorization: `Bearer ${person.credential}` }) };
  const { statusCode, headers: told, body } = await pool.request({ path, method: 'GET', headers });
  const text = await body.text();
  assert.equal(statusCode, 200, `${person.who}: ${text}`);
  const { run, who, sent } = JSON.parse(text);
  assert.equal(who, person.who);
  assert.equal(sent, person.credential.slice(-40));
  const name = `${path.split('?')[0]} ${run}`;
  const owner = runs.get(name) ?? person;
  assert.equal(owner, person, 'two have an answer of one run');
  runs.set(name, person);
  return told['x-cache'];
}

/** All of `asked`, over all connections at once. */
async function lookAtAll(asked) {
  const seen = { HIT: 0, MISS: 0, STALE: 0, BYPASS: 0 };
  let next = 0;
  const worker = async () => {
    while (next < asked.length) {
      const [path, person] = asked[next];
      next += 1;
      seen[await look(path, person)] += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return seen;
}

test('of 100,000 requests, in random order, each is answered with what was made for its own credential', async (t) => {
  const random = new Random();
  t.diagnostic(`SEED=${random.seed}`);
  const asked = Array.from({ length: REQUESTS }, () => ['/api/canary/find', random.chance(0.05) ? people[0] : random.pick(people)]);
  const began = performance.now();
  const seen = await lookAtAll(asked);
  const ms = performance.now() - began;
  t.diagnostic(`${people.length - 1} credentials, ${REQUESTS} requests in ${(ms / 1000).toFixed(1)} s: ${JSON.stringify(seen)}`);
  assert.equal(seen.HIT + seen.MISS + seen.STALE, REQUESTS, 'some were not cached at all');
  assert.ok(seen.MISS <= people.length + seen.STALE, JSON.stringify(seen));
});

test('those who wait for the same URL at the same moment are not given each other’s answer', async () => {
  const random = new Random();
  for (let round = 0; round < 10; round += 1) {
    // Each of them several times, so that there are waiters to get it wrong with.
    const few = [people[0], ...random.shuffled(people.slice(1)).slice(0, 15)];
    const asked = Array.from({ length: CONNECTIONS }, (_, i) => [`/api/canary/slowfind?round=${round}`, few[i % few.length]]);
    const seen = await lookAtAll(asked);
    assert.deepEqual([seen.MISS, seen.HIT], [few.length, CONNECTIONS - few.length]);
  }
});
