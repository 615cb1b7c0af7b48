// Rules: which one a request falls under, whom it counts for, and what a stranger can't make up.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startSite } from '../support/strapi-site.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';
import { probeApi } from './support/probe-api.mjs';

const WINDOW = 3_600_000;

/** config/plugins.js with functions in it, which JSON could not carry. */
const pluginsFile = (jwtManagement) => `
module.exports = () => ({
  'users-permissions': { config: { jwtManagement: '${jwtManagement}', jwtSecret: 'a-secret-of-the-test' } },
  upstash: {
    enabled: true,
    config: {
      rateLimit: {
        window: '1 h',
        trustedHops: 1,
        rules: [
          { name: 'login', match: { path: '/api/auth/*', methods: ['POST'] }, limit: 3, onError: 'closed' },
          { name: 'me', match: '/api/users/me', limit: 4, by: 'user' },
          { name: 'keys', match: '/api/probe/plain', limit: 4, by: 'api-token' },
          { name: 'categories', match: { contentType: 'api::category.category' }, limit: 60, algorithm: 'token-bucket', burst: 2, by: ['ip', 'route'] },
          { name: 'plans', match: '/api/probe/tagged', by: ['user', 'api-token'],
            limit: ({ user, apiToken }) => (user?.role?.type === 'authenticated' ? 6 : apiToken?.type === 'full-access' ? Infinity : 2) },
          { name: 'key', match: '/api/probe/text', limit: 2, by: async (ctx) => ctx.query.key ?? null },
          { name: 'cost', match: '/api/probe/buffer', limit: 10, cost: (ctx) => (ctx.query.populate === 'deep' ? 5 : 1) },
          { name: 'dry', match: '/api/probe/private', limit: 1, dryRun: true },
          { name: 'broken', match: '/api/probe/large', limit: () => { throw new Error('on purpose'); }, by: () => ({}), cost: () => -1, skip: () => { throw new Error('on purpose'); } },
          { name: 'allowed', match: '/api/probe/cookie', limit: 1, allow: ['10.0.0.0/8', '2001:db8:ffff::/48'], skip: (ctx) => ctx.get('x-probe') === 'yes',
            handler: (ctx, decision) => { ctx.status = 418; ctx.body = { rule: decision.rule, left: decision.remaining }; } },
          { match: '*', limit: 50, by: ['ip', 'route'] },
        ],
      },
    },
  },
});
`;

const starting = (mode, more = {}) =>
  startSite({ files: { ...probeApi, 'config/plugins.js': pluginsFile(mode), ...more }, env: { APP_URL: '' } });

let visitors = 0;
/** Somebody nobody has seen, behind the one proxy the site trusts. */
function newAddress() {
  visitors += 1;
  return `198.51.${visitors >> 8}.${visitors & 255}`;
}

/** @returns a function that asks as coming from one address, and gives status and what the limiter said */
function visitor(site, address = newAddress()) {
  return async (path, { headers = {}, ...options } = {}) => {
    const answer = await site.request(path, { ...options, headers: { 'x-forwarded-for': address, ...headers } });
    const { 'x-ratelimit-limit': limit, 'ratelimit-policy': policy, ratelimit } = answer.headers;
    // Not X-RateLimit-Remaining: users-permissions has a limiter of its own on log-ins, which writes that as well.
    const remaining = ratelimit?.match(/;r=(\d+)/)[1];
    return {
      status: answer.status,
      headers: answer.headers,
      json: () => answer.json,
      rule: policy?.match(/^"(.+?)"/)[1],
      limit: limit && Number(limit),
      left: remaining && Number(remaining),
    };
  };
}

const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } });
const left = async (asked) => (await asked).left;

async function register(site) {
  const ask = visitor(site);
  const name = `user${visitors}`;
  const body = { username: name, email: `${name}@example.com`, password: 'Correct-horse-7' };
  const answer = await ask('/api/auth/local/register', { method: 'POST', body });
  assert.equal(answer.status, 200);
  const { jwt, user } = answer.json();
  return { ...bearer(jwt), jwt, id: user.id };
}

