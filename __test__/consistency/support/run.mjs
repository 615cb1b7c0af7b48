// Several processes on one Redis, each behind an endpoint of its own, so that each can have its own misfortune; and a
// checker that looks at every read they made.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Random } from '../../support/random.mjs';
import { startRedis } from '../../support/redis-server.mjs';
import { startUpstash } from '../../support/upstash-endpoint.mjs';

const PROCESS = fileURLToPath(new URL('process.mjs', import.meta.url));
const DOCUMENTS = 30;
const HEARTBEAT_MS = 300;
const MAX_AGE_MS = 200;
/**
 * How old the memory of another process may be: until a channel that fell silent is given up, or as long as memory is
 * trusted without one, whichever is longer, and what a busy machine takes to see to it.
 */
const BUS_BOUND_MS = Math.max(2 * HEARTBEAT_MS, MAX_AGE_MS) + 400;

/**
 * @param {object} options
 * @param {number} options.seed
 * @param {number} options.ms how long
 * @param {boolean} [options.faults] false runs in peace
 * @param {'snapshot' | 'early' | 'bus' | 'outbox'} [options.bug] one that is planted
 * @returns counts, and the reads that no order of events explains
 */
export async function runSite({ seed, ms, faults = true, bug, processes = 4, loops = 6 }) {
  const random = new Random(seed);
  const redis = { current: await startRedis() };
  const { port } = redis.current;
  const endpoints = await Promise.all(Array.from({ length: processes }, () => startUpstash({ redis: { port } })));
  const site = new Database();
  const members = [];
  const start = async (index) => {
    const { url, token } = endpoints[index];
    const options = { upstash: { url, token }, seed: random.int(1, 1e9), documents: DOCUMENTS, heartbeatMs: HEARTBEAT_MS, maxAgeMs: MAX_AGE_MS, bug, loops };
    members[index] = await site.connect(index, options);
  };
  try {
    await Promise.all(endpoints.map((_, index) => start(index)));
    const end = Date.now() + ms;
    const happened = {};
    while (Date.now() < end) {
      await sleep(random.int(60, 160));
      if (!faults) continue;
      const what = random.pick({ bus: ['mute'], outbox: ['death'] }[bug] ?? FAULTS);
      happened[what] = (happened[what] ?? 0) + 1;
      const index = random.below(processes);
      await MISFORTUNES[what]({ random, endpoint: endpoints[index], redis, port, kill: () => members[index].kill(), again: () => start(index), site, members, bug });
    }
    await Promise.all(endpoints.map((endpoint) => endpoint.heal()));
    const stats = await Promise.all(members.map((member) => member.stop()));
    return { ...site.check(), happened, stats };
  } finally {
    for (const { child } of members) child.kill('SIGKILL');
    await Promise.all(endpoints.map((endpoint) => endpoint.stop()));
    await redis.current.stop();
  }
}

const MISFORTUNES = {
  drop: ({ endpoint, random }) => endpoint.misbehave('drop', { times: random.int(1, 5) }),
  delay: ({ endpoint, random }) => endpoint.misbehave('delay', { times: random.int(1, 10), ms: random.int(20, 250) }),
  late: ({ endpoint, random }) => endpoint.misbehave('late', { times: random.int(1, 10), ms: random.int(20, 250) }),
  truncate: ({ endpoint, random }) => endpoint.misbehave('truncate', { times: random.int(1, 5) }),
  error: ({ endpoint, random }) => endpoint.misbehave('500', { times: random.int(1, 6) }),
  outage: async ({ endpoint, random }) => {
    await endpoint.misbehave(random.pick(['hang', 'refuse', 'blackhole']));
    await sleep(random.int(100, 500));
    await endpoint.heal();
  },
  heal: ({ endpoint }) => endpoint.heal(),
  cut: ({ endpoint }) => endpoint.cutStreams(),
  mute: ({ endpoint }) => endpoint.silenceStreams(),
  flush: ({ redis }) => redis.current.command('FLUSHALL'),
  restart: async ({ redis, port }) => {
    await redis.current.stop();
    redis.current = await startRedis({ port });
  },
  kill: async ({ kill, again, site, members, bug }) => {
    const writes = await kill();
    await again();
    // Its notes are found by whoever looks next.
    const other = members.find(({ child }) => child.connected);
    if (bug === 'outbox') site.note('', { known: writes, at: now() });
    else other.standIn(writes);
  },
  /** What it wrote last is known to nobody. */
  death: async (all) => {
    await all.endpoint.misbehave('refuse');
    await sleep(all.random.int(50, 250));
    const killing = MISFORTUNES.kill(all);
    await sleep(20);
    await all.endpoint.heal();
    await killing;
  },
};
const FAULTS = ['death', 'drop', 'delay', 'late', 'truncate', 'error', 'outage', 'heal', 'heal', 'cut', 'mute', 'flush', 'restart', 'kill'];

