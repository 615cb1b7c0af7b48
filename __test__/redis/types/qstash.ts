// Code as people write it against @upstash/qstash, with the other names in its first lines. It is only type-checked.

import { QStash, QStash as Client, Receiver, errors, type Log, type PublishRequest, type QStashConfig, type QstashError } from 'strapi-upstash';

declare const client: Client;
declare const request: { headers: Record<string, string | string[] | undefined>; body: string };

export async function messages() {
  const toUrl = await client.publishJSON({ url: 'https://a.com', body: { hello: 'world' }, delay: '10s', retries: 3 });
  const id: string = toUrl.messageId;
  const again: boolean | undefined = toUrl.deduplicated;
  const toGroup = await client.publish({ urlGroup: 'g', body: 'x', headers: { 'Content-Type': 'text/plain' } });
  const first: string | undefined = toGroup[0]?.messageId;
  const message: PublishRequest = { url: 'https://a.com', flowControl: { key: 'k', rate: 1, period: '1m' }, label: ['a', 'b'] };
  await client.publish(message);
  await client.publish({ url: 'https://a.com', body: new URLSearchParams(), notBefore: 1, contentBasedDeduplication: true });
  await client.batchJSON([{ url: 'https://a.com', body: 1 }, { url: 'https://b.com', body: { a: 1 }, queueName: 'q' }]);
  await client.queue({ queueName: 'q' }).enqueueJSON({ url: 'https://a.com', body: [1] });
  const lag: number = (await client.queue({ queueName: 'q' }).get()).lag;
  // @ts-expect-error a destination
  await client.publish({ body: 'x' });
  // @ts-expect-error an option that is none
  await client.publish({ url: 'https://a.com', dealy: 5 } satisfies PublishRequest);
  // @ts-expect-error one limit at least
  await client.publish({ url: 'https://a.com', flowControl: { key: 'k' } });
  return { id, again, first, lag };
}

export async function everythingElse() {
  const { scheduleId } = await client.schedules.create({ destination: 'https://a.com', cron: '*/5 * * * *', timeout: 30 });
  await client.schedules.pause({ schedule: scheduleId });
  await client.urlGroups.addEndpoints({ name: 'g', endpoints: [{ url: 'https://a.com' }] });
  const { cancelled } = await client.messages.cancel({ filter: { label: ['a', 'b'], host: 'a.com' } });
  await client.messages.cancel(['a', 'b']);
  await client.messages.cancel({ all: true });
  // @ts-expect-error a filter that filters nothing
  await client.messages.cancel({ filter: {} });
  const logs: Log[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.logs({ ...(cursor === undefined ? {} : { cursor }), filter: { state: 'ERROR' } });
    logs.push(...page.logs);
    cursor = page.cursor;
  } while (cursor);
  const { messages: failed } = await client.dlq.listMessages({ filter: { responseStatus: [500, 502] } });
  await client.dlq.retry(failed.map(({ dlqId }) => dlqId));
  await client.flowControl.pin('k', { parallelism: 1 });
  return cancelled;
}

export async function receive() {
  const receiver = new Receiver({ currentSigningKey: process.env.QSTASH_CURRENT_SIGNING_KEY, nextSigningKey: 'b' });
  try {
    const valid: boolean = await receiver.verify({ signature: request.headers['upstash-signature'], body: request.body, url: 'https://a.com', clockTolerance: 5 });
    return valid;
  } catch (error) {
    if (error instanceof errors.SignatureError) return error.code === 'E_QSTASH_SIGNATURE';
    if (error instanceof errors.QstashDailyRatelimitError) return error.reset;
    return (error as QstashError).status;
  }
}

const config: QStashConfig = { baseUrl: process.env.QSTASH_URL, token: process.env.QSTASH_TOKEN, retry: { retries: 2 }, timeout: 5_000 };
export const other = new QStash(config);
