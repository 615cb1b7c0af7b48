// Global middlewares of the sites that are measured: the guide's cache and the constant Buffer, as files of a site, and
// where they stand.

import { PLAIN_MIDDLEWARES } from '../../__test__/support/strapi-site.mjs';

/**
 * Caching as the guide has it: one GET per request through @upstash/redis, which parses the JSON it gets, so that Koa
 * makes text of it again; SETEX after a miss.
 */
const GUIDE = `
const { Redis } = require('@upstash/redis');

module.exports = () => {
  const redis = new Redis({ url: process.env.UPSTASH_REDIS_REST_URL, token: process.env.UPSTASH_REDIS_REST_TOKEN });
  return async (ctx, next) => {
    if (ctx.method !== 'GET' || !ctx.url.startsWith('/api/')) return next();
    const key = 'strapi:' + ctx.url;
    const stored = await redis.get(key);
    if (stored !== null) {
      ctx.set('X-Cache', 'HIT');
      ctx.body = stored;
      return;
    }
    await next();
    ctx.set('X-Cache', 'MISS');
    if (ctx.status === 200) await redis.setex(key, 3600, JSON.stringify(ctx.body));
  };
};
`;

/** What no cache inside Koa can beat: the body is there, compressed too, and nothing is asked about it but its URL. */
const CONSTANT = `
const { brotliCompressSync, constants } = require('node:zlib');

const params = { [constants.BROTLI_PARAM_QUALITY]: 5 };

module.exports = () => {
  const bodies = new Map();
  return async (ctx, next) => {
    const known = bodies.get(ctx.url);
    if (known !== undefined) {
      ctx.type = 'application/json; charset=utf-8';
      if (ctx.headers['accept-encoding'] === 'br') {
        ctx.set('Content-Encoding', 'br');
        ctx.vary('Accept-Encoding');
        ctx.body = known.br;
      } else {
        ctx.body = known.identity;
      }
      return;
    }
    await next();
    if (ctx.status !== 200) return;
    const identity = Buffer.from(JSON.stringify(ctx.body));
    bodies.set(ctx.url, { identity, br: brotliCompressSync(identity, { params }) });
  };
};
`;

export const MIDDLEWARE_FILES = { 'src/middlewares/guide.js': GUIDE, 'src/middlewares/constant.js': CONSTANT };

/** The list of a site with `added` where the README puts our cache: behind cors, which is part of every answer. */
export const atOurPlace = (added) => after('strapi::cors', added);

export const firstInLine = (added) => [added, ...PLAIN_MIDDLEWARES];

/** The same list with Strapi's own compression, outside of whatever answers. */
export function behindCompression(middlewares) {
  return after('strapi::errors', 'strapi::compression', middlewares);
}

function after(name, added, list = PLAIN_MIDDLEWARES) {
  return list.flatMap((known) => (known === name ? [known, added] : [known]));
}
