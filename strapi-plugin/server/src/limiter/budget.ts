import type { Limiter } from '../../../..';
import type { ResolvedRule } from '../config';
import type { Site } from '../site';

/** How many numbers the engine writes for a decision. */
const NUMBERS = 5;
/** Limits that a function may tell apart; those of most identities are a handful of plans. */
const MAX_LIMITS = 64;

/** What the engine says to one request. Times in ms since the epoch. */
export interface Verdict {
  success: boolean;
  remaining: number;
  reset: number;
  retry: number;
  /** Upstash did not answer, and the rule's `onError` decided. */
  undecided: boolean;
}

/** One limit of a rule, decided by the engine. */
export class Budget {
  private readonly limiter: Limiter;
  private readonly numbers = new Float64Array(NUMBERS);
  private readonly decideNow: (identifier: string, cost: number) => number;

  constructor(
    private readonly site: Site,
    name: string,
    rule: ResolvedRule,
    limit: number,
  ) {
    const { algorithm, windowMs, burst, mode, onError } = rule;
    this.limiter = site.engine.limiter(JSON.stringify({ name, algorithm, limit, windowMs, burst, mode, onError }));
    this.decideNow = this.limiter.decider(this.numbers);
  }

  /** At once where that is possible. `ctx`: whose deadline the waiting counts against. */
  decide(identifier: string, cost: number, ctx: object): Verdict | Promise<Verdict> {
    const passes = this.decideNow(identifier, cost);
    if (passes < 0) return this.ask(identifier, cost, ctx);
    const [, remaining = 0, reset = 0, retry = 0, undecided = 0] = this.numbers;
    return { success: passes === 1, remaining, reset, retry, undecided: undecided === 1 };
  }

  /** Gives back what was taken and not spent. */
  close(): Promise<void> {
    return this.limiter.close();
  }

  get undecided(): number {
    return this.limiter.undecided;
  }

  private async ask(identifier: string, cost: number, ctx: object): Promise<Verdict> {
    const { site } = this;
    const began = performance.now();
    const { success, remaining, reset, retry, reason } = await this.limiter.limit(identifier, cost);
    site.waited.set(ctx, (site.waited.get(ctx) ?? 0) + performance.now() - began);
    site.reportWarnings();
    return { success, remaining, reset, retry, undecided: reason !== undefined };
  }
}

/** A rule's budgets by their limit: one, unless the limit is a function. */
export class Budgets {
  private readonly byLimit = new Map<number, Budget>();
  /** Of budgets that are no more. */
  private undecidedBefore = 0;

  constructor(
    private readonly site: Site,
    private readonly name: string,
    private readonly rule: ResolvedRule,
  ) {}

  of(limit: number): Budget {
    let budget = this.byLimit.get(limit);
    if (budget === undefined) {
      budget = new Budget(this.site, this.name, this.rule, limit);
      this.byLimit.set(limit, budget);
      const [oldest] = this.byLimit;
      if (this.byLimit.size > MAX_LIMITS && oldest !== undefined) {
        this.byLimit.delete(oldest[0]);
        this.undecidedBefore += oldest[1].undecided;
        void oldest[1].close();
      }
    }
    return budget;
  }

  async close(): Promise<void> {
    await Promise.all([...this.byLimit.values()].map((budget) => budget.close()));
  }

  get undecided(): number {
    return [...this.byLimit.values()].reduce((sum, budget) => sum + budget.undecided, this.undecidedBefore);
  }
}
