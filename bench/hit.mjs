// HITs per second, and server CPU per hit, of a site with our cache: against middlewares that answer a constant Buffer
// (at the same place in config/middlewares, which is the most any cache there can do, and first in line), strapi-cache,
// plugin-rest-cache and the guide's code. Once as clients without Accept-Encoding get it, and once with
// `Accept-Encoding: br`: there ours has its stored variants, the constant is compressed beforehand, and the others stand
// behind strapi::compression, as their users have it.
//
//   npm run bench:hit [-- seconds] [names…] [--smoke]
//
// A name is a contender's or a part of it (ours, constant, guide, strapi-cache, rest-cache, Redis, …), a shape (list,
// one, zipf), or identity or br. --smoke: one round of one second, to see that each works.

import { brotliDecompressSync } from 'node:zlib';

import { startRedis } from '../__test__/support/redis-server.mjs';
import { PLAIN_MIDDLEWARES, startSite } from '../__test__/support/strapi-site.mjs';
import { readArguments } from './support/arguments.mjs';
import { createBlog, drawByZipf, popularPaths } from './support/blog.mjs';
import { startEndpoint } from './support/endpoint.mjs';
import { countReads, load, median } from './support/load.mjs';
import { atOurPlace, behindCompression, firstInLine, MIDDLEWARE_FILES } from './support/middlewares.mjs';
import { installPeers, restCache, strapiCache, WITHOUT_OURS } from './support/peers.mjs';

const SHAPES = ['list', 'one', 'zipf'];
const ENCODINGS = ['identity', 'br'];
const SAME_PLACE = 'constant, same place';
/** Zipf: each connection repeats its own draws. */
const DRAWS = 500;
/** Our variants are made in the background, and with Upstash memory is trusted once the other processes are heard. */
const SETTLE_TIMEOUT_MS = 60_000;

const redis = await startRedis();
const endpoint = await startEndpoint();

const ours = { plugins: { upstash: { enabled: true, config: {} } }, middlewares: atOurPlace('plugin::upstash.cache') };
const constant = { plugins: WITHOUT_OURS, files: MIDDLEWARE_FILES };
const contentTypes = ['api::article.article'];
// Each of ours is set against those that keep their entries where it does. `what` is a name in the closing lines.
const contenders = {
  'ours, memory': { ...ours, against: /^constant|memory$/ },
  'ours, Upstash': { ...ours, env: endpoint.env, against: /same place$|Redis$|Upstash$/ },
  [SAME_PLACE]: { ...constant, middlewares: atOurPlace('global::constant'), what: 'a constant Buffer at the same place' },
  'constant, first in line': { ...constant, middlewares: firstInLine('global::constant'), what: 'a constant Buffer first in line' },
  'the guide, Upstash': compressing({
    plugins: WITHOUT_OURS,
    middlewares: atOurPlace('global::guide'),
    files: MIDDLEWARE_FILES,
    env: endpoint.env,
  }),
  'strapi-cache, memory': compressing({ plugins: strapiCache() }),
  'strapi-cache, Redis': compressing({ plugins: strapiCache({ redis: `redis://127.0.0.1:${redis.port}/1` }) }),
  'plugin-rest-cache, memory': compressing({ plugins: restCache({ contentTypes }) }),
  'plugin-rest-cache, Redis': compressing({ plugins: restCache({ contentTypes, redis: { port: redis.port, db: 2 } }) }),
};
const { smoke, number = 4, chosen } = readArguments({ contenders: Object.keys(contenders), shapes: SHAPES, encodings: ENCODINGS });
const seconds = smoke ? 1 : number;
const rounds = smoke ? 1 : 5;

if (chosen.contenders.some((name) => /rest-cache|strapi-cache/.test(name))) installPeers();
const closing = [];
const blog = await createBlog();
try {
  const popular = popularPaths(blog);
  const paths = { list: [blog.list], one: [blog.one], zipf: popular };
  const answers = await blog.answers(new Set(chosen.shapes.flatMap((shape) => paths[shape])));
  for (const encoding of chosen.encodings) await compare(encoding, paths, answers);
  console.log(['', ...closing].join('\n'));
} finally {
  await blog.remove();
  await endpoint.stop();
  await redis.stop();
}

/** All contenders in turns, every shape, with one Accept-Encoding. */
async function compare(encoding, paths, answers) {
  const sites = [];
  try {
    for (const name of chosen.contenders) {
      const { compress, ...options } = contenders[name];
      const middlewares = encoding === 'br' && compress ? behindCompression(options.middlewares) : options.middlewares;
      const site = await startSite({ ...options, middlewares, database: await blog.database(`${name} ${encoding}`) });
      sites.push({ name, site, isOurs: options.against !== undefined, reads: await countReads(site) });
    }
    for (const shape of chosen.shapes) {
      const headers = encoding === 'br' ? { 'accept-encoding': 'br' } : {};
      for (const contender of sites) {
        const hit = await fill(contender, paths[shape], headers, answers);
        if (smoke) console.log(`${contender.name}: ${describe(hit)}`);
      }
      const draw = (connection) => drawByZipf(paths.zipf, DRAWS, 1 + connection);
      const pathsOf = shape === 'zipf' ? draw : () => paths[shape];
      report(encoding === 'br' ? `${shape}, br` : shape, await measure(sites, { pathsOf, headers, seconds }));
    }
  } finally {
    await Promise.all(sites.map(({ site }) => site.stop()));
  }
}

