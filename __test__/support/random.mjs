// Random choices that a seed repeats.

/** A source of choices: the same seed gives the same ones. mulberry32. */
export function seeded(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const random = {
    chance: (probability) => next() < probability,
    /** A whole number from `low` to `high`, both included. */
    int: (low, high) => low + Math.floor(next() * (high - low + 1)),
    pick: (list) => list[Math.floor(next() * list.length)],
    /** So many times what `make` gives. */
    list: (low, high, make) => Array.from({ length: random.int(low, high) }, make),
    /** Some of the properties of `makers`, each made. */
    some(makers, probability = 0.5) {
      const chosen = Object.entries(makers).filter(() => random.chance(probability));
      return Object.fromEntries(chosen.map(([name, make]) => [name, make()]));
    },
  };
  return random;
}
