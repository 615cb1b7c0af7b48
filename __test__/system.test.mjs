// What is taken from the machine: its packages, a redis-server per test file, and `npm run upstash:local`.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startRedis } from './support/redis-server.mjs';

const projectPath = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

function listens(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** By its port and not by its pid, which stays for a while where nobody waits for orphans, as in some containers. */
async function redisEnds(port) {
  for (const deadline = Date.now() + 10_000; await listens(port); await sleep(10)) {
    assert.ok(Date.now() < deadline, `redis-server on port ${port} is still there`);
  }
}

describe('missing system packages', () => {
  /** A machine with nothing on its PATH but these shell scripts. */
  async function onMachineWith(t, scripts) {
    const folder = await mkdtemp(path.join(tmpdir(), 'machine-'));
    t.after(() => rm(folder, { recursive: true }));
    for (const [name, script] of Object.entries(scripts)) {
      await writeFile(path.join(folder, name), `#!/bin/sh\n${script.replaceAll('$BIN', folder)}\n`);
      await chmod(path.join(folder, name), 0o755);
    }
    for (const tool of ['env', 'cp', 'chmod']) {
      const { stdout } = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
      await symlink(stdout.trim(), path.join(folder, tool));
    }
    const options = { env: { PATH: folder }, encoding: 'utf8' };
    return { folder, ...spawnSync(process.execPath, [projectPath('scripts/system.mjs')], options) };
  }

  const compiler = { cc: 'exit 0', 'c++': 'exit 0', make: 'exit 0', python3: 'exit 0' };
  const sudo = '[ "$1" = -n ] && shift; exec "$@"';
  const skip = process.platform !== 'linux' && 'other systems have other package managers';

  it('are installed with the package manager that is there, after an update', { skip }, async (t) => {
    const apt = 'echo "$@" >> "$BIN/log"; [ "$2" = update ] || cp "$BIN/cc" "$BIN/redis-server"';
    const { folder, status, stdout, stderr } = await onMachineWith(t, { ...compiler, sudo, 'apt-get': apt });
    assert.equal(stdout, `redis-server: ${path.join(folder, 'redis-server')}\n`);
    const log = await readFile(path.join(folder, 'log'), 'utf8');
    assert.match(log, /^-q update\n-q install -y .* redis-server\n$/);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    assert.match(stderr, /^Installing redis-server with apt-get/);
    assert.equal(status, 0);
  });

  it('that can not be installed are named in one sentence with the way out', { skip }, async (t) => {
    const apt = '[ "$2" = update ] || { echo "E: no such package" >&2; exit 100; }';
    const { status, stderr } = await onMachineWith(t, { ...compiler, sudo, 'apt-get': apt });
    const [, sentence, ...rest] = stderr.trim().split('\n');
    assert.equal(
      sentence,
      'redis-server is missing and could not be installed (E: no such package): run `apt-get install redis-server` as root.',
    );
    assert.deepEqual([rest, status], [[], 1]);
  });

  it('are asked for in one sentence where no package manager is known', { skip }, async (t) => {
    const { status, stdout, stderr } = await onMachineWith(t, { sudo });
    assert.equal(stdout, '');
    assert.match(stderr, /^a C\/C\+\+ toolchain \(cc, c\+\+, make and python3\) is missing .* install .* package manager\.\n$/);
    assert.equal(status, 1);
  });
});

describe('a redis-server for tests', () => {
  it('answers with strings, Buffers, numbers, nulls, arrays and errors', async (t) => {
    const redis = await startRedis();
    t.after(redis.stop);
    assert.equal(await redis.command('SET', 'k', Buffer.from([0, 13, 10, 255])), 'OK');
    assert.deepEqual(await redis.command('GET', 'k'), Buffer.from([0, 13, 10, 255]));
    assert.deepEqual(await redis.command('MGET', 'k', 'none'), [Buffer.from([0, 13, 10, 255]), null]);
    assert.equal(await redis.command('INCRBY', 'n', 9_007_199_254_740_991n), 9_007_199_254_740_991);
    assert.equal(await redis.command('INCR', 'n'), 9_007_199_254_740_992n);
    await assert.rejects(redis.command('LPUSH', 'k', 'x'), /^ReplyError: WRONGTYPE/);
    await redis.command('MULTI');
    await redis.command('LPUSH', 'k', 'x');
    await redis.command('PING');
    const [error, pong] = await redis.command('EXEC');
    assert.ok(error instanceof Error);
    assert.equal(pong, 'PONG');
  });

  it('has a port of its own, takes options, and leaves nothing behind', async () => {
    const folders = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('redis-'));
    const [one, two] = await Promise.all([startRedis(), startRedis({ args: ['--databases', '2'] })]);
    assert.notEqual(one.port, two.port);
    assert.equal(String((await two.command('CONFIG', 'GET', 'databases'))[1]), '2');
    const [, folder] = await one.command('CONFIG', 'GET', 'dir');
    assert.ok((await folders()).includes(path.basename(String(folder))));
    await one.stop();
    await two.kill();
    assert.deepEqual([await listens(one.port), await listens(two.port)], [false, false]);
    assert.ok(!(await folders()).includes(path.basename(String(folder))));
    await assert.rejects(one.command('PING'), /not running/);
  });

  it('says why it did not start', async (t) => {
    const other = await startRedis();
    t.after(other.stop);
    await assert.rejects(startRedis({ port: other.port }), /did not start on 127\.0\.0\.1:\d+: .*already in use/is);
    await assert.rejects(startRedis({ args: ['--nonsense', '1'] }), /Bad directive/);
  });

  it('ends when the process that started it is killed', async () => {
    const module = JSON.stringify(projectPath('__test__/support/redis-server.mjs'));
    const script = `
      const { startRedis } = await import(${module})
      console.log((await startRedis()).port)
      setInterval(() => {}, 1000)`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface(child.stdout), 'line');
    assert.ok(await listens(Number(line)));
    child.kill('SIGKILL');
    await redisEnds(Number(line));
  });

  it('keeps no process alive', async () => {
    const module = JSON.stringify(projectPath('__test__/support/redis-server.mjs'));
    const script = `
      const { startRedis } = await import(${module})
      const redis = await startRedis()
      await redis.command('PING')
      console.log(redis.port)`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface(child.stdout), 'line');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
    await redisEnds(Number(line));
  });
});

