import type { CacheRule } from '../http/rule';

/** What is said of content types, as far as it is said. */
type ByType = Record<string, Partial<CacheRule>>;

/** What holds for a query that asks for these content types at its top: of what their rules say, the most careful. */
export function ruleOf(base: CacheRule, contentTypes: ByType, types: readonly string[]): CacheRule {
  const rules = types.map((uid) => ({ ...base, ...contentTypes[uid] }));
  if (rules.length === 0) return base;
  const least = (name: 'ttlMs' | 'browserMs' | 'cdnMs'): number => Math.min(...rules.map((rule) => rule[name]));
  return {
    ...base,
    enabled: rules.every(({ enabled }) => enabled),
    ttlMs: least('ttlMs'),
    // A query may be a POST, which nobody makes anew in the background.
    staleMs: 0,
    errorMs: 0,
    browserMs: least('browserMs'),
    cdnMs: least('cdnMs'),
    invalidate: rules.some(({ invalidate }) => invalidate),
  };
}
