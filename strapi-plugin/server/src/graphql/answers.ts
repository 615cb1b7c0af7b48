import type { GraphQLRequestContextExecutionDidStart, GraphQLRequestContextResponseForOperation, GraphQLResponse } from '@apollo/server';
import { type Answered, hitStatus, mark } from '../http/answer';
import { jsonBytes } from '../http/body';
import { type Entry, entryOf, headOf } from '../http/entry';
import { factsOf, storedHeaders } from '../http/facts';
import { LookUp, read, Use } from '../http/look-up';
import { fromUpstash } from '../http/miss';
import { cacheControlOf } from '../http/rule';
import { namesAdded } from '../http/vary';
import type { Site } from '../site';
import { isAllowedStill } from './authentication';
import { type Library, asksForDrafts, questionOf, restOf, urlOf, variablesOf } from './question';
import { ruleOf } from './rule';
import type { Visit } from './visit';

type Asked = GraphQLRequestContextResponseForOperation<object>;
type Running = GraphQLRequestContextExecutionDidStart<object>;
type Found = readonly [Entry, Answered];

/** See `Engine.scope`: links in an answer may be absolute. */
const SECURE = 4;
/** As RFC 9211 has it: this request went with another one that was forwarded. It got a shared answer, hence HIT. */
const COLLAPSED = 'strapi-upstash; fwd=uri-miss; collapsed';
/** Why a fill was not stored although its answer could be: it counts as a miss, not as a bypass. */
const BAD_LUCK = new Set(['purged', 'too-large']);

/** The way of an operation through the cache. Whatever fails here, Apollo goes on as if there were none. */
export class Answers {
  private readonly lookUp: LookUp;

  constructor(
    private readonly site: Site,
    private readonly library: Library,
    private readonly endpoint: string,
  ) {
    this.lookUp = new LookUp(site.engine, site.shelf);
  }

  /** What is stored, or what another request is about to get; null where Apollo is to run the operation. */
  async find(visit: Visit, asked: Asked): Promise<GraphQLResponse | null> {
    try {
      const found = await this.search(visit, asked);
      return found === null ? null : this.answer(visit, asked, found);
    } catch (error) {
      this.site.failures.note('the cache of GraphQL', error);
      visit.giveUp();
      return pass(visit, 'error');
    } finally {
      this.site.reportWarnings();
    }
  }

  private async search(visit: Visit, asked: Asked): Promise<Found | null> {
    const { site, library } = this;
    const { ctx } = visit;
    if (asked.operation.operation !== 'query') return null;
    const question = questionOf(library, asked);
    const variables = variablesOf(library, asked, asked.request.variables ?? {});
    // Apollo is going to say what is wrong with them.
    if (variables === undefined) return null;
    visit.rule = ruleOf(site.caching.rule, site.options.contentTypes, question.types);
    const isDraft = asksForDrafts(question, variables);
    const reason = question.reason ?? (isDraft ? 'draft' : reasonAgainst(visit));
    if (reason !== undefined) return pass(visit, reason);

    const url = urlOf(this.endpoint, question, variables, restOf(ctx.method, ctx.querystring));
    const variant = ctx.secure ? SECURE : 0;
    const [slot, use] = read(this.lookUp.probe(url, this.lookUp.publicScope(ctx.host, variant)));
    const held = slot < 0 || use > Use.early ? undefined : site.shelf.entries[slot];
    if (held !== undefined && 'body' in held) return [held, ['HIT', hitStatus(held, Date.now())]];

    const { id, role } = site.engine.open(url, ctx.host, variant);
    if (role === 'solo') return pass(visit, 'uncacheable');
    if (role === 'follower') {
      const landed = await site.flights.wait(id);
      if (landed === null || landed === 'again') return pass(visit, 'not-shared');
      return [landed.entry, ['HIT', COLLAPSED]];
    }
    site.flights.begin(id);
    visit.flight = id;
    return this.lead(visit, id);
  }

  /** The way of the request that others wait for. */
  private async lead(visit: Visit, id: number): Promise<Found | null> {
    const { site } = this;
    const arrived = await fromUpstash(site, id, site.waited.get(visit.ctx));
    if (arrived !== null && arrived.use <= Use.early && 'body' in arrived.shelved) {
      const entry = arrived.shelved;
      site.flights.land(id, shared(entry));
      visit.flight = undefined;
      return [entry, ['HIT', `${hitStatus(entry, Date.now())}; detail=upstash`]];
    }
    // What the public may do was looked up before the flight: had it changed since, no purge would reach this answer.
    if (!(await isAllowedStill(site.strapi, visit.ctx))) {
      visit.giveUp();
      return pass(visit, 'private');
    }
    visit.begin();
    return null;
  }

