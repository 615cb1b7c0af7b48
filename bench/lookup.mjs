// ns per look-up in L1 against lru-cache (https://github.com/isaacs/node-lru-cache), both asked with a fresh URL
// string each time, as every request brings one. Ours includes what a Map leaves to its caller: one key for all
// spellings of a query, the host in the key, TTL and purge check.
//
//   npm run bench:lookup [-- entries]

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { LRUCache } from 'lru-cache';

import { Engine, resolveConfig } from '../index.js';

const [entries = '1000', only] = process.argv.slice(2);
const ENTRIES = Number(entries);
const ROUNDS = 61;
const PASSES = 10;
const HOST = '127.0.0.1:1337';
const TYPE = 'api::article.article';

const shapes = {
  'in canonical order': (i) => `/api/articles?filters[slug][$eq]=article-${i}&pagination[page]=2&populate=category`,
  'in another order': (i) => `/api/articles?populate=category&filters[slug][$eq]=article-${i}&pagination[page]=2`,
  'one document, populated': (i) => `/api/articles/document${String(i).padStart(16, '0')}?populate[category][fields]=name&populate[cover]=true`,
  'one document': (i) => `/api/articles/document${String(i).padStart(16, '0')}`,
};

if (only === undefined) {
  // A process for each: what the compiler learns from one shape must not slow the next.
  const script = fileURLToPath(import.meta.url);
  const results = Object.keys(shapes).map((shape) =>
    JSON.parse(execFileSync(process.execPath, [script, entries, shape], { encoding: 'utf8' })),
  );
  for (const { shape, ours, theirs } of results) {
    const ratio = (ours / theirs).toFixed(2);
    console.log(`${shape.padEnd(24)} ours ${ours.toFixed(0)} ns   lru-cache ${theirs.toFixed(0)} ns   ratio ${ratio}`);
  }
  const total = (name) => results.reduce((sum, result) => sum + result[name], 0);
  const ratio = (total('ours') / total('theirs')).toFixed(2);
  console.log(`look-up: ${ratio} x the time of lru-cache with fresh strings (${results.length} URL shapes, ${ENTRIES} entries)`);
} else {
  const urls = Array.from({ length: ENTRIES }, (_, i) => Buffer.from(shapes[only](i), 'latin1'));
  console.log(JSON.stringify({ shape: only, ...measure(urls) }));
}

function measure(urls) {
  const engine = new Engine(resolveConfig('{}', {}));
  engine.setSchema(JSON.stringify({ prefix: '/api', types: { [TYPE]: { kind: 'type', attributes: {} } } }));
  const probe = engine.prober();
  const lru = new LRUCache({ max: ENTRIES * 2 });
  const body = Buffer.from('{}');
  for (const bytes of urls) {
    const { id } = engine.open(text(bytes), HOST, 0);
    const { slot } = engine.finish(id, facts(), body);
    if (slot < 0) throw new Error(`${text(bytes)} was not stored`);
    lru.set(text(bytes), slot);
  }
  const samples = { ours: [], theirs: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    // Interleaved, so that a busy machine slows both alike.
    samples.ours.push(timeOurs(urls, probe, engine.scope(HOST, 0)));
    samples.theirs.push(timeTheirs(urls, lru));
  }
  return { ours: median(samples.ours), theirs: median(samples.theirs) };
}

// Two loops written out: a call through a variable would cost one of them more than the other.

function timeOurs(urls, probe, scope) {
  let missed = 0;
  const start = process.hrtime.bigint();
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const bytes of urls) {
      if (probe(text(bytes), scope) < 0) missed += 1;
    }
  }
  return perLookUp(start, missed, urls);
}

function timeTheirs(urls, lru) {
  let missed = 0;
  const start = process.hrtime.bigint();
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const bytes of urls) {
      if (lru.get(text(bytes)) === undefined) missed += 1;
    }
  }
  return perLookUp(start, missed, urls);
}

function perLookUp(start, missed, urls) {
  const elapsed = Number(process.hrtime.bigint() - start);
  if (missed > 0) throw new Error(`${missed} look-ups missed`);
  return elapsed / (PASSES * urls.length);
}

/** A string nobody has hashed yet, made as Node's HTTP parser makes `req.url`. */
function text(bytes) {
  return bytes.latin1Slice(0, bytes.length);
}

function facts() {
  return { status: 200, setCookie: false, head: '[]', created: Date.now(), reads: JSON.stringify([[TYPE, {}]]), tags: [] };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
