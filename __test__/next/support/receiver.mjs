// The route of a front end that Strapi tells of changes, as docs/nextjs.md has it, but for Next.js.

import { once } from 'node:events';
import http from 'node:http';
import { verifyRevalidation } from 'strapi-upstash/next';

export const SECRET = 'a-secret-of-the-tests';

/** @returns what it was sent: `events`, null where the signature was wrong; `answer(status)` decides about the next answers */
export async function startReceiver() {
  const events = [];
  let status = 200;
  const server = http.createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const { method, headers } = request;
    const event = await verifyRevalidation(new Request('http://127.0.0.1/', { method, headers, body }), SECRET);
    events.push(event);
    if (status === 'never') return;
    response.writeHead(status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  const answer = (next) => (status = next);
  return { url: `http://127.0.0.1:${server.address().port}/api/revalidate`, events, answer, stop };
}
