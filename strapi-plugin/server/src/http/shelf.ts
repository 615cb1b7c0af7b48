import type { Engine } from '../../..';

/** An answer, ready to go out. */
export interface Entry {
  readonly body: Buffer;
  readonly headers: readonly (readonly [string, string])[];
  /** When it was made, in ms since the epoch; earlier by the `Age` it came with. */
  readonly created: number;
}

/** The answers of the engine's slots. The engine says what is in which slot and when it is free again. */
export class Shelf {
  /** By slot. */
  readonly entries: (Entry | undefined)[] = [];

  constructor(private readonly engine: Engine) {}

  /** Lets go of what the engine freed. Due after each of its calls that can free a slot, and before `put`. */
  release(): void {
    for (const slot of this.engine.drain()) this.entries[slot] = undefined;
  }

  put(slot: number, entry: Entry): void {
    this.entries[slot] = entry;
  }
}

/** An entry of a body and its stored headers. A handler that passed on an `Age` made its answer that much earlier. */
export function entryOf(body: Buffer, stored: readonly (readonly [string, string])[], created: number): Entry {
  const age = Number(stored.find(([name]) => name === 'age')?.[1] ?? 0);
  const seconds = Number.isFinite(age) && age > 0 ? age : 0;
  return { body, headers: stored.filter(([name]) => name !== 'age'), created: created - seconds * 1000 };
}
