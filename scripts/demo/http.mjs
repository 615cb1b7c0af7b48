import http from 'node:http';

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string[]} rawHeaders
 * @property {Buffer} body
 * @property {string} text
 * @property {any} json throws when the body is not JSON
 */

/**
 * HTTP on one server, with connections kept open. Unlike `fetch` it sends the path byte for byte and can come from
 * another loopback address, so that a limiter sees another client.
 *
 * @param {{ host?: string, port: number }} server
 */
export function createClient({ host = '127.0.0.1', port }) {
  const agent = new http.Agent({ keepAlive: true });

  /**
   * @param {string} path
   * @param {{ method?: string, headers?: Record<string, string>, body?: unknown, localAddress?: string, timeoutMs?: number }} [options]
   *   a string or Buffer body is sent as it is, anything else as JSON
   * @returns {Promise<Answer>}
   */
  function request(path, { method = 'GET', headers = {}, body, localAddress, timeoutMs = 30_000 } = {}) {
    const raw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
    const payload = raw ? body : JSON.stringify(body);
    const sent = { ...headers };
    if (payload !== undefined) {
      sent['content-length'] ??= String(Buffer.byteLength(payload));
      if (!raw) {
        sent['content-type'] ??= 'application/json';
      }
    }

    return new Promise((resolve, reject) => {
      const outgoing = http.request({ host, port, path, method, headers: sent, localAddress, agent }, (incoming) => {
        const chunks = [];
        incoming.on('data', (chunk) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => resolve(answer(incoming, Buffer.concat(chunks))));
      });
      outgoing.setTimeout(timeoutMs, () =>
        outgoing.destroy(new Error(`${method} ${path} was not answered within ${timeoutMs} ms`)),
      );
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }

  return {
    url: `http://${host}:${port}`,
    request,
    get: (path, options) => request(path, options),
    close: () => agent.destroy(),
  };
}

function answer(incoming, body) {
  return {
    status: incoming.statusCode,
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    body,
    get text() {
      return body.toString('utf8');
    },
    get json() {
      return JSON.parse(body.toString('utf8'));
    },
  };
}
