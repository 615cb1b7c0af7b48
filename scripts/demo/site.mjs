import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from './http.mjs';
import { BLOG, strapiCommand } from './prepare.mjs';

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 15_000;
const LAST_LINES = 40;

/**
 * Runs `strapi start` in examples/blog and waits until it answers.
 *
 * @param {{ port: number, env?: Record<string, string>, onOutput?: (text: string) => void, signal?: AbortSignal }} options
 *   signal: stops waiting for a site that is still starting, and ends it
 */
export async function startBlog({ port, env = {}, onOutput = () => {}, signal }) {
  const child = spawn(
    process.execPath,
    ['--import', new URL('leash.mjs', import.meta.url).href, strapiCommand(), 'start'],
    {
      cwd: BLOG,
      env: {
        ...process.env,
        NODE_ENV: 'production',
        STRAPI_TELEMETRY_DISABLED: 'true',
        ...env,
        HOST,
        PORT: String(port),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C in the terminal reaches only the demo, which then ends the site in an orderly way.
      detached: process.platform !== 'win32',
    },
  );

  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      lines.push(...text.split('\n').filter((line) => line.trim() !== ''));
      lines.splice(0, lines.length - LAST_LINES);
      onOutput(text);
    });
  }

  let running = true;
  const ended = once(child, 'close').then(([code, signalName]) => {
    running = false;
    return { code, signal: signalName };
  });
  const client = createClient({ host: HOST, port });

  async function stop() {
    client.close();
    if (running) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    }
  }

  try {
    await waitUntilItAnswers(client, () => running && !signal?.aborted, lines);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...client, port, ended, stop };
}

async function waitUntilItAnswers(client, goOn, lines) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (goOn() && Date.now() < deadline) {
    // Strapi's own health check: no content, no limit, nothing that a cache would keep.
    const status = await client.get('/_health').then((answer) => answer.status, () => 0);
    if (status === 204) {
      return;
    }
    await sleep(100);
  }
  const what = goOn() ? `did not answer within ${START_TIMEOUT_MS / 1000} s` : 'ended while it was starting';
  throw new Error(`Strapi ${what}. Its last lines were:\n\n${lines.map((line) => `    ${line}`).join('\n')}`);
}

/** @returns {Promise<number>} the wanted port, or a free one when something listens there */
export async function choosePort(wanted) {
  return (await tryPort(wanted)) ?? tryPort(0);
}

async function tryPort(port) {
  const server = createServer();
  const free = await new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(port, HOST, () => resolve(server.address().port));
  });
  await new Promise((resolve) => server.close(resolve));
  return free;
}
