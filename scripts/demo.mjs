// `npm run demo`: from a fresh clone to a running site that caches and limits. With `--check` it tries the site itself.
// Uses nothing but Node's own modules, as it runs before anything is installed.
import { join } from 'node:path';
import { ensureAccount } from './demo/account.mjs';
import { check } from './demo/check.mjs';
import { BLOG, build, buildAdminPanel, checkTools, install, writeEnv } from './demo/prepare.mjs';
import { choosePort, startBlog } from './demo/site.mjs';
import { configuredStore } from './demo/store.mjs';
import { say, showProgress, stopCommands } from './steps.mjs';

const DEFAULT_PORT = 1337;
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

  const wanted = Number(process.env.PORT || DEFAULT_PORT);
  const port = await choosePort(wanted);
  if (port !== wanted) {
    say(`  ..  port ${wanted} is taken, using ${port}`);
  }

  let started = false;
  const progress = showProgress('Strapi starts');
  const site = await startBlog({
    port,
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
  say(thingsToTry(site.url, account));
  started = true;

  const { signal } = interruption;
  await Promise.race([site.ended, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
  if (!signal.aborted) {
    throw new Error('Strapi ended by itself.');
  }
  await site.stop();
  return 0;
}

function thingsToTry(url, account) {
  // Sorted by something that an edit leaves alone, so that the edited article stays where it was.
  const list = `${url}/api/articles?populate=category&sort=slug`;
  const login = account ? `as ${account.email} with ${account.password}` : 'with the account you made';
  return `
The blog is at ${url}
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
