import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import { LimitRouting } from '../../../..';
import { configError, type ResolvedRule, resolveRule } from '../config';
import { graphqlEndpoint } from '../schema';
import type { Site } from '../site';
import type { RateLimitMiddlewareConfig, RateLimitRule } from '../types';
import { MemoByMethod } from './memo';
import { Rule, type RuleFunctions } from './rule';

type Next = () => Promise<unknown>;

/** Where a limiter stands. */
interface Place {
  /** What a rule is called that has no name of its own: the same in every process. */
  name: (index: number) => string;
  /** Whether a rule without `match` is for any path, and not for the content API alone. */
  everywhere: boolean;
}

/** One limiting middleware in one place: its rules in their order, the first that is for a request counts it. */
export class RateLimiter {
  private readonly rules: Rule[];
  private readonly routing: LimitRouting;
  private readonly ruleFor: MemoByMethod<Rule | null>;
  private readonly trustsHops: boolean;
  private readonly header: string;

  constructor(
    site: Site,
    rules: ResolvedRule[],
    functions: RuleFunctions[],
    { name, everywhere }: Place,
  ) {
    const { trustedHops, forwardedHeader, ipv6Subnet } = site.options.rateLimit;
    const { strapi, apiPrefix } = site;
    this.routing = new LimitRouting(
      JSON.stringify({
        prefix: apiPrefix,
        endpoints: [graphqlEndpoint(strapi)],
        trustedHops,
        forwardedHeader,
        ipv6Subnet,
        everywhere,
        rules: rules.map(({ match, allow }) => ({ match, allow })),
      }),
    );
    this.trustsHops = trustedHops !== null;
    this.header = forwardedHeader;
    const needsRoute = rules.some(({ match }) => (match.contentTypes ?? []).length > 0);
    this.rules = rules.map((rule, index) => {
      const own = functions[index] as RuleFunctions;
      const made = new Rule(site, rule.name ?? name(index), index, rule, own, this.routing);
      site.rules.add(made);
      return made;
    });
    this.ruleFor = new MemoByMethod((method, path) => {
      const contentType = needsRoute ? site.routes.of(method, path).contentType : undefined;
      return this.rules[this.routing.find(method, path, contentType)] ?? null;
    });
  }

  apply(ctx: Context, next: Next): unknown {
    // The parsed path, which the router matches: a request line may hold an absolute URL.
    const rule = this.ruleFor.of(ctx.method, ctx.path);
    return rule === null ? next() : rule.apply(ctx, next, this.addressOf(ctx));
  }

  /** With hops to trust, what they say; else what Koa says, which `server.proxy.koa` decides on. */
  private addressOf(ctx: Context): string {
    if (!this.trustsHops) return ctx.request.ip;
    const header = ctx.headers[this.header];
    return this.routing.address(ctx.req.socket.remoteAddress ?? '', Array.isArray(header) ? header.join(',') : header);
  }
}

/**
 * The limiter of one middleware in the configuration. Where it stands shows when a request comes: in config/middlewares
 * before the router, on a route after it. Names are made so that all processes share them: Strapi makes the middlewares
 * of config/middlewares first and in their order, and a route's is called after its route.
 */
export function limiterOf(site: Site, config: RateLimitMiddlewareConfig): { apply(ctx: Context, next: Next): unknown } {
  const { own, rules, defaults } = resolveRule('rate-limit', config, site.resolved);
  const plugin = site.limitOptions;
  const raw: RateLimitRule[] = (own ? config.rules : plugin.rules) ?? [{}];
  const functionsOf = (all: RateLimitRule[]): RuleFunctions[] => all.map((rule) => functionsIn([rule, config, plugin]));
  site.limiters += 1;
  const global = site.limiters === 1 ? 'default' : `default-${site.limiters}`;
  for (const rule of rules) check(site, rule);

  const globally = once(
    () =>
      new RateLimiter(site, rules, functionsOf(raw), {
        name: (index) => (rules.length === 1 ? global : `${global}-${index + 1}`),
        everywhere: false,
      }),
  );
  // On a route the plugin's rules, which are for all requests, mean nothing; what holds for each of them does.
  const [onRoute, rawOnRoute] = own ? [rules, raw] : [[defaults], [{}]];
  const byRoute = new Map<string, RateLimiter>();

  return {
    apply(ctx, next) {
      const { state } = ctx;
      if (state.route === undefined) return globally().apply(ctx, next);
      const route = `${state.route.method} ${ctx._matchedRoute}`;
      let limiter = byRoute.get(route);
      if (limiter === undefined) {
        const name = nameOf(route, JSON.stringify(onRoute));
        const place: Place = { name: (index) => (onRoute.length === 1 ? name : `${name}-${index + 1}`), everywhere: true };
        limiter = new RateLimiter(site, onRoute, functionsOf(rawOnRoute), place);
        byRoute.set(route, limiter);
      }
      return limiter.apply(ctx, next);
    },
  };
}

/** The functions that hold for a rule, from its own options outwards. */
function functionsIn(levels: RateLimitRule[]): RuleFunctions {
  const first = <Name extends keyof RateLimitRule>(name: Name): RateLimitRule[Name] => {
    for (const level of levels) if (level[name] != null) return level[name];
    return undefined;
  };
  const called = <Name extends 'limit' | 'cost' | 'skip' | 'handler'>(name: Name): RuleFunctions[Name] => {
    const found: unknown = first(name);
    return typeof found === 'function' ? (found as RuleFunctions[Name]) : undefined;
  };
  const by = first('by') ?? 'ip';
  return {
    limit: called('limit'),
    cost: called('cost'),
    skip: called('skip'),
    handler: called('handler'),
    by: Array.isArray(by) ? by : [by],
  };
}

/** What only Strapi can tell of a rule: throws `E_CONFIG`. */
function check(site: Site, rule: ResolvedRule): void {
  const { strapi } = site;
  for (const uid of rule.match.contentTypes ?? []) {
    if (strapi.contentTypes[uid as never] === undefined && strapi.controllers[uid as never] === undefined) {
      throw configError(`rateLimit.rules: found the content type '${uid}'; expected one that this Strapi has`);
    }
  }
  if (rule.name === null) return;
  const { match: _match, ...counts } = rule;
  const shape = JSON.stringify(counts);
  const known = site.namedRules.get(rule.name);
  if (known !== undefined && known !== shape) {
    throw configError(`rateLimit: found two rules named '${rule.name}'; expected the same options in both, which share one budget`);
  }
  site.namedRules.set(rule.name, shape);
}

/** Readable, and another for each route and options. */
function nameOf(route: string, options: string): string {
  const readable = route.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/-$/, '').slice(0, 40);
  return `${readable}-${createHash('sha256').update(`${route} ${options}`).digest('hex').slice(0, 8)}`;
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
