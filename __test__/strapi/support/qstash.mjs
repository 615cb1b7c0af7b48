// A QStash that takes messages, or does not, and tells what it took.
import { startEndpoint } from '../../qstash/support/endpoint.mjs';

export const TOKEN = 'a-qstash-token-nobody-may-read';

/**
 * `taken`: messages in their order, `{ id, url, headers, body, at, deduplicated }`. `behave(mode)`: `take` them, `fail` (500),
 * `refuse` (404), `hang` (no answer), `lose` (the answer, once for each message).
 */
export async function startQstash() {
  const endpoint = await startEndpoint();
  const seen = new Set();
  const qstash = { url: endpoint.url, taken: [], tried: 0, mode: 'take', behave, env: { QSTASH_URL: endpoint.url, QSTASH_TOKEN: TOKEN }, stop: endpoint.stop };
  endpoint.answer = ({ url, headers, body }) => {
    qstash.tried += 1;
    if (headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, body: '{"error":"unauthorized"}' };
    if (qstash.mode === 'fail') return { status: 500, body: '{"error":"on purpose"}' };
    if (qstash.mode === 'refuse') return { status: 404, body: '{"error":"no such thing"}' };
    if (qstash.mode === 'hang') return new Promise(() => undefined);
    const id = headers['upstash-deduplication-id'];
    const deduplicated = seen.has(id);
    seen.add(id);
    qstash.taken.push({ id, url: url.replace('/v2/publish/', ''), headers, body: JSON.parse(body), at: Date.now(), deduplicated });
    if (qstash.mode === 'lose' && !deduplicated) return null;
    return { status: 201, body: JSON.stringify({ messageId: `msg_${qstash.taken.length}`, deduplicated }) };
  };
  return qstash;

  function behave(mode) {
    qstash.mode = mode;
  }
}
