import type { Context, Next } from 'koa';
import type { Fetched } from '../../../..';
import { type Answered, answer, hitStatus, mark, NO_SLOT } from './answer';
import { replaceConditions } from './conditional';
import { watchCookie, watchSession } from './cookie-guard';
import { type Entry, type Shelved, shelvedOf } from './entry';
import { noMarks } from './fill';
import { deliver, land, NOT_SHARED } from './landing';
import { read, Use } from './look-up';
import type { Holding, Owner, Place } from './holding';
import type { Landed } from './flights';
import type { CacheRule } from './rule';
import { varyValues } from './vary';

/** An entry that can't be answered as it is. */
export interface Former {
  slot: number;
  entry: Entry;
  use: number;
}

/** What a request asks for, and what is known of it. */
export interface Wanted {
  url: string;
  host: string;
  variant: number;
  owner: string;
  /** Where the owner is to be settled once the handler has run. */
  whose: Owner | undefined;
  rule: CacheRule;
  names: readonly string[];
  vary: string;
  former: Former | undefined;
  /** Why it is forwarded, as RFC 9211 has it. */
  forwarded: string;
  /** How often it was looked for. */
  tries: number;
}

/** Looks for an answer once more. */
export type Again = (ctx: Context, next: Next, wanted: Wanted) => unknown;
/** Makes an answer anew that goes out stale. */
export type Refresh = (ctx: Context, wanted: Wanted, former: Former) => void;

/** So often an answer is looked for anew: what it varies by was learned, or has changed, meanwhile. */
const MAX_TRIES = 3;

/** The way of a request whose answer is not in memory, or not fresh. */
export async function answerMiss(
  holding: Holding,
  place: Place,
  [again, refresh]: [Again, Refresh],
  ctx: Context,
  next: Next,
  wanted: Wanted,
): Promise<unknown> {
  const { engine, flights } = holding;
  let flight;
  try {
    flight = engine.open(wanted.url, wanted.host, wanted.variant, wanted.owner, wanted.vary);
    if (flight.role === 'leader') flights.begin(flight.id);
  } catch (error) {
    holding.failures.note('the cache', error);
    return alone(ctx, next, 'error');
  }
  if (flight.role === 'solo') return alone(ctx, next, 'uncacheable', wanted);
  const once = (): unknown => {
    if (wanted.tries >= MAX_TRIES) return alone(ctx, next, 'not-shared', wanted);
    return again(ctx, next, { ...wanted, tries: wanted.tries + 1 });
  };
  if (flight.role === 'follower') {
    const landed = await flights.wait(flight.id);
    if (landed === null) return alone(ctx, next, 'not-shared', wanted);
    if (landed === 'again') return once();
    if (landed.owner !== wanted.owner || varyValues(landed.names, ctx.req.headers) !== landed.vary) return once();
    return answer(holding, ctx, NO_SLOT, landed.entry, landed.answered ?? COLLAPSED);
  }

  const { id } = flight;
  let landed: Landed = null;
  let arrived: Arrived | 'others' | null;
  try {
    // Where the client wants it from the handler, Upstash is asked only from when on it would be stale.
    arrived = await fromUpstash(holding, id, place.waited(ctx), () => wanted.forwarded !== 'request');
    if (arrived === null || arrived === 'others' || arrived.use >= Use.onError) {
      const former = arrived === null || arrived === 'others' ? wanted.former : formerOf(arrived);
      landed = await fill(holding, place, ctx, next, id, { ...wanted, former });
      return undefined;
    }
    landed = 'again';
  } finally {
    flights.land(id, landed);
    holding.reportWarnings();
  }
  const { slot, use, shelved } = arrived;
  if (!('body' in shelved)) return once();
  if (use === Use.stale) {
    refresh(ctx, wanted, { slot, entry: shelved, use });
    return answer(holding, ctx, slot, shelved, ['STALE', `${hitStatus(shelved, Date.now())}; detail=stale-while-revalidate`]);
  }
  return answer(holding, ctx, slot, shelved, ['HIT', `${hitStatus(shelved, Date.now())}; detail=upstash`]);
}

/** As RFC 9211 has it: this request went with another one that was forwarded. It got a shared answer, hence HIT. */
const COLLAPSED: Answered = ['HIT', 'strapi-upstash; fwd=uri-miss; collapsed'];

/** Runs the handler as if there were no cache. */
export async function alone(ctx: Context, next: Next, detail: string, wanted?: Wanted): Promise<void> {
  ctx.state.upstash = noMarks;
  const forwarded = wanted === undefined || detail === 'uncacheable' ? 'bypass' : wanted.forwarded;
  mark(ctx, ['BYPASS', `strapi-upstash; fwd=${forwarded}; detail=${detail}`]);
  await next();
}

