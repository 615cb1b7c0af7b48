import type { IncomingHttpHeaders } from 'node:http';
import type { Engine } from '../../../..';
import { isMarker, type Shelved } from './entry';
import type { Shelf } from './shelf';
import { varyValues } from './vary';

/** What the engine says of a URL that is never cached. */
export const NOT_OURS = -2;
/** From here down it names a slot and what may be done with it; see `Engine.prober`. */
const NOT_SIMPLY_FRESH = -16;

/** What may be done with an entry, as the engine counts it. */
export const Use = { fresh: 0, early: 1, stale: 2, onError: 3, expired: 4 } as const;

/** What the look-up found for a request. */
export interface Found {
  /** -1 where there is nothing, `NOT_OURS` where there never is. */
  slot: number;
  use: number;
  shelved: Shelved | undefined;
  /** The request headers that answers under this URL are known to vary by, and what this request says in them. */
  names: readonly string[];
  vary: string;
}

/** Whose answer is looked for. */
export interface Audience {
  host: string;
  variant: number;
  owner: string;
}

/** Slots and uses in one number. */
export function read(code: number): [slot: number, use: number] {
  if (code >= 0) return [code, Use.fresh];
  if (code > NOT_SIMPLY_FRESH) return [code, Use.expired];
  const rest = NOT_SIMPLY_FRESH - code;
  return [rest >> 3, rest & 7];
}

/** Scopes that are remembered: a number is cheaper to find than to ask for. */
const MAX_SCOPES = 2_000;

/** Finds what memory has for a request. */
export class LookUp {
  readonly probe: (url: string, scope: number) => number;
  private readonly scopes = new Map<string, number>();
  private last = { host: '', variant: -1, scope: 0 };

  constructor(
    private readonly engine: Engine,
    private readonly shelf: Shelf,
  ) {
    this.probe = engine.prober();
  }

  /** The scope of what is everybody's. Nearly every request is for the host of the one before it. */
  publicScope(host: string, variant: number): number {
    const { last } = this;
    if (host === last.host && variant === last.variant) return last.scope;
    const scope = this.engine.scope(host, variant);
    this.last = { host, variant, scope };
    return scope;
  }

  scope({ host, variant, owner }: Audience, vary: string): number {
    if (owner === '' && vary === '') return this.publicScope(host, variant);
    const key = `${variant} ${host}\n${owner}\n${vary}`;
    let scope = this.scopes.get(key);
    if (scope === undefined) {
      if (this.scopes.size >= MAX_SCOPES) this.scopes.clear();
      this.scopes.set(key, (scope = this.engine.scope(host, variant, owner, vary)));
    }
    return scope;
  }

  /** The whole way. `code`: what the probe said of the audience's scope already. */
  find(url: string, audience: Audience, headers: IncomingHttpHeaders, code?: number): Found {
    const found = this.at(code ?? this.probe(url, this.scope(audience, '')), [], '');
    if (found.shelved === undefined || !isMarker(found.shelved)) return found;
    const { names } = found.shelved;
    const vary = varyValues(names, headers);
    return this.at(this.probe(url, this.scope(audience, vary)), names, vary);
  }

  private at(code: number, names: readonly string[], vary: string): Found {
    const [slot, use] = read(code);
    const shelved = slot < 0 ? undefined : this.shelf.entries[slot];
    // The engine and the shelf agree unless something of ours failed; then it counts as a miss.
    return { slot: shelved === undefined && slot >= 0 ? -1 : slot, use, shelved, names, vary };
  }
}
