// Random calls of every method of the client, for the comparison with @upstash/redis. Mostly right ones, on few keys,
// so that they meet what others left behind; now and then on a key of another type.

import { createHash } from 'node:crypto';

const TEXTS = ['', ' ', 'a', 'OK', 'null', 'true', '007', '1.0', '1e3', '-0', '12', '-7.5', '{"a":1}', '[1,"b"]', '"q"', '{x', 'é 世界 \u{1f600}', 'a\nb', '\u0000\u0001'];
const NUMBERS = [0, 1, -1, 5, 2.5, -0.25, 1e21, 2 ** 31, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
const OTHERS = [true, false, null, {}, [], { a: 1, b: ['x', null] }, [1, 'two', { three: 3 }], new Date(0)];
const MEMBERS = ['a', 'b', 'c', 'd', 'é', '5', 7, 1.5, { m: 1 }, true];
const FIELDS = ['f', 'g', 'h', '1', 'é', 'constructor'];
const ODD_NUMBERS = ['9007199254740993', '-9007199254740993', '9007199254740992', '1e400', '0.1000', '.5', '0x10'];

/** The moment a test begins, in seconds: absolute expiry times are far from it on both sides. */
const NOW = Math.floor(Date.now() / 1000);

/** Name to a function that makes the arguments of one call; `json.set` is in the namespace `json`. */
export function randomCalls(random) {
  const { chance, int, list, pick, some } = random;
  const yes = () => true;
  const flag = () => chance(0.8);

  const key = (type) => (chance(0.93) ? pick(KEYS[type]) : pick(pick(Object.values(KEYS))));
  const string = () => key('string');
  const counter = () => key('counter');
  const hash = () => key('hash');
  const queue = () => key('list');
  const set = () => key('set');
  const sorted = () => key('sorted');
  const stream = () => key('stream');
  const geo = () => key('geo');
  const log = () => key('log');
  const any = () => pick(pick(Object.values(KEYS)));

  const text = () => pick(TEXTS);
  const value = () => (chance(0.45) ? text() : chance(0.5) ? pick(NUMBERS) : chance(0.85) ? pick(OTHERS) : pick(ODD_NUMBERS));
  const member = () => pick(MEMBERS);
  const members = () => list(1, 4, member);
  const field = () => pick(FIELDS);
  const fields = () => list(1, 3, field);
  const record = () => Object.fromEntries(list(1, 4, () => [field(), value()]));
  const index = () => int(-5, 5);
  const seconds = () => int(500, 900);
  const milliseconds = () => seconds() * 1000;
  const moment = () => NOW + (chance(0.9) ? int(5_000, 9_000) : -100);
  const condition = () => pick(['NX', 'XX', 'GT', 'LT', 'nx', 'xx', 'gt', 'lt']);
  const optional = (...makers) => makers.slice(0, int(0, makers.length)).map((make) => make());
  const maybeCount = () => optional(() => int(1, 4));
  const expiry = (more) => {
    const ways = { ex: seconds, px: milliseconds, exat: moment, pxat: () => moment() * 1000, ...more };
    const name = pick(Object.keys(ways));
    return { [name]: ways[name]() };
  };

  const score = () => pick([0, 1, 2, 2, 3.5, -1, 10]);
  const bound = () => pick(['-inf', '+inf', 0, 1, 2, '(1', '(3', 3.5]);
  const lexical = () => pick(['-', '+', '[a', '(b', '[c', '[é']);
  const weights = () => (chance(0.5) ? { weights: list(1, 2, () => int(1, 3)) } : { weight: int(1, 3) });
  const union = () => ({ ...(chance(0.4) && weights()), ...some({ aggregate: () => pick(['sum', 'min', 'max']) }) });
  const sortedKeys = () => {
    const keys = list(1, 2, sorted);
    return [chance(0.95) ? keys.length : 3, keys.length === 1 && chance(0.5) ? keys[0] : keys];
  };

  const id = () => `${int(1, 12)}-${int(0, 2)}`;
  const ids = () => (chance(0.5) ? id() : list(1, 3, id));
  const group = () => pick(['readers', 'readers', 'others', 'nobody']);
  const consumer = () => pick(['ann', 'bob']);
  const idle = () => pick([0, 0, 100_000_000]);

  const place = () => ({ longitude: int(-170, 170), latitude: pick([1, 10, -35.5, 80, 85]), member: member() });
  const unit = () => pick(['m', 'KM', 'ft', 'MI']);
  const centre = () =>
    chance(0.4)
      ? { type: pick(['FROMMEMBER', 'frommember']), member: member() }
      : { type: pick(['FROMLONLAT', 'fromlonlat']), coordinate: { lon: int(-170, 170), lat: int(-80, 80) } };
  const shape = () =>
    chance(0.5)
      ? { type: pick(['BYRADIUS', 'byradius']), radius: int(100, 9_000), radiusType: unit() }
      : { type: pick(['BYBOX', 'bybox']), rect: { width: int(1, 9_000), height: int(1, 9_000) }, rectType: unit() };
  const count = () => ({ limit: int(1, 3), ...some({ any: flag }, 0.3) });

  const path = () => pick(['$', '$.a', '$..b', '.']);
  const document = () => pick([{ a: 1 }, [1, 'x'], 'text', 5, true]);
  const hashExpire = (time) => () => [hash(), chance(0.5) ? field() : fields(), time(), ...optional(condition)];
  const hashTimes = () => [hash(), chance(0.5) ? field() : fields()];
  const scanned = (more) => some({ match: () => pick(['*', 'a*', '[', 'é']), count: () => pick([1, 1_000, 1_000]), ...more });
  const position = () => pick([0, 1, 7, '5', '18446744073709551615']);
  const script = () => pick(SCRIPTS);
  const scripted = (source) => () => [source(), list(0, 2, string), list(0, 3, value)];

  return {
    append: () => [string(), text()],
    bitcount: () => [string(), ...(chance(0.5) ? [index(), index()] : [])],
    bitop: () => {
      const op = pick(['and', 'or', 'xor', 'not', 'diff', 'diff1', 'andor', 'one']);
      return [op, string(), ...list(1, op === 'not' ? 1 : 3, string)];
    },
    bitpos: () => [string(), int(0, 1), ...optional(index, index)],
    decr: () => [counter()],
    decrby: () => [counter(), int(-9, 9)],
    get: () => [chance(0.5) ? string() : any()],
    getbit: () => [string(), int(0, 40)],
    getdel: () => [string()],
    getex: () => [string(), ...optional(() => expiry({ persist: yes }))],
    getrange: () => [string(), index(), index()],
    getset: () => [string(), value()],
    incr: () => [counter()],
    incrby: () => [counter(), pick([1, -3, 2 ** 52])],
    incrbyfloat: () => [counter(), pick([0.5, -1, 1e10])],
    mget: () => (chance(0.5) ? list(1, 4, any) : [list(1, 4, any)]),
    mset: () => [Object.fromEntries(list(1, 3, () => [string(), value()]))],
    msetnx: () => [Object.fromEntries(list(1, 2, () => [pick([...KEYS.string, 'new']), value()]))],
    psetex: () => [string(), milliseconds(), value()],
    set: () => [chance(0.9) ? string() : any(), value(), ...optional(() => ({ ...some({ nx: flag, xx: flag, get: flag }, 0.3), ...(chance(0.5) && expiry({ keepTtl: yes })) }))],
    setbit: () => [string(), int(0, 40), int(0, 1)],
    setex: () => [string(), seconds(), value()],
    setnx: () => [string(), value()],
    setrange: () => [string(), int(0, 12), text()],
    strlen: () => [string()],

    hdel: () => [hash(), ...fields()],
    hexists: () => [hash(), field()],
    hexpire: hashExpire(seconds),
    hexpireat: hashExpire(moment),
    hexpiretime: hashTimes,
    hget: () => [hash(), field()],
    hgetall: () => [hash()],
    hgetdel: () => [hash(), ...fields()],
    hgetex: () => [hash(), expiry({ persist: yes }), ...fields()],
    hincrby: () => [hash(), field(), int(-9, 9)],
    hincrbyfloat: () => [hash(), field(), pick([0.5, -1.25])],
    hkeys: () => [hash()],
    hlen: () => [hash()],
    hmget: () => [hash(), ...fields()],
    hmset: () => [hash(), record()],
    hpersist: hashTimes,
    hpexpire: hashExpire(milliseconds),
    hpexpireat: hashExpire(() => moment() * 1000),
    hpexpiretime: hashTimes,
    hpttl: hashTimes,
    hrandfield: () => [hash(), ...optional(() => int(-3, 3), () => chance(0.7))],
    hscan: () => [hash(), pick([0, '0']), ...optional(() => scanned())],
    hset: () => [hash(), record()],
    hsetex: () => [hash(), { ...some({ conditional: () => pick(['FNX', 'FXX', 'fnx']) }), ...(chance(0.6) && { expiration: expiry({ keepttl: yes }) }) }, record()],
    hsetnx: () => [hash(), field(), value()],
    hstrlen: () => [hash(), field()],
    httl: hashTimes,
    hvals: () => [hash()],

    lindex: () => [queue(), index()],
    linsert: () => [queue(), pick(['before', 'after']), member(), value()],
    llen: () => [queue()],
    lmove: () => [queue(), queue(), pick(['left', 'right']), pick(['left', 'right'])],
    lmpop: () => {
      const keys = list(1, 2, queue);
      return [keys.length, keys, pick(['LEFT', 'RIGHT']), ...maybeCount()];
    },
    lpop: () => [queue(), ...maybeCount()],
    lpos: () => [queue(), member(), ...optional(() => some({ rank: () => pick([1, -1, 2]), count: () => int(0, 3), maxLen: () => int(0, 5) }))],
    lpush: () => [queue(), ...list(1, 3, value)],
    lpushx: () => [queue(), ...list(1, 3, member)],
    lrange: () => [queue(), index(), index()],
    lrem: () => [queue(), int(-2, 2), member()],
    lset: () => [queue(), index(), value()],
    ltrim: () => [queue(), int(0, 2), int(-3, 9)],
    rpop: () => [queue(), ...maybeCount()],
    rpush: () => [queue(), ...list(1, 4, member)],
    rpushx: () => [queue(), ...list(1, 3, value)],

    sadd: () => [set(), ...members()],
    scard: () => [set()],
    sdiff: () => list(1, 3, set),
    sdiffstore: () => list(2, 3, set),
    sinter: () => list(1, 3, set),
    sintercard: () => [list(1, 3, set), ...optional(() => some({ limit: () => int(0, 2) }))],
    sinterstore: () => list(2, 3, set),
    sismember: () => [set(), member()],
    smembers: () => [set()],
    smismember: () => [set(), members()],
    smove: () => [set(), set(), member()],
    spop: () => [set(), ...maybeCount()],
    srandmember: () => [set(), ...optional(() => int(-3, 3))],
    srem: () => [set(), ...members()],
    sscan: () => [set(), pick([0, '0']), ...optional(() => scanned())],
    sunion: () => list(1, 3, set),
    sunionstore: () => list(2, 3, set),

    zadd: () => {
      const pairs = list(1, 3, () => ({ score: score(), member: member() }));
      const options = some({ nx: flag, xx: flag, gt: flag, lt: flag, ch: flag, incr: flag }, 0.2);
      return [sorted(), ...(chance(0.5) ? [options] : []), ...pairs];
    },
    zcard: () => [sorted()],
    zcount: () => [sorted(), bound(), bound()],
    zdiffstore: () => {
      const keys = list(1, 2, sorted);
      return [sorted(), keys.length, ...keys];
    },
    zincrby: () => [sorted(), score(), member()],
    zinterstore: () => [sorted(), ...sortedKeys(), ...optional(union)],
    zlexcount: () => [sorted(), lexical(), lexical()],
    zmscore: () => [sorted(), members()],
    zpopmax: () => [sorted(), ...maybeCount()],
    zpopmin: () => [sorted(), ...maybeCount()],
    zrange: () => {
      const options = some({ rev: flag, withScores: flag }, 0.4);
      const limit = chance(0.3) ? { offset: int(0, 2), count: int(-1, 3) } : {};
      const way = int(0, 2);
      if (way === 0) return [sorted(), index(), index(), ...(chance(0.7) ? [options] : [])];
      if (way === 1) return [sorted(), bound(), bound(), { byScore: true, ...options, ...limit }];
      return [sorted(), lexical(), lexical(), { byLex: true, ...options, ...limit }];
    },
    zrank: () => [sorted(), member()],
    zrem: () => [sorted(), ...members()],
    zremrangebylex: () => [sorted(), lexical(), lexical()],
    zremrangebyrank: () => [sorted(), int(-2, 9), int(-9, 2)],
    zremrangebyscore: () => [sorted(), bound(), bound()],
    zrevrank: () => [sorted(), member()],
    zscan: () => [sorted(), pick([0, '0']), ...optional(() => scanned())],
    zscore: () => [sorted(), member()],
    zunion: () => [...sortedKeys(), ...optional(() => ({ ...union(), ...some({ withScores: flag }) }))],
    zunionstore: () => [sorted(), ...sortedKeys(), ...optional(union)],

    xack: () => [stream(), group(), ids()],
    xackdel: () => [stream(), group(), pick(['KEEPREF', 'delref', 'ACKED']), ...list(1, 2, id)],
    xadd: () => [
      stream(),
      chance(0.7) ? `${int(1, 90)}-${int(0, 9)}` : `${int(90, 99)}-*`,
      record(),
      ...optional(() => some({ nomkStream: flag, trim: () => trimming(random) }, 0.4)),
    ],
    xautoclaim: () => [stream(), group(), consumer(), idle(), pick(['0-0', id()]), ...optional(() => some({ count: () => int(1, 3), justId: flag }))],
    xclaim: () => [
      stream(),
      group(),
      consumer(),
      idle(),
      ids(),
      ...optional(() => ({ ...(chance(0.3) && { idleMS: 5_000, timeMS: (NOW - 60) * 1000 }), ...some({ retryCount: () => int(1, 5), force: flag, justId: flag, lastId: id }, 0.35) })),
    ],
    xdel: () => [stream(), ids()],
    xdelex: () => [stream(), ...(chance(0.8) ? [pick(['KEEPREF', 'delref', 'ACKED']), ...list(1, 2, id)] : [])],
    xgroup: () => {
      const type = pick(['CREATE', 'CREATE', 'CREATE', 'CREATECONSUMER', 'DELCONSUMER', 'DESTROY', 'SETID']);
      const options = some({ MKSTREAM: flag, ENTRIESREAD: () => int(1, 5) }, type === 'CREATE' ? 0.4 : 0);
      const more = {
        CREATE: { id: pick(['0', '$', id()]), ...(chance(0.5) && { options }) },
        CREATECONSUMER: { consumer: consumer() },
        DELCONSUMER: { consumer: consumer() },
        DESTROY: {},
        SETID: { id: pick(['0', id()]), ...(chance(0.4) && { options: { ENTRIESREAD: int(1, 5) } }) },
      };
      return [stream(), { type, group: group(), ...more[type] }];
    },
    xinfo: () => [stream(), chance(0.5) ? { type: 'GROUPS' } : { type: 'CONSUMERS', group: group() }],
    xlen: () => [stream()],
    xpending: () => [stream(), group(), '-', '+', int(1, 5), ...optional(() => some({ idleTime: () => 100_000_000, consumer }, 0.4))],
    xrange: () => [stream(), pick(['-', id()]), pick(['+', id()]), ...maybeCount()],
    xread: () => (chance(0.5) ? [stream(), id(), ...optional(() => some({ count: () => int(1, 3) }))] : [[...KEYS.stream], [id(), '0'], ...optional(() => some({ count: () => int(1, 3) }))]),
    xreadgroup: () => [group(), consumer(), stream(), pick(['>', '>', '0']), ...optional(() => some({ count: () => int(1, 3), NOACK: flag }))],
    xrevrange: () => [stream(), pick(['+', id()]), pick(['-', id()]), ...maybeCount()],
    xtrim: () => {
      const strategy = pick(['MAXLEN', 'MINID']);
      const exactness = pick(['~', '=', undefined]);
      return [stream(), { strategy, ...(exactness && { exactness }), threshold: strategy === 'MAXLEN' ? int(1, 20) : id(), ...(exactness !== '=' && chance(0.3) && { limit: int(1, 10) }) }];
    },

    geoadd: () => [geo(), ...(chance(0.4) ? [some({ nx: flag, xx: flag, ch: flag })] : []), ...list(1, 3, place)],
    geodist: () => [geo(), member(), member(), ...optional(unit)],
    geohash: () => (chance(0.5) ? [geo(), ...members()] : [geo(), members()]),
    geopos: () => (chance(0.5) ? [geo(), ...members()] : [geo(), members()]),
    geosearch: () => [geo(), centre(), shape(), pick(['ASC', 'DESC', 'asc']), ...optional(() => some({ count, withCoord: flag, withDist: flag, withHash: flag }))],
    geosearchstore: () => [geo(), geo(), centre(), shape(), pick(['ASC', 'DESC', 'asc']), ...optional(() => some({ count, storeDist: flag }))],

    pfadd: () => [log(), ...list(0, 3, value)],
    pfcount: () => list(1, 3, log),
    pfmerge: () => list(1, 3, log),

    clientSetinfo: () => [pick(['LIB-NAME', 'LIB-VER', 'lib-name']), text()],
    copy: () => [any(), any(), ...optional(() => ({ replace: chance(0.6) }))],
    dbsize: () => [],
    del: () => list(1, 2, any),
    echo: () => [text()],
    exec: () => [pick([['SET', string(), text()], ['GET', string()], ['LRANGE', queue(), 0, -1], ['HGETALL', hash()], ['NONSENSE', 1]])],
    exists: () => list(1, 3, any),
    expire: () => [any(), chance(0.9) ? seconds() : -1, ...optional(condition)],
    expireat: () => [any(), moment(), ...optional(condition)],
    flushall: () => pick([[], [[{ async: true }]], [[{}]]]),
    flushdb: () => pick([[], [{ async: true }], [{}]]),
    keys: () => [pick(['*', 's*', '?1', 'none'])],
    persist: () => [any()],
    pexpire: () => [any(), milliseconds(), ...optional(condition)],
    pexpireat: () => [any(), moment() * 1000, ...optional(condition)],
    ping: () => pick([[], [['hi']], [[]]]),
    pttl: () => [any()],
    randomkey: () => [],
    rename: () => [any(), any()],
    renamenx: () => [any(), any()],
    scan: () => [pick([0, '0']), ...optional(() => scanned({ type: () => pick(['string', 'hash']), withType: () => true }))],
    time: () => [],
    touch: () => list(1, 3, any),
    ttl: () => [any()],
    type: () => [any()],
    unlink: () => list(1, 2, any),

    eval: scripted(script),
    evalRo: scripted(() => pick([...SCRIPTS.slice(0, 3), SCRIPTS.at(-1)])),
    evalsha: scripted(() => pick([...HASHES, '0'.repeat(40)])),
    evalshaRo: scripted(() => pick(HASHES)),
    publish: () => ['channel', value()],
    scriptExists: () => list(1, 3, () => pick([...HASHES, '0'.repeat(40)])),
    scriptFlush: () => pick([[], [{ sync: true }], [{ async: true }], [{}]]),
    scriptLoad: () => [script()],

    'json.arrappend': () => ['doc', path(), ...list(1, 3, document)],
    'json.arrindex': () => ['doc', path(), document(), ...optional(index, index)],
    'json.arrinsert': () => ['doc', path(), index(), ...list(1, 2, document)],
    'json.arrlen': () => ['doc', ...optional(path)],
    'json.arrpop': () => ['doc', ...optional(path, index)],
    'json.arrtrim': () => ['doc', ...optional(path, index, index)],
    'json.clear': () => ['doc', ...optional(path)],
    'json.del': () => ['doc', ...optional(path)],
    'json.forget': () => ['doc', ...optional(path)],
    'json.get': () => ['doc', ...(chance(0.5) ? [some({ indent: () => '  ', newline: () => '\n', space: () => ' ' })] : []), ...list(0, 2, path)],
    'json.merge': () => ['doc', path(), document()],
    'json.mget': () => [list(1, 3, () => pick(['doc', 'doc2'])), path()],
    'json.mset': () => list(1, 2, () => ({ key: 'doc', path: path(), value: document() })),
    'json.numincrby': () => ['doc', path(), pick([1, -0.5])],
    'json.nummultby': () => ['doc', path(), pick([2, 0.5])],
    'json.objkeys': () => ['doc', ...optional(path)],
    'json.objlen': () => ['doc', ...optional(path)],
    'json.resp': () => ['doc', ...optional(path)],
    'json.set': () => ['doc', path(), document(), ...optional(() => some({ nx: flag, xx: flag }, 0.4))],
    'json.strappend': () => ['doc', path(), text()],
    'json.strlen': () => ['doc', ...optional(path)],
    'json.toggle': () => ['doc', path()],
    'json.type': () => ['doc', ...optional(path)],

    'functions.call': () => [pick(['echo_all', 'missing']), ...optional(() => list(0, 2, string), () => list(0, 2, value))],
    'functions.callRo': () => [pick(['echo_all', 'missing']), ...optional(() => list(0, 2, string), () => list(0, 2, value))],
    'functions.delete': () => [pick(['lib', 'missing'])],
    'functions.flush': () => [],
    'functions.list': () => optional(() => some({ libraryName: () => pick(['lib', 'x*']), withCode: flag })),
    'functions.load': () => [{ code: LIBRARY, ...some({ replace: flag }) }],
    'functions.stats': () => [],

    arcount: () => ['array'],
    ardel: () => ['array', ...list(1, 3, position)],
    ardelrange: () => ['array', ...list(1, 2, () => [position(), position()])],
    arget: () => ['array', position()],
    argetrange: () => ['array', position(), position()],
    argrep: () => [
      'array',
      '-',
      '+',
      {
        predicates: list(1, 2, () => pick([{ exact: 'a' }, { match: 'b' }, { glob: 'c*' }, { re: '^d' }])),
        ...some({ combine: () => pick(['AND', 'or']), noCase: flag, withValues: flag, limit: () => int(1, 3) }),
      },
    ],
    arinfo: () => ['array', ...optional(() => ({ full: chance(0.7) }))],
    arinsert: () => ['array', ...list(1, 3, value)],
    arlastitems: () => ['array', int(1, 3), ...optional(() => ({ rev: chance(0.7) }))],
    arlen: () => ['array'],
    armget: () => ['array', ...list(1, 3, position)],
    armset: () => ['array', chance(0.5) ? { 0: value(), 5: value() } : list(1, 2, () => [position(), value()])],
    arnext: () => ['array'],
    arop: () => ['array', position(), position(), chance(0.7) ? pick(['SUM', 'min', 'USED']) : { match: 'a' }],
    arring: () => ['array', int(1, 3), ...list(1, 3, value)],
    arscan: () => ['array', position(), position(), ...optional(() => some({ limit: () => int(1, 3) }))],
    arseek: () => ['array', position()],
    arset: () => ['array', position(), ...list(1, 3, value)],
  };
}

/** How a stream is kept short by XADD. */
function trimming({ chance, int, pick }) {
  const comparison = pick(['~', '=']);
  const type = pick(['MAXLEN', 'maxlen', 'MINID']);
  return { type, comparison, threshold: type === 'MINID' ? `${int(1, 9)}-0` : int(5, 20), ...(comparison === '~' && chance(0.5) && { limit: int(1, 10) }) };
}

/** Operations of a BITFIELD: method and arguments. */
export function randomBitfield({ chance, int, list, pick }) {
  const encoding = () => pick(['u4', 'i5', 'u8', 'i16', 'i64', 'u63', 'u99']);
  const offset = () => (chance(0.7) ? int(0, 32) : `#${int(0, 3)}`);
  return list(1, 4, () =>
    pick([
      ['get', encoding(), offset()],
      ['set', encoding(), offset(), int(-20, 20)],
      ['incrby', encoding(), offset(), int(-20, 20)],
      ['overflow', pick(['WRAP', 'SAT', 'FAIL'])],
    ]),
  );
}

/** Keys by what they hold, when nobody made a mistake. */
export const KEYS = {
  string: ['s1', 's2', 'sé'],
  counter: ['n1', 'n2'],
  hash: ['h1', 'h2'],
  list: ['l1', 'l2'],
  set: ['e1', 'e2'],
  sorted: ['z1', 'z2'],
  stream: ['x1', 'x2'],
  geo: ['g1', 'g2'],
  log: ['p1', 'p2'],
};

const SCRIPTS = [
  'return {KEYS, ARGV}',
  "return redis.call('GET', KEYS[1] or 's1')",
  'return {1, "2", {"three", false}, {ok = "fine"}}',
  "return redis.call('SET', KEYS[1] or 's1', ARGV[1] or 'x')",
  'return redis.error_reply("MY own")',
  'this is no Lua',
];
const LIBRARY = "#!lua name=lib\nredis.register_function{function_name='echo_all', callback=function(keys, args) return {keys, args} end, flags={'no-writes'}}";

const HASHES = SCRIPTS.slice(0, 4).map((script) => createHash('sha1').update(script).digest('hex'));