const apiToken = (site, data = {}) =>
  site.call(
    async (strapi, attributes) => {
      const service = strapi.service('admin::api-token-content-api');
      const token = await service.create({ description: '', lifespan: null, type: 'read-only', ...attributes });
      return { id: token.id, key: token.accessKey };
    },
    { name: `token${Math.random()}`, ...data },
  );

// No test meets the hour's end but in its last minute, which is waited for.
before(async () => {
  const rest = WINDOW - (Date.now() % WINDOW);
  if (rest < 90_000) await new Promise((resolve) => setTimeout(resolve, rest));
});

for (const mode of ['refresh', 'legacy-support']) {
  describe(`users with tokens of the mode ${mode}`, () => {
    let site;
    before(async () => (site = await starting(mode)));
    after(() => site?.stop());

    test('have one budget wherever they come from, and another than their address', async () => {
      const user = await register(site);
      const [here, there] = [visitor(site), visitor(site)];
      assert.deepEqual([await left(here('/api/users/me', user)), await left(there('/api/users/me', user))], [3, 2]);
      assert.equal(await left(here('/api/users/me')), 3);
      const other = await register(site);
      assert.equal(await left(here('/api/users/me', other)), 3);
    });

    test('are refused when theirs is used up, and nobody else is', async () => {
      const [user, other] = [await register(site), await register(site)];
      const ask = visitor(site);
      const statuses = [];
      for (let i = 0; i < 6; i += 1) statuses.push((await ask('/api/users/me', user)).status);
      assert.deepEqual(statuses, [200, 200, 200, 200, 429, 429]);
      assert.equal((await ask('/api/users/me', other)).status, 200);
    });

    test('count by their address when the token is forged, expired or another’s kind', async () => {
      const { jwt } = await register(site);
      const [head, body, signature] = jwt.split('.');
      const claims = JSON.parse(Buffer.from(body, 'base64url'));
      const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const sign = (payload, key) => `${head}.${payload}.${createHmac('sha256', key).update(`${head}.${payload}`).digest('base64url')}`;
      const secret = await site.call((strapi) => strapi.config.get('plugin::users-permissions.jwtSecret'));
      assert.equal(sign(body, secret), jwt);
      const forged = [
        `${head}.${body}.${[...signature].toReversed().join('')}`,
        `${head}.${encode({ ...claims, id: 1, userId: '1' })}.${signature}`,
        sign(encode({ ...claims, id: 999_999, userId: '999999' }), 'another-secret'),
        sign(encode({ ...claims, exp: 1_000 }), secret),
        sign(encode({ ...claims, id: 999_999, userId: '999999' }), secret),
        `${encode({ alg: 'none', typ: 'JWT' })}.${body}.`,
        'a.b.c',
        '..',
      ];
      const ask = visitor(site);
      const seen = [];
      for (const token of forged.slice(0, 4)) seen.push(await left(ask('/api/users/me', bearer(token))));
      assert.deepEqual(seen, [3, 2, 1, 0]);
      for (const token of forged.slice(4)) assert.equal((await ask('/api/users/me', bearer(token))).status, 429, token);
    });

    test('count by their address once they are blocked or deleted, from the next request on', async () => {
      for (const end of [
        (strapi, id) => strapi.db.query('plugin::users-permissions.user').update({ where: { id }, data: { blocked: true } }),
        (strapi, id) => strapi.db.query('plugin::users-permissions.user').delete({ where: { id } }),
      ]) {
        const user = await register(site);
        const ask = visitor(site);
        assert.deepEqual([await left(ask('/api/users/me', user)), await left(ask('/api/users/me', user))], [3, 2]);
        await site.call(end, user.id);
        assert.deepEqual([await left(ask('/api/users/me', user)), await left(ask('/api/users/me'))], [3, 2]);
      }
    });

    test('have the limit of their role', async () => {
      const user = await register(site);
      const ask = visitor(site);
      assert.deepEqual([(await ask('/api/probe/tagged', user)).limit, (await ask('/api/probe/tagged')).limit], [6, 2]);
    });
  });
}

