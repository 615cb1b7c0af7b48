'use strict';

// Commands whose words depend on their arguments in ways that the table's `send` has no notation for. Each function
// gets the arguments of a call and returns the words; `table.js` finds it by the entry's `build`.

const { mistake } = require('./errors.js');

const JSON_ROOT = '$';

/** Required late: `table.js` requires this file. */
const word = (value) => require('./table.js').word(value);
const words = (values) => values.map(word);
const list = (value) => (Array.isArray(value) ? value : [value]);
const isNumber = (value) => typeof value === 'number' || typeof value === 'bigint';
const flag = (condition, ...values) => (condition ? values : []);
const given = (value, ...values) => flag(value !== undefined && value !== null, ...values);

/** The first of the options that is a number, as its keyword and value. */
function firstNumber(options, names) {
  const name = names.find((candidate) => isNumber(options[candidate]));
  return name === undefined ? null : [name.toUpperCase(), options[name]];
}

function geoSearch([center, shape, order, options]) {
  const from = /^frommember$/i.test(center.type)
    ? [center.type, word(center.member)]
    : [center.type, center.coordinate.lon, center.coordinate.lat];
  const by = /^byradius$/i.test(shape.type)
    ? [shape.type, shape.radius, shape.radiusType]
    : [shape.type, shape.rect.width, shape.rect.height, shape.rectType];
  const count = options?.count ? ['COUNT', options.count.limit, ...flag(options.count.any, 'ANY')] : [];
  return [...from, ...by, order, ...count];
}

/** Keys and the ids to read from, `STREAMS` before them. */
function streams(name, keys, ids, options, ...more) {
  if (Array.isArray(keys) && Array.isArray(ids) && keys.length !== ids.length) {
    throw mistake(
      'E_COMMAND',
      `ERR Unbalanced ${name} list of streams: for each stream key an ID or '$' must be specified`,
    );
  }
  return [
    ...flag(isNumber(options?.count), 'COUNT', options?.count),
    ...flag(isNumber(options?.blockMS), 'BLOCK', options?.blockMS),
    ...more,
    'STREAMS',
    ...words(list(keys)),
    ...words(list(ids)),
  ];
}