/** Makes every path a hit, and makes sure of it: the answer is Strapi's own, and nothing was read for it. */
async function fill({ name, site, isOurs, reads }, paths, headers, answers) {
  for (const path of paths) {
    const { status } = await site.get(path, { headers });
    if (status !== 200) throw new Error(`${name}: ${path} was answered ${status}`);
  }
  const deadline = Date.now() + SETTLE_TIMEOUT_MS;
  for (;;) {
    const before = await reads();
    let last;
    let unsettled = 0;
    for (const path of paths) {
      last = await site.get(path, { headers });
      const body = last.headers['content-encoding'] === 'br' ? brotliDecompressSync(last.body) : last.body;
      if (body.toString() !== answers.get(path)) throw new Error(`${name}: ${path} has another body\n${describe(last)}`);
      if (isOurs && last.headers['x-cache'] !== 'HIT') throw new Error(`${name}: ${path} is no hit\n${describe(last)}`);
      if (!isOurs || isSettled(last, headers)) continue;
      unsettled += 1;
      // Hits in memory are what keeps it listening to other processes, without which it asks Upstash again.
      await site.get(path, { headers });
    }
    if ((await reads()) !== before) throw new Error(`${name}: these are no hits\n${describe(last)}`);
    if (unsettled === 0) return last;
    if (Date.now() > deadline) throw new Error(`${name}: ${unsettled} of ${paths.length} hits are not in memory and compressed after ${SETTLE_TIMEOUT_MS} ms`);
  }
}

/** Whether one of our hits is what the next ones will be: from memory, and the variant that is made after the first. */
function isSettled(hit, headers) {
  const encoding = headers['accept-encoding'];
  return !hit.headers['cache-status'].includes('detail=upstash') && hit.headers['content-encoding'] === encoding;
}

/** Interleaved, so that what else the machine does meets all alike. */
async function measure(sites, options) {
  const samples = new Map(sites.map(({ name }) => [name, []]));
  for (let round = smoke ? 0 : -1; round < rounds; round += 1) {
    for (const { name, site, reads } of sites) {
      const before = await reads();
      const sample = await load(site, { ...options, seconds: round < 0 ? 1 : options.seconds });
      const missed = (await reads()) - before;
      if (missed > 0) throw new Error(`${name}: ${missed} answers were no hits`);
      if (round >= 0) samples.get(name).push(sample);
    }
  }
  const fields = ['rate', 'cpu', 'bytes', 'busy'];
  return new Map([...samples].map(([name, list]) => [name, Object.fromEntries(fields.map((field) => [field, median(list.map((one) => one[field]))]))]));
}

function report(shape, results) {
  const peer = results.get(SAME_PLACE);
  const ratio = (own, other) => (other === undefined ? '   -' : (own / other).toFixed(2)).padStart(6);
  console.log(`\n${shape.padEnd(28)}   KB sent    hits/s   ratio   us CPU   ratio   client busy`);
  for (const [name, { rate, cpu, bytes, busy }] of results) {
    console.log(
      `${name.padEnd(28)} ${(bytes / 1024).toFixed(1).padStart(9)} ${rate.toFixed(0).padStart(9)}  ${ratio(rate, peer?.rate)} ` +
        `${cpu.toFixed(0).padStart(8)}  ${ratio(cpu, peer?.cpu)} ${`${(busy * 100).toFixed(0)} %`.padStart(13)}`,
    );
  }
  for (const [own, mine] of results) {
    const { against } = contenders[own];
    if (against === undefined) continue;
    for (const [name, other] of results) {
      const { what = name } = contenders[name];
      if (contenders[name].against !== undefined || !against.test(name)) continue;
      const [faster, dearer] = [mine.rate / other.rate, mine.cpu / other.cpu].map((times) => times.toFixed(2));
      closing.push(`hit: ${faster} x the hits per second of ${what}, ${dearer} x its CPU a hit (${own}; ${shape})`);
    }
  }
}

function describe({ status, headers, body }) {
  const shown = ['content-type', 'content-encoding', 'x-cache', 'cache-status', 'age', 'etag', 'vary'].filter((name) => headers[name] !== undefined);
  return `${status}, ${body.length} bytes, ${shown.map((name) => `${name}: ${headers[name]}`).join(', ')}`;
}

function compressing({ middlewares = PLAIN_MIDDLEWARES, ...options }) {
  return { ...options, middlewares, compress: true };
}
