// A QStash that only records what it is asked, and answers what a test wants.

import { createServer } from 'node:http';

/** What every HTTP client adds in its own way. */
const OF_THE_CLIENT = /^(host|connection|accept(-.*)?|user-agent|sec-fetch-mode|content-length|transfer-encoding)$/;

/**
 * Listens on a port that the system chooses. `requests`: what it was asked. `answer`: what it answers,
 * `{ status, headers, body }` or a function of the request that returns this, or null to hang up.
 */
export async function startEndpoint() {
  const endpoint = { requests: [], answer: () => ({ body: '{}' }), stop, url: '' };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const recorded = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks) };
    endpoint.requests.push(recorded);
    const answer = typeof endpoint.answer === 'function' ? await endpoint.answer(recorded) : endpoint.answer;
    if (answer === null) {
      request.socket.destroy();
      return;
    }
    const { status = 200, headers = {}, body = '' } = answer;
    response.writeHead(status, headers);
    response.end(body);
  });
  // A connection that is closed just when it is used again would be a failure of its own.
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint.url = `http://127.0.0.1:${server.address().port}`;
  return endpoint;

  async function stop() {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A request as two libraries have to send it: names of headers in any case, a query in any order, JSON in any spacing. */
export function comparable({ method, url, headers, body }) {
  const [, path, query] = /^([^?]*)\??(.*)$/s.exec(url);
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CLIENT.test(name)));
  // What stands behind a destination is the destination's.
  const isDestination = /^\/v2\/(publish|enqueue\/[^/]+|schedules)\/https?:/i.test(path);
  return {
    method,
    path,
    query: isDestination ? query : [...new URLSearchParams(query)].sort(([a], [b]) => (a < b ? -1 : Number(a > b))),
    headers: headersOf(kept),
    body: read(path, body),
  };
}

function read(path, body) {
  if (/^\/v2\/(queues|topics\/.+)$/.test(path) && body.length > 0) return JSON.parse(body);
  if (path !== '/v2/batch') return withoutBoundary(body.toString('latin1'));
  const items = JSON.parse(body);
  for (const item of items) item.headers = headersOf(item.headers);
  return items;
}

function headersOf(headers) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, own(name, value)]));
}

/** What is a library's own is only looked for. */
function own(name, value) {
  return name === 'upstash-telemetry-sdk' ? 'a version' : withoutBoundary(value);
}

function withoutBoundary(text) {
  return text.replace(/-*(form-?data-)+(undici-)?\w+/gi, '<boundary>');
}
