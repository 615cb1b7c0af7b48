import { resolveRule } from './config';
import type { CacheRule } from './http/rule';
import type { Route } from './limiter/routes';
import type { Site } from './site';

const OUR_NAMES = new Set(['plugin::upstash.cache', 'global::upstash-cache']);

/** What holds for a path: what its route says, over its content type, over the plugin's options. */
export class CacheRules {
  private readonly plain: CacheRule;
  private readonly byRoute = new Map<Route, CacheRule>();
  private differs: boolean | undefined;

  /** `own`: what the middleware itself was told. */
  constructor(
    private readonly site: Site,
    own: Partial<CacheRule>,
  ) {
    this.plain = { ...site.caching.rule, ...own };
  }

  of(path: string): CacheRule {
    const { site } = this;
    this.differs ??= Object.keys(site.options.contentTypes).length > 0 || site.routes.all().some((route) => ownOf(route) !== undefined);
    if (!this.differs) return this.plain;
    const route = site.routes.of('GET', path);
    let rule = this.byRoute.get(route);
    if (rule === undefined) {
      const own = ownOf(route);
      const byType = route.contentType === undefined ? undefined : site.options.contentTypes[route.contentType];
      rule = { ...this.plain, ...byType, ...(own === undefined ? undefined : resolveRule('cache', own, site.resolved)) };
      this.byRoute.set(route, rule);
    }
    return rule;
  }
}

/** What the cache is told on a route of its own. */
function ownOf({ middlewares }: Route): unknown {
  for (const item of middlewares) {
    const { name, config } = (item ?? {}) as { name?: unknown; config?: unknown };
    if (typeof name === 'string' && OUR_NAMES.has(name) && config !== undefined) return config;
  }
  return undefined;
}
