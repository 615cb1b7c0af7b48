import type { IncomingHttpHeaders } from 'node:http';
import type { Context, Next } from 'koa';
import type { Fetched } from '../../../..';
import { type Answered, answer, hitStatus, mark } from './answer';
import { runAgain, workOf } from './background';
import { allows, directivesOf } from './directives';
import type { Entry } from './entry';
import { Fill, noMarks } from './fill';
import type { Holding, Owner, Place } from './holding';
import { type Found, LookUp, NOT_OURS, Use } from './look-up';
import { type Again, alone, answerMiss, type Former, fill, fromUpstash, type Refresh, type Wanted } from './miss';
import type { CacheRule } from './rule';
import { invalidate, isSafe } from './unsafe';

/** A fill in the background. */
interface Refill {
  holding: Holding;
  id: number;
  wanted: Wanted;
}

const REQUEST_TARGET = /^[\x21-\x7e]*$/;

/**
 * The cache as a middleware of Koa's. A hit that is everybody's is answered without a promise: one call into Rust, some
 * headers, one Buffer.
 *
 * `own`: what a cache further in says over the rule of the one further out.
 */
export function cacheMiddleware(holding: Holding, place: Place, own: Partial<CacheRule> = {}) {
  const lookUp = new LookUp(holding.engine, holding.shelf);
  const { entries } = holding.shelf;
  const { probe } = lookUp;
  const honors = holding.caching.requestDirectives === 'honor';
  const ways: [Again, Refresh] = [look, refresh];

  return (ctx: Context, next: Next): unknown => {
    const { method } = ctx;
    if (method !== 'GET' && method !== 'HEAD') {
      ctx.state.upstash ??= noMarks;
      return !isSafe(method) && place.invalidates(ctx) ? invalidate(holding, place, ctx, next) : next();
    }
    // A cache further out has this request already; what a route says still counts.
    const outer: unknown = ctx.state.upstash;
    if (outer !== undefined) {
      if (outer instanceof Fill) outer.rule = { ...outer.rule, ...own };
      return next();
    }
    const work = workOf<Refill>(ctx.req);
    if (work !== undefined && work.task.holding === holding) return refill(ctx, next, work.task);

    // What the router sees as well: Koa's own `ctx.url` writes through to it.
    const url = ctx.req.url ?? '';
    const { headers } = ctx.req;
    const reason = reasonToBypass(headers) ?? place.reasonToBypass(ctx, url);
    if (reason !== undefined) return place.isOurs(ctx) ? alone(ctx, next, reason) : next();
    // Rewritten by a middleware: only then it may hold what no request line does, and the look-up relies on that.
    if (url !== ctx.originalUrl && !REQUEST_TARGET.test(url)) return next();
    if (headers.authorization !== undefined) return forSomebody(ctx, next, url);

    const { host } = ctx;
    const variant = place.variantOf(ctx);
    let slot: number;
    try {
      slot = probe(url, lookUp.publicScope(host, variant));
      if (slot === NOT_OURS) return next();
      if (slot >= 0 && headers['cache-control'] === undefined && headers.pragma === undefined) {
        const entry = entries[slot];
        if (entry !== undefined && 'body' in entry) {
          return answer(holding, ctx, slot, entry, ['HIT', hitStatus(entry, Date.now())]);
        }
      }
    } catch (error) {
      holding.failures.note('the cache', error);
      return alone(ctx, next, 'error');
    }
    return look(ctx, next, wantedOf(ctx, url, host, variant, undefined), slot);
  };

  function wantedOf(ctx: Context, url: string, host: string, variant: number, whose: Owner | undefined, rule = place.ruleOf(ctx)): Wanted {
    return { url, host, variant, owner: whose?.name ?? '', whose, rule, names: [], vary: '', former: undefined, forwarded: 'uri-miss', tries: 0 };
  }

  /** A request with credentials: whose answer may it get? */
  function forSomebody(ctx: Context, next: Next, url: string): unknown {
    if (!place.isOurs(ctx)) return next();
    const rule = place.ruleOf(ctx);
    const owner = place.ownerOf(ctx, rule);
    const goOn = (whose: Owner | undefined): unknown => {
      if (whose === undefined) return alone(ctx, next, 'authorization');
      const looked = look(ctx, next, wantedOf(ctx, url, ctx.host, place.variantOf(ctx), whose, rule));
      const { giveUp } = whose;
      return giveUp === undefined ? looked : Promise.resolve(looked).finally(giveUp);
    };
    return owner instanceof Promise ? owner.then(goOn) : goOn(owner);
  }

  /** The way of a request that is not simply a hit. `code`: what the first look said, where there was one. */
  function look(ctx: Context, next: Next, wanted: Wanted, code?: number): unknown {
    const { headers } = ctx.req;
    if (!wanted.rule.enabled) return alone(ctx, next, 'disabled');
    let found: Found;
    try {
      found = lookUp.find(wanted.url, wanted, headers, code);
    } catch (error) {
      holding.failures.note('the cache', error);
      return alone(ctx, next, 'error');
    }
    if (found.slot === NOT_OURS) return next();
    const { slot, use, shelved, names, vary } = found;
    const now = Date.now();
    const directives = directivesOf(headers, honors);
    const entry = slot >= 0 && shelved !== undefined && 'body' in shelved ? shelved : undefined;
    let forwarded = names.length > 0 ? 'vary-miss' : 'uri-miss';
    if (entry !== undefined) {
      const answered = answeredWith(entry, use, now);
      if (answered !== undefined && allows(directives, (now - entry.created) / 1000, (entry.freshUntil - now) / 1000)) {
        if (use !== Use.fresh) refresh(ctx, { ...wanted, names, vary }, { slot, entry, use });
        return answer(holding, ctx, slot, entry, answered);
      }
      if (answered !== undefined) forwarded = 'request';
    }
    if (directives.onlyIfCached) return gatewayTimeout(ctx);
    if (ctx.method === 'HEAD' && !place.fillsOnHead) {
      ctx.state.upstash = noMarks;
      mark(ctx, ['BYPASS', `strapi-upstash; fwd=${forwarded}; detail=head`]);
      return next();
    }
    if (directives.noStore) return alone(ctx, next, 'no-store');
    const former = entry === undefined ? undefined : { slot, entry, use };
    return answerMiss(holding, place, ways, ctx, next, { ...wanted, names, vary, former, forwarded });
  }

  /** Answers go on being used while they are made anew through the whole application. */
  function refresh(ctx: Context, wanted: Wanted, former: Former): void {
    const { engine, flights, shelf, failures } = holding;
    const run = async (): Promise<void> => {
      const { url, host, variant, owner, vary } = wanted;
      const { id, role } = engine.open(url, host, variant, owner, vary);
      // Somebody does it already.
      if (role !== 'leader') return;
      flights.begin(id);
      try {
        const arrived = await fromUpstash(holding, id, undefined, (found) => isNewer(found, former.entry));
        if (arrived !== null) return;
        const task: Refill = { holding, id, wanted: { ...wanted, former, forwarded: 'stale' } };
        await runAgain(ctx, task);
      } finally {
        // Where it never came back to us.
        if (flights.land(id, null)) engine.abandon(id);
        shelf.release();
        holding.reportWarnings();
      }
    };
    run().catch((error: unknown) => failures.note('making an answer anew', error));
  }

  /** The request in the background has come, unless a middleware further out has led it elsewhere. */
  async function refill(ctx: Context, next: Next, { id, wanted }: Refill): Promise<void> {
    if (ctx.req.url !== wanted.url || ctx.host !== wanted.host || place.variantOf(ctx) !== wanted.variant) {
      ctx.state.upstash = noMarks;
      await next();
      return;
    }
    holding.flights.land(id, await fill(holding, place, ctx, next, id, wanted));
  }
}