/** The database, and the memory of all that was done with it. */
class Database {
  versions = Array.from({ length: DOCUMENTS }, () => 0);
  reads = [];
  /** By document and version: who wrote it, and when it was known there and everywhere. */
  writes = new Map();
  kills = 0;

  async connect(index, options) {
    const child = fork(PROCESS, [JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    // A process that was started again is another one.
    const who = `${index}.${(this.started = (this.started ?? 0) + 1)}`;
    const ended = once(child, 'exit');
    let done;
    const finished = new Promise((resolve) => (done = resolve));
    const ready = new Promise((resolve) => {
      child.on('message', (message) => {
        if (message.ready) resolve();
        else if (message.done) done(message.stats);
        else if (message.log) this.note(who, message.log);
        else this.answer(who, child, message);
      });
    });
    await ready;
    return {
      child,
      kill: async () => {
        this.kills += 1;
        child.kill('SIGKILL');
        await ended;
        const left = [...this.writes.values()].filter((write) => write.notedBy === who && write.known === undefined);
        // There is no process any more that it was known in.
        for (const write of left) write.local = undefined;
        return left;
      },
      /** Its notes are this process's now, and whoever comes after it finds them as well. */
      standIn: (writes) => {
        for (const write of writes) write.notedBy = who;
        child.send({ purge: writes.map(({ document, version }) => ({ document, version })) }, () => undefined);
      },
      stop: async () => {
        child.send({ stop: true });
        const stats = await finished;
        await ended;
        return stats;
      },
    };
  }

  answer(who, child, { question, read, write }) {
    if (write !== undefined) {
      this.versions[write] += 1;
      const version = this.versions[write];
      this.writes.set(`${write} ${version}`, { document: write, version, who, notedBy: who });
    }
    const document = read ?? write;
    // One that was killed takes no answer.
    if (child.connected) child.send({ answer: question, value: { version: this.versions[document] } }, () => undefined);
  }

  note(who, { read, start, version, source, wrote, local, known, at }) {
    if (read !== undefined) this.reads.push({ who, document: read, start, version, source });
    else if (wrote !== undefined) this.writes.get(`${wrote} ${version}`).local = local;
    else for (const write of known) this.writes.get(`${write.document} ${write.version}`).known ??= at;
  }

  /**
   * A read is wrong when it began after a newer version was known: in the process that wrote, from its answer on; in
   * another, from when Upstash had acknowledged, and where that process answered from memory, the bound later.
   */
  check() {
    const byDocument = groupBy([...this.writes.values()], ({ document }) => document);
    const known = new Map([...byDocument].map(([document, writes]) => [document, earliest(writes, ({ known: at }) => at)]));
    const local = new Map(
      [...byDocument].map(([document, writes]) => {
        const byProcess = groupBy(writes, ({ who }) => who);
        return [document, new Map([...byProcess].map(([who, own]) => [who, earliest(own, ({ local: at }) => at)]))];
      }),
    );
    const sources = {};
    const wrong = this.reads.filter(({ who, document, start, version, source }) => {
      sources[source] = (sources[source] ?? 0) + 1;
      const here = local.get(document)?.get(who)?.(version) ?? Infinity;
      const there = known.get(document)?.(version) ?? Infinity;
      return start > here || start > there + (source === 'memory' ? BUS_BOUND_MS : 0);
    });
    const unknown = [...this.writes.values()].filter(({ known: at }) => at === undefined).length;
    return { reads: this.reads.length, writes: this.writes.size, unknown, kills: this.kills, sources, wrong };
  }
}

/** When the first of the versions after a given one was there. */
function earliest(writes, at) {
  const sorted = writes.toSorted((one, other) => one.version - other.version);
  const times = Array.from({ length: sorted.length + 1 }, () => Infinity);
  for (let i = sorted.length - 1; i >= 0; i -= 1) times[i] = Math.min(times[i + 1], at(sorted[i]) ?? Infinity);
  return (version) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle].version > version) high = middle;
      else low = middle + 1;
    }
    return times[low];
  };
}

/** CLOCK_MONOTONIC, in ms, as the processes have it. */
function now() {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  return groups;
}
