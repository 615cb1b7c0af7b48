import type { Core } from '@strapi/strapi';
import type { Context } from 'koa';

/**
 * Asks Strapi once more what the public may do, and lets the resolvers go by it. False where the request is nobody's
 * any more, or somebody's.
 */
export async function isAllowedStill(strapi: Core.Strapi, ctx: Context): Promise<boolean> {
  const state: { auth?: { credentials?: unknown } | undefined; user?: unknown } = { ...ctx.state, auth: undefined, user: undefined };
  let isPassed = false;
  // A context of its own: a refusal is not to become the response.
  const asked = Object.create(ctx, { state: { value: state }, unauthorized: { value: () => undefined } }) as Context;
  await strapi.auth.authenticate(asked, async () => void (isPassed = true));
  const { auth, user } = state;
  if (!isPassed || auth?.credentials != null || user != null) return false;
  ctx.state['auth'] = auth;
  return true;
}
