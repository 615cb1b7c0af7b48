// What a MISS costs over no plugin at all: CPU of the site's process, every thread of it, and latency at concurrency 1,
// with entries in memory, on Upstash, and on an Upstash that is a black hole, after the breaker has opened. Each request
// has a URL that nobody asked for before, and every site gets the same ones.
//
//   npm run bench:miss [-- rounds] [names…] [--smoke]
//
// A name is a contender's or a part of it (memory, Upstash, black-holed) or a shape (list, one). Two processes of one site
// differ by a per cent or so for as long as they live. So the sites are started several times, and a second site without
// the plugin tells what the method itself can't see. --smoke: one start and two short rounds, to see that each works.

import { setTimeout as sleep } from 'node:timers/promises';

import { PLAIN_MIDDLEWARES, startSite } from '../__test__/support/strapi-site.mjs';
import { createClient } from '../scripts/demo/http.mjs';
import { readArguments } from './support/arguments.mjs';
import { createBlog } from './support/blog.mjs';
import { startEndpoint } from './support/endpoint.mjs';
import { cpuUsed, median } from './support/load.mjs';
import { atOurPlace } from './support/middlewares.mjs';
import { WITHOUT_OURS } from './support/peers.mjs';

const PLAIN = 'no plugin';
const PLACEBO = 'no plugin, once more';
const BLACK_HOLED = 'black-holed Upstash';
const BREAKER_TIMEOUT_MS = 60_000;
/** What is stored behind the answer's back has been stored by then, and its CPU counts. */
const SETTLE_MS = 30;

/** What follows makes a URL that nobody asked for. */
const SHAPES = {
  list: '/api/articles?populate=category&sort=slug&pagination[pageSize]=25&filters[id][$ne]=',
  one: '/api/articles?populate=category&filters[slug][$eq]=a-0007&filters[id][$ne]=',
};
/** No document has such an id. */
let next = 1_000_000_000;

const [live, dead] = await Promise.all([startEndpoint(), startEndpoint()]);
const ours = { plugins: { upstash: { enabled: true, config: {} } }, middlewares: atOurPlace('plugin::upstash.cache') };
const plain = { plugins: WITHOUT_OURS, middlewares: PLAIN_MIDDLEWARES };
const others = { memory: ours, Upstash: { ...ours, env: live.env }, [BLACK_HOLED]: { ...ours, env: dead.env } };
const { smoke, number = 40, chosen } = readArguments({ contenders: Object.keys(others), shapes: Object.keys(SHAPES) });
const starts = smoke ? 1 : 5;
const rounds = smoke ? 2 : number;
const [block, warming] = smoke ? [5, 5] : [20, 200];
const { shapes } = chosen;
const contenders = {
  [PLAIN]: plain,
  [PLACEBO]: plain,
  ...Object.fromEntries(chosen.contenders.map((name) => [name, others[name]])),
};

const blog = await createBlog();
try {
  /** shape -> contender -> what its rounds took, one list per start. */
  const results = Object.fromEntries(shapes.map((shape) => [shape, new Map(Object.keys(contenders).map((name) => [name, []]))]));
  for (let start = 0; start < starts; start += 1) await measureOneStart(results);
  console.log(`one round trip to the endpoint takes ${(await roundTrip()).toFixed(2)} ms: a MISS on Upstash waits for one`);
  const closing = shapes.flatMap((shape) => report(shape, results[shape]));
  console.log(['', ...closing].join('\n'));
} finally {
  await blog.remove();
  await Promise.all([live.stop(), dead.stop()]);
}

async function measureOneStart(results) {
  await dead.heal();
  const sites = [];
  try {
    for (const [name, options] of Object.entries(contenders)) {
      sites.push({ name, site: await startSite({ ...options, database: await blog.database(name) }) });
    }
    for (const shape of shapes) await turn(sites, shape, warming);
    const lost = sites.find(({ name }) => name === BLACK_HOLED);
    if (lost !== undefined) await blackHole(lost.site);
    for (const shape of shapes) {
      for (const { name } of sites) results[shape].get(name).push([]);
      for (let round = 0; round < rounds; round += 1) {
        // Nobody is always the one after whom another comes.
        const order = sites.map((_, i) => sites[(i + round) % sites.length]);
        for (const [name, sample] of await turn(order, shape, block)) results[shape].get(name).at(-1).push(sample);
        if (lost !== undefined && (await breaker(lost.site)) !== 'open') throw new Error('the breaker is closed again');
      }
    }
  } finally {
    await Promise.all(sites.map(({ site }) => site.stop()));
  }
}

