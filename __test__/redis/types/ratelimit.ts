// Code for @upstash/ratelimit, with the other name in its first line. It is only type-checked.

import { Redis as TheirRedis } from '@upstash/redis';
import type { Ratelimit as Theirs } from '@upstash/ratelimit';
import { MultiRegionRatelimit, Ratelimit, Redis, type RatelimitConfig, type RatelimitResponse } from 'strapi-upstash';

export const limiter = new Ratelimit({
  redis: Redis.fromEnv(),
  limiter: Ratelimit.slidingWindow(10, '10 s'),
  prefix: 'app',
  analytics: true,
  timeout: 1000,
  ephemeralCache: new Map(),
  enableProtection: true,
  denyListThreshold: 4,
  dynamicLimits: true,
});
export const theirClient = new Ratelimit({ redis: TheirRedis.fromEnv(), limiter: Ratelimit.tokenBucket(5, '10s', 10), ephemeralCache: false });
export const inMemory = new Ratelimit({ limiter: Ratelimit.gcra(10, '1 m', 3) });
export const regions = new MultiRegionRatelimit({
  redis: [Redis.fromEnv(), Redis.fromEnv()],
  limiter: MultiRegionRatelimit.fixedWindow(10, '1 d'),
});

export async function use(): Promise<RatelimitResponse> {
  const { success, pending, reset, remaining, limit, reason, deniedValue } = await limiter.limit('id', { rate: 2, ip: '::1', geo: { country: 'FR' } });
  await pending;
  const texts: (string | undefined)[] = [reason, deniedValue];
  const numbers: number[] = [reset, remaining, limit, (await limiter.getRemaining('id')).remaining, texts.length];
  if (!success) await limiter.resetUsedTokens('id');
  await limiter.setDynamicLimit({ limit: numbers[0] ?? false });
  const { dynamicLimit } = await limiter.getDynamicLimit();
  const known: number | null = dynamicLimit;
  return limiter.blockUntilReady(`id ${known}`, 5_000);
}

/** What theirs takes ours takes, and what theirs gives ours gives. */
export const asOurs = (options: Omit<ConstructorParameters<typeof Theirs>[0], 'limiter' | 'redis'>): Omit<RatelimitConfig, 'limiter'> => options;
export const asTheirs = (response: RatelimitResponse): Awaited<ReturnType<Theirs['limit']>> => response;
export const call = (theirs: Theirs): Ratelimit['limit'] => theirs.limit as Ratelimit['limit'];

// @ts-expect-error -- a duration needs a unit
Ratelimit.slidingWindow(10, '10');
// @ts-expect-error -- one region's algorithm
new MultiRegionRatelimit({ redis: [], limiter: Ratelimit.slidingWindow(10, '10 s') }).limit('id');