  private answer(visit: Visit, { response }: Asked, [entry, answered]: Found): GraphQLResponse {
    const { ctx } = visit;
    mark(ctx, answered);
    const age = Math.floor((Date.now() - entry.created) / 1000);
    ctx.res.setHeader('Age', String(Math.max(age, 0)));
    for (const [name, value] of entry.headers) if (KEPT.has(name)) ctx.res.setHeader(name, value);
    visit.cacheControl = new Map(entry.headers).get('cache-control') ?? wordsFor(visit);
    const data = JSON.parse(entry.body.toString()) as Record<string, unknown>;
    // Apollo copies the head into that of the response, which it is already.
    return { http: response.http, body: { kind: 'single', singleResult: { data } } };
  }

  /** Offers what an operation gave to the engine. */
  land(visit: Visit, running: Running): void {
    const { flight } = visit;
    if (flight === undefined) return;
    try {
      const data = dataOf(running);
      if (data === undefined) {
        // As with a handler that throws, the next one may have better luck.
        visit.giveUp();
        mark(visit.ctx, ['BYPASS', 'strapi-upstash; fwd=uri-miss; detail=errors']);
        return;
      }
      this.store(visit, running, flight, data);
      visit.end();
    } catch (error) {
      this.site.failures.note('storing an answer of GraphQL', error);
      visit.giveUp();
    }
  }

  private store(visit: Visit, running: Running, flight: number, data: object): void {
    const { engine, shelf, flights } = this.site;
    const { ctx, before } = visit;
    const after = ctx.res.getHeaders();
    const headers = storedHeaders(before, after);
    const hint = hintOf(running);
    if (hint !== undefined && !headers.has('cache-control')) headers.set('cache-control', hint);
    if (namesAdded(before['vary'], after['vary']).length > 0) visit.bypass('vary');
    if (running.response.http.headers.has('set-cookie')) visit.bypass('set-cookie');
    // Koa has 404 until somebody says something else.
    const { _explicitStatus } = ctx.response as { _explicitStatus?: boolean };
    const facts = factsOf(ctx, visit, _explicitStatus === true ? ctx.status : 200, headers, after);
    facts.head = headOf(200, [...headers], '');

    const body = facts.bypass === undefined ? jsonBytes(data) : null;
    const { slot, freshMs, reason, shareable } = engine.finish(flight, facts, body);
    shelf.release();
    const entry = body === null ? null : entryOf(body, facts.head, facts.created, facts.created + freshMs, false);
    if (entry !== null && slot >= 0) shelf.put(slot, entry);
    flights.land(flight, entry !== null && shareable ? shared(entry) : null);
    if (slot >= 0) visit.cacheControl = headers.get('cache-control') ?? wordsFor(visit);
    if (reason == null) mark(ctx, ['MISS', 'strapi-upstash; fwd=uri-miss; stored']);
    else mark(ctx, [BAD_LUCK.has(reason) ? 'MISS' : 'BYPASS', `strapi-upstash; fwd=uri-miss; detail=${reason}`]);
  }
}

/** Headers of a resolver that go out on a hit as well. What describes the body is Apollo's to say. */
const KEPT = new Set(['content-language', 'link', 'x-total-count']);

/** Why an operation is not looked for in the cache. */
function reasonAgainst({ ctx, reason, rule }: Visit): string | undefined {
  if (!rule.enabled) return 'disabled';
  // Its operations run side by side: what is read would be for all of them.
  if (Array.isArray((ctx.request as { body?: unknown }).body)) return 'batch';
  // A strategy of the site's own may know somebody without an `Authorization`.
  if (ctx.state['user'] != null || ctx.state['auth']?.credentials != null) return 'private';
  return reason;
}

/** Lets Apollo run the operation as if there were no cache. */
function pass({ ctx }: Visit, detail: string): null {
  mark(ctx, ['BYPASS', `strapi-upstash; fwd=bypass; detail=${detail}`]);
  return null;
}

const shared = (entry: Entry) => ({ entry, names: [], vary: '', owner: '' });

/** What the schema says of the answer's lifetime. Apollo takes 0 for what says nothing, as Strapi's own types do. */
function hintOf({ overallCachePolicy }: Running): string | undefined {
  const policy = overallCachePolicy.policyIfCacheable();
  if (policy !== null) return `max-age=${policy.maxAge}, ${policy.scope.toLowerCase()}`;
  return overallCachePolicy.scope === 'PRIVATE' ? 'private' : undefined;
}

/** What may be stored: the data of an answer that is complete. */
function dataOf({ response, errors }: Running): object | undefined {
  const { body } = response;
  if (body?.kind !== 'single' || (errors?.length ?? 0) > 0) return undefined;
  const { data, errors: formatted } = body.singleResult;
  return data == null || (formatted?.length ?? 0) > 0 ? undefined : data;
}

/** What the operator wants clients to keep; a POST is kept by none. */
function wordsFor({ ctx, rule }: Visit): string | undefined {
  return ctx.method === 'GET' ? cacheControlOf(rule, false) : undefined;
}
