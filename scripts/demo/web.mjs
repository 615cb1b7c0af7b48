// The front end of the example: Next.js in examples/blog/web, with packages of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT, run, runNpm, step } from '../steps.mjs';
import { createClient } from './http.mjs';

const FOLDER = 'examples/blog/web';
const WEB = join(ROOT, FOLDER);
const PACKED = ['index.js', 'next', 'qstash', 'ratelimit', 'redis', 'binding.js', 'package.json'];
const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const LAST_LINES = 40;
/** What `npm test` says of the repository must not lead the npm of this folder there. */
const OUTSIDE = { npm_config_local_prefix: undefined };
const ENVIRONMENT = { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' };

/** Its packages and its build, unless nothing has changed since. The addon has to be built before. */
export async function prepareWeb() {
  const addon = readdirSync(ROOT).filter((name) => name.endsWith('.node'));
  const lists = [`${FOLDER}/package.json`, `${FOLDER}/package-lock.json`, `${FOLDER}/.npmrc`];
  await step(
    'npm packages of the front end',
    { stamp: 'web-packages', inputs: [...lists, ...PACKED, ...addon], outputs: () => [`${FOLDER}/node_modules/strapi-upstash/index.js`] },
    async (label) => {
      // npm takes a package of the same version for the same.
      for (const path of ['strapi-upstash', '.package-lock.json']) rmSync(join(WEB, 'node_modules', path), { recursive: true, force: true });
      await runNpm(label, ['install', '--no-save', '--no-audit', '--no-fund'], { cwd: WEB, env: OUTSIDE, hint: 'less than a minute' });
    },
  );
  const sources = ['app', 'lib', 'next.config.mjs'].map((path) => `${FOLDER}/${path}`);
  await step(
    'Front end',
    { stamp: 'web', inputs: [...sources, ...lists], outputs: () => [`${FOLDER}/.next/BUILD_ID`] },
    (label) => run(label, process.execPath, [nextCommand(), 'build'], { cwd: WEB, env: ENVIRONMENT, hint: 'less than a minute' }),
  );
}

/**
 * Runs `next start` and waits until it answers.
 *
 * @param {{ port: number, env: Record<string, string>, signal?: AbortSignal, onOutput?: (text: string) => void }} options
 */
export async function startWeb({ port, env, signal, onOutput = () => {} }) {
  // What Next.js kept for another Strapi, or missed the end of while it did not run.
  rmSync(join(WEB, '.next/cache/fetch-cache'), { recursive: true, force: true });
  const leash = new URL('leash.mjs', import.meta.url).href;
  const child = spawn(process.execPath, ['--import', leash, nextCommand(), 'start', '--hostname', HOST, '--port', String(port)], {
    cwd: WEB,
    env: { ...process.env, ...ENVIRONMENT, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: process.platform !== 'win32',
  });
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      lines.push(...text.split('\n').filter((line) => line.trim() !== ''));
      lines.splice(0, lines.length - LAST_LINES);
      onOutput(text);
    });
  }
  let running = true;
  const ended = once(child, 'close').then(() => {
    running = false;
  });
  const client = createClient({ host: HOST, port });

  async function stop() {
    client.close();
    if (!running) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }

  const deadline = Date.now() + START_TIMEOUT_MS;
  // A request that its route refuses: no page, nothing that is kept.
  while ((await client.request('/api/revalidate', { method: 'POST' }).then((answer) => answer.status, () => 0)) !== 401) {
    if (!running || signal?.aborted || Date.now() > deadline) {
      await stop();
      throw new Error(`Next.js did not start. Its last lines were:\n\n${lines.map((line) => `    ${line}`).join('\n')}`);
    }
    await sleep(100);
  }
  return { ...client, ended, stop, log: () => lines.join('\n') };
}

function nextCommand() {
  return join(WEB, 'node_modules/next/dist/bin/next');
}
