// Where `QStash` differs from the published @upstash/qstash on purpose, and why. differential.test.mjs asks both the
// same: whatever else it finds different is an error.
//
// `example` shows the difference: what it resolves to or rejects with is `theirs` and `ours`, and `sent` what it sends.

/** What their client has and ours has not: calls of language models, Upstash Workflow, and the way to both. */
export const LEFT_OUT = ['chat', 'http', 'workflow'];

const sent = (method, url) => `${method} ${url}`;
const rejected = (message, name = 'QstashError') => ({ error: { name, message } });
const resolved = (value) => ({ value });
const URL_ = 'https://a.com';

export const DIFFERENCES = [
  // Nothing is changed by mistake here
  ...[
    ['a filter that filters nothing', { filter: {} }, 'filter: found none, which would be all of them; expected a filter, or all: true'],
    ['a filter that is undefined', { filter: { label: undefined } }, 'filter: found none, which would be all of them; expected a filter, or all: true'],
    ['all: false', { filter: {}, all: false }, 'filter: found none, which would be all of them; expected a filter, or all: true'],
  ].map(([what, request, message]) => ({
    what: `${what} cancels nothing`,
    why: 'they cancel every message of the account',
    example: (q) => q.messages.cancel(request),
    theirs: resolved({}),
    ours: rejected(message),
    sent: { theirs: [sent('DELETE', '/v2/messages?count=100')], ours: [] },
  })),
  {
    what: 'a filter with a name that QStash does not know deletes nothing',
    why: 'QStash ignores it, and everything that is left is everything',
    example: (q) => q.dlq.delete({ filter: { lable: 'a' } }),
    theirs: resolved({}),
    ours: rejected(
      'filter.lable: not a filter; expected one of fromDate, toDate, callerIp, label, flowControlKey, url, urlGroup, scheduleId, queueName, host, path, responseStatus, messageId',
    ),
    sent: { theirs: [sent('DELETE', '/v2/dlq?count=100&lable=a')], ours: [] },
  },
  {
    what: 'a filter by nothing deletes nothing',
    why: 'QStash may take it for no filter',
    example: (q) => q.dlq.delete({ filter: { label: '' } }),
    theirs: resolved({}),
    ours: rejected("filter.label: found ''; expected what to filter by"),
    sent: { theirs: [sent('DELETE', '/v2/dlq?count=100&label=')], ours: [] },
  },
  {
    what: 'a filter and all: true are one too many',
    why: 'they take all',
    example: (q) => q.messages.cancel({ filter: { label: 'a' }, all: true }),
    theirs: resolved({}),
    ours: rejected('found filter and all: true; expected one of messageIds, filter and all: true, which is all messages'),
    sent: { theirs: [sent('DELETE', '/v2/messages?count=100')], ours: [] },
  },

  // Where a request goes
  {
    what: 'dots in a URL stay in its path',
    why: 'they go to another host: the path of the request is what they shorten',
    example: (q) => q.publish({ url: 'https://a.com/../b' }),
    theirs: resolved({}),
    ours: resolved({}),
    sent: { theirs: [sent('POST', '/v2/publish/https://b')], ours: [sent('POST', '/v2/publish/https://a.com/b')] },
  },
  {
    what: 'an id is one part of a path, whatever is in it',
    why: 'with an id that somebody else chose they call another part of the API',
    example: (q) => q.messages.delete('../topics/g?x#y'),
    theirs: resolved(undefined),
    ours: resolved(undefined),
    sent: { theirs: [sent('DELETE', '/v2/topics/g?x=')], ours: [sent('DELETE', '/v2/messages/..%2Ftopics%2Fg%3Fx%23y')] },
  },
  {
    what: 'an id may not be empty, nor one of several',
    why: 'they look at it in some methods only',
    example: async (q) => {
      const calls = [q.schedules.pause({ schedule: '' }), q.dlq.retry(''), q.messages.cancel(['a', ''])];
      return (await Promise.allSettled(calls)).map(({ reason }) => reason?.message);
    },
    theirs: resolved([undefined, undefined, undefined]),
    ours: resolved(['Schedule id cannot be empty', 'dlqIds: found an empty one; expected ids', 'messageIds: found an empty one; expected ids']),
  },
  {
    what: 'ids that are undefined are none',
    why: 'they empty the DLQ',
    example: (q) => q.dlq.delete({ dlqIds: undefined }),
    theirs: resolved({}),
    ours: rejected('found nothing that says which; expected one of dlqIds, filter and all: true, which is all DLQ messages'),
    sent: { theirs: [sent('DELETE', '/v2/dlq')], ours: [] },
  },
  {
    what: 'a redirect is not followed',
    why: 'they send the token to whoever the answer names',
    answer: ({ url }) => (url === '/elsewhere' ? { body: '{}' } : { status: 302, headers: { location: '/elsewhere' } }),
    example: (q) => q.publish({ url: URL_ }),
    theirs: resolved({}),
    ours: rejected('Error: status=302'),
    sent: { theirs: [sent('POST', '/v2/publish/https://a.com'), sent('GET', '/elsewhere')], ours: [sent('POST', '/v2/publish/https://a.com')] },
  },

  // What is sent here
  {
    what: 'a stream is a body',
    why: 'their types have it; fetch refuses it',
    example: (q) => q.publish({ url: URL_, body: new Blob(['x']).stream() }),
    theirs: { error: { name: 'TypeError' } },
    ours: resolved({}),
  },
  {
    what: 'an object is no body but for the methods that make JSON of it',
    why: 'they publish the text [object Object]',
    example: (q) => q.publish({ url: URL_, body: { a: 1 } }),
    theirs: resolved({}),
    ours: rejected('body: found a value of type object; expected text, bytes, a Blob, a form or a stream; publishJSON, enqueueJSON and batchJSON make JSON of any value'),
  },
  {
    what: 'forms, Blobs and bytes are bodies in a batch',
    why: 'they send {}, or the JSON of a Buffer',
    example: async (q, { requests }) => {
      await q.batch([{ url: URL_, body: new URLSearchParams({ a: 'b' }) }, { url: URL_, body: Buffer.from('é') }]);
      return JSON.parse(requests[0].body).map(({ body }) => body);
    },
    theirs: resolved([{}, { type: 'Buffer', data: [195, 169] }]),
    ours: resolved(['a=b', 'é']),
  },
  {
    what: 'what is given stays as it is',
    why: 'they replace the body of each message of a batch by its JSON, and a second try publishes the JSON of that',
    example: async (q) => {
      const message = { url: URL_, body: { a: 1 } };
      await q.batchJSON([message]);
      return message.body;
    },
    theirs: resolved('{"a":1}'),
    ours: resolved({ a: 1 }),
  },
  {
    what: 'an option that can not be is refused before it is sent',
    why: 'they send NaNs and -1, or a TypeError tells nothing of the option',
    example: async (q) => {
      const wrong = [{ retries: -1 }, { delay: NaN }, { retries: '3' }, { flowControl: { rate: 1 } }];
      const settled = await Promise.allSettled(wrong.map((options) => q.publish({ url: URL_, ...options })));
      return settled.map(({ status, reason }) => reason?.message ?? status);
    },
    theirs: resolved(['fulfilled', 'fulfilled', 'request.retries.toFixed is not a function', 'fulfilled']),
    ours: resolved([
      'retries: found -1; expected a number from 0',
      'delay: found NaN; expected a number',
      "retries: found '3'; expected a number from 0",
      'flowControl.key: missing; expected a name',
    ]),
  },
  {
    what: 'an option that is null is not given',
    why: 'they send the text null, or throw',
    example: (q) => q.publish({ url: URL_, delay: null, retries: null, label: null }),
    theirs: { error: { name: 'TypeError' } },
    ours: resolved({}),
  },
  {
    what: 'a schedule needs a destination and a cron',
    why: 'they send a cron of undefined',
    example: (q) => q.schedules.create({ destination: URL_ }),
    theirs: resolved({}),
    ours: rejected('cron: missing; a schedule needs a destination and a cron'),
  },
  {
    what: 'calls of language models and of mail are not made',
    why: 'they are another library in theirs, and a part of it is deprecated',
    example: (q) => q.publishJSON({ api: { name: 'llm' }, body: {}, callback: URL_ }),
    theirs: resolved({}),
    ours: rejected('api: not supported; expected url, or urlGroup. Calls of language models and of mail are not made here'),
  },

  // How calls fail here
  {
    what: 'an answer that is no JSON rejects with an error that has a code, and shows it',
    why: 'a SyntaxError tells nothing of the page that a proxy put in its place',
    answer: () => ({ body: '<title>Maintenance</title>' }),
    example: (q) => q.publish({ url: URL_ }),
    theirs: { error: { name: 'SyntaxError' } },
    ours: rejected('Upstash answered something that is not its protocol: <title>Maintenance</title>'),
  },
  {
    what: 'no list is an empty one',
    why: 'a TypeError tells nothing',
    answer: ({ url }) => ({ body: { '/v2/schedules': 'null', '/v2/events': '{"events":null}', '/v2/dlq': '{"messages":null}' }[url] }),
    example: async (q) => {
      const settled = await Promise.allSettled([q.schedules.list(), q.logs(), q.dlq.listMessages()]);
      return settled.map(({ value, reason }) => reason?.name ?? value.logs ?? value.messages ?? value);
    },
    theirs: resolved(['TypeError', 'TypeError', 'TypeError']),
    ours: resolved([[], [], []]),
  },
  {
    what: 'a request that does not get through rejects with a QstashError that has a code',
    why: 'they pass on the TypeError of fetch, and write a line to the console for each try',
    answer: () => null,
    example: (q) => q.publish({ url: URL_ }).catch(({ name, code }) => [name, code]),
    theirs: resolved(['TypeError', undefined]),
    ours: resolved(['QstashError', 'E_NETWORK']),
  },
  {
    what: 'the token is in no text about an answer',
    why: 'an endpoint may echo the request',
    answer: ({ headers }) => ({ status: 400, body: `who is ${headers.authorization}?` }),
    example: (q) => q.publish({ url: URL_ }),
    theirs: rejected('who is Bearer the-token?'),
    ours: rejected('who is Bearer [token]?'),
  },
  {
    what: 'the error about a message to nobody shows the options that were given, and neither headers nor the body',
    why: 'those may be secret',
    example: (q) => q.publish({ delay: 5, body: 'secret', headers: { a: 'secret' } }),
    theirs: rejected('Failed to infer request path for {"delay":5,"body":"secret","headers":{"a":"secret"}}'),
    ours: rejected('Failed to infer request path for {"delay":5}'),
  },
  {
    what: 'a queue without a name rejects with a QstashError',
    why: 'every call that can not be made does; theirs is an Error',
    example: (q) => q.queue().pause(),
    theirs: rejected('Please provide a queue name to the Queue constructor', 'Error'),
    ours: rejected('Please provide a queue name to the Queue constructor'),
  },
  {
    what: 'headers that can not be reject with a QstashError',
    why: 'every call that can not be made does; theirs is a TypeError',
    example: (q) => q.publish({ url: URL_, label: 'a\nb' }),
    theirs: { error: { name: 'TypeError' } },
    ours: rejected('upstash-label: found the character U+000A, which no HTTP header may hold; expected Latin-1 without control characters'),
  },
  {
    what: 'without a token each call rejects',
    why: 'they send an empty one',
    options: { token: '' },
    example: (q) => q.queue().list(),
    theirs: resolved({}),
    ours: rejected('token: missing; set QSTASH_TOKEN or pass { token }'),
  },
];
