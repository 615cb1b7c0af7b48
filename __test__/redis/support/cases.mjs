// Every command with each of its options: the arguments, the words that have to reach Redis, and the reply.

/** A call on the Redis that is there. `before`: commands that prepare for it, words with spaces between. */
const on = (values, words, reply, ...before) => ({ values, words, reply, before });

/** A call of a command that only a newer Redis has: `recorded` is what such a one answers. */
const newer = (values, words, recorded, reply = recorded) => ({ values, words, recorded, reply });

/** A call that the endpoint does not let through, because it waits. */
const blocking = (values, words) => ({ values, words, reply: /not available/, isBlocking: true });

/** Any reply that this holds for. */
const like = (check) => ({ check });

const soon = like((reply) => reply > 90 && reply <= 100);
const someId = like((reply) => /^\d+-\d+$/.test(reply));

const GEO = ['GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania'];
const STREAM = ['XADD x 1-0 a 1', 'XADD x 2-0 b {"c":2}'];
const GROUP = [...STREAM, 'XGROUP CREATE x readers 0'];
const TAKEN = [...GROUP, 'XREADGROUP GROUP readers ann STREAMS x >'];
const SCORES = ['ZADD z 1 a 2 b 3 c'];
const LEXICAL = ['ZADD z 0 a 0 b 0 c'];
const LIST = ['RPUSH l a b c'];
const SETS = ['SADD s a', 'SADD t a b'];
const FAR = 4_000_000_000;
const FAR_MS = FAR * 1_000;

