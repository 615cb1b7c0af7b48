// The peers of the benchmarks, as entries of config/plugins.js. They are no dependencies of ours: they are installed
// under .tmp, which takes npm's registry.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../.tmp/bench-peers', import.meta.url));
const PACKAGES = {
  'strapi-cache': '1.12.2',
  // What npm has as the latest 5.x.
  '@strapi-community/plugin-rest-cache': '5.0.1',
  '@strapi-community/provider-rest-cache-redis': '5.0.0',
  '@strapi-community/plugin-redis': '2.0.0',
};
const HOUR_MS = 3_600_000;

/** A site without this package, as far as plugins go. */
export const WITHOUT_OURS = { upstash: { enabled: false } };

export function installPeers() {
  const wanted = `${JSON.stringify({ private: true, dependencies: PACKAGES }, null, 2)}\n`;
  const manifest = join(FOLDER, 'package.json');
  const installed = existsSync(manifest) && readFileSync(manifest, 'utf8') === wanted;
  if (installed && Object.keys(PACKAGES).every((name) => existsSync(join(FOLDER, 'node_modules', name)))) return;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(manifest, wanted);
  const flags = ['--no-audit', '--no-fund', '--legacy-peer-deps', '--ignore-scripts', '--no-package-lock'];
  const { status } = spawnSync('npm', ['install', ...flags], { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('the peers could not be installed');
}

/** strapi-cache, with `config` over what keeps every entry for an hour; in Redis with a `redis` URL. */
export function strapiCache({ redis, ...config } = {}) {
  const store = redis === undefined ? { provider: 'memory' } : { provider: 'redis', redisConfig: redis };
  return { ...WITHOUT_OURS, 'strapi-cache': entry('strapi-cache', { max: 1_000_000, ttl: HOUR_MS, ...store, ...config }) };
}

/** plugin-rest-cache for these content types; in Redis with a `redis` of `{ port, db }`. */
export function restCache({ contentTypes, redis }) {
  const provider =
    redis === undefined
      ? { name: 'memory', options: { max: 1_000_000, maxSize: 1e12 } }
      : { name: 'redis', options: { connection: 'default' } };
  const plugins = {
    ...WITHOUT_OURS,
    'rest-cache': entry('@strapi-community/plugin-rest-cache', { provider, strategy: { maxAge: HOUR_MS, contentTypes } }),
  };
  if (redis !== undefined) {
    const connection = { host: '127.0.0.1', ...redis };
    plugins.redis = entry('@strapi-community/plugin-redis', { connections: { default: { connection } } });
  }
  return plugins;
}

function entry(name, config) {
  return { enabled: true, resolve: join(FOLDER, 'node_modules', name), config };
}
