// A Next.js server as far as `cached` is concerned: a process of its own that is told what to load.

import { setTimeout as sleep } from 'node:timers/promises';
import { createCache } from 'strapi-upstash/next';

let cache;
let loads = 0;

const answers = {
  open: (options) => void (cache = createCache(options)),
  /** So many calls at once; each load takes `ms`. */
  async cached({ key, options, value, ms = 0, calls = 1 }) {
    const load = async () => {
      loads += 1;
      await sleep(ms);
      return value;
    };
    return Promise.all(Array.from({ length: calls }, () => cache.cached(key, options, load)));
  },
  purge: (tags) => cache.purge(tags),
  loads: () => loads,
};

process.on('message', async ({ name, given }) => {
  try {
    process.send({ value: await answers[name](given) });
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on('disconnect', () => process.exit());
