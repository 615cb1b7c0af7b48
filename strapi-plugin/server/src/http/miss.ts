import { validateHeaderValue } from 'node:http';
import type { Context, Next } from 'koa';
import { type Answered, answer, mark } from './answer';
import { watchCookie } from './cookie-guard';
import { factsOf } from './facts';
import { Fill, fills, noMarks } from './fill';
import { type Entry, entryOf } from './shelf';
import type { Site } from './site';

/** What the key is made of, and the middleware's own TTL. */
export interface Wanted {
  url: string;
  host: string;
  variant: number;
  ttlMs: number | undefined;
}

/** Why a fill was not stored although its answer could be: it counts as a miss, not as a bypass. */
const BAD_LUCK = new Set(['purged', 'too-large']);

/** The way of a request whose answer is not in memory. */
export async function answerMiss(site: Site, ctx: Context, next: Next, wanted: Wanted): Promise<void> {
  let flight;
  try {
    flight = site.engine.open(wanted.url, wanted.host, wanted.variant);
    if (flight.role === 'leader') site.flights.begin(flight.id);
  } catch (error) {
    site.failures.note('the cache', error);
    return alone(ctx, next, 'error');
  }
  if (flight.role === 'solo') return alone(ctx, next, 'uncacheable');
  if (flight.role === 'follower') {
    const entry = await site.flights.wait(flight.id);
    return entry === null ? alone(ctx, next, 'not-shared') : answer(ctx, entry, COLLAPSED);
  }

  let entry: Entry | null = null;
  try {
    entry = await fromUpstash(site, flight.id, site.waited.get(ctx));
    if (entry === null) entry = await fill(site, ctx, next, flight.id, wanted);
    else answer(ctx, entry, FROM_UPSTASH);
  } finally {
    site.flights.land(flight.id, entry);
    site.reportWarnings();
  }
}

/** As RFC 9211 has it: this request went with another one that was forwarded. It got a shared answer, hence HIT. */
const COLLAPSED: Answered = ['HIT', 'strapi-upstash; fwd=uri-miss; collapsed'];
const FROM_UPSTASH: Answered = ['HIT', 'strapi-upstash; hit; detail=upstash'];

/** Runs the handler as if there were no cache. */
export async function alone(ctx: Context, next: Next, detail: string): Promise<void> {
  ctx.state.upstash = noMarks;
  mark(ctx, ['BYPASS', `strapi-upstash; fwd=bypass; detail=${detail}`]);
  await next();
}

/** What Upstash has for a flight, taken into memory; that ends the flight. Null: go on as a miss. */
async function fromUpstash(site: Site, id: number, waited: number | undefined): Promise<Entry | null> {
  try {
    const asked = site.engine.fetch(id, waited);
    const found = asked === null ? null : await asked;
    if (found === null) return null;
    const entry = entryOf(found.body, checked(JSON.parse(found.headers)), found.created);
    const slot = site.engine.adopt(id);
    site.shelf.release();
    if (slot < 0) return null;
    site.shelf.put(slot, entry);
    return entry;
  } catch (error) {
    site.failures.note('reading from Upstash', error);
    return null;
  }
}

/** Headers from outside this process: anything that Node would refuse to send is refused here. */
function checked(headers: unknown): [string, string][] {
  if (!Array.isArray(headers)) throw new TypeError('headers of an entry are not a list');
  return headers.map((header: unknown) => {
    const [name, value] = header as [unknown, unknown];
    if (typeof name !== 'string' || typeof value !== 'string') throw new TypeError('a header of an entry is not text');
    validateHeaderValue(name, value);
    return [name, value];
  });
}

/** Runs the handler and offers its answer to the engine. Returns what those who wait may have. */
async function fill(site: Site, ctx: Context, next: Next, id: number, wanted: Wanted): Promise<Entry | null> {
  const filling = new Fill(wanted.ttlMs, site.options.cache.untagged ? ['untagged'] : []);
  ctx.state.upstash = filling;
  const before = ctx.res.getHeaders();
  const unwatch = watchCookie(ctx.req.headers, () => filling.bypass('cookie-read'));
  try {
    await fills.run(filling, next);
  } catch (error) {
    // Its answer is made by strapi::errors, which keeps the headers.
    site.engine.abandon(id);
    mark(ctx, ['BYPASS', 'strapi-upstash; fwd=uri-miss; detail=error']);
    throw error;
  } finally {
    unwatch();
  }
  try {
    return land(site, ctx, filling, before, id, wanted.url);
  } catch (error) {
    site.failures.note('storing an answer', error);
    site.engine.abandon(id);
    return null;
  }
}

type Headers = ReturnType<Context['res']['getHeaders']>;

function land(site: Site, ctx: Context, filling: Fill, before: Headers, id: number, url: string): Entry | null {
  const [facts, stored] = factsOf(ctx, url, filling, before);
  // HEAD as well: Strapi makes the same body for it, and Koa leaves it out only when it sends.
  const body = facts.bypass === undefined && facts.status === 200 ? jsonBytes(ctx.body) : null;
  const entry = body === null ? null : entryOf(body, stored, facts.created);
  const { slot, reason, shareable } = site.engine.finish(id, facts, body);
  site.shelf.release();
  if (entry !== null) {
    if (slot >= 0) site.shelf.put(slot, entry);
    // The bytes that were stored are the ones that go out; Koa keeps type and status.
    ctx.body = entry.body;
  }
  mark(ctx, outcome(reason ?? undefined));
  return shareable ? entry : null;
}

function outcome(reason: string | undefined): Answered {
  if (reason === undefined) return ['MISS', 'strapi-upstash; fwd=uri-miss; stored'];
  return [BAD_LUCK.has(reason) ? 'MISS' : 'BYPASS', `strapi-upstash; fwd=uri-miss; detail=${reason}`];
}

/** A Buffer of its own size: one from Node's pool would keep the pool's whole slab in memory as long as the entry. */
function jsonBytes(body: unknown): Buffer {
  const json = JSON.stringify(body);
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(json));
  bytes.write(json);
  return bytes;
}
