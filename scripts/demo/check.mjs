// `npm run demo -- --check`: the three things the demo tells you to try, done by this script.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { devNull } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { say, showProgress } from '../steps.mjs';
import { newAccount } from './account.mjs';
import { createAdminApi } from './admin-api.mjs';
import { BLOG, randomSecrets } from './prepare.mjs';
import { choosePort, startBlog } from './site.mjs';
import { configuredStore, freshPrefix, keysUnder, removeKeys } from './store.mjs';

const ARTICLE = 'api::article.article';
const CATEGORY = 'api::category.category';
/** Publishing gives an article a new row, and without `sort` that is a new place: perhaps on another page. */
const LIST = '/api/articles?populate=category&sort=slug';
const LIMIT = 100;
const REQUESTS = 105;
/** The default window, which begins at whole minutes for everybody. */
const WINDOW_MS = 60_000;
/** More than the requests take, with a round trip to Upstash in each or without. */
const REMOTE_REQUESTS_MS = 20_000;
const LOCAL_REQUESTS_MS = 5_000;

/**
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether everything held
 */
export async function check(signal) {
  // Not examples/blog/.env: what is checked is what the environment of this command says.
  const { name, upstash } = configuredStore();
  const database = join(BLOG, `.tmp/check-${process.pid}.db`);
  const report = createReport();
  const prefixes = [];

  /** A start of the same site with nothing in its cache and nothing counted against anybody. */
  async function withFreshSite(label, work) {
    const prefix = freshPrefix();
    prefixes.push(prefix);
    const env = {
      ...secrets,
      DATABASE_FILENAME: database,
      SERVE_ADMIN: 'false',
      ENV_PATH: devNull,
      CACHE_KEY_PREFIX: prefix,
    };
    const progress = showProgress(label);
    const site = await startBlog({ port: await choosePort(0), env, signal }).catch((error) => {
      progress.end(signal.aborted ? 'stopped' : 'FAILED');
      throw error;
    });
    progress.end('ok');
    signal.addEventListener('abort', site.stop);
    try {
      await work(site, prefix);
    } finally {
      signal.removeEventListener('abort', site.stop);
      await site.stop();
    }
  }

  const secrets = randomSecrets();
  say(`\nChecking with cache and limiter in ${name}\n`);
  try {
    await withFreshSite('Strapi starts with a new database', (site, prefix) =>
      checkCache(site, report, upstash && { ...upstash, prefix }),
    );
    await withFreshSite('Strapi starts again, nothing counted yet', async (site, prefix) => {
      // Requests on both sides of a window's end would count against two windows.
      await untilWindowHas(upstash ? REMOTE_REQUESTS_MS : LOCAL_REQUESTS_MS, signal);
      await checkLimiter(site, report, upstash && { ...upstash, prefix });
    });
  } catch (error) {
    if (signal.aborted) {
      return false;
    }
    report.fail('the site runs', error.message);
  } finally {
    await Promise.all(['', '-journal', '-wal', '-shm'].map((end) => rm(`${database}${end}`, { force: true })));
    if (upstash) {
      await Promise.all(prefixes.map((prefix) => removeKeys(upstash, prefix))).catch((error) =>
        report.fail('the keys of this check are removed', error.message),
      );
    }
  }
  return report.end();
}

