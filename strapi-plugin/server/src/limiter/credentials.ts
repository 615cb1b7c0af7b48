import type { Core } from '@strapi/strapi';
import type { Context } from 'koa';
import { Tokens } from '../../../..';
import type { Failures } from '../failures';
import { fills } from '../fill';
import type { Batch } from '../purges';
import type { ApiTokenIdentity, UserIdentity } from '../types';
import { Recent } from './recent';

/** How long a row is trusted. Writes of this process are known at once, those of others after so long. */
const MAX_AGE_MS = 60_000;
const MAX_ENTRIES = 10_000;
/** API tokens that turn out to be none: so many of an address, in a minute, cost a query each. */
const UNKNOWN_TOKENS = { name: 'unknown-tokens', algorithm: 'fixed-window', limit: 20, windowMs: 60_000 };

const USER = 'plugin::users-permissions.user';
const ROLE = 'plugin::users-permissions.role';
const API_TOKEN = 'admin::api-token';

type Maybe<Value> = Value | Promise<Value>;

/**
 * Who a credential belongs to, found out before Strapi authenticates the request.
 *
 * A user's token is verified by its signature, which asks no database; a forged one ends there. Then the user's row,
 * with the role, is read once a minute: a blocked, unconfirmed or deleted user is nobody, as for Strapi itself. An API
 * token is known by its hash alone, so it is looked up once a minute, and those who come with unknown ones are soon
 * not looked up any more.
 */
export class Credentials {
  private readonly users = new Recent<UserIdentity | null>(MAX_AGE_MS, MAX_ENTRIES);
  private readonly apiTokens = new Recent<ApiTokenIdentity>(MAX_AGE_MS, MAX_ENTRIES);
  private readonly unknown = new Recent<true>(MAX_AGE_MS, MAX_ENTRIES);
  private readonly failed = new Tokens(JSON.stringify(UNKNOWN_TOKENS));
  private readonly pending = new Map<string, Promise<unknown>>();
  /** Counts what makes rows stale, so that one read before is not kept after. */
  private changes = 0;

  constructor(
    private readonly strapi: Core.Strapi,
    private readonly failures: Failures,
  ) {}

  /** The users-permissions user whose valid token comes with the request. */
  user(ctx: Context): Maybe<UserIdentity | null> {
    // Behind Strapi's authentication, as on a route, there is nothing to find out.
    if (ctx.state.auth !== undefined) return (ctx.state.user as UserIdentity | undefined) ?? null;
    const token = bearer(ctx);
    if (token === null || !isJwt(token)) return null;
    return this.users.get(token) ?? this.once(`user ${token}`, () => this.findUser(token), null);
  }

  /** The API token that comes with the request, if it is one and valid. `address`: whose unknown tokens count. */
  apiToken(ctx: Context, address: string): Maybe<ApiTokenIdentity | null> {
    const { auth } = ctx.state;
    if (auth !== undefined) return auth.strategy?.name === 'content-api-token' ? (auth.credentials as ApiTokenIdentity) : null;
    const token = bearer(ctx);
    if (token === null || isJwt(token) || this.unknown.get(token)) return null;
    const known = this.apiTokens.get(token);
    if (known !== undefined) return isExpired(known) ? null : known;
    return this.once(`token ${token}`, () => this.findApiToken(token, address), null);
  }

  /** Forgets what a write has changed. */
  changed(batch: Batch): void {
    const usersChanged = batch.wrote(USER) || batch.wrote(ROLE);
    const tokensChanged = batch.wrote(API_TOKEN);
    if (!usersChanged && !tokensChanged) return;
    this.changes += 1;
    if (usersChanged) this.users.clear();
    if (!tokensChanged) return;
    this.apiTokens.clear();
    this.unknown.clear();
  }

  /** One look-up for all who wait for it, outside of any fill: what a limiter reads is no part of an answer. */
  private once<Value>(key: string, find: () => Promise<Value>, failed: Value): Promise<Value> {
    let finding = this.pending.get(key) as Promise<Value> | undefined;
    if (finding === undefined) {
      finding = fills
        .exit(find)
        .catch((error: unknown) => {
          this.failures.note('finding out whose a token is', error);
          return failed;
        })
        .finally(() => this.pending.delete(key));
      this.pending.set(key, finding);
    }
    return finding;
  }

  private async findUser(token: string): Promise<UserIdentity | null> {
    const found = await this.verified(token);
    if (found === null) return null;
    const { changes } = this;
    const user = await this.activeUser(found.id);
    if (changes === this.changes) this.users.set(token, user, found.until);
    return user;
  }

  /** The user a token names, if its signature and its times hold. */
  private async verified(token: string): Promise<{ id: unknown; until: number } | null> {
    const plugin = this.strapi.plugin('users-permissions');
    if (plugin === undefined) return null;
    if (this.strapi.config.get<string>('plugin::users-permissions.jwtManagement', 'legacy-support') === 'refresh') {
      const { isValid, payload } = this.strapi.sessionManager('users-permissions').validateAccessToken(token);
      if (!isValid || payload.type !== 'access') return null;
      return { id: Number(payload.userId) || payload.userId, until: payload.exp * 1000 };
    }
    try {
      const payload = await plugin.service('jwt').verify(token);
      if (payload.id === undefined) return null;
      return { id: payload.id, until: payload.exp === undefined ? Infinity : payload.exp * 1000 };
    } catch {
      return null;
    }
  }

  private async activeUser(id: unknown): Promise<UserIdentity | null> {
    const user = await this.strapi.plugin('users-permissions').service('user').fetchAuthenticatedUser(id);
    if (user == null || user.blocked) return null;
    if (user.confirmed) return user;
    const store = this.strapi.store({ type: 'plugin', name: 'users-permissions' });
    const advanced = (await store.get({ key: 'advanced' })) as { email_confirmation?: boolean } | null;
    return advanced?.email_confirmation ? null : user;
  }

  private async findApiToken(token: string, address: string): Promise<ApiTokenIdentity | null> {
    const service = this.strapi.service('admin::api-token-content-api');
    const now = Date.now();
    // Taken before and given back after, so that a thousand at once are not looked up either.
    if (!this.failed.decide(address, now, 1).success) return null;
    const { changes } = this;
    const found: ApiTokenIdentity | null = await service.getByAccessKey(service.hash(token));
    if (found == null || (found.kind ?? 'content-api') !== 'content-api') {
      if (changes === this.changes) this.unknown.set(token, true);
      return null;
    }
    this.failed.decide(address, now, -1);
    if (changes === this.changes) this.apiTokens.set(token, found);
    return isExpired(found) ? null : found;
  }
}

/** As all of Strapi's own strategies read it. */
function bearer(ctx: Context): string | null {
  const { authorization } = ctx.headers;
  if (authorization === undefined) return null;
  const [scheme, token, ...more] = authorization.split(/\s+/);
  return scheme?.toLowerCase() === 'bearer' && token && more.length === 0 ? token : null;
}

/** It has three parts (RFC 7519), an API token one. */
function isJwt(token: string): boolean {
  return token.split('.').length === 3;
}

function isExpired({ expiresAt }: ApiTokenIdentity): boolean {
  return expiresAt != null && new Date(expiresAt).getTime() < Date.now();
}
