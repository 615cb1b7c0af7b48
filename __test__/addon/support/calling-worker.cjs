// A thread that is always in the middle of calls to Upstash, until it is terminated. As little else as possible, since
// it is started a hundred times.

const { parentPort, workerData } = require('node:worker_threads');
const { Engine, Redis } = require('../../../index.js');

const { config, upstash } = workerData;
const engine = new Engine(config);
engine.setSchema('{"prefix":"/api","types":{}}');
const probe = engine.prober();
const scope = engine.scope('example.com', 0);
const limiter = engine.limiter('{"name":"all","limit":5,"windowMs":60000}');
const redis = new Redis(upstash);
const kept = [redis.subscribe(['news', 'more'])];

function callEverything(number) {
  const url = `/api/articles/${number}`;
  probe(url, scope);
  const { id } = engine.open(url, 'example.com', 0);
  kept.push(
    engine.fetch(id),
    limiter.limit('somebody'),
    redis.set('k', 'x'.repeat(1_000)).catch(() => {}),
    redis.raw.get('k').catch(() => {}),
    redis.multi().get('k').get('k').exec().catch(() => {}),
    engine.purgeTypes(['api::article.article']),
    engine.purgePattern('strapi:*'),
  );
  limiter.limitNow('somebody');
}

callEverything(0);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
parentPort.postMessage('calling');
let calls = 0;
setInterval(() => callEverything((calls += 1)), 4);