/** Each site in its turn answers the same `count` requests, one after the other. */
async function turn(sites, shape, count) {
  const urls = Array.from({ length: count }, () => SHAPES[shape] + (next += 1));
  const samples = new Map();
  let body;
  for (const { name, site } of sites) {
    const before = await cpuUsed(site);
    const times = [];
    let last;
    for (const url of urls) {
      const begin = performance.now();
      last = await site.get(url);
      times.push(performance.now() - begin);
      const cached = last.headers['x-cache'] ?? '';
      const expected = name === PLAIN || name === PLACEBO ? '' : 'MISS';
      if (last.status !== 200 || cached !== expected) throw new Error(`${name}: ${url} was answered ${last.status} ${cached}`);
    }
    await sleep(SETTLE_MS);
    const cpu = ((await cpuUsed(site)) - before) / count / 1_000;
    body ??= last.text;
    if (last.text !== body) throw new Error(`${name}: ${urls.at(-1)} has another body`);
    samples.set(name, { cpu, latency: median(times) });
  }
  return samples;
}

/** From now on nothing answers, and the site knows it. */
async function blackHole(site) {
  await dead.misbehave('blackhole');
  const deadline = Date.now() + BREAKER_TIMEOUT_MS;
  while ((await breaker(site)) !== 'open') {
    if (Date.now() > deadline) throw new Error('the breaker stays closed');
    await site.get(SHAPES[shapes[0]] + (next += 1));
  }
}

function breaker(site) {
  return site.call((strapi) => strapi.plugin('upstash').service('cache').stats().breaker);
}

/** Median of what one GET takes from here, in ms. */
async function roundTrip() {
  const client = createClient({ port: Number(new URL(live.url).port) });
  const asked = { method: 'POST', headers: { authorization: `Bearer ${live.token}` }, body: ['GET', 'nothing'] };
  const times = [];
  for (let i = 0; i < 300; i += 1) {
    const begin = performance.now();
    await client.request('/', asked);
    times.push(performance.now() - begin);
  }
  client.close();
  return median(times);
}

/** Prints the table and returns the closing lines. */
function report(shape, results) {
  console.log(`\n${shape.padEnd(22)}   CPU ms   ratio   each start           of sums    latency ms   ratio   each start`);
  const base = results.get(PLAIN);
  const closing = [];
  for (const [name, own] of results) {
    const [cpu, latency] = ['cpu', 'latency'].map((field) => compare(own, base, field));
    console.log(
      `${name.padEnd(22)} ${cpu.value.toFixed(2).padStart(8)} ${cpu.ratio.toFixed(3).padStart(7)}   ${cpu.starts.padEnd(20)} ` +
        `${cpu.ofSums.toFixed(3).padStart(7)} ${latency.value.toFixed(2).padStart(13)} ${latency.ratio.toFixed(3).padStart(7)}   ${latency.starts}`,
    );
    if (name === PLAIN) continue;
    for (const [what, { ratio }] of Object.entries({ CPU: cpu, latency })) {
      closing.push(`miss: ${ratio.toFixed(3)} x the ${what} of the same request without the plugin (${shape}, ${name})`);
    }
  }
  return closing;
}

/** The median of the rounds' ratios, so that what the machine did in a round is in both; the sums have outliers in. */
function compare(own, base, field) {
  const values = (samples) => samples.map((list) => list.map((sample) => sample[field]));
  const [mine, theirs] = [values(own), values(base)];
  const ratios = mine.map((list, start) => list.map((value, round) => value / theirs[start][round]));
  const sum = (list) => list.flat().reduce((total, value) => total + value, 0);
  return {
    value: median(mine.flat()),
    ratio: median(ratios.flat()),
    ofSums: sum(mine) / sum(theirs),
    starts: ratios.map((list) => median(list).toFixed(3)).join(' '),
  };
}
