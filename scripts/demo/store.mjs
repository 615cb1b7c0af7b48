// Where the site keeps cache and limits, as its environment says.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

const URL_NAME = 'UPSTASH_REDIS_REST_URL';
const TOKEN_NAME = 'UPSTASH_REDIS_REST_TOKEN';

/**
 * @param {string} [envFile] what Strapi reads besides the environment
 * @returns {{ name: string, upstash: { url: string, token: string } | null, prefix?: string }}
 */
export function configuredStore(envFile) {
  const settings = { ...(envFile && existsSync(envFile) ? readEnv(envFile) : {}), ...process.env };
  const url = settings[URL_NAME];
  const token = settings[TOKEN_NAME];
  const prefix = settings.CACHE_KEY_PREFIX;
  if (!url && !token) {
    return { name: "the memory of Strapi's process", upstash: null, prefix };
  }
  return { name: `Upstash Redis at ${hostOf(url)}`, upstash: { url, token }, prefix };
}

function hostOf(url) {
  try {
    return new URL(url).host;
  } catch {
    return 'an address that is not a URL';
  }
}

function readEnv(file) {
  const pairs = readFileSync(file, 'utf8').matchAll(/^\s*([A-Z0-9_]+)\s*=\s*["']?(.*?)["']?\s*$/gm);
  return Object.fromEntries([...pairs].map(([, name, value]) => [name, value]));
}

/** Keys that nobody else has, in a database that may hold others. */
export function freshPrefix() {
  return `strapi-check-${randomBytes(5).toString('hex')}`;
}

/** @returns {Promise<string[]>} the keys that begin so */
export async function keysUnder({ url, token }, prefix) {
  const found = [];
  let cursor = '0';
  do {
    const [next, keys] = await command({ url, token }, ['SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', '1000']);
    found.push(...keys);
    cursor = String(next);
  } while (cursor !== '0');
  return found;
}

export async function removeKeys(upstash, prefix) {
  const keys = await keysUnder(upstash, prefix);
  if (keys.length > 0) {
    await command(upstash, ['DEL', ...keys]);
  }
}

async function command({ url, token }, words) {
  const { result, error } = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(words),
    signal: AbortSignal.timeout(10_000),
  })
    .then((response) => response.json())
    .catch((failure) => ({ error: failure.cause?.message ?? failure.message }));
  if (error) {
    throw new Error(`${words[0]} on Upstash failed: ${error}`);
  }
  return result;
}
