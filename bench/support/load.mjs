// Load on a site, and what the site's process spent on it.

import autocannon from 'autocannon';

const CONNECTIONS = 32;

/**
 * As fast as 32 connections can for so many seconds.
 *
 * @param {object} site from startSite
 * @param {(connection: number) => string[]} pathsOf what one connection asks for, over and over
 * @returns `rate` per second, `cpu` of the site's process in us per request, `bytes` per answer with its headers, and
 *   `busy`, the share of the time that the load generator itself was computing: near 1 it was what set the rate
 */
export async function load(site, { pathsOf, headers = {}, seconds }) {
  let connection = 0;
  const before = await cpuUsed(site);
  const begin = performance.now();
  const own = process.cpuUsage();
  const result = await autocannon({
    url: site.url,
    connections: CONNECTIONS,
    duration: seconds,
    headers,
    setupClient(client) {
      client.setRequests(pathsOf(connection).map((path) => ({ method: 'GET', path })));
      connection += 1;
    },
  });
  const { user, system } = process.cpuUsage(own);
  const busy = (user + system) / 1_000 / (performance.now() - begin);
  const cpu = (await cpuUsed(site)) - before;
  const count = result['2xx'];
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} failed`);
  return { rate: count / result.duration, cpu: cpu / count, bytes: result.throughput.total / count, busy };
}

/** CPU of the site's process until now, every thread of it, in us. */
export function cpuUsed(site) {
  return site.call('const { user, system } = process.cpuUsage(); return user + system;');
}

/** Counts from now on what a site reads through the Document Service; `reads()` tells how often it did. */
export async function countReads(site) {
  await site.call((strapi) => {
    globalThis.documentReads = 0;
    strapi.documents.use((_context, next) => {
      globalThis.documentReads += 1;
      return next();
    });
  });
  return () => site.call('return globalThis.documentReads;');
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
