'use strict';

// The addon itself, usable without Strapi. The plugin's entries are `strapi-upstash/strapi-server` and
// `strapi-upstash/strapi-admin`.

const { makeQStash } = require('./qstash/index.js');
const { makeRatelimit } = require('./ratelimit/index.js');
const redis = require('./redis/index.js');

const binding = loadBinding();
const qstash = makeQStash(binding);
const ratelimit = makeRatelimit(binding);

// One line each: this is the form in which Node finds the names for `import { Engine } from 'strapi-upstash'`.
exports.Engine = binding.Engine;
exports.Limiter = binding.Limiter;
exports.LimitRouting = binding.LimitRouting;
exports.Tokens = binding.Tokens;
exports.Redis = redis.makeRedis(binding);
exports.Ratelimit = ratelimit.Ratelimit;
exports.MultiRegionRatelimit = ratelimit.MultiRegionRatelimit;
exports.IpDenyList = ratelimit.IpDenyList;
exports.QStash = qstash.QStash;
exports.Receiver = qstash.Receiver;
exports.errors = { ...redis.errors, ...qstash.errors };
exports.ipIdentifier = binding.ipIdentifier;
exports.resolveConfig = binding.resolveConfig;
exports.resolveKoaConfig = binding.resolveKoaConfig;
exports.resolveMiddlewareConfig = binding.resolveMiddlewareConfig;

function loadBinding() {
  try {
    return require('./binding.js');
  } catch (cause) {
    throw noBinary(cause);
  }
}

function noBinary(cause) {
  const { platform, arch } = process;
  const libc = platform === 'linux' ? linuxLibc() : null;
  const here = libc === null ? `${platform} ${arch}` : `${platform} ${arch} with ${libc}`;

  const binaries = require('./package.json').optionalDependencies ?? {};
  const suffix = { glibc: '-gnu', musl: '-musl' }[libc] ?? (platform === 'win32' ? '-msvc' : '');
  const expected = `strapi-upstash-${platform}-${arch}${suffix}`;
  const install =
    expected in binaries ? `The package ${expected} holds one: \`npm install --include=optional\` installs it. ` : '';

  const error = new Error(
    `strapi-upstash found no binary of its addon that works on ${here}. ` +
      `${install}In a clone of the repository \`npm run build\` makes one; that needs Rust.`,
    { cause },
  );
  error.code = 'E_PLATFORM';
  return error;
}

function linuxLibc() {
  // Node's report is the one place that tells glibc from musl without starting a process.
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}
