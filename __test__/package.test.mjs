// The package that npm publishes: what is in it, and whether it works in a Strapi app outside this repository.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ROOT, createApp, install, pack, start } from './support/tarball.mjs';

const API = [
  'Engine',
  'IpDenyList',
  'LimitRouting',
  'Limiter',
  'MultiRegionRatelimit',
  'QStash',
  'Ratelimit',
  'Receiver',
  'Redis',
  'Tokens',
  'errors',
  'ipIdentifier',
  'resolveConfig',
  'resolveKoaConfig',
  'resolveMiddlewareConfig',
];

const readJson = async (path) => JSON.parse(await readFile(join(ROOT, path), 'utf8'));

describe('the packed package', () => {
  let folder;
  let app;
  let tarball;

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'strapi-upstash-package-')));
    app = join(folder, 'app');
    await createApp(app);
    tarball = await pack(folder);
    await install(app, tarball.file);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Runs code in a process that starts in the app; returns what it printed as JSON. */
  async function evaluate(code, flags = []) {
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', code], { cwd: app });
    return JSON.parse(stdout);
  }

  it('holds the addon for this machine, both halves of the plugin, the types, the licence and the README', () => {
    const { contents } = tarball;
    for (const path of [
      'index.js',
      'index.d.ts',
      'binding.js',
      'binding.d.ts',
      'redis/index.js',
      'next/index.js',
      'next/index.d.ts',
      'qstash/index.js',
      'qstash/index.d.ts',
      'ratelimit/index.js',
      'ratelimit/index.d.ts',
      'ratelimit/koa2-store.d.ts',
      'redis/commands.d.ts',
      'session/index.js',
      'session/index.d.ts',
      'redis/commands/string.json',
      'strapi-plugin/dist/server/index.js',
      'strapi-plugin/dist/server/types.d.ts',
      'strapi-plugin/dist/admin/index.js',
      'strapi-plugin/dist/admin/index.mjs',
      'LICENSE',
      'README.md',
    ]) {
      assert.ok(contents.includes(path), `${path} is missing`);
    }
    assert.equal(contents.filter((path) => path.endsWith('.node')).length, 1);
  });

  it('holds nothing else', () => {
    const expected =
      /^(package\.json|(index|binding)\.(js|d\.ts)|redis\/(\w+\.js|commands\.d\.ts|commands\/\w+\.json)|(next|ratelimit|qstash|session)\/[\w-]+\.(js|d\.ts)|LICENSE|README\.md|[^/]+\.node)$/;
    const others = tarball.contents.filter((path) => !expected.test(path) && !path.startsWith('strapi-plugin/dist/'));
    assert.deepEqual(others, []);
  });

  it('has every file that its exports point to', async () => {
    const { exports } = await readJson('package.json');
    const targets = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [entry] : leaves(entry)));
    assert.ok(targets.length >= 10);
    assert.deepEqual(targets.filter((path) => !tarball.contents.includes(path.replace('./', ''))), []);
  });

  it('is found and bundled by Strapi, which resolves package.json and the admin half as CommonJS', async () => {
    const require = createRequire(join(app, 'package.json'));
    const { strapi } = require('strapi-upstash/package.json');
    assert.equal(strapi.kind, 'plugin');
    assert.equal(strapi.name, 'upstash');

    const inApp = join(app, 'node_modules/strapi-upstash');
    assert.equal(require.resolve('strapi-upstash/strapi-admin'), join(inApp, 'strapi-plugin/dist/admin/index.js'));
    assert.equal(require.resolve('strapi-upstash/strapi-server'), join(inApp, 'strapi-plugin/dist/server/index.js'));
  });

  it('gives the addon to CommonJS and to ES modules, under the same names', async () => {
    const required = await evaluate(`console.log(JSON.stringify(Object.keys(require('strapi-upstash')).sort()))`);
    const imported = await evaluate(
      `import * as all from 'strapi-upstash'; console.log(JSON.stringify(Object.keys(all).sort()))`,
      ['--input-type=module'],
    );
    assert.deepEqual(required, API);
    assert.deepEqual(
      imported.filter((name) => name !== 'default' && name !== 'module.exports'),
      required,
    );
  });

  it('tells TypeScript what it exports, and which options the plugin has', async () => {
    const source = `
      import { ${API.join(', ')}, type Config } from 'strapi-upstash';
      import { cached, createCache, verifyRevalidation } from 'strapi-upstash/next';
      cached('k', { ttl: '1 m', swr: false, tags: ['a'] }, async () => ({ n: 1 })) satisfies Promise<{ n: number }>;
      verifyRevalidation(new Request('http://a'), 'secret') satisfies Promise<{ types: string[] } | null>;
      createCache({ ttl: 60, l1: { maxAge: '1 s' } }).purge('a', ['b']) satisfies Promise<void>;
      new Engine(resolveConfig('{}', {})).limiter('{}').limitNow(ipIdentifier('::1'))?.success satisfies boolean | undefined;
      Redis.fromEnv().get<number>('key') satisfies Promise<number | null>;
      export const names = [IpDenyList, Limiter, LimitRouting, MultiRegionRatelimit, Tokens, errors.UpstashError, resolveMiddlewareConfig];
      new QStash({ token: 't' }).publishJSON({ url: 'https://a', body: {} }) satisfies Promise<{ messageId: string; url: string }>;
      new Receiver().verify({ signature: '', body: '' }) satisfies Promise<boolean>;
      new Ratelimit({ redis: Redis.fromEnv(), limiter: Ratelimit.slidingWindow(10, '10 s') }).limit('ada') satisfies Promise<{ success: boolean }>;
      export const config: Config = {
        ttl: '10 m',
        rateLimit: { limit: 5, rules: [{ match: '/api/x', limit: ({ user }) => (user === null ? 5 : 50), by: ['ip', (ctx) => ctx.ip] }] },
      };
      // @ts-expect-error
      export const wrong: Config = { tll: 60 };
    `;
    await writeFile(join(app, 'user.ts'), source);
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'node16', '--target', 'es2022', 'user.ts'];
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, ...flags], { cwd: app }).catch((error) => error);
    assert.equal(stdout, '');
  });

  it('loads nothing of Strapi when only the addon is asked for', async () => {
    const files = await evaluate(`
      const { Engine, resolveConfig } = require('strapi-upstash');
      new Engine(resolveConfig('{}', {})).close();
      console.log(JSON.stringify(Object.keys(require.cache)));
    `);
    const inApp = join(app, 'node_modules/strapi-upstash');
    assert.deepEqual(files.filter((file) => !file.startsWith(`${inApp}/`) || file.includes('strapi-plugin')), []);
    assert.ok(files.some((file) => file.endsWith('.node')));
  });

  it('answers the second request from the cache in an app that only lists the two middlewares', async (t) => {
    const site = await start(app);
    t.after(() => site.stop());

    const first = await site.get('/api/notes');
    assert.equal(first.status, 200, site.log());
    assert.equal(first.headers['x-cache'], 'MISS');
    assert.equal(first.headers['x-ratelimit-limit'], '100');
    assert.equal(first.json.data[0].text, 'first');

    const second = await site.get('/api/notes');
    assert.equal(second.headers['x-cache'], 'HIT');
    assert.equal(second.headers['x-ratelimit-remaining'], '98');
    assert.deepEqual(second.body, first.body);
  });
});

