import type { Engine } from '../../../..';
import type { Shelved } from './entry';

/** What is in the engine's slots. The engine says what is in which slot and when it is free again. */
export class Shelf {
  /** By slot. */
  readonly entries: (Shelved | undefined)[] = [];

  constructor(private readonly engine: Engine) {}

  /** Lets go of what the engine freed. Due after each of its calls that can free a slot, and before `put`. */
  release(): void {
    for (const slot of this.engine.drain()) this.entries[slot] = undefined;
  }

  put(slot: number, shelved: Shelved): void {
    this.entries[slot] = shelved;
  }
}