describe('rules', () => {
  let site;
  before(async () => (site = await starting('refresh')));
  after(() => site?.stop());

  test('of a login hold for each way to write its path, and for POST alone', async () => {
    const ask = visitor(site);
    const post = (path) => ask(path, { method: 'POST', body: { identifier: 'a', password: 'b' } });
    const paths = ['/api/auth/local', '/API/Auth/Local', '/api/auth/local/'];
    for (const [index, path] of paths.entries()) {
      const { rule, left: remaining, status } = await post(path);
      assert.deepEqual([rule, remaining, status], ['login', 2 - index, 400], path);
    }
    for (const path of [...paths, '/api/auth/%6cocal', '/api//auth/local', '/api/auth/local%2F', '/%61pi/auth/local?a=b']) {
      assert.equal((await post(path)).status, 429, path);
    }
    const { rule } = await ask('/api/auth/local');
    assert.equal(rule, 'default-11');
  });

  test('of API tokens count by the token, wherever it is used', async () => {
    const [one, two] = [await apiToken(site), await apiToken(site)];
    const [here, there] = [visitor(site), visitor(site)];
    const path = '/api/probe/plain';
    assert.deepEqual([await left(here(path, bearer(one.key))), await left(there(path, bearer(one.key)))], [3, 2]);
    assert.deepEqual([await left(here(path, bearer(two.key))), await left(here(path))], [3, 3]);
    await site.call((strapi, id) => strapi.service('admin::api-token-content-api').revoke(id), one.id);
    // Nobody's any more, so its address's.
    assert.equal(await left(here(path, bearer(one.key))), 2);
  });

  test('know an expired API token and one of the admin panel for what they are', async () => {
    const path = '/api/probe/plain';
    const ask = visitor(site);
    const expired = await apiToken(site);
    await site.call(
      (strapi, id) => strapi.db.query('admin::api-token').update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1_000) } }),
      expired.id,
    );
    const admins = await apiToken(site);
    await site.call((strapi, id) => strapi.db.query('admin::api-token').update({ where: { id }, data: { kind: 'admin' } }), admins.id);
    assert.deepEqual(
      [await left(ask(path, bearer(expired.key))), await left(ask(path, bearer(admins.key))), await left(ask(path))],
      [3, 2, 1],
    );
  });

  test('make no budget for a token that is none, and no query for each of them', async () => {
    await site.call((strapi) => {
      globalThis.asked = 0;
      strapi.db.connection.on('query', ({ sql }) => (globalThis.asked += /api_tokens|up_users/.test(sql) ? 1 : 0));
    });
    const ask = visitor(site);
    const statuses = new Map();
    for (let i = 0; i < 500; i += 1) {
      const { status } = await ask('/api/probe/plain', bearer(`${i}`.padStart(256, 'f')));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    assert.deepEqual([...statuses], [[200, 4], [429, 496]]);
    const asked = await site.call(() => globalThis.asked);
    assert.ok(asked > 0 && asked <= 100, `${asked} queries`);
    // Whom the address is shared with is known all the same, once somebody has looked.
    const token = await apiToken(site);
    assert.equal((await visitor(site)('/api/probe/plain', bearer(token.key))).left, 3);
    assert.equal((await ask('/api/probe/plain', bearer(token.key))).left, 2);
  });

  test('by content type count the routes of that type, each on its own', async () => {
    const ask = visitor(site);
    const seen = [];
    for (const path of ['/api/categories', '/API/categories/', '/api/categories', '/api/categories/unknown', '/api/articles']) {
      const { rule, status } = await ask(path);
      seen.push([rule, status]);
    }
    assert.deepEqual(seen, [
      ['categories', 200],
      ['categories', 200],
      ['categories', 429],
      ['categories', 404],
      ['default-11', 200],
    ]);
  });

  test('by route count what one route’s addresses have in common', async () => {
    const ask = visitor(site);
    const seen = [];
    for (const path of ['/api/articles/a', '/api/articles/b', '/api/articles', '/api/nothing', '/api/nothing/else']) {
      seen.push(await left(ask(path)));
    }
    assert.deepEqual(seen, [49, 48, 49, 49, 48]);
  });

  test('by a function count what it names, and nothing where it names nothing', async () => {
    const [here, there] = [visitor(site), visitor(site)];
    assert.deepEqual(
      [await left(here('/api/probe/text?key=a')), await left(there('/api/probe/text?key=a')), await left(here('/api/probe/text?key=b'))],
      [1, 0, 1],
    );
    assert.equal((await here('/api/probe/text?key=a')).status, 429);
    const long = 'x'.repeat(5_000);
    assert.deepEqual([await left(here(`/api/probe/text?key=${long}`)), await left(here(`/api/probe/text?key=${long}`))], [1, 0]);
    assert.equal((await here('/api/probe/text')).rule, undefined);
  });

  test('may tell limits apart, and have none', async () => {
    const token = await apiToken(site, { type: 'full-access' });
    const ask = visitor(site);
    for (let i = 0; i < 5; i += 1) assert.equal((await ask('/api/probe/tagged', bearer(token.key))).rule, undefined);
    assert.deepEqual([(await ask('/api/probe/tagged')).status, (await ask('/api/probe/tagged')).status, (await ask('/api/probe/tagged')).status], [200, 200, 429]);
  });

  test('may make a request count for several', async () => {
    const ask = visitor(site);
    const seen = [];
    for (const query of ['', '?populate=deep', '?populate=deep', '', '?populate=deep', '', '', '']) {
      const { status, left: remaining } = await ask(`/api/probe/buffer${query}`);
      seen.push([status, remaining]);
    }
    assert.deepEqual(seen, [[200, 9], [200, 4], [429, 0], [200, 3], [429, 0], [200, 2], [200, 1], [200, 0]]);
  });

  test('in a dry run count and refuse nobody', async () => {
    const ask = visitor(site);
    for (let i = 0; i < 4; i += 1) {
      const { status, rule } = await ask('/api/probe/private');
      assert.deepEqual([status, rule], [200, undefined]);
    }
    const { limitedInDryRun } = await site.call((strapi) => strapi.plugin('upstash').service('cache').stats());
    assert.equal(limitedInDryRun, 3);
    assert.match(site.log(), /dry|the rule 'dry' would have refused 1 requests/);
  });

  test('let pass whom they allow and what they skip, and answer as they are told to', async () => {
    const path = '/api/probe/cookie';
    for (const address of ['10.1.2.3', '::ffff:10.9.9.9', '2001:db8:ffff:1::7']) {
      const ask = visitor(site, address);
      for (let i = 0; i < 3; i += 1) assert.equal((await ask(path)).rule, undefined);
    }
    const ask = visitor(site);
    for (let i = 0; i < 3; i += 1) assert.equal((await ask(path, { headers: { 'x-probe': 'yes' } })).rule, undefined);
    assert.equal((await ask(path)).status, 200);
    const refused = await ask(path);
    assert.deepEqual([refused.status, refused.json()], [418, { rule: 'allowed', left: 0 }]);
  });

  test('whose functions fail count by address with the limit of all', async () => {
    const ask = visitor(site);
    const { status, limit, left: remaining } = await ask('/api/probe/large');
    assert.deepEqual([status, limit, remaining], [200, 100, 99]);
    for (const option of ['skip', 'limit', 'cost']) {
      assert.match(site.log(), new RegExp(`the function ${option} of the rule 'broken' failed and was left out`));
    }
  });

  test('tell a browser of another origin what they say', async () => {
    const headers = { origin: 'https://a.example' };
    const { headers: told } = await visitor(site)('/api/articles', { headers });
    const exposed = told['access-control-expose-headers'].split(',').map((name) => name.trim().toLowerCase());
    for (const name of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'ratelimit', 'ratelimit-policy']) {
      assert.ok(exposed.includes(name) && name in told, name);
    }
    assert.equal((await visitor(site)('/api/articles')).headers['access-control-expose-headers'], undefined);
  });

  test('take the address from the one proxy that is trusted, whatever stands before it', async () => {
    const real = newAddress();
    const path = '/api/nothing/here';
    const statuses = new Map();
    for (let i = 0; i < 2_000; i += 1) {
      const forged = `203.0.${i >> 8}.${i & 255}`;
      const headers = { 'x-forwarded-for': `${forged}, ${real}`, forwarded: `for=${forged}`, 'x-real-ip': forged };
      const { status } = await site.request(path, { headers });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    assert.deepEqual([...statuses], [[404, 50], [429, 1_950]]);
  });
});

