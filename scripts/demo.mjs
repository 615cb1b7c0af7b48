// `npm run demo`: from a fresh clone to a running site that caches and limits. With `--check` it tries the site itself;
// `--no-web` leaves out the front end.
// Uses nothing but Node's own modules, as it runs before anything is installed.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ensureAccount } from './demo/account.mjs';
import { check } from './demo/check.mjs';
import { BLOG, build, buildAdminPanel, checkTools, install, writeEnv } from './demo/prepare.mjs';
import { choosePort, startBlog } from './demo/site.mjs';
import { configuredStore } from './demo/store.mjs';
import { prepareWeb, startWeb } from './demo/web.mjs';
import { say, showProgress, stopCommands } from './steps.mjs';

const DEFAULT_PORT = 1337;
const DEFAULT_WEB_PORT = 3000;
/** What shells expect of a program that Ctrl-C has ended. */
const INTERRUPTED = 130;

const interruption = new AbortController();
// `on` and not `once`: npm passes on a Ctrl-C that the terminal has already delivered.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interruption.abort();
    stopCommands();
  });
}

try {
  process.exitCode = process.argv.includes('--check') ? await runCheck() : await runDemo();
} catch (error) {
  if (!interruption.signal.aborted) {
    say(`\n${error.message}`);
  }
  process.exitCode = 1;
}
if (interruption.signal.aborted) {
  say('\nStopped.');
  process.exitCode = INTERRUPTED;
}

async function prepare() {
  checkTools();
  await install();
  await build();
}

async function runCheck() {
  await prepare();
  return (await check(interruption.signal)) ? 0 : 1;
}

async function runDemo() {
  await prepare();
  writeEnv();
  await buildAdminPanel();
  const hasWeb = !process.argv.includes('--no-web');
  if (hasWeb) {
    await prepareWeb();
  }

  const wanted = Number(process.env.PORT || DEFAULT_PORT);
  const port = await choosePort(wanted);
  if (port !== wanted) {
    say(`  ..  port ${wanted} is taken, using ${port}`);
  }
  const webPort = hasWeb ? await choosePort(DEFAULT_WEB_PORT) : null;
  const revalidate = hasWeb
    ? {
        REVALIDATE_URL: `http://127.0.0.1:${webPort}/api/revalidate`,
        REVALIDATE_SECRET: randomBytes(24).toString('base64url'),
      }
    : {};

  let started = false;
  const progress = showProgress('Strapi starts');
  const site = await startBlog({
    port,
    env: revalidate,
    signal: interruption.signal,
    onOutput(text) {
      if (started) {
        process.stdout.write(text);
      }
    },
  }).catch((error) => {
    progress.end(interruption.signal.aborted ? 'stopped' : 'FAILED');
    throw error;
  });
  const account = await ensureAccount(site);
  progress.end('ok');
  const web = hasWeb ? await startFrontEnd(site, webPort, revalidate) : null;
  say(thingsToTry(site.url, account, web?.url));
  started = true;

  const { signal } = interruption;
  await Promise.race([site.ended, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
  await web?.stop();
  if (!signal.aborted) {
    throw new Error('Strapi ended by itself.');
  }
  await site.stop();
  return 0;
}

/** On the database and under the prefix that Strapi has, as its environment says. */
async function startFrontEnd(site, port, { REVALIDATE_SECRET }) {
  const progress = showProgress('Next.js starts');
  const { upstash, prefix } = configuredStore(join(BLOG, '.env'));
  const env = { STRAPI_URL: site.url, REVALIDATE_SECRET };
  if (upstash) {
    Object.assign(env, { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token });
  }
  if (prefix) {
    env.CACHE_KEY_PREFIX = prefix;
  }
  try {
    const web = await startWeb({ port, env, signal: interruption.signal });
    progress.end('ok');
    return web;
  } catch (error) {
    progress.end(interruption.signal.aborted ? 'stopped' : 'FAILED');
    await site.stop();
    throw error;
  }
}

function thingsToTry(url, account, webUrl) {
  // Sorted by something that an edit leaves alone, so that the edited article stays where it was.
  const list = `${url}/api/articles?populate=category&sort=slug`;
  const login = account ? `as ${account.email} with ${account.password}` : 'with the account you made';
  const frontEnd = webUrl ? `\nIts front end, on Next.js, is at ${webUrl}: it shows what you publish below when you reload it.` : '';
  return `
The blog is at ${url}${frontEnd}
Cache and limiter are in ${configuredStore(join(BLOG, '.env')).name}.

1. Ask twice. The headers say X-Cache: MISS, then HIT:

   curl -s -o /dev/null -D - '${list}' | grep -iE 'x-cache|^age|ratelimit'

2. Change the title of "A bicycle lamp from spare parts" and publish it, or rename its category Workshop,
   at ${url}/admin (log in ${login}),
   and ask again. The first article of the list shows it at once:

   curl -s '${list}' | head -c 1000

3. Ask 105 times. 100 requests a minute get 200, the rest 429:

   for i in $(seq 105); do curl -s -o /dev/null -w '%{http_code}\\n' '${list}'; done | sort | uniq -c

Ctrl-C stops it. The requests that Strapi sees follow.
`;
}
