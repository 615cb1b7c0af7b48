import type { OutgoingHttpHeaders } from 'node:http';
import type { Context } from 'koa';
import { type Answered, mark, varyOf } from './answer';
import { isAnother, isNotModified } from './conditional';
import { type Entry, entryOf, headOf, markerHead, withHeader } from './entry';
import { assign, confirmed, factsOf, storedHeaders, textOf } from './facts';
import type { Fill } from './fill';
import type { Landed } from './flights';
import type { Holding, Place } from './holding';
import type { Wanted } from './miss';
import { tagHeader } from './tag-header';
import { cacheControlOf } from './rule';
import { addNames, namesAdded, namesIn, varyValues } from './vary';

/** What those get who waited for an answer that is not for them. */
export const NOT_SHARED: Landed = null;

/** Why a fill was not stored although its answer could be: it counts as a miss, not as a bypass. */
const BAD_LUCK = new Set(['purged', 'too-large']);
/** Offers the answer of a fill to the engine, and makes it what goes out. */
export function land(
  holding: Holding,
  place: Place,
  ctx: Context,
  fill: Fill,
  before: OutgoingHttpHeaders,
  id: number,
  wanted: Wanted,
): Landed {
  const { engine, shelf, caching } = holding;
  const after = ctx.res.getHeaders();
  const former = ctx.status === 304 ? wanted.former?.entry : undefined;
  const given = storedHeaders(before, after);
  const headers = former === undefined ? given : confirmed(former, given);
  if (former !== undefined && isAnother(given.get('etag'), former)) {
    fill.bypass('another-version');
    void engine.purgeUrl(wanted.url, wanted.host);
  }
  const status = former?.status ?? ctx.status;

  const names = place.countsOuterVary ? namesIn(after['vary']) : namesAdded(before['vary'], after['vary']);
  if (names.includes('*')) fill.bypass('vary');
  if (!fill.rule.enabled) fill.bypass('disabled');
  const against = place.reasonAgainst(ctx, wanted.url, fill);
  if (against !== undefined) fill.bypass(against);
  const settled = wanted.whose?.settle?.(ctx, fill);
  if (wanted.whose !== undefined && settled === undefined) fill.bypass('authorization');
  const facts = factsOf(ctx, fill, status, headers, after);

  const isPrivate = wanted.owner !== '';
  const ownWords = facts.cacheControl === undefined && facts.expires === undefined;
  const words = ownWords ? cacheControlOf(fill.rule, isPrivate) : undefined;
  if (words !== undefined) headers.set('cache-control', words);

  // HEAD as well where the place makes the same body for it; Koa leaves it out only when it sends.
  const body = former?.body ?? (facts.bypass === undefined ? place.bytesOf(ctx) : null);
  const vary = varyValues(names, ctx.req.headers);
  if (body !== null && !headers.has('content-type')) {
    const type = textOf(ctx.res.getHeader('content-type'));
    if (type !== undefined) headers.set('content-type', type);
  }
  // Whoever keeps it because of our words asks with other credentials another time, and may then be told something else.
  const told = [...names, ...(words === undefined ? [] : ['Authorization'])].join(', ');
  facts.head = headOf(status, [...headers], told);
  if (names.length > 0) {
    facts.vary = vary;
    facts.varyHead = markerHead(names);
  }
  if (former !== undefined && wanted.former !== undefined) facts.inherits = wanted.former.slot;
  if (settled !== undefined) {
    facts.owner = settled.name;
    assign(facts, 'longestMs', settled.longestMs);
  }
  const { slot, marker, created, freshMs, reason, shareable, tags } = engine.finish(id, facts, body);
  shelf.release();

  let entry: Entry | null = null;
  if (body !== null) {
    const tagged = tagHeader(caching.tagHeader, tags);
    entry = entryOf(body, withHeader(facts.head, tagged), created, facts.created + freshMs, caching.compression);
    if (slot >= 0) shelf.put(slot, entry);
    if (marker >= 0) shelf.put(marker, { names });
    const isStored = slot >= 0 || BAD_LUCK.has(reason ?? '');
    if (isStored) dress(ctx, entry, words, tagged);
    if (former !== undefined) restoreBody(ctx, entry);
    // The bytes that were stored are the ones that go out; Koa keeps type and status.
    else if (isStored) ctx.body = entry.body;
  }
  const outcome = outcomeOf(wanted, former !== undefined, reason ?? undefined);
  mark(ctx, outcome);
  answerCondition(ctx);
  // Where it turned out to be another one's, those who waited are not the ones it is for.
  const isTheirs = wanted.whose === undefined || wanted.whose.isOne || settled?.name === wanted.owner;
  return shareable && isTheirs && entry !== null ? { entry, names, vary, owner: wanted.owner } : NOT_SHARED;
}

/** What a stored answer says beyond what its handler did. */
function dress(ctx: Context, entry: Entry, words: string | undefined, tagged: [string, string] | undefined): void {
  const { res } = ctx;
  if (entry.status === 200) res.setHeader('ETag', entry.etag);
  if (words !== undefined) res.setHeader('Cache-Control', words);
  if (tagged !== undefined) res.setHeader(...tagged);
  const vary = varyOf(entry);
  if (vary !== '') res.setHeader('Vary', addNames(res.getHeader('Vary'), vary));
}

/** The body of an entry that its handler has confirmed. */
function restoreBody(ctx: Context, entry: Entry): void {
  ctx.status = entry.status;
  for (const [name, value] of entry.headers) if (name !== 'date') ctx.res.setHeader(name, value);
  ctx.body = entry.body;
}

/** Answers with an entry as it is, whatever became of storing it. */
export function deliver(ctx: Context, entry: Entry): void {
  restoreBody(ctx, entry);
  answerCondition(ctx);
}

/** The client's own condition, which the handler did not see. */
function answerCondition(ctx: Context): void {
  const { headers } = ctx.req;
  if (ctx.status !== 200 || (headers['if-none-match'] === undefined && headers['if-modified-since'] === undefined)) return;
  const etag = textOf(ctx.res.getHeader('etag'));
  const lastModified = textOf(ctx.res.getHeader('last-modified'));
  if (isNotModified(headers, { etag, lastModified })) ctx.status = 304;
}

function outcomeOf({ forwarded, former }: Wanted, isConfirmed: boolean, reason: string | undefined): Answered {
  const start = `strapi-upstash; fwd=${former !== undefined && forwarded !== 'request' ? 'stale' : forwarded}`;
  const confirmation = isConfirmed ? '; fwd-status=304' : '';
  if (reason === undefined) return [isConfirmed ? 'HIT' : 'MISS', `${start}${confirmation}; stored`];
  return [BAD_LUCK.has(reason) ? 'MISS' : 'BYPASS', `${start}${confirmation}; detail=${reason}`];
}
