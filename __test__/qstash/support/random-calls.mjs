// Calls of QStash with random options, in the domain of @upstash/qstash's types.

const WORDS = ['a', 'msg_1', 'scd_7YoJxFpwk', 'with space', 'größe', 'x-y.z_', '0', 'undefined', '100%25'];
const URLS = ['https://a.com', 'http://b.example:8080/x/y', 'https://c.example/p?q=1&r=a%20b', 'https://d.example/é?ü', 'https://e.example//x/', 'https://f.example/a|b^c[d]{e}`"<>?x=|^`{}"<>', 'https://user:pw@g.example/%zz%2f;=+,@:'];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'];
const STATES = ['CREATED', 'ACTIVE', 'DELIVERED', 'ERROR', 'RETRY', 'FAILED', 'CANCELED', 'IN_PROGRESS'];

/** `{ method, values, options, call }`: a call, for people and for a client, and the options of that client. */
export function randomCall(random) {
  const { chance, int, list, pick, some } = random.choices;
  // What stands in a path is its own difference where it has a percent sign.
  const id = () => pick(WORDS.filter((word) => !word.includes('%')));
  const word = () => pick(WORDS);
  const several = (make) => (chance(0.5) ? make() : list(1, 3, make));
  const seconds = () => pick([0, 1, 30, 2.5, 86_400, int(0, 1e6)]);
  const duration = () => pick([seconds(), `${int(0, 90)}${pick(['s', 'm', 'h', 'd'])}`]);

  const headers = () => {
    const entries = list(0, 4, () => [pick(['X-A', 'x-b', 'Content-Type', 'Upstash-Delay', 'Upstash-Forward-C', 'Authorization', 'upstash-callback-retries']), pick(['1', 'v w', ' é ', 'text/plain'])]);
    return pick([() => entries, () => Object.fromEntries(entries), () => new Headers(entries)])();
  };
  const flowControl = () => ({ key: word(), ...pick([{ parallelism: int(0, 9) }, { ratePerSecond: int(0, 9) }, { rate: int(0, 9) }]), ...some({ rate: () => int(0, 9), period: duration }) });
  const shared = () =>
    some(
      {
        delay: duration,
        retries: () => int(0, 5),
        retryDelay: () => pick(['1000', 'pow(2, retried)', 'max(10, 1000 * (1 + retried))']),
        callback: () => pick(URLS),
        failureCallback: () => pick(URLS),
        method: () => pick(METHODS),
        timeout: duration,
        flowControl,
        label: () => several(word),
        redact: () => some({ body: () => true, header: () => pick([true, ['Authorization'], ['A', 'B'], []]) }),
        headers,
      },
      0.3,
    );
  const message = () => ({
    ...shared(),
    ...some({ notBefore: () => int(0, 2e9), deduplicationId: word, contentBasedDeduplication: () => chance(0.5) }, 0.3),
    ...pick([{ url: pick(URLS) }, { url: pick(URLS) }, { urlGroup: id() }, { topic: id() }]),
  });
  const json = () => pick([undefined, null, 5, 'text', { a: ['ü', { b: null }] }, [], true]);
  const text = () => pick([undefined, '', 'text', 'größe ✓', '{"a":1}', 'x'.repeat(int(0, 5_000))]);
  const body = () => pick([text(), Buffer.from([0, 255, 1]), new URLSearchParams({ a: 'é' }), new Blob(['x'], { type: 'a/b' })]);

  const filters = {
    fromDate: () => pick([new Date(int(0, 2e9)), int(0, 2e9)]),
    toDate: () => int(0, 2e9),
    callerIp: () => several(() => '10.0.0.1'),
    label: () => several(word),
    flowControlKey: () => several(word),
    url: () => several(() => pick(URLS)),
    urlGroup: () => several(word),
    scheduleId: () => several(word),
    queueName: () => several(word),
  };
  /** One filter at least. */
  const filter = (more = {}) => ({ label: several(word), ...some({ ...filters, ...more }, 0.2) });
  const cursor = () => some({ cursor: () => pick(['17-3', 'c', 'a+b/=']), count: () => int(1, 1_000) });
  const dlqFilter = () => filter({ responseStatus: () => several(() => int(400, 599)), messageId: word });
  const hostPath = { host: () => several(word), path: () => several(word) };
  const bulk = () => pick([id(), list(0, 3, word), { dlqIds: several(word) }, { dlqIds: [] }, { filter: dlqFilter(), ...cursor() }, { all: true, ...cursor() }]);
  const queue = (q, queueName) => q.queue({ queueName });

  const calls = {
    publish: [() => [{ ...message(), body: body() }], (q, values) => q.publish(...values)],
    publishJSON: [() => [{ ...message(), body: json() }], (q, values) => q.publishJSON(...values)],
    batch: [() => [list(0, 4, () => ({ ...message(), body: text(), ...some({ queueName: word }) }))], (q, values) => q.batch(...values)],
    batchJSON: [() => [list(0, 4, () => ({ ...message(), body: json(), ...some({ queueName: word }) }))], (q, values) => q.batchJSON(...values)],
    enqueue: [() => [id(), { ...message(), body: body() }], (q, [name, ...values]) => queue(q, name).enqueue(...values)],
    enqueueJSON: [() => [id(), { ...message(), body: json() }], (q, [name, ...values]) => queue(q, name).enqueueJSON(...values)],
    'queue.upsert': [() => [id(), some({ parallelism: () => int(0, 50), paused: () => chance(0.5) })], (q, [name, ...values]) => queue(q, name).upsert(...values)],
    'queue.*': [() => [id(), pick(['get', 'list', 'delete', 'pause', 'resume'])], (q, [name, method]) => queue(q, name)[method]()],
    'schedules.create': [
      () => [{ destination: pick([pick(URLS), id()]), cron: pick(['* * * * *', '@daily', 'CRON_TZ=Europe/Berlin 0 8 * * 1']), ...shared(), ...some({ scheduleId: word, queueName: word }), body: body() }],
      (q, values) => q.schedules.create(...values),
    ],
    'schedules.*': [() => [id(), pick(['get', 'list', 'delete'])], (q, [name, method]) => q.schedules[method](name)],
    'schedules.pause': [() => [{ schedule: id() }, pick(['pause', 'resume'])], (q, [schedule, method]) => q.schedules[method](schedule)],
    'urlGroups.*': [() => [id(), pick(['get', 'list', 'delete'])], (q, [name, method]) => q.urlGroups[method](name)],
    'urlGroups.endpoints': [
      () => [{ name: id(), endpoints: list(0, 3, () => ({ url: pick(URLS), ...some({ name: word }) })) }, pick(['addEndpoints', 'removeEndpoints'])],
      (q, [request, method]) => q.urlGroups[method](request),
    ],
    'messages.*': [() => [id(), pick(['get', 'delete', 'cancel'])], (q, [name, method]) => q.messages[method](name)],
    'messages.cancel': [
      () => [pick([list(0, 3, word), { messageIds: list(0, 3, word) }, { filter: filter(hostPath) }, { all: true }, { all: true, count: 5 }])],
      (q, values) => q.messages.cancel(...values),
    ],
    'messages.deleteMany': [() => [list(0, 3, word)], (q, values) => q.messages.deleteMany(...values)],
    logs: [
      () => [pick([{}, cursor(), { ...cursor(), filter: some({ ...filters, ...hostPath, state: () => pick(STATES), messageId: word, topicName: word, count: () => 5 }, 0.2) }, { messageIds: list(0, 3, word), ...some({ count: () => 7 }) }])],
      (q, values) => q.logs(...values),
    ],
    'dlq.listMessages': [
      () => [pick([{}, cursor(), { ...cursor(), filter: some({ ...filters, responseStatus: () => 500 }, 0.2) }, { dlqIds: several(word) }])],
      (q, values) => q.dlq.listMessages(...values),
    ],
    'dlq.delete': [() => [bulk()], (q, values) => q.dlq.delete(...values)],
    'dlq.retry': [() => [bulk()], (q, values) => q.dlq.retry(...values)],
    'flowControl.*': [() => [id(), pick(['get', 'pause', 'resume', 'resetRate'])], (q, [key, method]) => q.flowControl[method](key)],
    'flowControl.pin': [() => [id(), some({ parallelism: () => int(0, 9), rate: () => int(0, 9), period: () => int(0, 9) })], (q, values) => q.flowControl.pin(...values)],
    'flowControl.unpin': [() => [id(), some({ parallelism: () => chance(0.5), rate: () => chance(0.5) })], (q, values) => q.flowControl.unpin(...values)],
  };
  const method = pick(Object.keys(calls));
  const [make, call] = calls[method];
  const options = chance(0.2) ? { headers: headers() } : {};
  const { state } = random;
  const values = make();
  const after = random.state;
  // Each library gets values of its own: theirs changes some of them.
  const again = () => {
    random.state = state;
    const fresh = make();
    random.state = after;
    return fresh;
  };
  return { method, values, options, call: (q) => call(q, again()) };
}
