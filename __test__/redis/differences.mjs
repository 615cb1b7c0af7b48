// Where `Redis` differs from the published @upstash/redis on purpose, and why. differential.test.mjs asks both the same:
// whatever else it finds different is an error.
//
// `example` shows the difference: what it resolves to or rejects with is `theirs` and `ours`. Where random calls meet it,
// `excuses` tells whether two parts of a reply differ by this, and `explains` whether two outcomes of a call do.

/** Methods that @upstash/redis has for itself: neither is in its documentation. */
export const LEFT_OUT = ['addTelemetry', 'autoPipeline'];

const resolved = (value) => ({ value });
const rejected = (message, name = 'UpstashError') => ({ error: { name, message } });

export const DIFFERENCES = [
  // What is exact here
  {
    what: 'an integer that a number can not hold stays exact, as text',
    why: 'they round it, and so count twice, or find another document',
    example: async (redis) => {
      await redis.set('n', '9007199254740992');
      return redis.incr('n');
    },
    theirs: resolved(9007199254740992),
    ours: resolved('9007199254740993'),
    excuses: (their, our) => typeof their === 'number' && !Number.isSafeInteger(their) && typeof our === 'string' && Number(our) === their,
  },
  {
    what: 'the text OK is the text OK wherever it stands',
    why: 'the service leaves it as it is where it sends strings base64, and they read it as base64 in lists and hashes',
    example: async (redis) => {
      await redis.rpush('l', 'OK', 'KO');
      return redis.lrange('l', 0, -1);
    },
    theirs: resolved([8, 'KO']),
    ours: resolved(['OK', 'KO']),
    excuses: (their, our) => our === 'OK' && `${their}` === '8',
  },
  {
    what: 'a byte order mark at the start of a text is kept',
    why: 'it is a part of the value; they drop it and read what follows as JSON',
    example: async (redis) => {
      await redis.set('k', '\ufeff1');
      return redis.get('k');
    },
    theirs: resolved(1),
    ours: resolved('\ufeff1'),
  },
  {
    what: 'a reply is text without automaticDeserialization, also that of randomkey and time',
    why: 'they forget the option for these two',
    options: { automaticDeserialization: false, enableAutoPipelining: false },
    example: async (redis) => {
      await redis.set('5', 'v');
      return [await redis.randomkey(), (await redis.time()).map((part) => typeof part)];
    },
    theirs: resolved([5, ['number', 'number']]),
    ours: resolved(['5', ['string', 'string']]),
  },

  // What is sent here
  {
    what: 'bytes are sent as bytes',
    why: 'they send the JSON of a Buffer, {"type":"Buffer",…}',
    example: async (redis) => {
      await redis.set('k', Buffer.from('ab'));
      return redis.get('k');
    },
    theirs: resolved({ type: 'Buffer', data: [97, 98] }),
    ours: resolved('ab'),
  },
  {
    what: 'a BigInt is sent as its digits',
    why: 'JSON has no word for it, and they throw',
    example: async (redis) => {
      await redis.set('k', 9007199254740993n);
      return redis.get('k');
    },
    theirs: { error: { name: 'TypeError' } },
    ours: resolved('9007199254740993'),
  },
  {
    what: 'seconds may be 0: the key expires at once',
    why: 'they leave the 0 out',
    example: async (redis) => {
      await redis.set('k', 'v');
      return redis.expire('k', 0);
    },
    theirs: rejected("Command failed: ERR wrong number of arguments for 'expire' command"),
    ours: resolved(1),
  },
  {
    what: 'a place may be on the equator',
    why: 'they take a member whose latitude is 0 for options, and do not store it',
    example: async (redis) => redis.geoadd('g', { longitude: 32, latitude: 0, member: 'Kampala' }, { longitude: 2, latitude: 48, member: 'Paris' }),
    theirs: resolved(1),
    ours: resolved(2),
  },
  {
    what: 'XCLAIM takes an idle time without a time',
    why: 'they send TIME null with it',
    example: async (redis) => {
      await redis.xgroup('x', { type: 'CREATE', group: 'g', id: '$', options: { MKSTREAM: true } });
      return redis.xclaim('x', 'g', 'c', 0, '1-1', { idleMS: 5 });
    },
    theirs: rejected(
      'ERR failed to parse the request: null is not a string or a number, command was: [["XCLAIM","x","g","c",0,"1-1","IDLE",5,"TIME",null]]',
    ),
    ours: resolved([]),
  },
  {
    what: 'an option that is given is sent, be it 0 or empty, and Redis decides about it',
    why: 'they leave such options out without a word',
    example: async (redis, { upstash }) => {
      await Promise.allSettled([
        redis.lmpop(1, ['l'], 'LEFT', 0),
        redis.xautoclaim('x', 'g', 'c', 0, '0', { count: 0 }),
        redis.xtrim('x', { strategy: 'MAXLEN', threshold: 5, limit: 0 }),
        redis.xpending('x', 'g', '-', '+', 1, { idleTime: 0 }),
        redis.hscan('h', 0, { match: '', count: '5' }),
      ]);
      return upstash.stats.commands.map((words) => words.join(' ')).sort();
    },
    theirs: resolved(['LMPOP 1 l LEFT', 'XAUTOCLAIM x g c 0 0', 'XPENDING x g - + 1', 'XTRIM x MAXLEN ~ 5', 'hscan h 0']),
    ours: resolved([
      'LMPOP 1 l LEFT COUNT 0',
      'XAUTOCLAIM x g c 0 0 COUNT 0',
      'XPENDING x g IDLE 0 - + 1',
      'XTRIM x MAXLEN ~ 5 LIMIT 0',
      'hscan h 0 match  count 5',
    ]),
  },
  {
    what: 'ping takes a text, and flushall options, without a list around them',
    why: 'as other methods do; they send the first letter of the text, and no options',
    example: async (redis, { upstash }) => {
      const reply = await redis.ping('hello');
      await redis.flushall({ async: true });
      return [reply, upstash.stats.commands.at(-1)];
    },
    theirs: resolved(['h', ['flushall']]),
    ours: resolved(['hello', ['flushall', 'async']]),
  },
  {
    what: 'a BITFIELD can be chained under auto-pipelining',
    why: 'what they return there is no BITFIELD any more',
    example: async (redis) => {
      const begun = redis.bitfield('k');
      // Theirs is a promise.
      begun.catch?.(() => {});
      return begun.set('u4', 0, 9).get('u4', 0).exec();
    },
    theirs: { error: { name: 'TypeError' } },
    ours: resolved([0, 9]),
  },
  {
    what: 'calls of one turn reach Redis in their order',
    why: 'they send reads and writes apart, and which is carried out first is left to chance',
    example: async (redis, { upstash }) => {
      await Promise.all([redis.set('k', 'v'), redis.get('k'), redis.del('k'), redis.get('k')]);
      return upstash.stats.requests;
    },
    theirs: resolved(2),
    ours: resolved(1),
  },

  // How calls fail here
  {
    what: 'a command that failed has an error and no result',
    why: 'with keepErrors they make a result of the reply that is not there, such as NOT_COPIED',
    example: async (redis) => {
      await redis.set('k', 'v');
      return redis.pipeline().copy('k', 'k').exec({ keepErrors: true });
    },
    theirs: resolved([{ error: 'ERR source and destination objects are the same', result: 'NOT_COPIED' }]),
    ours: resolved([{ error: 'ERR source and destination objects are the same', result: undefined }]),
    explains: ({ theirs, ours }) =>
      typeof ours.error === 'string' && theirs.error === ours.error && 'result' in ours && ours.result === undefined,
  },
  {
    what: 'a command that failed rejects with the error of Redis, and no other call with it',
    why: 'they read the reply that is not there, and the TypeError of that is what everything in the same request gets',
    example: async (redis) => {
      const settled = await Promise.allSettled([redis.ping(), redis.arscan('k', 0, 1)]);
      return settled.map(({ value, reason }) => value ?? reason.name);
    },
    theirs: resolved(['TypeError', 'TypeError']),
    ours: resolved(['PONG', 'UpstashError']),
    explains: ({ theirs, ours, batch = [] }) => {
      const items = Array.isArray(ours.value) ? ours.value : [];
      const outcomes = [ours, ...items, ...batch.map(({ ours: beside }) => beside)];
      return theirs.error?.name === 'TypeError' && outcomes.some((outcome) => outcome?.error !== undefined);
    },
  },
  {
    what: 'where a whole request is refused, each call names its own command',
    why: 'they give each the commands of all the others, with their values',
    options: { token: 'wrong' },
    example: async (redis) => {
      const settled = await Promise.allSettled([redis.get('a'), redis.get('b')]);
      return settled.map(({ reason }) => reason.message);
    },
    theirs: resolved(Array(2).fill('WRONGPASS invalid or missing auth token, command was: [["get","a"],["get","b"]]')),
    ours: resolved(['a', 'b'].map((key) => `WRONGPASS invalid or missing auth token, command was: ["get","${key}"]`)),
  },
  {
    what: 'wrong arguments always reject',
    why: 'without auto-pipelining they throw, and a .catch() behind the call is never reached',
    options: { enableAutoPipelining: false },
    example: async (redis) => {
      try {
        return await redis.hset('k', null).catch(() => 'rejected');
      } catch {
        return 'thrown';
      }
    },
    theirs: resolved('thrown'),
    ours: resolved('rejected'),
  },
  {
    what: 'retry: false means that nothing is sent a second time',
    why: 'they send it once more',
    options: { retry: false },
    example: async (redis, { upstash }) => {
      await upstash.misbehave('drop');
      await redis.get('k').catch(() => {});
      return upstash.stats.requests;
    },
    theirs: resolved(2),
    ours: resolved(1),
  },
  {
    what: 'a request that does not get through rejects with an UpstashError that has a code',
    why: 'they pass on the TypeError of fetch, and what happened is in its cause',
    options: { retry: { retries: 0 } },
    example: async (redis, { upstash }) => {
      await upstash.misbehave('refuse');
      return redis.get('k').catch(({ name, code }) => [name, code]);
    },
    theirs: resolved(['TypeError', undefined]),
    ours: resolved(['UpstashError', 'E_NETWORK']),
  },
  {
    what: 'an aborted call rejects with the reason',
    why: 'they resolve it, here with null, as if there was no such key',
    example: (_redis, { Redis: Client, upstash }) => {
      const { url, token } = upstash;
      return new Client({ url, token, enableAutoPipelining: false, signal: AbortSignal.abort(new RangeError('too late')) }).get('k');
    },
    theirs: resolved(null),
    ours: rejected('too late', 'RangeError'),
  },
  {
    what: 'the error about an answer that is no JSON tells its status',
    why: 'it is what tells the page of a proxy from that of a firewall',
    example: async (redis, { upstash }) => {
      await upstash.misbehave('garbage', { body: '<title>Maintenance</title>' });
      return redis.get('k');
    },
    theirs: rejected('Unable to parse response body: <title>Maintenance</title>', 'UpstashJSONParseError'),
    ours: rejected('Unable to parse response body (HTTP 200): <title>Maintenance</title>', 'UpstashJSONParseError'),
  },
  {
    what: 'the error about a URL says what one looks like',
    why: 'what was given instead may be a secret, and ends up in a log',
    example: (_redis, { Redis: Client }) => new Client({ url: 'localhost:8080', token: 't' }),
    theirs: rejected(
      'Upstash Redis client was passed an invalid URL. You should pass a URL starting with https. Received: "localhost:8080". ',
      'UrlError',
    ),
    ours: rejected(
      'url: found something that is no URL; expected the REST URL that Upstash shows, such as https://name-12345.upstash.io',
      'UrlError',
    ),
  },
];
