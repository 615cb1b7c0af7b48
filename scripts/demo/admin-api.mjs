/**
 * The calls that Strapi's admin panel makes.
 *
 * @param {ReturnType<typeof import('./http.mjs').createClient>} client
 * @param {{ email: string, password: string }} account
 */
export function createAdminApi(client, account) {
  let session;

  async function call(method, path, body, headers) {
    const answer = await client.request(path, { method, body, headers });
    if (answer.status >= 400) {
      throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text.slice(0, 500)}`);
    }
    return answer.body.length > 0 ? answer.json : null;
  }

  /** Whether somebody has already created the first admin account. */
  async function hasAdmin() {
    const { data } = await call('GET', '/admin/init');
    return data.hasAdmin;
  }

  /** Creates the first admin account; Strapi refuses when there is one. */
  function register() {
    session = call('POST', '/admin/register-admin', { ...account, firstname: 'Demo', lastname: 'Editor' }).then(
      ({ data }) => data.token,
    );
    return session;
  }

  /** @returns {Promise<string>} the token for `Authorization: Bearer …`, asked for once */
  function token() {
    session ??= call('POST', '/admin/login', account).then(({ data }) => data.token);
    return session;
  }

  /** Calls as the logged-in admin; throws unless the answer is a success. */
  async function api(method, path, body) {
    return call(method, path, body, { authorization: `Bearer ${await token()}` });
  }

  const documentPath = (uid, documentId) => `/content-manager/collection-types/${uid}/${documentId}`;

  return {
    hasAdmin,
    register,
    token,
    api,
    /** The Save button. */
    save: (uid, documentId, data) => api('PUT', documentPath(uid, documentId), data),
    /** The Publish button, which sends the form along. */
    publish: (uid, documentId, data = {}) => api('POST', `${documentPath(uid, documentId)}/actions/publish`, data),
  };
}
