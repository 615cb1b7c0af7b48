// A replica that lags: a real redis-server that replicates from another one through a proxy, which can hold back what
// comes and let it through later.

import net from 'node:net';
import { startRedis } from './redis-server.mjs';
import { until } from './rest-client.mjs';

/**
 * Starts a replica of `primary` (from startRedis) and waits until it has all that the primary has. It is a server as
 * from startRedis, and:
 * - `hold()`: from now on it hears nothing of the primary's writes
 * - `release()`: it hears what was held back, and everything from now on at once
 * - `delay(ms)`: it hears everything so many ms late
 * - `caughtUp()`: resolves when it has all that the primary has now
 * - `promote()`: it is a primary from now on; what was held back is lost
 */
export async function startReplica(primary) {
  // A primary waits for further replicas before the first transfer, unless it is told not to.
  await primary.command('CONFIG', 'SET', 'repl-diskless-sync-delay', '0');
  const lag = await startLag(primary.port);
  let server;
  try {
    server = await startRedis({ args: ['--replicaof', '127.0.0.1', String(lag.port)] });
    await until(async () => (await replication(server)).master_link_status === 'up');
  } catch (error) {
    lag.stop();
    await server?.stop();
    throw error;
  }

  async function caughtUp() {
    const { master_repl_offset: offset } = await replication(primary);
    await until(async () => BigInt((await replication(server)).slave_repl_offset) >= BigInt(offset));
  }

  async function promote() {
    await server.command('REPLICAOF', 'NO', 'ONE');
    lag.stop();
  }

  async function stop() {
    lag.stop();
    await server.stop();
  }

  await caughtUp();
  return { ...server, hold: lag.hold, release: lag.release, delay: lag.delay, caughtUp, promote, stop };
}

/** The fields of INFO replication. */
export async function replication(server) {
  const text = String(await server.command('INFO', 'replication'));
  return Object.fromEntries(text.split('\r\n').filter((line) => line.includes(':')).map((line) => line.split(/:(.*)/, 2)));
}

/** A proxy in front of a port of 127.0.0.1 that delays what comes from there. What goes there is passed on at once. */
async function startLag(target) {
  const sockets = new Set();
  /** What has come and was not passed on: `{ due, send }`, in the order in which it came. */
  let waiting = [];
  let held = false;
  let delayMs = 0;
  let timer;

  function pass() {
    clearTimeout(timer);
    if (held) return;
    const now = performance.now();
    while (waiting.length > 0 && waiting[0].due <= now) waiting.shift().send();
    if (waiting.length > 0) timer = setTimeout(pass, waiting[0].due - now).unref();
  }

  const listener = net.createServer((replica) => {
    const primary = net.connect({ host: '127.0.0.1', port: target, noDelay: true });
    for (const [socket, other] of [[replica, primary], [primary, replica]]) {
      sockets.add(socket);
      socket.unref();
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    replica.on('data', (bytes) => primary.write(bytes));
    primary.on('data', (bytes) => {
      waiting.push({ due: performance.now() + delayMs, send: () => replica.write(bytes) });
      pass();
    });
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  listener.unref();

  return {
    port: listener.address().port,
    hold() {
      held = true;
    },
    release() {
      held = false;
      delayMs = 0;
      for (const item of waiting) item.due = 0;
      pass();
    },
    delay(ms) {
      delayMs = ms;
    },
    stop() {
      clearTimeout(timer);
      waiting = [];
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
