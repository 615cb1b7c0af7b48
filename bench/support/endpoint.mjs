// An Upstash endpoint with a Redis of its own, in a process of its own: what it costs to be asked is not mistaken for
// what the load generator or the site costs.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(import.meta.url);

if (process.argv[1] === FILE && process.send !== undefined) await serve();

/** @returns `{ url, token, env, misbehave(mode), heal(), stop() }`; `env` is what a site needs to find it */
export async function startEndpoint() {
  const child = fork(FILE);
  const [{ url, token }] = await once(child, 'message');

  async function turn(mode) {
    child.send({ mode });
    await once(child, 'message');
  }

  async function stop() {
    if (child.connected) child.disconnect();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  const env = { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token };
  return { url, token, env, misbehave: turn, heal: () => turn(null), stop };
}

async function serve() {
  const { startUpstash } = await import('../../__test__/support/upstash-endpoint.mjs');
  const upstash = await startUpstash();
  process.on('message', async ({ mode }) => {
    await (mode === null ? upstash.heal() : upstash.misbehave(mode));
    process.send({ mode });
  });
  process.on('disconnect', () => void upstash.stop());
  process.send({ url: upstash.url, token: upstash.token });
}
