// How a store for koa-session is made and asked. It is only type-checked.

import { Redis } from 'strapi-upstash';
import { createSessionStore, type SessionStoreOptions, type SessionStoreStatus } from 'strapi-upstash/session';

export const options: SessionStoreOptions = { url: process.env['U'], token: process.env['T'], encrypt: ['key', Buffer.alloc(32)], memory: { maxSessions: 5 } };
// @ts-expect-error an option that is none
export const unknown: SessionStoreOptions = { tll: 5 };

export async function asked() {
  const store = createSessionStore({ redis: Redis.fromEnv(), timeout: 500 });
  await store.set('key', { a: 1 }, 'session', { changed: true, rolling: false });
  const found: Record<string, unknown> | null = await store.get('key');
  const status: SessionStoreStatus = store.status();
  const done: boolean = await store.flush();
  await store.destroy('key');
  return { found, status, done };
}
