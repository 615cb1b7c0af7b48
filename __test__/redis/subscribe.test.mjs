// `subscribe` and `psubscribe`: server-sent events as an event emitter.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TOKEN, useDatabase } from '../support/redis-client.mjs';
import { until } from '../support/rest-client.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const suite = useDatabase();

/** A subscription that stands, and the list of what it hears. */
async function listen(names, { patterns = false, redis = suite.redis } = {}) {
  const subscriber = patterns ? redis.psubscribe(names) : redis.subscribe(names);
  const heard = [];
  subscriber.on(patterns ? 'pmessage' : 'message', (event) => heard.push(event));
  let standing = 0;
  subscriber.on(patterns ? 'psubscribe' : 'subscribe', () => (standing += 1));
  await until(() => standing === [names].flat().length);
  return { subscriber, heard };
}

describe('a subscription', () => {
  it('hears what is published on its channels, and parses what is JSON', async (test) => {
    const { redis } = suite;
    const { subscriber, heard } = await listen(['news', 'a,b']);
    test.after(() => subscriber.unsubscribe());
    const news = [];
    subscriber.on('message:news', ({ message }) => news.push(message));
    assert.equal(await redis.publish('news', { title: 'größer' }), 1);
    await redis.publish('news', 'text, with commas');
    await redis.publish('news', 'two\nlines');
    await redis.publish('a,b', 5);
    await redis.publish('other', 'not for us');
    await until(() => heard.length === 4);
    assert.deepEqual(news, [{ title: 'größer' }, 'text, with commas', 'two\nlines']);
    assert.deepEqual(heard.at(-1), { channel: 'a,b', message: 5 });
    assert.deepEqual(subscriber.getSubscribedChannels().sort(), ['a,b', 'news']);
  });

  it('to a pattern hears the channels that match it', async (test) => {
    const { subscriber, heard } = await listen('user:*', { patterns: true });
    test.after(() => subscriber.unsubscribe());
    await suite.redis.publish('user:7', { name: 'x' });
    await suite.redis.publish('order:7', 'no');
    await suite.redis.publish('user:8', 'last');
    await until(() => heard.length === 2);
    assert.deepEqual(heard[0], { pattern: 'user:*', channel: 'user:7', message: { name: 'x' } });
  });

  it('gives text as it is where nothing is to be parsed', async (test) => {
    const redis = suite.connect({ automaticDeserialization: false });
    const { subscriber, heard } = await listen('news', { redis });
    test.after(() => subscriber.unsubscribe());
    await redis.publish('news', { a: 1 });
    await until(() => heard.length === 1);
    assert.equal(heard[0].message, '{"a":1}');
  });

  it('ends for one channel or for all', async () => {
    const { redis } = suite;
    const { subscriber, heard } = await listen(['a', 'b']);
    await subscriber.unsubscribe(['a', 'unknown']);
    assert.deepEqual(subscriber.getSubscribedChannels(), ['b']);
    await until(async () => (await redis.publish('a', 1)) === 0);
    await redis.publish('b', 2);
    await until(() => heard.length === 1);
    await subscriber.unsubscribe();
    assert.deepEqual([subscriber.getSubscribedChannels(), subscriber.listenerCount('message')], [[], 0]);
    await until(async () => (await redis.publish('b', 3)) === 0);
  });

  it('is made again after the endpoint was away, and says so', async (test) => {
    const { redis, upstash } = suite;
    const { subscriber, heard } = await listen('news');
    test.after(() => subscriber.unsubscribe());
    const disconnected = once(subscriber, 'disconnect');
    const again = once(subscriber, 'subscribe');
    await upstash.misbehave('refuse');
    const [{ channel, error }] = await disconnected;
    assert.deepEqual([channel, error.code], ['news', 'E_NETWORK']);
    await sleep(300);
    await upstash.heal();
    await again;
    await redis.publish('news', 'back');
    await until(() => heard.length === 1);
    assert.equal(heard[0].message, 'back');
  });

  it('is over when Upstash refuses it', async () => {
    const redis = suite.connect({ token: 'Another' });
    const subscriber = redis.subscribe('news');
    const [error] = await once(subscriber, 'error');
    assert.match(error.message, /^WRONGPASS/);
    assert.deepEqual(subscriber.getSubscribedChannels(), []);
    // Nobody has to listen.
    redis.subscribe('news');
    await sleep(100);
  });

  it('does not keep others from their replies when a listener throws', async () => {
    const heard = await program(`
      process.on('uncaughtException', ({ message }) => console.log('uncaught', message));
      const subscriber = redis.subscribe('news');
      subscriber.on('message', () => { throw new Error('of a listener'); });
      subscriber.on('subscribe', async () => {
        const replies = await Promise.all([redis.publish('news', 1), redis.set('k', 2), redis.get('k')]);
        console.log(replies.join());
        setTimeout(() => subscriber.unsubscribe(), 200);
      });
    `);
    assert.deepEqual(heard.sort(), ['1,OK,2', 'uncaught of a listener']);
  });

  it('keeps a program alive until it ends', async () => {
    const heard = await program(`
      const subscriber = redis.subscribe('news');
      subscriber.on('subscribe', () => redis.publish('news', 'heard'));
      subscriber.on('message', async ({ message }) => { console.log(message); await subscriber.unsubscribe(); });
    `);
    assert.deepEqual(heard, ['heard']);
  });
});

/** The lines that a program prints which has a `redis` of its own. */
async function program(code) {
  const env = { PATH: process.env.PATH, UPSTASH_REDIS_REST_URL: suite.upstash.url, UPSTASH_REDIS_REST_TOKEN: TOKEN };
  const whole = `const redis = require('strapi-upstash').Redis.fromEnv(); ${code}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', whole], { cwd: ROOT, env, timeout: 20_000 });
  return stdout.trim().split('\n');
}
