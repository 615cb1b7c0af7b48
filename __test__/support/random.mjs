// Random choices that can be repeated: `SEED=123 node --test …` makes the same ones again.

/** A test that uses it prints the seed, so that a failure can be looked at twice. */
export class Random {
  constructor(seed = Number(process.env.SEED) || Date.now() % 1_000_000_007) {
    this.seed = seed;
    // Small seeds differ in few bits, and a state of 0 would stay 0.
    this.state = Math.imul(seed, 0x9e3779b1) || 1;
  }

  /** From 0 up to 1. Source: G. Marsaglia, *Xorshift RNGs* (2003), the 32-bit generator. */
  next() {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) / 2 ** 32;
  }

  below(count) {
    return Math.floor(this.next() * count);
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  shuffled(list) {
    const copy = [...list];
    for (let last = copy.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      [copy[last], copy[other]] = [copy[other], copy[last]];
    }
    return copy;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low, high) {
    return low + this.below(high - low + 1);
  }

  /** From `low` to `high` times what `make` gives. */
  list(low, high, make) {
    return Array.from({ length: this.int(low, high) }, make);
  }

  /** Some of the properties of `makers`, each made. */
  some(makers, probability = 0.5) {
    const chosen = Object.entries(makers).filter(() => this.chance(probability));
    return Object.fromEntries(chosen.map(([name, make]) => [name, make()]));
  }

  /** The same choices as functions that need no object. */
  get choices() {
    const names = ['chance', 'int', 'list', 'pick', 'some'];
    return Object.fromEntries(names.map((name) => [name, this[name].bind(this)]));
  }
}
