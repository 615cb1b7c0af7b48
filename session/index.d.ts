/** What the store calls of a client: that of this package, that of @upstash/redis, or one like them. */
export interface SessionRedis {
  get: (key: string) => Promise<unknown>;
  set: (key: string, value: string, options: { px: number }) => Promise<unknown>;
  evalsha: (...args: [sha1: string, keys: string[], args: never[]]) => Promise<unknown>;
  eval: (...args: [script: string, keys: string[], args: never[]]) => Promise<unknown>;
}

/** 32 bytes: a Buffer, or text in base64, base64url or hex, such as `openssl rand -base64 32` makes. */
export type SessionKey = string | Uint8Array;

export interface SessionStoreOptions {
  /** A client of one's own, in the place of `url` and `token`. */
  redis?: SessionRedis | undefined;
  /**
   * The REST URL that Upstash shows. `UPSTASH_REDIS_REST_URL` unless given, or else that of the plugin's configuration;
   * without any, sessions are kept in process memory.
   */
  url?: string | undefined;
  /** The REST token that goes with it. `UPSTASH_REDIS_REST_TOKEN` unless given. */
  token?: string | undefined;
  /** Keys are `<prefix>@session:…`. `CACHE_KEY_PREFIX` unless given, or else `'strapi'`. */
  prefix?: string | undefined;
  /** The longest that a request waits for Upstash when it begins, and when it ends, in ms. 1,000 unless given. */
  timeout?: number | undefined;
  /** For how many ms after its last write a session is kept that has no end (`maxAge: 'session'`). A day unless given. */
  ttl?: number | undefined;
  /**
   * Encrypts what is stored, by AES-256-GCM. Of several keys the first encrypts and all decrypt. What is not encrypted,
   * or with another key, counts as no session.
   */
  encrypt?: SessionKey | readonly SessionKey[];
  /** Bounds for sessions in process memory: all of them without Upstash, else those it could not take yet. */
  memory?:
    | {
        /** 10,000 unless given. Those not used for the longest go first. */
        maxSessions?: number | undefined;
        /** About so many bytes. 32 MiB unless given. */
        maxBytes?: number | undefined;
      }
    | undefined;
}

export interface SessionStoreStatus {
  where: 'upstash' | 'memory';
  /** Upstash failed three times in a row; it is asked once in a while. */
  away: boolean;
  /** Sessions and logouts that Upstash has not acknowledged. */
  waiting: number;
  /** The last failure, if there was one. */
  lastError?: string;
}

/**
 * A store as koa-session expects it. None of its calls rejects because of Upstash, and none takes longer than the
 * time-out.
 */
export declare class SessionStore {
  /** Throws `E_CONFIG` for an option that can't be. */
  constructor(options?: SessionStoreOptions);
  /** The session, or null where there is none or it can't be read. `context.ctx`: the request, as koa-session gives it. */
  get(key: string, maxAge?: number | 'session', context?: { ctx?: object; rolling?: boolean }): Promise<Record<string, unknown> | null>;
  /** Keeps the session for `maxAge` ms. Does nothing where it was ended meanwhile. */
  set(key: string, session: object, maxAge?: number | 'session', context?: { ctx?: object; rolling?: boolean; changed?: boolean }): Promise<void>;
  /** Ends the session. */
  destroy(key: string, context?: { ctx?: object }): Promise<void>;
  /** Sends what waits for Upstash, now. Resolves to whether nothing is left. */
  flush(): Promise<boolean>;
  status(): SessionStoreStatus;
}

/**
 * Makes a store for koa-session. In `config/middlewares.js` it is
 * `{ name: 'strapi::session', config: { store: createSessionStore() } }`.
 */
export declare function createSessionStore(options?: SessionStoreOptions): SessionStore;
