import type { Entry } from './shelf';

/** How long, in ms, a request waits for another one that fills its key. Rust takes a fill that is older for hung. */
const PATIENCE_MS = 5_000;

interface Landing {
  promise: Promise<Entry | null>;
  resolve(entry: Entry | null): void;
}

/** The fills under way, by the engine's number. Those who follow one wait here. */
export class Flights {
  private readonly landings = new Map<number, Landing>();

  begin(id: number): void {
    let resolve: Landing['resolve'] = () => undefined;
    const promise = new Promise<Entry | null>((settle) => {
      resolve = settle;
    });
    this.landings.set(id, { promise, resolve });
  }

  /** Ends a flight: with the entry that all may have, or null and everybody runs alone. */
  land(id: number, entry: Entry | null): void {
    this.landings.get(id)?.resolve(entry);
    this.landings.delete(id);
  }

  /** What a flight ends with; null when that takes too long. */
  wait(id: number): Promise<Entry | null> {
    const landing = this.landings.get(id);
    if (landing === undefined) return Promise.resolve(null);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS, null);
      timer.unref();
      void landing.promise.then((entry) => {
        clearTimeout(timer);
        resolve(entry);
      });
    });
  }
}
