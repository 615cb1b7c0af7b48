import type { ResponseMarks } from '../types';
import type { CacheRule } from './rule';

/** What one run of a handler says about its answer. */
export class Fill implements ResponseMarks {
  private readonly untagged = new Set<string>();
  readonly tags: Set<string>;
  /** Why the answer is not to be stored, if it is not. The first reason counts. */
  reason: string | undefined;

  /** `tags`: those that every answer carries. */
  constructor(public rule: CacheRule, tags: string[] = []) {
    this.tags = new Set(tags);
  }

  tag(...tags: string[]): void {
    for (const tag of tags) this.tags.add(String(tag));
  }

  untag(...names: string[]): void {
    for (const name of names) {
      this.tags.delete(name);
      this.untagged.add(name);
    }
  }

  bypass(reason = 'marked'): void {
    // It becomes a token in a header.
    this.reason ??= String(reason).toLowerCase().replace(/[^a-z0-9-]+/g, '-').slice(0, 40) || 'marked';
  }

  /** What it depends on, as the engine wants it. */
  get reads(): string[] {
    return [];
  }

  /** Whether it is somebody's: then it depends on who that is, even where it is not to be invalidated. */
  get isOwned(): boolean {
    return false;
  }

  protected isUntagged(name: string): boolean {
    return this.untagged.has(name);
  }
}

/** Marks that mark nothing, for requests whose answer is not going to be stored anyway. */
export const noMarks: ResponseMarks = Object.freeze({ tag: () => undefined, untag: () => undefined, bypass: () => undefined });