describe('when Upstash is away', () => {
  let upstash;
  let site;
  const probe = (name) => `/api/probe/${name}`;

  before(async () => {
    upstash = await startUpstash();
    const rules = ['open', 'local', 'closed'].map((onError, index) => ({ name: onError, match: probe(['plain', 'text', 'cookie'][index]), limit: 3, window: '1 h', onError }));
    site = await startSite({
      files: probeApi,
      env: { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token },
      plugins: { upstash: { enabled: true, config: { deadline: '100 ms', cache: { enabled: false }, rateLimit: { rules } } } },
    });
  });
  after(async () => {
    await site?.stop();
    await upstash?.stop();
  });

  for (const fault of ['hang', 'refuse', '500', 'garbage']) {
    test(`(${fault}) each rule does as it says, soon without waiting, and goes on with Upstash afterwards`, async () => {
      const ask = behind(site);
      for (const name of ['plain', 'text', 'cookie']) assert.equal((await ask(probe(name))).status, 200);
      await upstash.misbehave(fault);
      const other = behind(site);
      const seen = {};
      for (const name of ['plain', 'text', 'cookie']) {
        seen[name] = [];
        for (let i = 0; i < 6; i += 1) seen[name].push((await other(probe(name))).status);
      }
      assert.deepEqual(seen, {
        plain: Array(6).fill(200),
        text: [200, 200, 200, 429, 429, 429],
        cookie: Array(6).fill(503),
      });
      const began = Date.now();
      const refused = await other(probe('cookie'));
      assert.ok(Date.now() - began < 90, `${Date.now() - began} ms`);
      assert.equal(refused.json().error.name, 'ServiceUnavailableError');
      assert.ok(Number(refused.headers['retry-after']) >= 1);
      assert.equal((await other(probe('plain'))).limit, undefined);

      await upstash.heal();
      // A trial in the background finds out.
      const deadline = Date.now() + 15_000;
      while ((await behind(site)(probe('cookie'))).status !== 200) {
        assert.ok(Date.now() < deadline, 'still 503 15 s after');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const { limitUndecided } = await site.call((strapi) => strapi.plugin('upstash').service('cache').stats());
      assert.ok(limitUndecided >= 18, `${limitUndecided}`);
    });
  }

  /** Koa's own address: each visitor is another loopback address. */
  function behind(of) {
    visitors += 1;
    const localAddress = `127.0.${1 + (visitors >> 8)}.${visitors & 255}`;
    const ask = visitor(of);
    return (path, options = {}) => ask(path, { ...options, localAddress });
  }
});

describe('GraphQL', () => {
  let site;
  before(async () => {
    // The endpoint alone, as its plugin mounts it.
    const index = `module.exports = {
      register({ strapi }) {
        strapi.server.routes([{ method: 'POST', path: '/graphql', handler: (ctx) => (ctx.body = { data: {} }), config: { auth: false } }]);
      },
    };\n`;
    site = await starting('refresh', { 'src/index.js': index });
  });
  after(() => site?.stop());

  test('is counted by the rule for everything', async () => {
    const ask = visitor(site);
    const seen = [];
    for (const path of ['/graphql', '/GraphQL', '/graphql/']) {
      const { status, rule, left: remaining } = await ask(path, { method: 'POST', body: { query: '{ __typename }' } });
      seen.push([status, rule, remaining]);
    }
    assert.deepEqual(seen, [[200, 'default-11', 49], [200, 'default-11', 48], [200, 'default-11', 47]]);
  });
});

describe('mistakes that only Strapi can tell', () => {
  const refused = (rules, sentence) => {
    const plugins = { upstash: { enabled: true, config: { rateLimit: { rules } } } };
    return assert.rejects(startSite({ plugins }), ({ log }) => sentence.test(log));
  };

  test('end the start with a sentence', async () => {
    await refused(
      [{ match: { contentType: 'api::novel.novel' } }],
      /found the content type 'api::novel\.novel'; expected one that this Strapi has/,
    );
    await refused(
      [{ name: 'a', match: '/api/a', limit: 1 }, { name: 'a', match: '/api/b', limit: 2 }],
      /found two rules named 'a'; expected the same options in both/,
    );
  });
});
