import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import type { LimitRouting } from '../../../..';
import type { ResolvedRule } from '../config';
import type { Site } from '../site';
import type { Identity, LimitDecision, RateLimitBy, RateLimitHandler } from '../types';
import { Budgets, type Verdict } from './budget';
import { refuse, tell } from './headers';
import { Memo } from './memo';

type Maybe<Value> = Value | Promise<Value>;
type Next = () => Promise<unknown>;

/** What a rule's functions are in the configuration; numbers and words stand in `ResolvedRule`. */
export interface RuleFunctions {
  limit: ((identity: Identity, ctx: Context) => Maybe<number>) | undefined;
  cost: ((ctx: Context) => Maybe<number>) | undefined;
  skip: ((ctx: Context) => Maybe<boolean>) | undefined;
  by: RateLimitBy[];
  handler: RateLimitHandler | undefined;
}

/** Longer identifiers are told apart by their hash: what strangers may choose must not become a key of any length. */
const LONGEST_IDENTIFIER = 200;

/** One rule of a limiting middleware. */
export class Rule {
  private readonly budgets: Budgets;
  private readonly allows: boolean;
  private readonly identifiers: Memo<string>;
  refused = 0;
  /** Refused in name only, for `dryRun`. */
  spared = 0;

  constructor(
    private readonly site: Site,
    readonly name: string,
    private readonly index: number,
    private readonly rule: ResolvedRule,
    private readonly functions: RuleFunctions,
    private readonly routing: LimitRouting,
  ) {
    this.budgets = new Budgets(site, name, rule);
    this.allows = rule.allow.length > 0;
    this.identifiers = new Memo((address) => routing.identifier(address));
  }

  /** Counts the request and answers it, or lets it go on. */
  apply(ctx: Context, next: Next, address: string): Maybe<unknown> {
    if (this.allows && this.routing.allows(this.index, address)) return next();
    const { skip } = this.functions;
    if (skip === undefined) return this.count(ctx, next, address);
    return whenKnown(this.calling('skip', () => skip(ctx), false), (skipped) =>
      skipped === true ? next() : this.count(ctx, next, address),
    );
  }

  private count(ctx: Context, next: Next, address: string): Maybe<unknown> {
    return whenKnown(this.identifierOf(ctx, address), (identifier) => {
      if (identifier === null) return next();
      return whenKnown(this.limitOf(ctx, address), (limit) => {
        if (limit === Infinity) return next();
        return whenKnown(this.costOf(ctx), (cost) =>
          whenKnown(this.budgets.of(limit).decide(identifier, cost, ctx), (verdict) => this.answer(ctx, next, limit, verdict)),
        );
      });
    });
  }

  private answer(ctx: Context, next: Next, limit: number, verdict: Verdict): Maybe<unknown> {
    const { windowMs, dryRun, onError } = this.rule;
    const decision: LimitDecision = { rule: this.name, limit, windowMs, ...verdict };
    if (dryRun) {
      if (!verdict.success) {
        this.spared += 1;
        this.site.failures.say(`dry run of ${this.name}`, `the rule '${this.name}' would have refused ${this.spared} requests so far`);
      }
      return next();
    }
    // Where it passes for lack of an answer, nobody knows what is left.
    if (!(verdict.undecided && onError === 'open')) tell(ctx, decision);
    if (verdict.success) return next();
    this.refused += 1;
    refuse(ctx, decision, !verdict.undecided || onError === 'local');
    return this.functions.handler?.(ctx, decision);
  }

  /** Null: the request is not counted. */
  private identifierOf(ctx: Context, address: string): Maybe<string | null> {
    const { by } = this.functions;
    const [only] = by;
    if (by.length === 1 && only !== undefined) return whenKnown(this.part(only, ctx, address), bounded);
    const parts = by.map((one) => this.part(one, ctx, address));
    const join = (all: (string | null)[]): string | null =>
      all.includes(null) ? null : bounded(all.map((part) => (part as string).replaceAll('|', '%7C')).join('|'));
    return parts.some(isPromise) ? Promise.all(parts).then(join) : join(parts as (string | null)[]);
  }

