// A real redis-server for one test file: its own port, its own empty directory, nothing kept on disk.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureRedisServer } from '../../scripts/system.mjs';
import { RedisConnection } from './resp.mjs';

/** Generous, because a loaded machine with two cores may take seconds for what normally takes 20 ms. */
const START_DEADLINE_MS = 15_000;
const STOP_DEADLINE_MS = 3_000;
/** Another process may take a free port between our finding it and Redis binding it. */
const PORT_ATTEMPTS = 5;

/**
 * Starts redis-server on 127.0.0.1; `port` 0 means any free one, `args` are further options for its command line.
 * It installs redis-server when the machine lacks it. The server ends with this process, however this process ends.
 */
export async function startRedis({ port = 0, args = [] } = {}) {
  const program = ensureRedisServer();
  for (let attempt = 1; ; attempt += 1) {
    const server = await launch(program, port || (await freePort()), args);
    try {
      await server.ready();
      return server.api;
    } catch (error) {
      await server.api.kill();
      const taken = /already in use/i.test(error.message);
      if (port !== 0 || !taken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function launch(program, port, args) {
  const directory = await mkdtemp(path.join(tmpdir(), 'redis-'));
  const options = ['--bind', '127.0.0.1', '--port', port, '--dir', directory, '--save', '', '--appendonly', 'no'];
  // Detached: Ctrl-C in a terminal goes to the whole foreground group, and whoever started Redis decides when it ends.
  const child = spawn(program, [...options.map(String), '--loglevel', 'notice', ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => (log = (log + text).slice(-4_000)));
    stream.unref();
  }
  child.unref();

  let connection = null;
  let running = true;
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve((log += error.message)));
    child.once('exit', resolve);
  }).then(async () => {
    running = false;
    connection?.close();
    watchdog?.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });
  const watchdog = child.pid && watch(child.pid, directory);

  async function command(...words) {
    if (!running) throw new Error('redis-server is not running');
    if (!connection || connection.closed) connection = new RedisConnection(port);
    const { value } = await connection.send(words);
    if (value instanceof Error) throw value;
    return value;
  }

  async function end(signal) {
    // Referenced again, so that a script whose last act is to stop Redis lives to see it stopped.
    child.ref();
    if (running) child.kill(signal);
    const killing = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await exited;
    clearTimeout(killing);
  }

  return {
    api: { port, pid: child.pid, command, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') },
    async ready() {
      const deadline = Date.now() + START_DEADLINE_MS;
      while (running && Date.now() < deadline) {
        // PING alone could be answered by another server on this port, so Redis is asked who it is.
        const info = await command('INFO', 'server').then(String, () => '');
        if (info.includes(`process_id:${child.pid}\r`)) return;
        await sleep(10);
      }
      throw new Error(`redis-server did not start on 127.0.0.1:${port}: ${log.trim() || 'it printed nothing'}`);
    },
  };
}

/**
 * A shell that waits for the end of its standard input, which comes when this process is gone for any reason, a SIGKILL
 * included; then it ends Redis and removes its empty directory.
 */
function watch(pid, directory) {
  const script = 'read -r _; kill -9 "$1" 2>/dev/null; rmdir "$2" 2>/dev/null';
  const shell = spawn('sh', ['-c', script, 'sh', String(pid), directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.stdin.on('error', () => {});
  shell.stdin.unref();
  shell.unref();
  return shell;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
