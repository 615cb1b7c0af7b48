// One process of the site that the checker looks at: it reads through the cache and writes, as the plugin does, and says
// what it saw. The database is the parent's, over IPC.
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../support/random.mjs';
import { Site } from '../../addon/support/site.mjs';

const { upstash, seed, documents, heartbeatMs, maxAgeMs, bug, loops } = JSON.parse(process.argv[2]);
const random = new Random(seed);
const site = new Site({
  upstash,
  deadline: '150 ms',
  ttl: '1 h',
  l1: { maxAge: `${maxAgeMs} ms` },
  bus: { heartbeat: `${bug === 'bus' ? 3_600_000 : heartbeatMs} ms` },
});
const { engine } = site;

/** CLOCK_MONOTONIC, which all processes of a machine share, in ms. */
const now = () => Number(process.hrtime.bigint() / 1_000n) / 1_000;

let lastQuestion = 0;
const answers = new Map();
let stopping = false;
/** Writes that Upstash has not acknowledged yet. */
let unacknowledged = [];

process.on('message', (message) => {
  if (message.answer !== undefined) {
    answers.get(message.answer)(message.value);
    answers.delete(message.answer);
  } else if (message.purge !== undefined) {
    void standIn(message.purge);
  } else if (message.stop) {
    stopping = true;
  }
});

/** Asks the database. */
function database(question) {
  lastQuestion += 1;
  const id = lastQuestion;
  return new Promise((resolve) => {
    answers.set(id, resolve);
    process.send({ question: id, ...question });
  });
}

const tagOf = (document) => `document-${document}`;
const urlOf = (document) => `/api/articles/d${document}`;

/** Fills under way, for those who wait for them. */
const flights = new Map();

/** Runs the handler: what the database says now, sooner or later. */
async function handle(document) {
  if (random.chance(0.3)) await sleep(random.below(15));
  const { version } = await database({ read: document });
  if (random.chance(0.3)) await sleep(random.below(40));
  return version;
}

async function read(document) {
  const start = now();
  const url = urlOf(document);
  const told = (version, source) => process.send({ log: { read: document, start, version: Number(version), source } });
  const known = site.hit(url);
  if (known !== null) return told(known, 'memory');
  // Without its snapshot, a fill begins when it has read.
  const early = bug === 'snapshot' ? await handle(document) : null;
  const { id, role } = engine.open(url, 'example.com', 0);
  if (role === 'solo') return told(early ?? (await handle(document)), 'database');
  if (role === 'follower') {
    const shared = await flights.get(id);
    return shared === null ? told(await handle(document), 'database') : told(shared, 'memory');
  }
  let land;
  flights.set(id, new Promise((resolve) => (land = resolve)));
  let answer = null;
  try {
    const asked = engine.fetch(id);
    const found = asked === null ? null : await asked;
    const slot = found === null ? -1 : engine.adopt(id);
    site.release();
    if (slot >= 0) {
      site.bodies[slot] = answer = String(found.body);
      return told(answer, 'upstash');
    }
    const version = String(early ?? (await handle(document)));
    const { shareable } = site.land(id, version, { reads: [], tags: [tagOf(document)] });
    if (shareable) answer = version;
    return told(version, 'database');
  } finally {
    land(answer);
    flights.delete(id);
  }
}

async function write(document) {
  const purge = () => engine.purgeTags([tagOf(document)]);
  const early = bug === 'early' ? purge() : undefined;
  if (early !== undefined) await sleep(5);
  const { version } = await database({ write: document });
  const acknowledged = early === undefined ? purge() : early;
  process.send({ log: { wrote: document, version, local: now() } });
  if (acknowledged !== null) await acknowledged;
  unacknowledged.push({ document, version });
  settle();
}

/** What waits is known everywhere once nothing waits any more. */
function settle() {
  if (unacknowledged.length === 0 || engine.purgesWaiting > 0) return;
  process.send({ log: { known: unacknowledged, at: now() } });
  unacknowledged = [];
}

/** Makes the purges of a process that was killed, from its notes. */
async function standIn(writes) {
  await Promise.all(writes.map(({ document }) => engine.purgeTags([tagOf(document)])));
  unacknowledged.push(...writes);
  settle();
}

const settling = setInterval(settle, 5);
process.send({ ready: true });
await Promise.all(
  Array.from({ length: loops }, async () => {
    while (!stopping) {
      // Few are asked for often, as it is.
      const document = Math.floor(documents * random.next() ** 2);
      await (random.chance(0.06) ? write(document) : read(document));
      if (random.chance(0.4)) await sleep(random.below(4));
      else await new Promise(setImmediate);
    }
  }),
);
// What is on its way is delivered first.
for (const end = now() + 10_000; engine.purgesWaiting > 0 && now() < end; ) await sleep(20);
settle();
clearInterval(settling);
process.send({ done: true, stats: site.stats });
process.disconnect();
engine.close();
