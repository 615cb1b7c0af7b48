// An OAuth 2 provider on a loopback port: it asks nobody whether they agree, and is strict about everything else.

import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

export const CLIENT = { key: 'client', secret: 'client-secret' };

export async function startProvider() {
  const codes = new Map();
  const tokens = new Map();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://a');
    const routes = { 'GET /authorize': authorize, 'POST /token': token, 'GET /user': user };
    const route = routes[`${request.method} ${pathname}`];
    Promise.resolve(route?.(request, searchParams)).then((answer = { status: 404, json: {} }) => {
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(JSON.stringify(answer.json ?? {}));
    }, () => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();

  function authorize(_request, asked) {
    if (asked.get('client_id') !== CLIENT.key || asked.get('response_type') !== 'code') return { status: 400 };
    const code = randomUUID();
    const back = new URL(asked.get('redirect_uri'));
    codes.set(code, `${back}`);
    back.searchParams.set('code', code);
    back.searchParams.set('state', asked.get('state'));
    return { status: 302, headers: { location: `${back}` } };
  }

  async function token(request) {
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    const wanted = codes.get(form.get('code'));
    codes.delete(form.get('code'));
    const right = wanted !== undefined && form.get('redirect_uri') === wanted && form.get('client_secret') === CLIENT.secret;
    if (!right) return { status: 400, json: { error: 'invalid_grant' } };
    const access = randomUUID();
    tokens.set(access, { username: 'ada', email: 'ada@example.com' });
    return { status: 200, json: { access_token: access, token_type: 'bearer' } };
  }

  function user(request) {
    const found = tokens.get(request.headers.authorization?.replace(/^Bearer /, ''));
    return found === undefined ? { status: 401 } : { status: 200, json: found };
  }

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** `src/index.js` of a site that knows the provider under the name `loopback`. */
export const providerFiles = (url) => ({
  'src/index.js': `
module.exports = {
  register({ strapi }) {
    strapi.plugin('users-permissions').service('providers-registry').add('loopback', {
      enabled: true,
      icon: '',
      grantConfig: {
        oauth: 2, ...${JSON.stringify(CLIENT)},
        authorize_url: '${url}/authorize', access_url: '${url}/token',
        callback: 'https://blog.example/welcome', scope: ['email'],
      },
      async authCallback({ accessToken }) {
        const answer = await fetch('${url}/user', { headers: { authorization: 'Bearer ' + accessToken } });
        if (!answer.ok) throw new Error('the provider does not know this token');
        return answer.json();
      },
    });
  },
};
`,
});