export const CASES = {
  // Strings and bits
  append: [on(['k', 'b'], 'append k b', 2, 'SET k a'), on(['k', 5], 'append k 5', 1)],
  bitcount: [
    on(['k'], 'bitcount k', 6, 'SET k ab'),
    on(['k', 1, 1], 'bitcount k 1 1', 3, 'SET k ab'),
    on(['k', 0, -1], 'bitcount k 0 -1', 6, 'SET k ab'),
    on(['k', 0, 0], 'bitcount k 0 0', 3, 'SET k ab'),
  ],
  bitop: [
    on(['and', 'd', 'k', 'm'], 'bitop and d k m', 1, 'SET k a', 'SET m b'),
    on(['or', 'd', 'k', 'm'], 'bitop or d k m', 1, 'SET k a'),
    on(['xor', 'd', 'k', 'm'], 'bitop xor d k m', 1, 'SET k a'),
    on(['not', 'd', 'k'], 'bitop not d k', 1, 'SET k a'),
    newer(['diff', 'd', 'k', 'm'], 'bitop diff d k m', 1),
    newer(['diff1', 'd', 'k', 'm'], 'bitop diff1 d k m', 1),
    newer(['andor', 'd', 'k', 'm'], 'bitop andor d k m', 1),
    newer(['one', 'd', 'k', 'm'], 'bitop one d k m', 1),
  ],
  bitpos: [
    on(['k', 1], 'bitpos k 1', 1, 'SET k a'),
    on(['k', 0], 'bitpos k 0', 0, 'SET k a'),
    on(['k', 1, 1], 'bitpos k 1 1', 9, 'SET k aa'),
    on(['k', 1, 0, 0], 'bitpos k 1 0 0', 1, 'SET k aa'),
  ],
  decr: [on(['n'], 'decr n', 4, 'SET n 5')],
  decrby: [on(['n', 7], 'decrby n 7', -2, 'SET n 5'), on(['n', 1n], 'decrby n 1', 4, 'SET n 5')],
  get: [on(['k'], 'get k', 'v', 'SET k v'), on(['k'], 'get k', null), on(['k'], 'get k', { a: [1] }, 'SET k {"a":[1]}')],
  getbit: [on(['k', 1], 'getbit k 1', 1, 'SET k a')],
  getdel: [on(['k'], 'getdel k', 'v', 'SET k v'), on(['k'], 'getdel k', null)],
  getex: [
    on(['k'], 'getex k', 'v', 'SET k v'),
    on(['k', { ex: 5 }], 'getex k ex 5', 'v', 'SET k v'),
    on(['k', { px: 5_000 }], 'getex k px 5000', 'v', 'SET k v'),
    on(['k', { exat: FAR }], `getex k exat ${FAR}`, 'v', 'SET k v'),
    on(['k', { pxat: FAR_MS }], `getex k pxat ${FAR_MS}`, 'v', 'SET k v'),
    on(['k', { persist: true }], 'getex k persist', 'v', 'SET k v EX 5'),
  ],
  getrange: [on(['k', 1, -1], 'getrange k 1 -1', 'bc', 'SET k abc')],
  getset: [on(['k', { a: 1 }], 'getset k {"a":1}', 'v', 'SET k v'), on(['k', 'v'], 'getset k v', null)],
  incr: [on(['n'], 'incr n', 1), on(['n'], 'incr n', Number.MAX_SAFE_INTEGER, 'SET n 9007199254740990')],
  incrby: [on(['n', 7], 'incrby n 7', 7), on(['n', 9_007_199_254_740_993n], 'incrby n 9007199254740993', '9007199254740993')],
  incrbyfloat: [on(['n', 0.5], 'incrbyfloat n 0.5', 1.5, 'SET n 1'), on(['n', -1e-7], 'incrbyfloat n -1e-7', 0.5, 'SET n 0.5000001')],
  mget: [on(['k', 'm'], 'mget k m', ['v', null], 'SET k v'), on([['k', 'm']], 'mget k m', ['v', 5], 'SET k v', 'SET m 5')],
  mset: [on([{ k: 'v', m: { a: 1 } }], 'mset k v m {"a":1}', 'OK')],
  msetnx: [on([{ k: 'v', m: 5 }], 'msetnx k v m 5', 1), on([{ k: 'v' }], 'msetnx k v', 0, 'SET k v')],
  psetex: [on(['k', 5_000, 'v'], 'psetex k 5000 v', 'OK')],
  set: [
    on(['k', 'v'], 'set k v', 'OK'),
    on(['k', ''], 'set k ', 'OK'),
    on(['k', 'v', { nx: true }], 'set k v nx', 'OK'),
    on(['k', 'v', { nx: true }], 'set k v nx', null, 'SET k v'),
    on(['k', 'v', { xx: true }], 'set k v xx', null),
    on(['k', 'v', { get: true }], 'set k v get', { a: 1 }, 'SET k {"a":1}'),
    on(['k', 'v', { ex: 5 }], 'set k v ex 5', 'OK'),
    on(['k', 'v', { px: 5_000 }], 'set k v px 5000', 'OK'),
    on(['k', 'v', { exat: FAR }], `set k v exat ${FAR}`, 'OK'),
    on(['k', 'v', { pxat: FAR_MS }], `set k v pxat ${FAR_MS}`, 'OK'),
    on(['k', 'v', { keepTtl: true }], 'set k v keepTtl', 'OK', 'SET k v EX 5'),
    on(['k', 'v', { xx: true, get: true, px: 1 }], 'set k v xx get px 1', 'u', 'SET k u'),
    on(['k', 'v', { nx: false, ex: undefined }], 'set k v', 'OK'),
  ],
  setbit: [on(['k', 7, 1], 'setbit k 7 1', 0)],
  setex: [on(['k', 5, [1]], 'setex k 5 [1]', 'OK')],
  setnx: [on(['k', 'v'], 'setnx k v', 1), on(['k', 'v'], 'setnx k v', 0, 'SET k v')],
  setrange: [on(['k', 1, 'XY'], 'setrange k 1 XY', 3, 'SET k abc')],
  strlen: [on(['k'], 'strlen k', 3, 'SET k abc')],

  // Hashes
  hdel: [on(['h', 'f', 'g'], 'hdel h f g', 1, 'HSET h f 1')],
  hexists: [on(['h', 'f'], 'hexists h f', 1, 'HSET h f 1')],
  hexpire: [
    newer(['h', 'f', 5], 'hexpire h 5 FIELDS 1 f', [1]),
    newer(['h', ['f', 'g'], 5], 'hexpire h 5 FIELDS 2 f g', [1, -2]),
    ...['NX', 'XX', 'GT', 'LT', 'nx'].map((option) => newer(['h', 'f', 5, option], `hexpire h 5 ${option} FIELDS 1 f`, [0])),
  ],
  hexpireat: [newer(['h', 'f', FAR], `hexpireat h ${FAR} FIELDS 1 f`, [1]), newer(['h', ['f'], FAR, 'XX'], `hexpireat h ${FAR} XX FIELDS 1 f`, [2])],
  hexpiretime: [newer(['h', 'f'], 'hexpiretime h FIELDS 1 f', [FAR]), newer(['h', ['f', 5]], 'hexpiretime h FIELDS 2 f 5', [-1, -2])],
  hget: [on(['h', 'f'], 'hget h f', 1, 'HSET h f 1'), on(['h', 'f'], 'hget h f', null)],
  hgetall: [on(['h'], 'hgetall h', { f: 1, g: { a: 1 } }, 'HSET h f 1 g {"a":1}'), on(['h'], 'hgetall h', null)],
  hgetdel: [newer(['h', 'f', 'g'], 'hgetdel h FIELDS 2 f g', ['1', null], { f: 1, g: null }), newer(['h', 'f'], 'hgetdel h FIELDS 1 f', [null], null)],
  hgetex: [
    newer(['h', { ex: 5 }, 'f'], 'hgetex h EX 5 FIELDS 1 f', ['1'], { f: 1 }),
    newer(['h', { px: 5 }, 'f'], 'hgetex h PX 5 FIELDS 1 f', [null], null),
    newer(['h', { exat: FAR }, 'f', 'g'], `hgetex h EXAT ${FAR} FIELDS 2 f g`, ['a', null], { f: 'a', g: null }),
    newer(['h', { pxat: FAR_MS }, 'f'], `hgetex h PXAT ${FAR_MS} FIELDS 1 f`, ['{"a":1}'], { f: { a: 1 } }),
    newer(['h', { persist: true }, 'f'], 'hgetex h PERSIST FIELDS 1 f', ['a'], { f: 'a' }),
  ],
  hincrby: [on(['h', 'f', 2], 'hincrby h f 2', 3, 'HSET h f 1')],
  hincrbyfloat: [on(['h', 'f', 0.5], 'hincrbyfloat h f 0.5', 1.5, 'HSET h f 1')],
  hkeys: [on(['h'], 'hkeys h', ['f', 'g'], 'HSET h f 1 g 2'), on(['h'], 'hkeys h', [])],
  hlen: [on(['h'], 'hlen h', 1, 'HSET h f 1')],
  hmget: [
    on(['h', 'f', 'g'], 'hmget h f g', { f: 1, g: null }, 'HSET h f 1'),
    on(['h', 'f', 'g'], 'hmget h f g', null),
  ],
  hmset: [on(['h', { f: 1, g: [2] }], 'hmset h f 1 g [2]', 'OK')],
  hpersist: [newer(['h', 'f'], 'hpersist h FIELDS 1 f', [1]), newer(['h', ['f', 'g']], 'hpersist h FIELDS 2 f g', [-1, -2])],
  hpexpire: [newer(['h', 'f', 5], 'hpexpire h 5 FIELDS 1 f', [1]), newer(['h', ['f', 'g'], 5, 'LT'], 'hpexpire h 5 LT FIELDS 2 f g', [1, 0])],
  hpexpireat: [newer(['h', 'f', FAR_MS], `hpexpireat h ${FAR_MS} FIELDS 1 f`, [1]), newer(['h', 'f', 5, 'GT'], 'hpexpireat h 5 GT FIELDS 1 f', [0])],
  hpexpiretime: [newer(['h', ['f']], 'hpexpiretime h FIELDS 1 f', [FAR_MS])],
  hpttl: [newer(['h', 'f'], 'hpttl h FIELDS 1 f', [99_999])],
  hrandfield: [
    on(['h'], 'hrandfield h', 'f', 'HSET h f 1'),
    on(['h'], 'hrandfield h', null),
    on(['h', 2], 'hrandfield h 2', ['f'], 'HSET h f 1'),
    on(['h', -2], 'hrandfield h -2', ['f', 'f'], 'HSET h f 1'),
    on(['h', 1, true], 'hrandfield h 1 WITHVALUES', { f: 1 }, 'HSET h f 1'),
    on(['h', 1, false], 'hrandfield h 1', ['f'], 'HSET h f 1'),
  ],
  hscan: [
    on(['h', 0], 'hscan h 0', ['0', ['f', 1]], 'HSET h f 1'),
    on(['h', 0], 'hscan h 0', ['0', ['1.0', '007', '-0', '1e3']], 'HSET h 1.0 007 -0 1e3'),
    on(['h', '0', { match: 'g*' }], 'hscan h 0 match g*', ['0', []], 'HSET h f 1'),
    on(['h', 0, { count: 100, match: '*' }], 'hscan h 0 match * count 100', ['0', ['f', 1]], 'HSET h f 1'),
  ],
  hset: [on(['h', { f: 1, g: { a: 1 } }], 'hset h f 1 g {"a":1}', 2)],
  hsetex: [
    newer(['h', {}, { f: 1 }], 'hsetex h FIELDS 1 f 1', 1),
    newer(['h', { conditional: 'fnx' }, { f: 1, g: [1] }], 'hsetex h FNX FIELDS 2 f 1 g [1]', 0),
    newer(['h', { conditional: 'FXX', expiration: { ex: 5 } }, { f: 1 }], 'hsetex h FXX ex 5 FIELDS 1 f 1'.replace(' ex ', ' EX '), 1),
    newer(['h', { expiration: { px: 5 } }, { f: 1 }], 'hsetex h PX 5 FIELDS 1 f 1', 1),
    newer(['h', { expiration: { exat: FAR } }, { f: 1 }], `hsetex h EXAT ${FAR} FIELDS 1 f 1`, 1),
    newer(['h', { expiration: { pxat: FAR_MS } }, { f: 1 }], `hsetex h PXAT ${FAR_MS} FIELDS 1 f 1`, 1),
    newer(['h', { expiration: { keepttl: true } }, { f: 1 }], 'hsetex h KEEPTTL FIELDS 1 f 1', 1),
  ],
  hsetnx: [on(['h', 'f', 1], 'hsetnx h f 1', 1), on(['h', 'f', 1], 'hsetnx h f 1', 0, 'HSET h f 1')],
  hstrlen: [on(['h', 'f'], 'hstrlen h f', 3, 'HSET h f abc')],
  httl: [newer(['h', 'f'], 'httl h FIELDS 1 f', [100]), newer(['h', ['f', 'g']], 'httl h FIELDS 2 f g', [-1, -2])],
  hvals: [on(['h'], 'hvals h', [1, 'x'], 'HSET h f 1 g x')],

  // Lists
  lindex: [on(['l', -1], 'lindex l -1', 'c', ...LIST), on(['l', 9], 'lindex l 9', null)],
  linsert: [on(['l', 'before', 'b', 5], 'linsert l before b 5', 4, ...LIST), on(['l', 'after', 'x', 5], 'linsert l after x 5', -1, ...LIST)],
  llen: [on(['l'], 'llen l', 3, ...LIST)],
  lmove: [on(['l', 'm', 'left', 'right'], 'lmove l m left right', 'a', ...LIST), on(['l', 'm', 'right', 'left'], 'lmove l m right left', null)],
  lmpop: [
    on([1, ['l'], 'LEFT'], 'LMPOP 1 l LEFT', ['l', ['a']], ...LIST),
    on([2, ['m', 'l'], 'RIGHT', 2], 'LMPOP 2 m l RIGHT COUNT 2', ['l', ['c', 'b']], ...LIST),
    on([1, ['l'], 'LEFT'], 'LMPOP 1 l LEFT', null),
  ],
  lpop: [on(['l'], 'lpop l', 'a', ...LIST), on(['l', 2], 'lpop l 2', ['a', 'b'], ...LIST), on(['l'], 'lpop l', null)],
  lpos: [
    on(['l', 'b'], 'lpos l b', 1, ...LIST),
    on(['l', 'x'], 'lpos l x', null, ...LIST),
    on(['l', 'b', { rank: -1 }], 'lpos l b rank -1', 1, ...LIST),
    on(['l', 'b', { count: 0 }], 'lpos l b count 0', [1], ...LIST),
    on(['l', 'b', { maxLen: 1 }], 'lpos l b maxLen 1', null, ...LIST),
    on(['l', 'b', { rank: 1, count: 2, maxLen: 0 }], 'lpos l b rank 1 count 2 maxLen 0', [1], ...LIST),
  ],
  lpush: [on(['l', 'a', 5, { b: 1 }], 'lpush l a 5 {"b":1}', 3)],
  lpushx: [on(['l', 'a'], 'lpushx l a', 0), on(['l', 'a', 'b'], 'lpushx l a b', 5, ...LIST)],
  lrange: [on(['l', 0, -1], 'lrange l 0 -1', ['a', 1, { b: 2 }], 'RPUSH l a 1 {"b":2}'), on(['l', 0, 1], 'lrange l 0 1', [])],
  lrem: [on(['l', 0, 'b'], 'lrem l 0 b', 1, ...LIST)],
  lset: [on(['l', 0, { a: 1 }], 'lset l 0 {"a":1}', 'OK', ...LIST)],
  ltrim: [on(['l', 0, 1], 'ltrim l 0 1', 'OK', ...LIST)],
  rpop: [on(['l'], 'rpop l', 'c', ...LIST), on(['l', 2], 'rpop l 2', ['c', 'b'], ...LIST)],
  rpush: [on(['l', 'a', 5], 'rpush l a 5', 2)],
  rpushx: [on(['l', 'a'], 'rpushx l a', 4, ...LIST)],

  // Sets
  sadd: [on(['s', 'a', 5, 'a'], 'sadd s a 5 a', 2)],
  scard: [on(['s'], 'scard s', 1, ...SETS)],
  sdiff: [on(['t', 's'], 'sdiff t s', ['b'], ...SETS)],
  sdiffstore: [on(['d', 't', 's'], 'sdiffstore d t s', 1, ...SETS)],
  sinter: [on(['t', 's'], 'sinter t s', ['a'], ...SETS)],
  sintercard: [on([['t', 's']], 'sintercard 2 t s', 1, ...SETS), on([['t', 't'], { limit: 1 }], 'sintercard 2 t t LIMIT 1', 1, ...SETS)],
  sinterstore: [on(['d', 't', 's'], 'sinterstore d t s', 1, ...SETS)],
  sismember: [on(['s', 'a'], 'sismember s a', 1, ...SETS)],
  smembers: [on(['s'], 'smembers s', ['a'], ...SETS), on(['s'], 'smembers s', [])],
  smismember: [on(['s', ['a', 'b']], 'smismember s a b', [1, 0], ...SETS)],
  smove: [on(['t', 's', 'b'], 'smove t s b', 1, ...SETS)],
  spop: [on(['s'], 'spop s', 'a', ...SETS), on(['s', 5], 'spop s 5', ['a'], ...SETS), on(['s'], 'spop s', null)],
  srandmember: [on(['s'], 'srandmember s', 'a', ...SETS), on(['s', -2], 'srandmember s -2', ['a', 'a'], ...SETS)],
  srem: [on(['s', 'a', 'x'], 'srem s a x', 1, ...SETS)],
  sscan: [
    on(['s', 0], 'sscan s 0', ['0', ['a']], ...SETS),
    on(['s', 0, { match: 'b*', count: 100 }], 'sscan s 0 match b* count 100', ['0', []], ...SETS),
  ],
  sunion: [on(['s', 's'], 'sunion s s', ['a'], ...SETS)],
  sunionstore: [on(['d', 's', 't'], 'sunionstore d s t', 2, ...SETS)],

  // Sorted sets
  zadd: [
    on(['z', { score: 1, member: 'a' }], 'zadd z 1 a', 1),
    on(['z', { score: 1.5, member: 'a' }, { score: -1, member: { b: 1 } }], 'zadd z 1.5 a -1 {"b":1}', 2),
    on(['z', { nx: true }, { score: 5, member: 'a' }], 'zadd z nx 5 a', 0, ...SCORES),
    on(['z', { xx: true, ch: true }, { score: 5, member: 'a' }], 'zadd z xx ch 5 a', 1, ...SCORES),
    on(['z', { incr: true }, { score: 5, member: 'a' }], 'zadd z incr 5 a', 6, ...SCORES),
    on(['z', { gt: true }, { score: 0, member: 'a' }], 'zadd z gt 0 a', 0, ...SCORES),
    on(['z', { lt: true, ch: true }, { score: 0, member: 'a' }], 'zadd z ch lt 0 a', 1, ...SCORES),
  ],
  zcard: [on(['z'], 'zcard z', 3, ...SCORES)],
  zcount: [on(['z', '(1', '+inf'], 'zcount z (1 +inf', 2, ...SCORES)],
  zdiffstore: [on(['d', 2, 'z', 'y'], 'zdiffstore d 2 z y', 3, ...SCORES)],
  zincrby: [on(['z', 0.5, 'a'], 'zincrby z 0.5 a', 1.5, ...SCORES)],
  zinterstore: [
    on(['d', 1, 'z'], 'zinterstore d 1 z', 3, ...SCORES),
    on(['d', 2, ['z', 'z'], { weights: [1, 2] }], 'zinterstore d 2 z z weights 1 2', 3, ...SCORES),
    on(['d', 1, ['z'], { weight: 2, aggregate: 'max' }], 'zinterstore d 1 z weights 2 aggregate max', 3, ...SCORES),
  ],
  zlexcount: [on(['z', '[a', '(c'], 'zlexcount z [a (c', 2, ...LEXICAL)],
  zmscore: [on(['z', ['a', 'x']], 'zmscore z a x', [1, null], ...SCORES)],
  zpopmax: [on(['z'], 'zpopmax z', ['c', 3], ...SCORES), on(['z', 2], 'zpopmax z 2', ['c', 3, 'b', 2], ...SCORES)],
  zpopmin: [on(['z'], 'zpopmin z', ['a', 1], ...SCORES), on(['z', 2], 'zpopmin z 2', ['a', 1, 'b', 2], ...SCORES)],
  zrange: [
    on(['z', 0, -1], 'zrange z 0 -1', ['a', 'b', 'c'], ...SCORES),
    on(['z', 0, 0, { withScores: true }], 'zrange z 0 0 withscores', ['a', 1], ...SCORES),
    on(['z', 0, 0, { rev: true }], 'zrange z 0 0 rev', ['c'], ...SCORES),
    on(['z', '(1', '+inf', { byScore: true }], 'zrange z (1 +inf byscore', ['b', 'c'], ...SCORES),
    on(['z', '+inf', 2, { byScore: true, rev: true, offset: 0, count: 1, withScores: true }], 'zrange z +inf 2 byscore rev limit 0 1 withscores', ['c', 3], ...SCORES),
    on(['z', '[b', '+', { byLex: true }], 'zrange z [b + bylex', ['b', 'c'], ...LEXICAL),
  ],
  zrank: [on(['z', 'b'], 'zrank z b', 1, ...SCORES), on(['z', 'x'], 'zrank z x', null)],
  zrem: [on(['z', 'a', 'x'], 'zrem z a x', 1, ...SCORES)],
  zremrangebylex: [on(['z', '-', '[b'], 'zremrangebylex z - [b', 2, ...LEXICAL)],
  zremrangebyrank: [on(['z', 0, 1], 'zremrangebyrank z 0 1', 2, ...SCORES)],
  zremrangebyscore: [on(['z', '-inf', 2], 'zremrangebyscore z -inf 2', 2, ...SCORES)],
  zrevrank: [on(['z', 'a'], 'zrevrank z a', 2, ...SCORES)],
  zscan: [
    on(['z', 0], 'zscan z 0', ['0', ['a', 1]], 'ZADD z 1 a'),
    on(['z', 0, { match: 'b', count: 9 }], 'zscan z 0 match b count 9', ['0', []], 'ZADD z 1 a'),
  ],
  zscore: [on(['z', 'b'], 'zscore z b', 2, ...SCORES), on(['z', 'x'], 'zscore z x', null)],
  zunion: [
    on([1, 'z'], 'zunion 1 z', ['a', 'b', 'c'], ...SCORES),
    on([2, ['z', 'y'], { withScores: true }], 'zunion 2 z y withscores', ['a', 1, 'b', 2, 'c', 3], ...SCORES),
    on([2, ['z', 'z'], { weights: [2, 3], aggregate: 'sum', withScores: true }], 'zunion 2 z z weights 2 3 aggregate sum withscores', ['a', 5, 'b', 10, 'c', 15], ...SCORES),
    on([1, ['z'], { weight: 2, aggregate: 'min' }], 'zunion 1 z weights 2 aggregate min', ['a', 'b', 'c'], ...SCORES),
  ],
  zunionstore: [
    on(['d', 1, 'z'], 'zunionstore d 1 z', 3, ...SCORES),
    on(['d', 2, ['z', 'y'], { weights: [1, 0], aggregate: 'max' }], 'zunionstore d 2 z y weights 1 0 aggregate max', 3, ...SCORES),
    on(['d', 1, ['z'], { weight: 2 }], 'zunionstore d 1 z weights 2', 3, ...SCORES),
  ],

  // Streams
  xack: [on(['x', 'readers', '1-0'], 'XACK x readers 1-0', 1, ...TAKEN), on(['x', 'readers', ['1-0', '2-0']], 'XACK x readers 1-0 2-0', 2, ...TAKEN)],
  xackdel: [
    newer(['x', 'readers', 'KEEPREF', '1-0'], 'XACKDEL x readers KEEPREF IDS 1 1-0', [1]),
    newer(['x', 'readers', 'delref', '1-0', '2-0'], 'XACKDEL x readers DELREF IDS 2 1-0 2-0', [1, -1]),
    newer(['x', 'readers', 'ACKED', '1-0'], 'XACKDEL x readers ACKED IDS 1 1-0', [2]),
  ],
  xadd: [
    on(['x', '*', { a: 1 }], 'XADD x * a 1', someId),
    on(['x', '5-0', { a: { b: 1 }, c: 'd' }], 'XADD x 5-0 a {"b":1} c d', '5-0'),
    on(['x', '5-0', { a: 1 }, { nomkStream: true }], 'XADD x NOMKSTREAM 5-0 a 1', null),
    on(['x', '5-0', { a: 1 }, { trim: { type: 'MAXLEN', threshold: 2, comparison: '=' } }], 'XADD x MAXLEN = 2 5-0 a 1', '5-0', ...STREAM),
    on(['x', '5-0', { a: 1 }, { trim: { type: 'maxlen', threshold: 2, comparison: '~', limit: 10 } }], 'XADD x maxlen ~ 2 LIMIT 10 5-0 a 1', '5-0'),
    on(['x', '5-0', { a: 1 }, { trim: { type: 'MINID', threshold: '2-0', comparison: '=' } }], 'XADD x MINID = 2-0 5-0 a 1', '5-0', ...STREAM),
  ],
  xautoclaim: [
    on(['x', 'readers', 'bob', 0, '0-0'], 'XAUTOCLAIM x readers bob 0 0-0', ['0-0', [['1-0', ['a', 1]], ['2-0', ['b', { c: 2 }]]], []], ...TAKEN),
    on(['x', 'readers', 'bob', 0, '0-0', { count: 1 }], 'XAUTOCLAIM x readers bob 0 0-0 COUNT 1', ['2-0', [['1-0', ['a', 1]]], []], ...TAKEN),
    on(['x', 'readers', 'bob', 0, '0-0', { justId: true }], 'XAUTOCLAIM x readers bob 0 0-0 JUSTID', ['0-0', ['1-0', '2-0'], []], ...TAKEN),
  ],
  xclaim: [
    on(['x', 'readers', 'bob', 0, '1-0'], 'XCLAIM x readers bob 0 1-0', [['1-0', ['a', 1]]], ...TAKEN),
    on(['x', 'readers', 'bob', 0, ['1-0', '2-0'], { justId: true }], 'XCLAIM x readers bob 0 1-0 2-0 JUSTID', ['1-0', '2-0'], ...TAKEN),
    on(['x', 'readers', 'bob', 0, '1-0', { idleMS: 5 }], 'XCLAIM x readers bob 0 1-0 IDLE 5', [['1-0', ['a', 1]]], ...TAKEN),
    on(['x', 'readers', 'bob', 0, '1-0', { timeMS: 5 }], 'XCLAIM x readers bob 0 1-0 TIME 5', [['1-0', ['a', 1]]], ...TAKEN),
    on(['x', 'readers', 'bob', 0, '1-0', { retryCount: 3, force: true, lastId: '1-0' }], 'XCLAIM x readers bob 0 1-0 RETRYCOUNT 3 FORCE LASTID 1-0', [['1-0', ['a', 1]]], ...TAKEN),
  ],
  xdel: [on(['x', '1-0'], 'XDEL x 1-0', 1, ...STREAM), on(['x', ['1-0', '2-0']], 'XDEL x 1-0 2-0', 2, ...STREAM)],
  xdelex: [
    newer(['x', 'keepref', '1-0'], 'XDELEX x KEEPREF IDS 1 1-0', [1]),
    newer(['x', undefined, '1-0', '2-0'], 'XDELEX x IDS 2 1-0 2-0', [1, -1]),
  ],
  xgroup: [
    on(['x', { type: 'CREATE', group: 'readers', id: '0' }], 'XGROUP CREATE x readers 0', 'OK', ...STREAM),
    on(['x', { type: 'CREATE', group: 'readers', id: '$', options: { MKSTREAM: true, ENTRIESREAD: 2 } }], 'XGROUP CREATE x readers $ MKSTREAM ENTRIESREAD 2', 'OK'),
    on(['x', { type: 'CREATECONSUMER', group: 'readers', consumer: 'ann' }], 'XGROUP CREATECONSUMER x readers ann', 1, ...GROUP),
    on(['x', { type: 'DELCONSUMER', group: 'readers', consumer: 'ann' }], 'XGROUP DELCONSUMER x readers ann', 2, ...TAKEN),
    on(['x', { type: 'DESTROY', group: 'readers' }], 'XGROUP DESTROY x readers', 1, ...GROUP),
    on(['x', { type: 'SETID', group: 'readers', id: '1-0', options: { ENTRIESREAD: 1 } }], 'XGROUP SETID x readers 1-0 ENTRIESREAD 1', 'OK', ...GROUP),
  ],
  xinfo: [
    on(['x', { type: 'GROUPS' }], 'XINFO GROUPS x', like(([group]) => group[0] === 'name' && group[1] === 'readers'), ...GROUP),
    on(['x', { type: 'CONSUMERS', group: 'readers' }], 'XINFO CONSUMERS x readers', like(([consumer]) => consumer[1] === 'ann' && consumer[3] === 2), ...TAKEN),
  ],
  xlen: [on(['x'], 'XLEN x', 2, ...STREAM)],
  xpending: [
    on(['x', 'readers', '-', '+', 9], 'XPENDING x readers - + 9', like((reply) => reply.length === 2 && reply[0][0] === '1-0' && reply[0][1] === 'ann'), ...TAKEN),
    on(['x', 'readers', '-', '+', 9, { idleTime: 1e6 }], 'XPENDING x readers IDLE 1000000 - + 9', [], ...TAKEN),
    on(['x', 'readers', '-', '+', 9, { consumer: 'bob' }], 'XPENDING x readers - + 9 bob', [], ...TAKEN),
    on(['x', 'readers', '-', '+', 9, { consumer: ['bob'] }], 'XPENDING x readers - + 9 bob', [], ...TAKEN),
  ],
  xrange: [
    on(['x', '-', '+'], 'XRANGE x - +', { '1-0': { a: 1 }, '2-0': { b: { c: 2 } } }, ...STREAM),
    on(['x', '-', '+', 1], 'XRANGE x - + COUNT 1', { '1-0': { a: 1 } }, ...STREAM),
    on(['x', '-', '+'], 'XRANGE x - +', {}),
  ],
  xread: [
    on(['x', '1-0'], 'XREAD STREAMS x 1-0', [['x', [['2-0', ['b', { c: 2 }]]]]], ...STREAM),
    on([['x', 'y'], ['0', '0']], 'XREAD STREAMS x y 0 0', like(([[name, entries]]) => name === 'x' && entries.length === 2), ...STREAM),
    on(['x', '0', { count: 1 }], 'XREAD COUNT 1 STREAMS x 0', [['x', [['1-0', ['a', 1]]]]], ...STREAM),
    blocking(['x', '0', { count: 1, blockMS: 0 }], 'XREAD COUNT 1 BLOCK 0 STREAMS x 0'),
    on(['x', '9-0'], 'XREAD STREAMS x 9-0', null, ...STREAM),
  ],
  xreadgroup: [
    on(['readers', 'ann', 'x', '>'], 'XREADGROUP GROUP readers ann STREAMS x >', [['x', [['1-0', ['a', 1]], ['2-0', ['b', { c: 2 }]]]]], ...GROUP),
    on(['readers', 'ann', ['x'], ['>'], { count: 1 }], 'XREADGROUP GROUP readers ann COUNT 1 STREAMS x >', [['x', [['1-0', ['a', 1]]]]], ...GROUP),
    on(['readers', 'ann', 'x', '>', { NOACK: true }], 'XREADGROUP GROUP readers ann NOACK STREAMS x >', like((reply) => reply[0][1].length === 2), ...GROUP),
    blocking(['readers', 'ann', 'x', '>', { blockMS: 1 }], 'XREADGROUP GROUP readers ann BLOCK 1 STREAMS x >'),
  ],
  xrevrange: [
    on(['x', '+', '-'], 'XREVRANGE x + -', { '2-0': { b: { c: 2 } }, '1-0': { a: 1 } }, ...STREAM),
    on(['x', '+', '-', 1], 'XREVRANGE x + - COUNT 1', { '2-0': { b: { c: 2 } } }, ...STREAM),
  ],
  xtrim: [
    on(['x', { strategy: 'MAXLEN', exactness: '=', threshold: 1 }], 'XTRIM x MAXLEN = 1', 1, ...STREAM),
    on(['x', { strategy: 'MINID', exactness: '=', threshold: '2-0' }], 'XTRIM x MINID = 2-0', 1, ...STREAM),
    on(['x', { strategy: 'MAXLEN', threshold: 1, limit: 5 }], 'XTRIM x MAXLEN ~ 1 LIMIT 5', 0, ...STREAM),
  ],

  // Places
  geoadd: [
    on(['g', { longitude: 13.4, latitude: 38.1, member: 'a' }, { longitude: 0, latitude: 0, member: { b: 1 } }], 'geoadd g 13.4 38.1 a 0 0 {"b":1}', 2),
    on(['g', { nx: true }, { longitude: 1, latitude: 2, member: 'Palermo' }], 'geoadd g nx 1 2 Palermo', 0, ...GEO),
    on(['g', { xx: true, ch: true }, { longitude: 1, latitude: 2, member: 'Palermo' }], 'geoadd g xx ch 1 2 Palermo', 1, ...GEO),
  ],
  geodist: [
    on(['g', 'Palermo', 'Catania'], 'GEODIST g Palermo Catania M', like((metres) => metres > 166_000 && metres < 167_000), ...GEO),
    ...['M', 'KM', 'FT', 'MI', 'km'].map((unit) => on(['g', 'Palermo', 'x', unit], `GEODIST g Palermo x ${unit}`, null, ...GEO)),
  ],
  geohash: [
    on(['g', 'Palermo', 'x'], 'GEOHASH g Palermo x', ['sqc8b49rny0', null], ...GEO),
    on(['g', ['Palermo']], 'GEOHASH g Palermo', ['sqc8b49rny0'], ...GEO),
  ],
  geopos: [
    on(['g', 'Palermo', 'x'], 'GEOPOS g Palermo x', like((places) => places.length === 1 && Math.abs(places[0].lng - 13.361389) < 1e-4 && Math.abs(places[0].lat - 38.115556) < 1e-4), ...GEO),
    on(['g', ['x']], 'GEOPOS g x', [], ...GEO),
  ],
  geosearch: [
    on(
      ['g', { type: 'FROMLONLAT', coordinate: { lon: 15, lat: 37 } }, { type: 'BYRADIUS', radius: 200, radiusType: 'KM' }, 'ASC'],
      'GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 KM ASC',
      [{ member: 'Catania' }, { member: 'Palermo' }],
      ...GEO,
    ),
    on(
      ['g', { type: 'frommember', member: 'Palermo' }, { type: 'bybox', rect: { width: 400, height: 300 }, rectType: 'mi' }, 'desc', { count: { limit: 1 }, withDist: true }],
      'GEOSEARCH g frommember Palermo bybox 400 300 mi desc COUNT 1 WITHDIST',
      like(([place]) => place.member === 'Catania' && place.dist > 103 && place.dist < 104),
      ...GEO,
    ),
    on(
      ['g', { type: 'FROMMEMBER', member: 'Palermo' }, { type: 'BYRADIUS', radius: 1, radiusType: 'M' }, 'ASC', { count: { limit: 1, any: true }, withCoord: true, withHash: true, withDist: true }],
      'GEOSEARCH g FROMMEMBER Palermo BYRADIUS 1 M ASC COUNT 1 ANY WITHCOORD WITHDIST WITHHASH',
      like(([place]) => place.hash === '3479099956230698' && place.dist === 0 && Math.abs(place.coord.long - 13.361389) < 1e-4),
      ...GEO,
    ),
  ],
  geosearchstore: [
    on(
      ['d', 'g', { type: 'FROMLONLAT', coordinate: { lon: 15, lat: 37 } }, { type: 'BYRADIUS', radius: 200, radiusType: 'KM' }, 'ASC'],
      'GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 KM ASC',
      2,
      ...GEO,
    ),
    on(
      ['d', 'g', { type: 'FROMMEMBER', member: 'Palermo' }, { type: 'BYBOX', rect: { width: 1, height: 1 }, rectType: 'KM' }, 'ASC', { count: { limit: 1, any: true }, storeDist: true }],
      'GEOSEARCHSTORE d g FROMMEMBER Palermo BYBOX 1 1 KM ASC COUNT 1 ANY STOREDIST',
      1,
      ...GEO,
    ),
  ],

  // HyperLogLogs
  pfadd: [on(['p', 'a', { b: 1 }], 'pfadd p a {"b":1}', 1)],
  pfcount: [on(['p', 'q'], 'pfcount p q', 2, 'PFADD p a b')],
  pfmerge: [on(['d', 'p', 'q'], 'pfmerge d p q', 'OK', 'PFADD p a b')],

  // Keys and the server
  clientSetinfo: [
    newer(['LIB-NAME', 'app'], 'CLIENT SETINFO LIB-NAME app', 'OK'),
    newer(['lib-ver', '1.0'], 'CLIENT SETINFO LIB-VER 1.0', 'OK'),
  ],
  copy: [
    on(['k', 'd'], 'COPY k d', 'COPIED', 'SET k v'),
    on(['k', 'd'], 'COPY k d', 'NOT_COPIED', 'SET k v', 'SET d v'),
    on(['k', 'd', { replace: true }], 'COPY k d REPLACE', 'COPIED', 'SET k v', 'SET d v'),
  ],
  dbsize: [on([], 'dbsize', 1, 'SET k v')],
  del: [on(['k', 'm'], 'del k m', 1, 'SET k v')],
  echo: [on(['hello'], 'echo hello', 'hello')],
  exec: [on([['HSET', 'h', 'f', 5]], 'HSET h f 5', 1)],
  exists: [on(['k', 'k', 'm'], 'exists k k m', 2, 'SET k v')],
  expire: [
    on(['k', 100], 'expire k 100', 1, 'SET k v'),
    on(['k', 0], 'expire k 0', 1, 'SET k v'),
    ...['NX', 'XX', 'GT', 'LT', 'gt'].map((option) => on(['m', 5, option], `expire m 5 ${option}`, 0)),
  ],
  expireat: [on(['k', FAR], `expireat k ${FAR}`, 1, 'SET k v'), on(['k', FAR, 'XX'], `expireat k ${FAR} XX`, 0, 'SET k v')],
  flushall: [on([], 'flushall', 'OK'), on([{ async: true }], 'flushall async', 'OK'), on([[{ async: true }]], 'flushall async', 'OK')],
  flushdb: [on([], 'flushdb', 'OK'), on([{ async: true }], 'flushdb async', 'OK')],
  keys: [on(['k*'], 'keys k*', ['k'], 'SET k v', 'SET m v')],
  persist: [on(['k'], 'persist k', 1, 'SET k v EX 5')],
  pexpire: [on(['k', 5_000], 'pexpire k 5000', 1, 'SET k v'), on(['k', 5_000, 'GT'], 'pexpire k 5000 GT', 0, 'SET k v')],
  pexpireat: [on(['k', FAR_MS], `pexpireat k ${FAR_MS}`, 1, 'SET k v'), on(['k', FAR_MS, 'NX'], `pexpireat k ${FAR_MS} NX`, 1, 'SET k v')],
  ping: [on([], 'ping', 'PONG'), on(['hello'], 'ping hello', 'hello'), on([['hi']], 'ping hi', 'hi')],
  pttl: [on(['k'], 'pttl k', -1, 'SET k v'), on(['k'], 'pttl k', -2)],
  randomkey: [on([], 'randomkey', 'k', 'SET k v'), on([], 'randomkey', null)],
  rename: [on(['k', 'm'], 'rename k m', 'OK', 'SET k v')],
  renamenx: [on(['k', 'm'], 'renamenx k m', 0, 'SET k v', 'SET m v')],
  scan: [
    on([0], 'scan 0', ['0', ['k']], 'SET k v'),
    on(['0', { match: 'x*' }], 'scan 0 match x*', ['0', []], 'SET k v'),
    on([0, { count: 100, type: 'hash' }], 'scan 0 count 100 type hash', ['0', ['h']], 'SET k v', 'HSET h f 1'),
    newer([0, { withType: true }], 'scan 0 withtype', ['0', ['k', 'string', '5', 'hash']], ['0', [{ key: 'k', type: 'string' }, { key: '5', type: 'hash' }]]),
  ],
  time: [on([], 'time', like(([seconds, microseconds]) => Math.abs(seconds - Date.now() / 1000) < 60 && microseconds < 1_000_000))],
  touch: [on(['k', 'm'], 'touch k m', 1, 'SET k v')],
  ttl: [on(['k'], 'ttl k', soon, 'SET k v EX 100')],
  type: [on(['h'], 'type h', 'hash', 'HSET h f 1'), on(['h'], 'type h', 'none')],
  unlink: [on(['k', 'm'], 'unlink k m', 1, 'SET k v')],

  // Scripts and messages
  eval: [on(['return{KEYS[1],ARGV[1],ARGV[2]}', ['k'], ['v', { a: 1 }]], 'eval return{KEYS[1],ARGV[1],ARGV[2]} 1 k v {"a":1}', ['k', 'v', { a: 1 }]), on(['return(5)', []], 'eval return(5) 0', 5)],
  evalRo: [on(['return(ARGV[1])', ['k'], [5]], 'eval_ro return(ARGV[1]) 1 k 5', 5)],
  evalsha: [on(['ada9c0e6f7ccb2d19a3f2a9c4c1c3a7b9a9f0000', ['k'], ['v']], 'evalsha ada9c0e6f7ccb2d19a3f2a9c4c1c3a7b9a9f0000 1 k v', /NOSCRIPT/)],
  evalshaRo: [on(['ada9c0e6f7ccb2d19a3f2a9c4c1c3a7b9a9f0000', []], 'evalsha_ro ada9c0e6f7ccb2d19a3f2a9c4c1c3a7b9a9f0000 0', /NOSCRIPT/)],
  publish: [on(['channel', { a: 1 }], 'publish channel {"a":1}', 0)],
  scriptExists: [on(['ada9c0e6f7ccb2d19a3f2a9c4c1c3a7b9a9f0000'], 'script exists ada9c0e6f7ccb2d19a3f2a9c4c1c3a7b9a9f0000', [0])],
  scriptFlush: [
    on([], 'script flush', 'OK'),
    on([{ async: true }], 'script flush async', 'OK'),
    on([{ sync: true }], 'script flush sync', 'OK'),
  ],
  scriptLoad: [on(['return(1)'], 'script load return(1)', like((sha) => /^[0-9a-f]{40}$/.test(sha)))],

  // Functions
  'functions.call': [
    on(['f', ['k'], ['v', 5]], 'fcall f 1 k v 5', /Function not found/),
    newer(['f'], 'fcall f 0', ['a', '5'], ['a', 5]),
  ],
  'functions.callRo': [on(['f', ['k']], 'fcall_ro f 1 k', /Function not found/), newer(['f'], 'fcall_ro f 0', null)],
  'functions.delete': [on(['lib'], 'function delete lib', /Library not found/)],
  'functions.flush': [on([], 'function flush', 'OK')],
  'functions.list': [
    on([], 'function list', [], 'FUNCTION FLUSH'),
    newer(
      [{ libraryName: 'l*', withCode: true }],
      'function list libraryname l* withcode',
      [['library_name', 'lib', 'engine', 'LUA', 'functions', [['name', 'f', 'description', null, 'flags', ['no-writes']]], 'library_code', 'code']],
      [{ libraryName: 'lib', engine: 'LUA', functions: [{ name: 'f', description: undefined, flags: ['no-writes'] }], libraryCode: 'code' }],
    ),
  ],
  'functions.load': [
    newer([{ code: '#!lua' }], 'function load #!lua', 'lib'),
    newer([{ code: '#!lua', replace: true }], 'function load replace #!lua', 'lib'),
  ],
  'functions.stats': [on([], 'function stats', { engines: { LUA: { librariesCount: 0, functionsCount: 0 } } }, 'FUNCTION FLUSH')],

  // JSON
  'json.arrappend': [newer(['d', '$.a', 1, 'x', { y: 1 }], 'JSON.ARRAPPEND d $.a 1 x {"y":1}', [4])],
  'json.arrindex': [newer(['d', '$.a', 'x'], 'JSON.ARRINDEX d $.a x', [1]), newer(['d', '$', 1, 0, 5], 'JSON.ARRINDEX d $ 1 0 5', [-1])],
  'json.arrinsert': [newer(['d', '$', 0, 1, 2], 'JSON.ARRINSERT d $ 0 1 2', [4])],
  'json.arrlen': [newer(['d'], 'JSON.ARRLEN d $', [3]), newer(['d', '.a'], 'JSON.ARRLEN d .a', 3)],
  'json.arrpop': [newer(['d'], 'JSON.ARRPOP d', '"x"', 'x'), newer(['d', '$', 0], 'JSON.ARRPOP d $ 0', ['1', null], [1, null])],
  'json.arrtrim': [newer(['d'], 'JSON.ARRTRIM d $ 0 0', [1]), newer(['d', '$.a', 1, 2], 'JSON.ARRTRIM d $.a 1 2', [2])],
  'json.clear': [newer(['d'], 'JSON.CLEAR d', 1), newer(['d', '$.a'], 'JSON.CLEAR d $.a', 0)],
  'json.del': [newer(['d'], 'JSON.DEL d', 1), newer(['d', '$.a'], 'JSON.DEL d $.a', 2)],
  'json.forget': [newer(['d', '$.a'], 'JSON.FORGET d $.a', 1)],
  'json.get': [
    newer(['d'], 'JSON.GET d', '{"a":1}', { a: 1 }),
    newer(['d', '$'], 'JSON.GET d $', '[{"a":1}]', [{ a: 1 }]),
    newer(['d', '$.a', '$.b'], 'JSON.GET d $.a $.b', '{"$.a":[1]}', { '$.a': [1] }),
    newer(['d', { indent: '\t', newline: '\n', space: '-' }, '$'], 'JSON.GET d INDENT \t NEWLINE \n SPACE - $', null),
  ],
  'json.merge': [newer(['d', '$', { a: 1 }], 'JSON.MERGE d $ {"a":1}', 'OK')],
  'json.mget': [newer([['d', 'e'], '$.a'], 'JSON.MGET d e $.a', ['[1]', null], [[1], null])],
  'json.mset': [newer([{ key: 'd', path: '$', value: { a: 1 } }, { key: 'e', path: '$', value: 5 }], 'JSON.MSET d $ {"a":1} e $ 5', 'OK')],
  'json.numincrby': [newer(['d', '$.a', 0.5], 'JSON.NUMINCRBY d $.a 0.5', '[1.5,null]', [1.5, null])],
  'json.nummultby': [newer(['d', '$.a', 2], 'JSON.NUMMULTBY d $.a 2', '[4]', [4])],
  'json.objkeys': [newer(['d'], 'JSON.OBJKEYS d', [['a', 'b']]), newer(['d', '$.a'], 'JSON.OBJKEYS d $.a', [null])],
  'json.objlen': [newer(['d', '$'], 'JSON.OBJLEN d $', [2])],
  'json.resp': [newer(['d', '$'], 'JSON.RESP d $', [['{', 'a', 1]])],
  'json.set': [
    newer(['d', '$', { a: 1 }], 'JSON.SET d $ {"a":1}', 'OK'),
    newer(['d', '$', 'x', { nx: true }], 'JSON.SET d $ x NX', null),
    newer(['d', '$', [1], { xx: true }], 'JSON.SET d $ [1] XX', 'OK'),
  ],
  'json.strappend': [newer(['d', '$.a', '"x"'], 'JSON.STRAPPEND d $.a "x"', [2])],
  'json.strlen': [newer(['d', '$.a'], 'JSON.STRLEN d $.a', [2, null])],
  'json.toggle': [newer(['d', '$.a'], 'JSON.TOGGLE d $.a', [1])],
  'json.type': [newer(['d'], 'JSON.TYPE d', ['object']), newer(['d', '$.a'], 'JSON.TYPE d $.a', [null])],

  // Arrays
  arcount: [newer(['a'], 'ARCOUNT a', 3)],
  ardel: [newer(['a', 0, '5'], 'ARDEL a 0 5', 2)],
  ardelrange: [newer(['a', [0, 5], ['7', '9']], 'ARDELRANGE a 0 5 7 9', 4)],
  arget: [newer(['a', 0], 'ARGET a 0', '{"b":1}', { b: 1 })],
  argetrange: [newer(['a', 0, 2], 'ARGETRANGE a 0 2', ['x', null, '5'], ['x', null, 5])],
  argrep: [
    newer(['a', '-', '+', { predicates: [{ exact: 'x' }] }], 'ARGREP a - + EXACT x', [0, 5], ['0', '5']),
    newer(
      ['a', 0, 9, { predicates: [{ match: 'x' }, { glob: 'y*' }, { re: 'z$' }], combine: 'and', noCase: true, withValues: true, limit: 2 }],
      'ARGREP a 0 9 MATCH x GLOB y* RE z$ AND NOCASE WITHVALUES LIMIT 2',
      [[0, 'x'], [5, '7']],
      [['0', 'x'], ['5', 7]],
    ),
  ],
  arinfo: [
    newer(['a'], 'ARINFO a', ['len', 6, 'count', 2, 'slice-size', '64'], { len: '6', count: 2, sliceSize: 64 }),
    newer(['a', { full: true }], 'ARINFO a FULL', ['next-insert-index', '18446744073709551615'], { nextInsertIndex: '18446744073709551615' }),
  ],
  arinsert: [newer(['a', 'x', { y: 1 }], 'ARINSERT a x {"y":1}', 5, '5')],
  arlastitems: [newer(['a', 2], 'ARLASTITEMS a 2', ['x', '5'], ['x', 5]), newer(['a', 2, { rev: true }], 'ARLASTITEMS a 2 REV', ['x'])],
  arlen: [newer(['a'], 'ARLEN a', 6, '6')],
  armget: [newer(['a', 0, 5], 'ARMGET a 0 5', ['x', null])],
  armset: [newer(['a', { 0: 'x', 5: [1] }], 'ARMSET a 0 x 5 [1]', 2), newer(['a', [['18446744073709551615', 'x']]], 'ARMSET a 18446744073709551615 x', 1)],
  arnext: [newer(['a'], 'ARNEXT a', 6, '6'), newer(['a'], 'ARNEXT a', null)],
  arop: [newer(['a', 0, 5, 'sum'], 'AROP a 0 5 SUM', '7.5', 7.5), newer(['a', 0, 5, { match: 'x' }], 'AROP a 0 5 MATCH x', 2)],
  arring: [newer(['a', 3, 'x', 5], 'ARRING a 3 x 5', 1, '1')],
  arscan: [
    newer(['a', 0, 9], 'ARSCAN a 0 9', [[0, 'x'], [5, '7']], [['0', 'x'], ['5', 7]]),
    newer(['a', 0, 9, { limit: 1 }], 'ARSCAN a 0 9 LIMIT 1', [[0, 'x']], [['0', 'x']]),
  ],
  arseek: [newer(['a', 5], 'ARSEEK a 5', 1)],
  arset: [newer(['a', 5, 'x', 'y'], 'ARSET a 5 x y', 2)],
};
