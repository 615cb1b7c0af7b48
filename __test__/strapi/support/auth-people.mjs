/** Who may ask a test site: API tokens, users, roles. */
import { createHmac } from 'node:crypto';

export const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } });

let made = 0;
const unused = (word) => `${word}${process.pid}x${(made += 1)}`;

/** @param {object} [attributes] `type`, `permissions`; `expiresAt` in ms since the epoch */
export async function newApiToken(site, { expiresAt, ...attributes } = {}) {
  const token = await site.call(
    async (strapi, [data, end]) => {
      const { id, accessKey } = await strapi.service('admin::api-token-content-api').create(data);
      // Strapi's own lifespans begin at 7 days.
      if (end !== undefined) await strapi.db.query('admin::api-token').update({ where: { id }, data: { expiresAt: new Date(end) } });
      return { id, key: accessKey };
    },
    [{ name: unused('token'), description: '', lifespan: null, type: 'read-only', ...attributes }, expiresAt],
  );
  return { ...token, who: `token ${token.id}`, ...bearer(token.key) };
}

/** A user with a password and a token, as after a log-in. */
export async function newUser(site, { role = 'authenticated', ...more } = {}) {
  const name = unused('user');
  const user = await site.call(
    async (strapi, [type, data]) => {
      const found = await strapi.db.query('plugin::users-permissions.role').findOne({ where: { type } });
      const plugin = strapi.plugin('users-permissions');
      const { id, documentId, email } = await plugin.service('user').add({ ...data, role: found.id });
      return { id, documentId, email, jwt: await plugin.service('jwt').issue({ id }) };
    },
    [role, { username: name, email: `${name}@example.com`, password: 'Correct-horse-7', provider: 'local', confirmed: true, ...more }],
  );
  return { ...user, role, who: `user ${user.id}`, ...bearer(user.jwt) };
}

/** A role that may run these actions; `type` is its name. */
export function newRole(site, actions) {
  return site.call(
    async (strapi, [type, list]) => {
      const { id } = await strapi.db.query('plugin::users-permissions.role').create({ data: { name: type, description: type, type } });
      for (const action of list) {
        await strapi.db.query('plugin::users-permissions.permission').create({ data: { action, role: id } });
      }
      return { id, type };
    },
    [unused('role'), actions],
  );
}

/** Lets roles run actions: `allow(site, ['public', 'authenticated'], ['api::desk.desk.find'])`. */
export function allow(site, types, actions) {
  return site.call(
    async (strapi, [roles, list]) => {
      for (const type of roles) {
        const role = await strapi.db.query('plugin::users-permissions.role').findOne({ where: { type } });
        for (const action of list) {
          await strapi.db.query('plugin::users-permissions.permission').create({ data: { action, role: role.id } });
        }
      }
    },
    [types, actions],
  );
}

/** A user's token with other claims in it, signed as Strapi signs. */
export function resigned(jwt, claims, secret) {
  const [head, body] = jwt.split('.');
  const payload = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(body, 'base64url')), ...claims })).toString('base64url');
  return `${head}.${payload}.${createHmac('sha256', secret).update(`${head}.${payload}`).digest('base64url')}`;
}