/** Upstash may have the very entry that is to be made anew. */
function isNewer({ usable, freshMs }: Fetched, entry: Entry): boolean {
  return usable <= Use.early && Date.now() + freshMs > entry.freshUntil + SAME_MS;
}

/** What the clocks of two processes and the way from one to the other may make of one moment. */
const SAME_MS = 500;

/** How an entry is answered, where it may be. */
function answeredWith(entry: Entry, use: number, now: number): Answered | undefined {
  if (use <= Use.early) return ['HIT', hitStatus(entry, now)];
  if (use === Use.stale) return ['STALE', `${hitStatus(entry, now)}; detail=stale-while-revalidate`];
  return undefined;
}

/** RFC 9111 §5.2.1.7. */
function gatewayTimeout(ctx: Context): void {
  mark(ctx, ['MISS', 'strapi-upstash; detail=only-if-cached']);
  ctx.status = 504;
  ctx.body = '';
}

/** What in a request forbids to answer it from a cache, wherever that stands. */
function reasonToBypass(headers: IncomingHttpHeaders): string | undefined {
  if (headers.range !== undefined) return 'range';
  if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0') return 'request-body';
  if (headers['if-match'] !== undefined || headers['if-unmodified-since'] !== undefined) return 'precondition';
  if (
    headers['x-http-method-override'] !== undefined ||
    headers['x-http-method'] !== undefined ||
    headers['x-method-override'] !== undefined
  ) {
    return 'method-override';
  }
  return undefined;
}

