import type { Answered } from './answer';
import type { Entry } from './entry';

/** How long, in ms, a request waits for another one that fills its key. Rust takes a fill that is older for hung. */
const PATIENCE_MS = 5_000;

/**
 * What a flight ends with: an answer that those may have whose request is as the leader's in what it varies by; `again`
 * where the answer has to be looked for anew; null where everybody has to run alone.
 */
export type Landed = Shared | 'again' | null;

interface Shared {
  entry: Entry;
  vary: string;
  names: readonly string[];
  owner: string;
  /** How it was answered, where it is not the handler's answer of now. */
  answered?: Answered;
}

interface Landing {
  promise: Promise<Landed>;
  resolve(landed: Landed): void;
}

/** The fills under way, by the engine's number. Those who follow one wait here. */
export class Flights {
  private readonly landings = new Map<number, Landing>();

  begin(id: number): void {
    let resolve: Landing['resolve'] = () => undefined;
    const promise = new Promise<Landed>((settle) => {
      resolve = settle;
    });
    this.landings.set(id, { promise, resolve });
  }

  /** Ends a flight. False when it had ended before. */
  land(id: number, landed: Landed): boolean {
    const landing = this.landings.get(id);
    landing?.resolve(landed);
    return this.landings.delete(id);
  }

  /** What a flight ends with; null when that takes too long. */
  wait(id: number): Promise<Landed> {
    const landing = this.landings.get(id);
    if (landing === undefined) return Promise.resolve(null);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS, null);
      timer.unref();
      void landing.promise.then((landed) => {
        clearTimeout(timer);
        resolve(landed);
      });
    });
  }
}
