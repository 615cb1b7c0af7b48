// The package as a user gets it: packed by npm, and installed by npm into a Strapi app that knows nothing of this
// repository.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient } from '../../scripts/demo/http.mjs';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 15_000;
/** What an app that `create-strapi` makes depends on, in the versions of this repository. */
const APP_DEPENDENCIES = [
  '@strapi/plugin-users-permissions',
  '@strapi/strapi',
  'better-sqlite3',
  'react',
  'react-dom',
  'react-router-dom',
  'styled-components',
];

const running = new Set();

/**
 * @param {string} folder where the tarball goes
 * @returns {Promise<{ file: string, contents: string[] }>} its path, and the paths in it
 */
export async function pack(folder) {
  const output = await npm(ROOT, ['pack', '--json', '--pack-destination', folder]);
  const [{ filename, files }] = JSON.parse(output);
  return { file: join(folder, filename), contents: files.map(({ path }) => path) };
}

/** A Strapi app with one content type, and with everything installed but this package. */
export async function createApp(folder) {
  await Promise.all(
    Object.entries(await appFiles()).map(async ([path, content]) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
    }),
  );
  // An install takes minutes and a network; these packages are here already. Hard links take seconds, and npm never
  // writes into a package that it leaves in place.
  const modules = join(folder, 'node_modules');
  const linkable = (await stat(ROOT)).dev === (await stat(folder)).dev;
  await promisify(execFile)('cp', [linkable ? '-al' : '-a', join(ROOT, 'node_modules'), modules]);
  // The workspaces, and the list in which npm would look for them. npm makes that list anew from what it finds.
  const ours = ['strapi-upstash', 'strapi-upstash-example-blog', '.package-lock.json'];
  await Promise.all(ours.map((name) => rm(join(modules, name))));
}

/** `npm install <tarball>` that fails rather than asks a registry for anything. */
export async function install(folder, tarball) {
  const emptyCache = join(folder, '.npm-cache');
  await npm(folder, ['install', '--offline', '--no-audit', '--no-fund', '--cache', emptyCache, tarball]);
}

/** `strapi start`, waited for until it answers. */
export async function start(folder) {
  const port = await freePort();
  const child = spawn(process.execPath, [join(folder, 'node_modules/@strapi/strapi/bin/strapi.js'), 'start'], {
    cwd: folder,
    env: { ...cleanEnvironment(), NODE_ENV: 'production', STRAPI_TELEMETRY_DISABLED: 'true', PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      log += text;
    });
  }
  const ended = once(child, 'close').finally(() => running.delete(child));
  const client = createClient({ port });

  async function stop() {
    client.close();
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await client.get('/_health').then(({ status }) => status === 204, () => false))) {
    if (!running.has(child) || Date.now() > deadline) {
      await stop();
      throw new Error(`the app did not start:\n${log}`);
    }
    await sleep(200);
  }
  return { get: client.get, log: () => log, stop };
}

async function npm(folder, args) {
  const { stdout } = await promisify(execFile)('npm', args, {
    cwd: folder,
    env: cleanEnvironment(),
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}

/** Without the settings that `npm test` hands down, which are about this repository, and those of a real database. */
function cleanEnvironment() {
  const inherited = Object.entries(process.env);
  return Object.fromEntries(inherited.filter(([name]) => !/^(npm_|UPSTASH_|CACHE_|NODE_TEST_CONTEXT$)/i.test(name)));
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function appFiles() {
  const dependencies = {};
  for (const name of APP_DEPENDENCIES) {
    const { version } = JSON.parse(await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'));
    dependencies[name] = version;
  }
  const factory = (kind) =>
    `module.exports = require('@strapi/strapi').factories.createCore${kind}('api::note.note');\n`;

  return {
    'package.json': { name: 'unrelated-app', version: '1.0.0', private: true, dependencies },
    'config/server.js': `module.exports = ({ env }) => ({
      host: '127.0.0.1', port: env.int('PORT'), app: { keys: ['key'] }, logger: { updates: { enabled: false } },
    });\n`,
    'config/admin.js': `module.exports = {
      serveAdminPanel: false, auth: { secret: 'secret' }, apiToken: { salt: 'salt' }, transfer: { token: { salt: 'salt' } },
    };\n`,
    'config/database.js': `module.exports = {
      connection: { client: 'sqlite', connection: { filename: '.tmp/data.db' }, useNullAsDefault: true },
    };\n`,
    'config/plugins.js': `module.exports = { 'users-permissions': { config: { jwtSecret: 'secret' } } };\n`,
    // The two lines in the middle are all that a user adds.
    'config/middlewares.js': `module.exports = [
      'strapi::logger', 'strapi::errors', 'strapi::security', 'strapi::cors',
      'plugin::upstash.rate-limit',
      'plugin::upstash.cache',
      'strapi::poweredBy', 'strapi::query', 'strapi::body', 'strapi::session', 'strapi::favicon', 'strapi::public',
    ];\n`,
    '.tmp/.gitkeep': '',
    'public/uploads/.gitkeep': '',
    'src/index.js': `module.exports = {
      async bootstrap({ strapi }) {
        const role = await strapi.db.query('plugin::users-permissions.role').findOne({ where: { type: 'public' } });
        await strapi.db.query('plugin::users-permissions.permission').create({
          data: { action: 'api::note.note.find', role: role.id },
        });
        await strapi.documents('api::note.note').create({ data: { text: 'first' } });
      },
    };\n`,
    'src/api/note/content-types/note/schema.json': {
      kind: 'collectionType',
      collectionName: 'notes',
      info: { singularName: 'note', pluralName: 'notes', displayName: 'Note' },
      options: { draftAndPublish: false },
      attributes: { text: { type: 'string' } },
    },
    'src/api/note/controllers/note.js': factory('Controller'),
    'src/api/note/routes/note.js': factory('Router'),
    'src/api/note/services/note.js': factory('Service'),
  };
}

// A test that throws before its `stop` leaves no Strapi behind.
process.on('exit', () => {
  for (const child of running) {
    child.kill('SIGKILL');
  }
});
