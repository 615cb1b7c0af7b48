'use strict';

// `strapi-upstash/next`: a cache for the data of server components that shares database and tags with Strapi, and the
// check of what Strapi sends when content changes.

const { createCache } = require('./cache.js');
const { verifyRevalidation } = require('./revalidation.js');

let shared;

/** Made by the first use: a build that imports this needs no credentials yet. */
function defaultCache() {
  shared ??= createCache();
  return shared;
}

// One line each: this is the form in which Node finds the names for `import { cached } from 'strapi-upstash/next'`.
exports.createCache = createCache;
exports.cached = (key, options, load) => defaultCache().cached(key, options, load);
exports.purge = (...tags) => defaultCache().purge(...tags);
exports.purgeAll = () => defaultCache().purgeAll();
exports.verifyRevalidation = verifyRevalidation;