  private part(by: RateLimitBy, ctx: Context, address: string): Maybe<string | null> {
    const { credentials, routes } = this.site;
    const ip = (): string => this.identifiers.of(address);
    switch (by) {
      case 'ip':
        return ip();
      case 'route':
        return routes.of(ctx.method, ctx.path).name;
      case 'user':
        return whenKnown(credentials.user(ctx), (user) => (user === null ? ip() : `user:${user.id}`));
      case 'api-token':
        return whenKnown(credentials.apiToken(ctx, ip()), (token) => (token === null ? ip() : `token:${token.id}`));
      default:
        return whenKnown(this.calling<unknown>('by', () => by(ctx), undefined), (found) => {
          if (found === null) return null;
          // What is no text names nobody: better the address than one budget for all.
          return typeof found === 'string' || typeof found === 'number' ? `by:${found}` : ip();
        });
    }
  }

  private limitOf(ctx: Context, address: string): Maybe<number> {
    const { limit } = this.functions;
    if (limit === undefined) return this.rule.limit ?? this.fallback;
    const identity = whenKnown(this.site.credentials.user(ctx), (user) =>
      whenKnown(user === null ? this.site.credentials.apiToken(ctx, this.identifiers.of(address)) : null, (apiToken) => ({
        ip: address,
        user,
        apiToken,
      })),
    );
    const found = whenKnown(identity, (known) => this.calling<unknown>('limit', () => limit(known, ctx), this.fallback));
    return whenKnown(found, (number) => {
      if (number === Infinity) return number;
      if (typeof number === 'number' && number >= 1) return Math.min(Math.floor(number), 2 ** 40);
      return this.mistaken('limit', number, this.fallback);
    });
  }

  private costOf(ctx: Context): Maybe<number> {
    const { cost } = this.functions;
    if (cost === undefined) return this.rule.cost ?? 1;
    return whenKnown(this.calling<unknown>('cost', () => cost(ctx), 1), (number) => {
      if (typeof number === 'number' && number >= 0) return Math.min(Math.ceil(number), 2 ** 32 - 1);
      return this.mistaken('cost', number, 1);
    });
  }

  /** What holds where a function of the site's does not tell. */
  private get fallback(): number {
    return this.site.options.rateLimit.defaults.limit ?? 100;
  }

  private mistaken<Value>(option: string, found: unknown, instead: Value): Value {
    this.site.failures.note(`the function ${option} of the rule '${this.name}'`, new Error(`found ${String(found)}`));
    return instead;
  }

  /** A function of the site's; one that fails must not let anybody through. */
  private calling<Value>(option: string, call: () => Maybe<Value>, instead: Value): Maybe<Value> {
    const failed = (error: unknown): Value => {
      this.site.failures.note(`the function ${option} of the rule '${this.name}'`, error);
      return instead;
    };
    try {
      const result = call();
      return isPromise(result) ? result.catch(failed) : result;
    } catch (error) {
      return failed(error);
    }
  }

  get undecided(): number {
    return this.budgets.undecided;
  }

  close(): Promise<void> {
    return this.budgets.close();
  }
}

function bounded(identifier: string | null): string | null {
  if (identifier === null || identifier.length <= LONGEST_IDENTIFIER) return identifier;
  return `sha256:${createHash('sha256').update(identifier).digest('base64url')}`;
}

function isPromise<Value>(value: Maybe<Value>): value is Promise<Value> {
  return typeof (value as Promise<Value> | null)?.then === 'function';
}

/** Goes on at once where nothing is waited for. */
export function whenKnown<Value, Result>(value: Maybe<Value>, use: (value: Value) => Maybe<Result>): Maybe<Result> {
  return isPromise(value) ? value.then(use) : use(value);
}
