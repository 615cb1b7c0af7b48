/** What the operator says about an answer. Times in ms; 0 for none. */
export interface CacheRule {
  enabled: boolean;
  ttlMs: number;
  /** stale-while-revalidate and stale-if-error, where the handler says nothing. */
  staleMs: number;
  errorMs: number;
  /** What browsers and CDNs are told, where the handler says nothing. */
  browserMs: number;
  cdnMs: number;
  authenticated: 'bypass' | 'per-credential' | 'per-role';
  /** False: it lives until its TTL ends, whatever is written meanwhile. */
  invalidate: boolean;
}

/** The cache's options, checked and complete. */
export interface CachingOptions {
  enabled: boolean;
  untagged: boolean;
  jitter: number;
  earlyRefresh: boolean;
  requestDirectives: 'ignore' | 'honor';
  compression: boolean;
  tagHeader: string | null;
  fillLockMs: number;
  graphql: boolean;
  rule: CacheRule;
}

/** The `Cache-Control` that a rule asks for, or undefined where it asks for none. */
export function cacheControlOf({ browserMs, cdnMs }: CacheRule, isPrivate: boolean): string | undefined {
  const seconds = (ms: number): number => Math.floor(ms / 1000);
  if (isPrivate) return browserMs > 0 ? `private, max-age=${seconds(browserMs)}` : undefined;
  if (browserMs === 0 && cdnMs === 0) return undefined;
  const cdn = cdnMs > 0 ? `, s-maxage=${seconds(cdnMs)}` : '';
  return `public, max-age=${seconds(browserMs)}${cdn}`;
}
