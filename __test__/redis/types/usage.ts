// Code as people write it against @upstash/redis, with the other name in its first line. It is only type-checked.

import { Redis, errors, type Pipeline, type RedisConfig, type Requester, type SetCommandOptions } from 'strapi-upstash';

interface Article {
  title: string;
  views: number;
}

declare const redis: Redis;

export async function strings() {
  const article = await redis.get<Article>('article');
  const title: string | undefined = article?.title;
  const options: SetCommandOptions = { ex: 60, nx: true };
  const set: 'OK' | Article | null = await redis.set<Article>('article', { title: 'x', views: 1 }, options);
  await redis.set('flag', true);
  await redis.set('key', 'value', { px: 100, xx: true, get: true });
  // @ts-expect-error one kind of expiry
  await redis.set('key', 'value', { ex: 1, px: 1 });
  const n: number = await redis.incr('n');
  const [a, b] = await redis.mget<[Article, string]>('a', 'b');
  const [c] = await redis.mget<Article[]>(['a', 'b']);
  await redis.mset({ a: 1, b: { c: 2 } });
  await redis.set('bytes', Buffer.from('x'));
  return { title, set, n, a: a.views, b: b.length, c: c?.title };
}

export async function collections() {
  const hash = await redis.hgetall<{ name: string; age: number }>('h');
  const age: number | undefined = hash?.age;
  await redis.hset('h', { name: 'x', age: 3 });
  const some = await redis.hmget<{ name: string }>('h', 'name');
  await redis.zadd('z', { score: 1, member: 'a' }, { score: 2, member: 'b' });
  await redis.zadd('z', { nx: true }, { score: 1, member: 'a' });
  const range: string[] = await redis.zrange('z', 0, -1);
  const byScore = await redis.zrange<string[]>('z', '-inf', '(5', { byScore: true, offset: 0, count: 10 });
  const [cursor, keys] = await redis.scan(0, { match: 'a*', count: 10 });
  const [, typed] = await redis.scan('0', { withType: true });
  const list = await redis.lrange<Article>('l', 0, -1);
  const popped = await redis.lpop<string>('l');
  await redis.geoadd('g', { longitude: 1, latitude: 2, member: 'm' });
  const near = await redis.geosearch('g', { type: 'FROMLONLAT', coordinate: { lon: 1, lat: 2 } }, { type: 'BYRADIUS', radius: 1, radiusType: 'KM' }, 'ASC', { withDist: true });
  const distance: number | undefined = near[0]?.dist;
  const id: string = await redis.xadd('s', '*', { field: 'value' });
  const group = await redis.xgroup('s', { type: 'CREATE', group: 'g', id: '$', options: { MKSTREAM: true } });
  const entries = await redis.xrange<Record<string, { title: string }>>('s', '-', '+', 10);
  return { age, some, range, byScore, cursor, keys, typed: typed[0]?.type, views: list[0]?.views, popped, distance, id, group, entries };
}

export async function together() {
  const [set, article, n] = await redis.pipeline().set('a', 1).get<Article>('b').incr('n').exec();
  const typed: ['OK' | number | null, Article | null, number] = [set, article, n];
  const own = await redis.multi().get('a').get('b').exec<[string, number]>();
  const kept = await redis.pipeline().get<Article>('a').exec({ keepErrors: true });
  const { error, result } = kept[0];
  const pipeline = redis.pipeline();
  for (const key of ['a', 'b']) pipeline.del(key);
  const unknowns: unknown[] = await pipeline.exec();
  const chained: Pipeline<[(number | null)[], string | null]> = redis.multi().bitfield('b').set('u4', 0, 1).exec().get<string>('a');
  return { typed, own: own[1].toFixed(), error: error?.length, views: result?.views, unknowns, chained };
}

export async function scripts() {
  const script = redis.createScript<number>('return 1');
  const readonly = redis.createScript<string[]>('return {}', { readonly: true });
  const sum: number = await script.exec(['k'], ['v']);
  const lines: string[] = await readonly.exec([], []);
  const evaluated = await redis.eval<[string, number], number[]>('return 1', ['k'], ['a', 1]);
  return { sum, lines, evaluated };
}

export async function namespaces() {
  const article = await redis.json.get<Article[]>('doc', '$.a');
  await redis.json.set('doc', '$', { a: [1] }, { nx: true });
  const libraries = await redis.functions.list({ withCode: true });
  return { title: article?.[0]?.title, names: libraries.map(({ libraryName }) => libraryName) };
}

export function around(requester: Requester) {
  redis.use(async (request, next) => {
    const response = await next(request);
    return response;
  });
  const subscriber = redis.subscribe<Article>(['news']);
  subscriber.on('message', ({ channel, message }) => channel + message.title);
  subscriber.on('error', (error) => error.message);
  const config: RedisConfig = { url: process.env.URL, token: process.env.TOKEN, retry: { retries: 2, backoff: (n) => n * 10 } };
  return [new Redis(config), new Redis(requester), Redis.fromEnv({ enableAutoPipelining: false }), subscriber];
}

export async function ours() {
  const bytes = await redis.raw.get('k');
  let length = 0;
  for await (const key of redis.scanIterator({ match: 'a*' })) length += key.length;
  for await (const [field, value] of redis.hscanIterator<Article>('h')) length += field.length + value.views;
  try {
    await redis.with({ signal: AbortSignal.timeout(100) }).get('k');
  } catch (error) {
    if (error instanceof errors.UpstashError && error.code === 'E_TIMEOUT') return redis.status().breaker;
  }
  return [bytes, length];
}
