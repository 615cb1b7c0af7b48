import { fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAdminApi } from '../../scripts/demo/admin-api.mjs';
import { createClient } from '../../scripts/demo/http.mjs';
import { copySeededDatabase, createFolder } from './site-folder.mjs';

const PROCESS = fileURLToPath(new URL('strapi-process.mjs', import.meta.url));
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 15_000;
const CALL_TIMEOUT_MS = 30_000;

export const ADMIN = { email: 'admin@example.com', password: 'Correct-horse-7' };

/** The middlewares of a site without this package, for a test that compares. */
export const PLAIN_MIDDLEWARES = [
  'strapi::logger',
  'strapi::errors',
  'strapi::security',
  'strapi::cors',
  'strapi::poweredBy',
  'strapi::query',
  'strapi::body',
  'strapi::session',
  'strapi::favicon',
  'strapi::public',
];

const ENVIRONMENT = {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  PORT: '0',
  SERVE_ADMIN: 'false',
  STRAPI_TELEMETRY_DISABLED: 'true',
  STRAPI_DISABLE_EE: 'true',
  // Fixed, so that sites which share a database accept each other's tokens.
  APP_KEYS: 'test-key-1,test-key-2',
  API_TOKEN_SALT: 'test-api-token-salt',
  ADMIN_JWT_SECRET: 'test-admin-jwt-secret',
  TRANSFER_TOKEN_SALT: 'test-transfer-token-salt',
  ENCRYPTION_KEY: 'test-encryption-key-of-32-letters',
  JWT_SECRET: 'test-jwt-secret',
};

/** Settings of whoever runs the tests that would reach into a site. */
const NOT_INHERITED = /^(UPSTASH_|CACHE_|REVALIDATE_|QSTASH_|DATABASE_|NODE_OPTIONS$|NODE_TEST_CONTEXT$|ENV_PATH$|FORCE_COLOR$)/;

/** Sites of this test process that still run; see the exit listener at the end. */
const running = new Set();

/**
 * Starts the example blog, seeded and with an admin account, as a process of its own on a free loopback port.
 *
 * @param {object} [options]
 * @param {Record<string, string>} [options.env] environment variables on top of the fixed ones
 * @param {Record<string, unknown>} [options.plugins] entries that replace those of config/plugins.js, by plugin name
 * @param {unknown[]} [options.middlewares] replaces the list in config/middlewares.js
 * @param {Record<string, string | Buffer | null>} [options.files] path in the app -> content; null removes the path
 * @param {string} [options.database] the `database` of another site: both then work on the same data
 * @param {boolean} [options.seeded] false begins with no database at all
 * @param {string[]} [options.execArgv] flags for its `node`
 * @throws when Strapi ends before it listens; the error has `log`, `code` and `signal`
 */
export async function startSite({ env = {}, plugins, middlewares, files, database, seeded = true, execArgv = [] } = {}) {
  const folder = await createFolder({ plugins, middlewares, files });
  try {
    const file = database ?? join(folder, '.tmp/data.db');
    if (seeded && database === undefined) {
      await copySeededDatabase(file, seedDatabase);
    }
    return await start(folder, file, env, execArgv);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Strapi without this package fills the database, so that a site's first start with it is what a user sees. */
async function seedDatabase(file) {
  const site = await startSite({
    seeded: false,
    database: file,
    plugins: { upstash: { enabled: false } },
    middlewares: PLAIN_MIDDLEWARES,
  });
  try {
    await site.admin.register();
  } finally {
    await site.stop();
  }
}

async function start(folder, database, env, execArgv) {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  const child = fork(PROCESS, [], {
    cwd: folder,
    execArgv,
    env: { ...Object.fromEntries(inherited), ...ENVIRONMENT, DATABASE_FILENAME: database, ...env },
    serialization: 'advanced', // Dates, Buffers and undefined survive `call`
    silent: true,
  });
  const site = { child, folder };
  running.add(site);

  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const log = () => output;

  // 'close' and not 'exit': by then the whole log has arrived.
  const ended = new Promise((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(site);
      resolve({ code, signal });
    });
  });

  const calls = createCalls(child, ended);
  const { port } = await ready(child, ended, log);
  const client = createClient({ port });

  return {
    url: client.url,
    port,
    pid: child.pid,
    folder,
    database,
    get: client.get,
    request: client.request,
    log,
    admin: createAdminApi(client, ADMIN),
    call: calls.call,
    ended,
    stop: (signal = 'SIGTERM') => stop(signal),
  };

  /** @returns {Promise<{ code: number | null, signal: string | null, ms: number, forced: boolean }>} */
  async function stop(signal) {
    const begin = Date.now();
    client.close();
    let forced = false;
    if (running.has(site)) {
      child.kill(signal);
    }
    const timer = setTimeout(() => {
      forced = true;
      child.kill('SIGKILL');
    }, STOP_TIMEOUT_MS);
    const { code, signal: endedBy } = await ended;
    clearTimeout(timer);
    await rm(folder, { recursive: true, force: true });
    return { code, signal: endedBy, ms: Date.now() - begin, forced };
  }
}

async function ready(child, ended, log) {
  let timer;
  const listening = new Promise((resolve) => {
    child.on('message', function first(message) {
      if (message.port !== undefined) {
        child.off('message', first);
        resolve(message);
      }
    });
  });
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve({ late: true }), START_TIMEOUT_MS);
  });
  const outcome = await Promise.race([listening, ended, late]);
  clearTimeout(timer);
  if (outcome.port !== undefined) {
    return outcome;
  }
  child.kill('SIGKILL');
  await ended;
  const why = outcome.late ? `did not listen within ${START_TIMEOUT_MS / 1000} s` : `ended with code ${outcome.code}`;
  throw Object.assign(new Error(`the site ${why}\n${log()}`), { log: log(), code: outcome.code, signal: outcome.signal });
}

function createCalls(child, ended) {
  const waiting = new Map();
  let lastId = 0;

  child.on('message', ({ id, value, error }) => {
    const caller = waiting.get(id);
    waiting.delete(id);
    if (error) {
      const { name, message, code, stack } = error;
      caller?.reject(Object.assign(new Error(message), { name, code, remoteStack: stack }));
    } else {
      caller?.resolve(value);
    }
  });
  ended.then(() => {
    for (const { reject } of waiting.values()) {
      reject(new Error('the site ended during the call'));
    }
  });

  /**
   * Runs code inside the Strapi process.
   *
   * @param {string | ((strapi: any, args: any) => unknown)} code the body of an async function of `strapi`, `args` and
   *   `require`, or a function that uses nothing from around it
   * @param {unknown} [args] anything `structuredClone` can copy; the same goes for the result
   */
  function call(code, args) {
    const body = typeof code === 'function' ? `return (${code})(strapi, args, require)` : code;
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new Error(`no result after ${CALL_TIMEOUT_MS} ms from ${body}`));
      }, CALL_TIMEOUT_MS);
      const settle = (done) => (result) => {
        clearTimeout(timer);
        done(result);
      };
      waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      child.send({ id, body, args });
    });
  }

  return { call };
}

// A test that throws before its `stop` leaves nothing behind.
process.on('exit', () => {
  for (const { child, folder } of running) {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});