describe('npm run upstash:local', () => {
  function start(t, { port, args = [] }) {
    const child = spawn(process.execPath, [projectPath('scripts/upstash-local.mjs'), ...args], {
      env: { ...process.env, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
  }

  const ask = async (url, token, command) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(command) })).json();
  };

  for (const signal of ['SIGTERM', 'SIGINT']) {
    it(`prints the two variables, serves them, and stops it all on ${signal}, also when that comes twice`, async (t) => {
      const { child, lines } = start(t, { port: 0 });
      const url = /^UPSTASH_REDIS_REST_URL=(http:\/\/127\.0\.0\.1:\d+)$/.exec((await lines.next()).value)[1];
      const token = /^UPSTASH_REDIS_REST_TOKEN=(\w{32})$/.exec((await lines.next()).value)[1];
      assert.match((await lines.next()).value, /\.env/);
      const { result } = await ask(url, token, ['INFO', 'server']);
      const redisPort = Number(/tcp_port:(\d+)/.exec(result)[1]);
      child.kill(signal);
      child.kill(signal);
      const [code] = await once(child, 'exit');
      assert.equal(code, 0);
      await redisEnds(redisPort);
      await assert.rejects(fetch(url));
    });
  }

  it('prints one line of JSON for programs, and takes another port when its own is in use', async (t) => {
    const occupant = net.createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    t.after(() => occupant.close());
    const { child, lines } = start(t, { port: occupant.address().port, args: ['--json'] });
    const { url, token } = JSON.parse((await lines.next()).value);
    assert.notEqual(Number(new URL(url).port), occupant.address().port);
    assert.deepEqual(await ask(url, token, ['PING']), { result: 'PONG' });
    child.kill('SIGTERM');
    await once(child, 'exit');
    assert.equal((await lines.next()).done, true);
  });
});
