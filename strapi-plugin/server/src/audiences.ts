import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import type { Facts } from '../../..';
import type { WatchedFill } from './fill';
import type { Fill } from './http/fill';
import { isHolder, shelvedOf } from './http/entry';
import type { Owner, Settled } from './http/holding';
import { LookUp, Use } from './http/look-up';
import { fromUpstash } from './http/miss';
import type { CacheRule } from './http/rule';
import type { Site } from './site';
import type { ApiTokenIdentity, UserIdentity } from './types';

/** Credentials whose names are remembered; each costs a hash. */
const MAX_NAMES = 10_000;
/** Longer ones are hashed each time: what strangers send must not fill the memory. */
const MAX_NAMED_BYTES = 1_024;

/** What decides on who somebody is; whatever is somebody's depends on what was read of these. */
const IDENTITY = new Set([
  'plugin::users-permissions.user',
  'admin::api-token',
  // Whether an address has to be confirmed.
  'strapi::core-store/plugin_users-permissions_advanced',
  'strapi::core-store/*',
]);

/**
 * Whose answer a request with an `Authorization` header may get.
 *
 * Nothing is verified here. An answer is stored only after Strapi has accepted the credential, for no longer than that
 * holds, and depends on whatever Strapi has read to accept it: the user's row, and roles, permissions and tokens by the tag
 * that all answers carry. So a hit is as good as asking again.
 *
 * Which role a credential has is an entry of its own, stored and purged in the same way.
 */
export class Audiences {
  private readonly key: Buffer;
  private readonly names = new Map<string, string>();
  private readonly lookUp: LookUp;
  private readonly holderUrl: string;

  constructor(private readonly site: Site) {
    const { strapi, engine, shelf } = site;
    const keys = strapi.config.get<string | string[] | undefined>('server.app.keys');
    // Without keys that all processes share, each has answers of its own.
    const secret = keys === undefined || keys.length === 0 ? randomBytes(32) : [keys].flat().join(',');
    this.key = Buffer.from(hkdfSync('sha256', secret, '', 'strapi-upstash: names of credentials', 32));
    this.lookUp = new LookUp(engine, shelf);
    this.holderUrl = `${site.apiPrefix}/~credential`;
  }

  ownerOf(ctx: Context, rule: CacheRule): Owner | Promise<Owner | undefined> | undefined {
    if (rule.authenticated === 'bypass') return undefined;
    const { authorization = '' } = ctx.req.headers;
    const name = this.nameOf(authorization);
    if (rule.authenticated === 'per-role') return this.byRole(ctx, name, authorization);
    return {
      name: `c:${name}`,
      isOne: true,
      settle: (done, fill) => {
        own(fill);
        const holder = holderIn(done, authorization);
        return holder && { name: `c:${name}`, longestMs: holder.longestMs };
      },
    };
  }

  /** A keyed hash (HMAC-SHA256): nobody who sees a key in Redis can tell the credential, or try some. */
  private nameOf(authorization: string): string {
    let name = this.names.get(authorization);
    if (name === undefined) {
      if (this.names.size >= MAX_NAMES) this.names.clear();
      name = createHmac('sha256', this.key).update(authorization).digest('hex').slice(0, 32);
      if (authorization.length <= MAX_NAMED_BYTES) this.names.set(authorization, name);
    }
    return name;
  }

  private byRole(ctx: Context, name: string, authorization: string): Owner | Promise<Owner | undefined> {
    const known = this.roleOf(name);
    return known === undefined ? this.findRole(ctx, name, authorization) : ofRole(known, authorization);
  }

  private roleOf(name: string): string | undefined {
    const audience = { host: '', variant: 0, owner: `w:${name}` };
    const { slot, use, shelved } = this.lookUp.find(this.holderUrl, audience, {});
    return slot >= 0 && use <= Use.early && shelved !== undefined && isHolder(shelved) ? shelved.role : undefined;
  }

  private async findRole(ctx: Context, name: string, authorization: string): Promise<Owner | undefined> {
    const { engine, flights } = this.site;
    const { id, role } = engine.open(this.holderUrl, '', 0, `w:${name}`);
    if (role === 'solo') return undefined;
    // Another of its requests will tell; nobody waits for that one's handler.
    if (role === 'follower') return { ...ofRole('', authorization), name: `c:${name}`, isOne: true };
    flights.begin(id);
    const arrived = await fromUpstash(this.site, id, this.site.waited.get(ctx));
    if (arrived !== null && isHolder(arrived.shelved)) {
      flights.land(id, 'again');
      return ofRole(arrived.shelved.role, authorization);
    }
    return {
      name: `c:${name}`,
      isOne: true,
      settle: (done, fill) => {
        own(fill);
        const holder = holderIn(done, authorization);
        if (holder === undefined) {
          this.giveUp(id);
          return undefined;
        }
        this.note(id, holder, fill as WatchedFill);
        return { name: `r:${holder.role}`, longestMs: undefined };
      },
      giveUp: () => this.giveUp(id),
    };
  }

  /** Stores which role a credential has. */
  private note(id: number, { role, longestMs }: Found, fill: WatchedFill): void {
    const { engine, shelf, flights, caching } = this.site;
    const facts: Facts = {
      status: 200,
      setCookie: false,
      head: JSON.stringify({ role }),
      created: Date.now(),
      reads: `[${fill.readsOf(IDENTITY).join(',')}]`,
      tags: ['credential'],
      ttlMs: fill.rule.ttlMs,
    };
    if (longestMs !== undefined) facts.longestMs = longestMs;
    const body = Buffer.alloc(0);
    const { slot } = engine.finish(id, facts, body);
    shelf.release();
    if (slot >= 0) shelf.put(slot, shelvedOf(body, facts.head, facts.created, 0, caching.compression));
    flights.land(id, 'again');
  }

  private giveUp(id: number): void {
    if (this.site.flights.land(id, null)) this.site.engine.abandon(id);
  }
}

function own(fill: Fill): void {
  (fill as WatchedFill).decisive = IDENTITY;
}

interface Found {
  role: string;
  longestMs: number | undefined;
}

/** A role's answers are its own only if whoever made one turned out to have it. */
function ofRole(role: string, authorization: string): Owner {
  return {
    name: `r:${role}`,
    isOne: false,
    settle(ctx, fill): Settled | undefined {
      own(fill);
      const holder = holderIn(ctx, authorization);
      return holder && { name: `r:${holder.role}`, longestMs: undefined };
    },
  };
}

/** Who Strapi took somebody for, once it has; undefined where it did not, or by a strategy that is not known here. */
function holderIn({ state }: Context, authorization: string): Found | undefined {
  const { auth, user } = state as { auth?: { strategy?: { name?: string }; credentials?: unknown }; user?: UserIdentity };
  if (auth?.credentials == null) return undefined;
  if (auth.strategy?.name === 'content-api-token') {
    const { id, type, expiresAt } = auth.credentials as ApiTokenIdentity;
    const longestMs = expiresAt == null ? undefined : new Date(expiresAt).getTime() - Date.now();
    return { role: type === 'custom' ? `token-${id}` : `token-${type}`, longestMs };
  }
  if (auth.strategy?.name !== 'users-permissions' || user == null) return undefined;
  const role = user.role?.id;
  return role == null ? undefined : { role: `role-${role}`, longestMs: restOf(authorization) };
}

/** How long a JWT (RFC 7519 §4.1.4) still holds, in ms. Strapi has verified it. */
function restOf(authorization: string): number | undefined {
  const [, payload = ''] = authorization.split('.');
  const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp?: unknown };
  return typeof exp === 'number' ? exp * 1000 - Date.now() : undefined;
}
