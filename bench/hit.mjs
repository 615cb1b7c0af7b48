// HITs per second of the example site against the same site with a middleware that answers a constant Buffer: at the
// same place in config/middlewares, which is the most any cache there can do, and first in line.
//
//   npm run bench:hit [-- seconds]

import autocannon from 'autocannon';

import { PLAIN_MIDDLEWARES, startSite } from '../__test__/support/strapi-site.mjs';

const SECONDS = Number(process.argv[2] ?? 4);
const ROUNDS = 5;
const CONNECTIONS = 32;
const OURS = 'cache';
const PEER = 'constant, same place';

const constant = `
module.exports = () => {
  const bodies = new Map();
  return async (ctx, next) => {
    const known = bodies.get(ctx.url);
    if (known !== undefined) {
      ctx.type = 'application/json; charset=utf-8';
      ctx.body = known;
      return;
    }
    await next();
    if (ctx.status === 200) bodies.set(ctx.url, Buffer.from(JSON.stringify(ctx.body)));
  };
};
`;

const after = (name, added) => PLAIN_MIDDLEWARES.flatMap((known) => (known === name ? [known, added] : [known]));
const files = { 'src/middlewares/constant.js': constant };
const variants = {
  [OURS]: { middlewares: after('strapi::cors', 'plugin::upstash.cache') },
  [PEER]: { middlewares: after('strapi::cors', 'global::constant'), files },
  'constant, first in line': { middlewares: ['global::constant', ...PLAIN_MIDDLEWARES], files },
};
const paths = {
  list: '/api/articles?populate=category&pagination[pageSize]=100',
  one: '/api/categories',
};

const sites = [];
try {
  for (const [name, options] of Object.entries(variants)) sites.push({ name, site: await startSite(options) });
  let worst = Infinity;
  for (const [shape, path] of Object.entries(paths)) {
    const results = await measure(path);
    const peer = results.get(PEER);
    for (const [name, { rate, cpu, bytes }] of results) {
      const ratio = (rate / peer.rate).toFixed(2);
      const size = `${(bytes / 1024).toFixed(1)} KB`;
      console.log(`${shape.padEnd(5)} ${size.padEnd(8)} ${name.padEnd(24)} ${rate.toFixed(0).padStart(6)} /s  ${cpu.toFixed(0).padStart(5)} us CPU  ratio ${ratio}`);
    }
    worst = Math.min(worst, results.get(OURS).rate / peer.rate);
  }
  console.log(`hit: ${worst.toFixed(2)} x the hits per second of a constant Buffer at the same place (the worse of two answers)`);
} finally {
  await Promise.all(sites.map(({ site }) => site.stop()));
}

async function measure(path) {
  const samples = new Map(sites.map(({ name }) => [name, []]));
  for (const { name, site } of sites) {
    await site.get(path);
    const second = await site.get(path);
    if (second.status !== 200) throw new Error(`${name}: ${path} answered ${second.status}`);
    if (name === OURS && second.headers['x-cache'] !== 'HIT') throw new Error(`${path} is no hit`);
    await load(site, path, 1);
  }
  // Interleaved, so that what else the machine does meets all alike.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, site } of sites) samples.get(name).push(await load(site, path, SECONDS));
  }
  return new Map([...samples].map(([name, rounds]) => [name, rounds.toSorted((a, b) => a.rate - b.rate)[ROUNDS >> 1]]));
}

async function load(site, path, seconds) {
  const before = await cpuUsed(site);
  const result = await autocannon({ url: `${site.url}${path}`, connections: CONNECTIONS, duration: seconds });
  const cpu = (await cpuUsed(site)) - before;
  const count = result['2xx'];
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${path}: ${result.non2xx} refused, ${result.errors} failed`);
  return { rate: count / result.duration, cpu: cpu / count, bytes: result.throughput.total / count };
}

function cpuUsed(site) {
  return site.call('const { user, system } = process.cpuUsage(); return user + system;');
}