describe('the platform packages', () => {
  it('exist for every target, with the version and the licence of the main package', async () => {
    const root = await readJson('package.json');
    const names = await readdir(join(ROOT, 'npm'));
    assert.equal(names.length, root.napi.targets.length);
    for (const name of names) {
      const { version, license, engines, main, files } = await readJson(`npm/${name}/package.json`);
      assert.deepEqual({ version, license, engines }, { version: root.version, license: 'MIT', engines: root.engines });
      assert.deepEqual({ main, files }, { main: `strapi-upstash.${name}.node`, files: [`strapi-upstash.${name}.node`] });
    }
  });

  it('are what the napi CLI makes of the main package, but for the texts', async (t) => {
    const made = await mkdtemp(join(tmpdir(), 'strapi-upstash-npm-'));
    t.after(() => rm(made, { recursive: true }));
    // The CLI only writes below the package it is told of.
    await writeFile(join(made, 'package.json'), JSON.stringify(await readJson('package.json')));
    await promisify(execFile)(join(ROOT, 'node_modules/.bin/napi'), ['create-npm-dirs'], { cwd: made });

    const names = await readdir(join(ROOT, 'npm'));
    assert.deepEqual(await readdir(join(made, 'npm')), names);
    for (const name of names) {
      const expected = JSON.parse(await readFile(join(made, 'npm', name, 'package.json'), 'utf8'));
      const { description } = await readJson(`npm/${name}/package.json`);
      assert.match(description, /^The binary of strapi-upstash for /);
      // Only the main package is to be found by its keywords.
      delete expected.keywords;
      assert.deepEqual(await readJson(`npm/${name}/package.json`), { ...expected, description });
    }
  });

  it('have the version of the crate', async () => {
    const { version } = await readJson('package.json');
    const [, crate] = /^version = "(.+)"$/m.exec(await readFile(join(ROOT, 'Cargo.toml'), 'utf8'));
    assert.equal(crate, version);
  });
});

function leaves(conditions) {
  return Object.values(conditions).flatMap((value) => (typeof value === 'string' ? [value] : leaves(value)));
}
