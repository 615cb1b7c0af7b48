// `npm run upstash:local`: an Upstash database on this machine, so that anyone can try the plugin's Upstash store
// without an account. The data is gone when it stops. `--json` prints one line for programs instead.

import { randomBytes } from 'node:crypto';
import { startUpstash } from '../__test__/support/upstash-endpoint.mjs';

const PREFERRED_PORT = Number(process.env.PORT || 8079);
// A fresh one each time: web pages can send requests to local ports, and this one reaches a Redis.
const token = randomBytes(16).toString('hex');

// Set before anything is started, so that an early Ctrl-C stops it all as well.
const stopping = new Promise((resolve) => {
  // `on` and not `once`: npm passes on the Ctrl-C that the terminal has delivered already.
  process.on('SIGINT', resolve);
  process.on('SIGTERM', resolve);
});

try {
  const upstash = await startOnFreePort();
  announce(upstash);
  await stopping;
  await upstash.stop();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function startOnFreePort() {
  try {
    return await startUpstash({ port: PREFERRED_PORT, token });
  } catch (error) {
    if (!['EADDRINUSE', 'EACCES', 'ERR_SOCKET_BAD_PORT'].includes(error.code)) throw error;
    console.error(`Port ${process.env.PORT || PREFERRED_PORT} can't be used (${error.code}), taking a free one.`);
    return startUpstash({ token });
  }
}

function announce({ url }) {
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ url, token }));
    return;
  }
  console.log(`UPSTASH_REDIS_REST_URL=${url}`);
  console.log(`UPSTASH_REDIS_REST_TOKEN=${token}`);
  console.log("Put these two lines into your Strapi project's .env and start Strapi; Ctrl-C here ends the database.");
}
