// Upstash's REST protocol as pure functions: what an HTTP request asks for, and how Redis' replies are written back.
// Source: https://upstash.com/docs/redis/features/restapi. Where that is silent, a comment says "our choice".

import { ReplyError } from './resp.mjs';

/** A request that is answered with `{"error": …}` and this status before Redis hears of it. */
export class ProtocolError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT'];
const STREAMS = ['subscribe', 'psubscribe', 'monitor'];

/**
 * Returns `{ kind: 'command' | 'pipeline' | 'multi-exec' | 'stream', commands, token }`; `commands` is an array of
 * arrays of strings and Buffers, `token` the one in the query, if any. Throws ProtocolError.
 */
export function parseRequest(method, target, body) {
  if (!METHODS.includes(method)) throw new ProtocolError(405, `ERR method not allowed: ${method}`);
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const parameters = mark < 0 ? [] : parseQuery(target.slice(mark + 1));
  const token = parameters.find(([name]) => name.toString() === '_token')?.[1]?.toString();
  const segments = path.split('/').slice(1).map(percentDecode);
  const first = segments[0].toString().toLowerCase();

  if (first === 'pipeline' || first === 'multi-exec') return { kind: first, commands: parseBatch(body), token };
  if (path === '/') return { kind: 'command', commands: [parseCommand(parseJson(body))], token };
  if (first === '') throw new ProtocolError(400, 'ERR empty command');
  if (STREAMS.includes(first)) return { kind: 'stream', commands: [segments], token };
  const options = parameters.filter(([name]) => name.toString() !== '_token').flat();
  return { kind: 'command', commands: [[...segments, ...(body.length > 0 ? [body] : []), ...options]], token };
}

/** `?EX=100&NX` is [[EX, 100], [NX]], in that order, because it continues the command. */
function parseQuery(query) {
  const pairs = query.split('&').filter(Boolean);
  return pairs.map((pair) => {
    const [name, ...rest] = pair.replaceAll('+', ' ').split('=');
    const value = rest.join('=');
    return (value === '' ? [name] : [name, value]).map(percentDecode);
  });
}

/** Percent-decoding to bytes: unlike decodeURIComponent it takes any byte, `%FF` included. */
function percentDecode(text) {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

function parseJson(body) {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new ProtocolError(400, 'ERR failed to parse the request: the body is not JSON');
  }
}

function parseBatch(body) {
  const rows = parseJson(body);
  if (!Array.isArray(rows))
    throw new ProtocolError(400, 'ERR failed to parse the request: expected an array of arrays');
  if (rows.length === 0) throw new ProtocolError(400, 'ERR empty pipeline request');
  return rows.map(parseCommand);
}

function parseCommand(words) {
  if (!Array.isArray(words)) throw new ProtocolError(400, 'ERR failed to parse the request: a command is an array');
  if (words.length === 0) throw new ProtocolError(400, 'ERR empty command');
  return words.map((word) => {
    // Our choice: null and objects are refused, so that a client which forgot to serialize is found out.
    if (['string', 'number', 'boolean'].includes(typeof word)) return String(word);
    throw new ProtocolError(
      400,
      `ERR failed to parse the request: ${JSON.stringify(word)} is not a string or a number`,
    );
  });
}

/** The command's name in capitals. */
export function nameOf(command) {
  return command[0].toString().toUpperCase();
}

/**
 * What REST can't do or a hosted database doesn't allow. Most of it would change the state of the one connection that
 * all requests share, or block it; the rest could write files or end the server.
 */
const UNAVAILABLE = new Set(
  `AUTH HELLO SELECT QUIT RESET MULTI EXEC DISCARD WATCH UNWATCH
  SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE MONITOR
  BLPOP BRPOP BRPOPLPUSH BLMOVE BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF
  SHUTDOWN CONFIG SAVE BGSAVE BGREWRITEAOF DEBUG MODULE REPLICAOF SLAVEOF SYNC PSYNC REPLCONF FAILOVER CLUSTER MIGRATE
  ACL`.split(/\s+/),
);

/** The error reply for a command that Upstash doesn't offer over REST, else null. */
export function refusal(command) {
  const name = nameOf(command);
  const words = command.slice(1).map((word) => word.toString().toUpperCase());
  const blocks = name.startsWith('XREAD') && words.slice(0, words.indexOf('STREAMS')).includes('BLOCK');
  const affectsConnection = name === 'CLIENT' && words[0] !== 'SETINFO';
  if (!UNAVAILABLE.has(name) && !blocks && !affectsConnection) return null;
  return new ReplyError(`ERR Command is not available: '${name}'`);
}

/** One command's reply as `{"result": …}` or `{"error": …}`. */
export function replyToJson(value, base64) {
  if (value instanceof Error) return JSON.stringify({ error: value.message });
  return `{"result":${toJson(value, base64)}}`;
}

function toJson(value, base64) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map((item) => toJson(item, base64)).join(',')}]`;
  // Written digit by digit: an integer beyond 2^53 has to leave here as Redis said it.
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Error) return JSON.stringify(value.message);
  const bytes = Buffer.from(value);
  const plain = !base64 || bytes.toString('latin1') === 'OK';
  return JSON.stringify(bytes.toString(plain ? 'utf8' : 'base64'));
}

/** A push from SUBSCRIBE (`message,channel,payload`) or MONITOR as one server-sent event. Never base64. */
export function replyToEvent(value) {
  const text = Array.isArray(value)
    ? value.map((item) => (Buffer.isBuffer(item) ? item.toString('latin1') : String(item))).join(',')
    : value === 'OK'
      ? '"OK"'
      : Buffer.from(value).toString('latin1');
  // Our choice: a line break in a payload continues the event as the SSE standard has it, with another data line.
  return Buffer.from(`data: ${text.split(/\r\n|\r|\n/).join('\ndata: ')}\n\n`, 'latin1');
}
