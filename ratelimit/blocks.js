'use strict';

/** Entries of a map of our own; one that was given grows as its owner likes. */
const MAX_ENTRIES = 10_000;

/** Who is refused, and until when, so that Redis need not be asked: a map from identifier to ms since the epoch. */
class Blocks {
  #map;
  #bounded;

  constructor(map) {
    this.#bounded = map === undefined;
    this.#map = map ?? new Map();
  }

  /** Until when it is refused; undefined where it is not. */
  until(identifier) {
    const until = this.#map.get(identifier);
    if (until === undefined || until >= Date.now()) return until;
    this.#map.delete(identifier);
    return undefined;
  }

  block(identifier, until) {
    this.set(identifier, until);
  }

  /** Also what `cachedFixedWindow` has counted, by key. */
  get(key) {
    return this.#map.get(key);
  }

  set(key, value) {
    // Written last, it is forgotten last.
    this.#map.delete(key);
    this.#map.set(key, value);
    if (!this.#bounded || this.#map.size <= MAX_ENTRIES) return;
    const [oldest] = this.#map.keys();
    this.#map.delete(oldest);
  }

  delete(key) {
    this.#map.delete(key);
  }
}

module.exports = { Blocks };
