/** What was found out lately, bounded in age and number: the oldest goes first. */
export class Recent<Value> {
  private readonly entries = new Map<string, { value: Value; until: number }>();

  constructor(
    private readonly maxAgeMs: number,
    private readonly maxEntries: number,
  ) {}

  get(key: string): Value | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (Date.now() < entry.until) return entry.value;
    this.entries.delete(key);
    return undefined;
  }

  /** `until`: in ms since the epoch, where it is known not to hold for as long as others. */
  set(key: string, value: Value, until = Infinity): void {
    this.entries.delete(key);
    this.entries.set(key, { value, until: Math.min(until, Date.now() + this.maxAgeMs) });
    if (this.entries.size <= this.maxEntries) return;
    const [oldest] = this.entries.keys();
    if (oldest !== undefined) this.entries.delete(oldest);
  }

  clear(): void {
    this.entries.clear();
  }
}