async function checkCache(site, report, upstash) {
  const admin = createAdminApi(site, newAccount());
  await admin.register();

  const first = await site.get(LIST);
  report.expect('the first GET is a MISS', first.status === 200 && cacheOf(first) === 'MISS', seen(first));

  const second = await site.get(LIST);
  report.expect(
    'the second GET is a HIT with the same body',
    cacheOf(second) === 'HIT' && second.body.equals(first.body),
    `${seen(second)}, body ${second.body.equals(first.body) ? 'identical' : 'different'}`,
  );
  if (first.status !== 200) {
    return;
  }

  if (upstash) {
    await expectKey('the response is in Upstash', `${upstash.prefix}:/api/articles`, upstash, report);
  }

  const [article] = first.json.data;
  const title = `${article.title} (edited)`;
  await site.get(LIST);
  await admin.save(ARTICLE, article.documentId, { title });
  await admin.publish(ARTICLE, article.documentId, { title });
  await expectNext(
    'an edited article shows its new title at the next GET',
    (list) => list.find(({ documentId }) => documentId === article.documentId)?.title,
    title,
  );

  const { category } = article;
  const name = `${category.name} (edited)`;
  await site.get(LIST);
  await admin.save(CATEGORY, category.documentId, { name });
  await expectNext(
    'an edited category shows its new name in the articles at the next GET',
    (list) => list.find(({ documentId }) => documentId === article.documentId)?.category?.name,
    name,
  );

  /** One GET right after the edit, which has to find the new text; one more to see that caching goes on. */
  async function expectNext(what, find, wanted) {
    const next = await site.get(LIST);
    const found = next.status === 200 ? find(next.json.data) : undefined;
    const again = await site.get(LIST);
    report.expect(
      what,
      found === wanted && cacheOf(again) === 'HIT' && again.body.equals(next.body),
      `${seen(next)}, "${found}"; then ${cacheOf(again)}`,
    );
  }
}

/** Without this a check of Upstash could pass with the process's memory alone, as the site does without Upstash. */
async function expectKey(what, beginning, upstash, report) {
  try {
    let keys = [];
    // Storing does not delay an answer, so the key may arrive a little after it.
    for (let attempt = 0; keys.length === 0 && attempt < 20; attempt += 1) {
      await sleep(attempt === 0 ? 0 : 100);
      keys = await keysUnder(upstash, beginning);
    }
    report.expect(what, keys.length > 0, keys[0] ?? 'no key');
  } catch (error) {
    report.fail(what, error.message);
  }
}

async function checkLimiter(site, report, upstash) {
  const answers = [];
  for (let i = 0; i < REQUESTS; i += 1) {
    answers.push(await site.get(LIST));
  }

  const statuses = answers.map(({ status }) => status);
  const passed = statuses.filter((status) => status === 200).length;
  report.expect(
    `of ${REQUESTS} quick requests exactly the first ${LIMIT} pass`,
    statuses.every((status, i) => status === (i < LIMIT ? 200 : 429)),
    `${passed} passed, then ${[...new Set(statuses.slice(passed))].join(', ') || 'none was refused'}`,
  );

  if (upstash) {
    await expectKey('the count is in Upstash', `${upstash.prefix}@ratelimit`, upstash, report);
  }

  const refused = answers.at(-1);
  const retryAfter = Number(refused.headers['retry-after']);
  report.expect(
    'the refused ones say when to come back',
    refused.status === 429 && Number.isInteger(retryAfter) && retryAfter >= 1 && retryAfter <= WINDOW_MS / 1000,
    `status ${refused.status}, Retry-After: ${refused.headers['retry-after'] ?? 'none'}`,
  );
}

async function untilWindowHas(milliseconds, signal) {
  const left = WINDOW_MS - (Date.now() % WINDOW_MS);
  if (left < milliseconds) {
    say(`  ..  waiting ${Math.ceil(left / 1000)} s for a new minute to count in`);
    await sleep(left, undefined, { signal });
  }
}

const cacheOf = (answer) => answer.headers['x-cache'];
const seen = (answer) => `status ${answer.status}, X-Cache: ${cacheOf(answer) ?? 'none'}`;

function createReport() {
  let passed = 0;
  const failures = [];

  function fail(what, found) {
    failures.push(what);
    say(`  FAILED  ${what}: ${found}`);
  }

  return {
    fail,
    expect(what, holds, found) {
      if (!holds) {
        fail(what, found);
        return;
      }
      passed += 1;
      say(`  ok  ${what}: ${found}`);
    },
    end() {
      say(
        failures.length === 0
          ? `\n${passed} checks passed`
          : `\n${failures.length} of ${passed + failures.length} checks failed: ${failures.join('; ')}`,
      );
      return failures.length === 0;
    },
  };
}