module.exports = {
  hrandfield: ([key, count, withValues]) => [
    'hrandfield',
    word(key),
    ...flag(isNumber(count), count),
    ...flag(withValues, 'WITHVALUES'),
  ],

  hsetex([key, options, fields]) {
    const { conditional, expiration } = options;
    const keep = flag(expiration?.keepttl, 'KEEPTTL');
    const expires = expiration ? (firstNumber(expiration, ['ex', 'px', 'exat', 'pxat']) ?? keep) : [];
    const entries = Object.entries(fields);
    return [
      'hsetex',
      word(key),
      ...flag(conditional, conditional?.toUpperCase()),
      ...expires,
      'FIELDS',
      entries.length,
      ...entries.flatMap(([field, value]) => [field, word(value)]),
    ];
  },

  zadd([key, first, ...rest]) {
    const members = 'score' in first && 'member' in first ? [first, ...rest] : rest;
    return [
      'zadd',
      word(key),
      ...(first.nx ? ['nx'] : flag(first.xx, 'xx')),
      ...flag(first.ch, 'ch'),
      ...flag(first.incr, 'incr'),
      ...(first.lt ? ['lt'] : flag(first.gt, 'gt')),
      ...members.flatMap(({ score, member }) => [word(score), word(member)]),
    ];
  },

  geoadd([key, first, ...rest]) {
    const members = 'latitude' in first ? [first, ...rest] : rest;
    return [
      'geoadd',
      word(key),
      ...(first.nx ? ['nx'] : flag(first.xx, 'xx')),
      ...flag(first.ch, 'ch'),
      ...members.flatMap(({ longitude, latitude, member }) => [longitude, latitude, word(member)]),
    ];
  },

  geodist: ([key, from, to, unit = 'M']) => ['GEODIST', word(key), word(from), word(to), unit],

  geosearch([key, ...query]) {
    const options = query[3];
    return [
      'GEOSEARCH',
      word(key),
      ...geoSearch(query),
      ...flag(options?.withCoord, 'WITHCOORD'),
      ...flag(options?.withDist, 'WITHDIST'),
      ...flag(options?.withHash, 'WITHHASH'),
    ];
  },

  geosearchstore([destination, key, ...query]) {
    return ['GEOSEARCHSTORE', word(destination), word(key), ...geoSearch(query), ...flag(query[3]?.storeDist, 'STOREDIST')];
  },

  xackdel: ([key, group, option, ...ids]) => ['XACKDEL', word(key), word(group), option.toUpperCase(), 'IDS', ids.length, ...words(ids)],

  xadd([key, id, fields, options]) {
    const { nomkStream, trim } = options ?? {};
    return [
      'XADD',
      word(key),
      ...flag(nomkStream, 'NOMKSTREAM'),
      ...(trim ? [trim.type, trim.comparison, trim.threshold, ...given(trim.limit, 'LIMIT', trim.limit)] : []),
      word(id),
      ...Object.entries(fields).flatMap(([field, value]) => [field, word(value)]),
    ];
  },

  xautoclaim([key, group, consumer, minIdleTime, start, options = {}]) {
    return [
      'XAUTOCLAIM',
      ...words([key, group, consumer, minIdleTime, start]),
      ...given(options.count, 'COUNT', options.count),
      ...flag(options.justId, 'JUSTID'),
    ];
  },

  xclaim([key, group, consumer, minIdleTime, ids, options = {}]) {
    return [
      'XCLAIM',
      ...words([key, group, consumer, minIdleTime, ...list(ids)]),
      ...given(options.idleMS, 'IDLE', options.idleMS),
      ...given(options.timeMS, 'TIME', options.timeMS),
      ...given(options.retryCount, 'RETRYCOUNT', options.retryCount),
      ...flag(options.force, 'FORCE'),
      ...flag(options.justId, 'JUSTID'),
      ...given(options.lastId, 'LASTID', options.lastId),
    ];
  },

  xdelex: ([key, option, ...ids]) => ['XDELEX', word(key), ...flag(option, option?.toUpperCase()), 'IDS', ids.length, ...words(ids)],

  xgroup([key, { type, group, id, consumer, options = {} }]) {
    const entriesRead = given(options.ENTRIESREAD, 'ENTRIESREAD', `${options.ENTRIESREAD}`);
    const rest = {
      CREATE: [id, ...flag(options.MKSTREAM, 'MKSTREAM'), ...entriesRead],
      CREATECONSUMER: [consumer],
      DELCONSUMER: [consumer],
      DESTROY: [],
      SETID: [id, ...entriesRead],
    }[type];
    if (!rest) {
      throw mistake('E_COMMAND', `xgroup: found type ${type}; expected CREATE, CREATECONSUMER, DELCONSUMER, DESTROY or SETID`);
    }
    return ['XGROUP', type, word(key), word(group), ...words(rest)];
  },

  xinfo: ([key, options]) =>
    options.type === 'CONSUMERS'
      ? ['XINFO', 'CONSUMERS', word(key), word(options.group)]
      : ['XINFO', 'GROUPS', word(key)],

  xpending([key, group, start, end, count, options]) {
    return [
      'XPENDING',
      word(key),
      word(group),
      ...given(options?.idleTime, 'IDLE', options?.idleTime),
      ...words([start, end, count]),
      ...given(options?.consumer, ...list(options?.consumer)),
    ];
  },

  xread: ([keys, ids, options]) => ['XREAD', ...streams('XREAD', keys, ids, options)],

  xreadgroup: ([group, consumer, keys, ids, options]) => [
    'XREADGROUP',
    'GROUP',
    word(group),
    word(consumer),
    ...streams('XREADGROUP', keys, ids, options, ...flag(options?.NOACK === true, 'NOACK')),
  ],

  xtrim([key, { strategy, exactness = '~', threshold, limit }]) {
    return ['XTRIM', word(key), strategy, exactness, threshold, ...given(limit, 'LIMIT', limit)];
  },

  clientSetinfo: ([attribute, value]) => ['CLIENT', 'SETINFO', attribute.toUpperCase(), word(value)],

  exec([command]) {
    if (!Array.isArray(command) || command.length === 0) {
      throw mistake('E_COMMAND', "exec: expected a command as an array, such as ['SET', 'key', 'value']");
    }
    return command.map((value) => (value instanceof Uint8Array ? value : `${value}`));
  },

  flushall: ([options]) => ['flushall', ...flag((Array.isArray(options) ? options[0] : options)?.async, 'async')],

  scan([cursor, options]) {
    return [
      'scan',
      word(cursor),
      ...given(options?.match, 'match', options?.match),
      ...given(options?.count, 'count', options?.count),
      ...(options?.withType === true ? ['withtype'] : flag(options?.type, 'type', options?.type)),
    ];
  },

  scriptFlush: ([options]) => ['script', 'flush', ...(options?.sync ? ['sync'] : flag(options?.async, 'async'))],

  'json.arrlen': ([key, path = JSON_ROOT]) => ['JSON.ARRLEN', word(key), word(path)],

  'json.arrtrim': ([key, path = JSON_ROOT, start = 0, stop = 0]) => ['JSON.ARRTRIM', ...words([key, path, start, stop])],

  'json.get'([key, second, ...paths]) {
    if (typeof second === 'string') return ['JSON.GET', ...words([key, second, ...paths])];
    return [
      'JSON.GET',
      word(key),
      ...flag(second?.indent, 'INDENT', second?.indent),
      ...flag(second?.newline, 'NEWLINE', second?.newline),
      ...flag(second?.space, 'SPACE', second?.space),
      ...words(paths),
    ];
  },

  'json.mset': (entries) => ['JSON.MSET', ...entries.flatMap(({ key, path, value }) => words([key, path, value]))],

  'json.set': ([key, path, value, options]) => [
    'JSON.SET',
    ...words([key, path, value]),
    ...(options?.nx ? ['NX'] : flag(options?.xx, 'XX')),
  ],

  'functions.list': ([options]) => [
    'function',
    'list',
    ...flag(options?.libraryName, 'libraryname', options?.libraryName),
    ...flag(options?.withCode, 'withcode'),
  ],

  'functions.load': ([{ code, replace }]) => ['function', 'load', ...flag(replace, 'replace'), word(code)],

  'functions.call': ([name, keys = [], values = []]) => ['fcall', word(name), keys.length, ...words(keys), ...words(values)],

  'functions.callRo': ([name, keys = [], values = []]) => ['fcall_ro', word(name), keys.length, ...words(keys), ...words(values)],

  ardelrange: ([key, ...ranges]) => ['ARDELRANGE', ...words([key, ...ranges.flat()])],

  argrep([key, start, end, options]) {
    const predicates = options.predicates.flatMap((predicate) => {
      const kind = ['exact', 'match', 'glob'].find((name) => name in predicate) ?? 're';
      return [kind.toUpperCase(), predicate[kind]];
    });
    return [
      'ARGREP',
      ...words([key, start, end]),
      ...predicates,
      ...flag(options.combine, options.combine?.toUpperCase()),
      ...flag(options.noCase, 'NOCASE'),
      ...flag(options.withValues, 'WITHVALUES'),
      ...given(options.limit, 'LIMIT', options.limit),
    ];
  },

  arinfo: ([key, options]) => ['ARINFO', word(key), ...flag(options?.full, 'FULL')],

  armset([key, values]) {
    const pairs = Array.isArray(values) ? values : Object.entries(values);
    return ['ARMSET', word(key), ...pairs.flatMap(([index, value]) => [index, word(value)])];
  },

  arop: ([key, start, end, operation]) => [
    'AROP',
    ...words([key, start, end]),
    ...(typeof operation === 'string' ? [operation.toUpperCase()] : ['MATCH', operation.match]),
  ],
};