interface Arrived {
  slot: number;
  use: number;
  shelved: Shelved;
}

function formerOf({ slot, use, shelved }: Arrived): Former | undefined {
  return 'body' in shelved ? { slot, use, entry: shelved } : undefined;
}

/**
 * What Upstash has for a flight, if it is wanted, taken into memory; where it may be answered that ends the flight. `others`:
 * nothing that is wanted, and another process is making it.
 */
export async function fromUpstash(holding: Holding, id: number, waited: number | undefined): Promise<Arrived | null>;
export async function fromUpstash(
  holding: Holding,
  id: number,
  waited: number | undefined,
  isWanted: (found: Fetched) => boolean,
): Promise<Arrived | 'others' | null>;
export async function fromUpstash(
  holding: Holding,
  id: number,
  waited: number | undefined,
  isWanted: (found: Fetched) => boolean = () => true,
): Promise<Arrived | 'others' | null> {
  const { engine, shelf } = holding;
  try {
    const asked = engine.fetch(id, waited);
    const found = asked === null ? null : await asked;
    if (found === null) return null;
    if (!isWanted(found)) return found.others ? 'others' : null;
    const { body, head, created, usable, freshMs } = found;
    const shelved = shelvedOf(body, head, created, Date.now() + freshMs, holding.caching.compression);
    const slot = engine.adopt(id);
    shelf.release();
    if (slot < 0) return null;
    shelf.put(slot, shelved);
    return { slot, use: usable, shelved };
  } catch (error) {
    holding.failures.note('reading from Upstash', error);
    return null;
  }
}

/** Runs the handler and offers its answer to the engine. Returns what those who wait may have. */
export async function fill(
  holding: Holding,
  place: Place,
  ctx: Context,
  next: Next,
  id: number,
  wanted: Wanted,
): Promise<Landed> {
  const filling = place.fillFor(ctx, wanted.rule);
  ctx.state.upstash = filling;
  const before = ctx.res.getHeaders();
  const { headers } = ctx.req;
  const restore = replaceConditions(headers, wanted.former?.entry);
  const onRead = (): void => filling.bypass('cookie-read');
  const watched = place.watchesCookies ? [watchCookie(headers, onRead), watchSession(ctx, onRead)] : [];
  let failed: { error: unknown } | undefined;
  try {
    await place.run(filling, next);
  } catch (error) {
    failed = { error };
  } finally {
    for (const unwatch of watched) unwatch();
    restore();
  }
  const status = failed === undefined ? ctx.status : place.statusOf(failed.error);
  const { former } = wanted;
  if (status >= 500 && former !== undefined && mayStandIn(holding, former)) {
    abandon(holding, id);
    if (failed !== undefined) place.report(ctx, failed.error);
    const answered: Answered = ['STALE', `strapi-upstash; fwd=stale; fwd-status=${status}; detail=stale-if-error`];
    clear(ctx, before);
    await answer(holding, ctx, former.slot, former.entry, answered);
    const { names, vary, owner } = wanted;
    return { entry: former.entry, names, vary, owner, answered };
  }
  if (failed !== undefined) {
    abandon(holding, id);
    // Its answer is made by whoever catches it, who keeps the headers.
    mark(ctx, ['BYPASS', `strapi-upstash; fwd=${wanted.forwarded}; detail=error`]);
    throw failed.error;
  }
  try {
    return land(holding, place, ctx, filling, before, id, wanted);
  } catch (error) {
    holding.failures.note('storing an answer', error);
    abandon(holding, id);
    // A 304 to a condition of ours is nothing that the client asked for.
    if (status === 304 && former !== undefined) deliver(ctx, former.entry);
    return NOT_SHARED;
  }
}

function abandon({ engine, shelf }: Holding, id: number): void {
  engine.abandon(id);
  shelf.release();
}

/** Whether an entry may still be answered in the place of an error: a purge may have come meanwhile. */
function mayStandIn({ engine, shelf }: Holding, { slot, entry }: Former): boolean {
  if (shelf.entries[slot] !== entry) return false;
  const [found, use] = read(engine.usable(slot));
  return found === slot && use <= Use.onError;
}

/** Takes back the headers that a handler had set before it failed. */
function clear({ res }: Context, before: NodeJS.Dict<number | string | string[]>): void {
  for (const name of res.getHeaderNames()) if (!(name in before)) res.removeHeader(name);
}


