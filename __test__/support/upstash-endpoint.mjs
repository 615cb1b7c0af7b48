// An Upstash database on 127.0.0.1: Upstash's REST protocol in front of a real redis-server. It can be told to
// misbehave in the ways a network and a hosted service do, and to be one region of a Global Database.

import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from './redis-server.mjs';
import { Region } from './region.mjs';
import { RedisConnection } from './resp.mjs';
import { nameOf, parseRequest, ProtocolError, refusal, replyToEvent, replyToJson } from './upstash-protocol.mjs';

const KEY_LOCKING = '#!lua flags=allow-key-locking';
/** So many commands are remembered in `stats.commands`: enough for any test, and a benchmark doesn't fill the memory. */
const REMEMBERED_COMMANDS = 1_000;
/** A port that was let go for a while may be in use for a moment by a connection of another process. */
const REOPEN_DEADLINE_MS = 2_000;

/** These concern the connection, before there is a command that `match` and `times` could look at. */
const CONNECTION_MODES = ['refuse', 'blackhole'];
const REQUEST_MODES = ['hang', '500', 'garbage', 'drop', 'truncate', 'delay', 'late'];

/**
 * Starts the endpoint, in front of `redis` (from startRedis) or of a redis-server of its own; `port` 0 means any.
 *
 * With `replica` (from startReplica, of `redis`) it is a region of a Global Database: see region.mjs. With `global` alone
 * it is the primary region. `failOver(redis)` makes another server the primary, without a replica here.
 *
 * `misbehave(mode, { match, times, ms, body })`, until `heal()`; `match(commandName)` picks the requests (one matching
 * command in a pipeline is enough), `times` ends it after so many requests:
 * - `refuse`: nothing listens, connecting is refused and open connections are closed; the port stays the same
 * - `blackhole`: connections open and nothing is ever read or answered; open ones fall silent
 * - `hang`: reads the request and never answers
 * - `drop`: closes the connection instead of answering
 * - `500`: HTTP 500 with a text
 * - `garbage`: HTTP 200 with an HTML page, or with `body`, which may be a function of the request's path
 * - `truncate`: executes, closes the connection after half of the answer
 * - `delay`: waits `ms`, then executes and answers
 * - `late`: executes at once, answers after `ms`
 *
 * With `hang`, `drop`, `500`, `garbage` and the connection modes, Redis never sees the command.
 */
export async function startUpstash({ redis, replica = null, global = replica !== null, port = 0, token = 'test-token' } = {}) {
  const ownRedis = redis ? null : await startRedis();
  redis ??= ownRedis;
  const stats = createStats();
  const sockets = new Set();
  const streams = new Set();
  const connections = new Map();
  let region = global ? new Region(redis, replica, redisConnection) : null;
  let fault = null;
  /** Faults that ran out of `times`, for the connections they may still hold. */
  const exhausted = new Set();
  let answers = 0;
  /** Aborted when the endpoint closes: what is still waiting then is never answered. */
  let life = new AbortController();

  const requests = http.createServer({ maxHeaderSize: 1024 * 1024 });
  // Idle connections stay open, as they do with the hosted service, for longer than any test lasts.
  Object.assign(requests, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
  requests.on('request', (request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });

  // Paused, so that a black-holed connection is never read from.
  const listener = net.createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    stats.connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    if (fault?.mode === 'blackhole') {
      fault.held.add(socket);
    } else {
      requests.emit('connection', socket);
      socket.resume();
    }
  });

  /** The connection to a server that all requests share. */
  function redisConnection(server) {
    let shared = connections.get(server.port);
    if (!shared || shared.closed) connections.set(server.port, (shared = new RedisConnection(server.port)));
    return shared;
  }

  async function serve(request, response) {
    const { signal } = life;
    const body = Buffer.concat(await request.toArray());
    stats.requests += 1;
    stats.lastRequest = { method: request.method, url: request.url, headers: request.headers };
    let asked;
    try {
      asked = parseRequest(request.method, request.url, body);
    } catch (error) {
      asked = { kind: 'mistake', commands: [], error };
    }
    const active = takeFault(asked.commands.map(nameOf));
    switch (active?.mode) {
      case 'hang':
      case 'blackhole':
        active.held.add(request.socket);
        return;
      case 'drop':
        request.socket.destroy();
        return;
      case '500':
        send(response, { status: 500, type: 'text/plain', body: 'Internal Server Error' });
        return;
      case 'garbage':
        send(response, { status: 200, type: 'text/html', body: typeof active.body === 'function' ? active.body(request.url) : active.body });
        return;
      case 'delay':
        await sleep(active.ms, null, { signal });
    }
    const answer = await answerTo(asked, request.headers);
    // Before anything holds the answer up: it tells of what the server had when it answered.
    if (region && answer.server) answer.syncToken = await region.tokenOf(answer.server).catch(() => undefined);
    if (answer.stream) {
      stream(response, answer.stream);
      return;
    }
    if (active?.mode === 'late') await sleep(active.ms, null, { signal });
    if (active?.mode === 'truncate') sendHalf(response, answer);
    else send(response, answer);
  }

  /** The fault that hits a request with these commands, or null. Uses up one of its `times`. */
  function takeFault(names) {
    if (!fault || (fault.match && !names.some((name) => fault.match(name)))) return null;
    const taken = fault;
    taken.times -= 1;
    if (taken.times === 0) {
      exhausted.add(taken);
      fault = null;
    }
    return taken;
  }

  async function answerTo(asked, headers) {
    try {
      if (asked.error) throw asked.error;
      authorize(headers, asked.token);
      const format = headers['upstash-response-format'] ?? 'json';
      const base64 = headers['upstash-encoding'] === 'base64';
      if (format !== 'json' && format !== 'resp2')
        throw new ProtocolError(400, `ERR unknown response format ${format}`);
      if (format === 'resp2' && base64) throw new ProtocolError(400, 'ERR resp2 can not be encoded in base64');
      if (asked.kind === 'stream') return { stream: asked.commands[0] };
      const server = region ? await region.serverFor(asked.commands, headers['upstash-sync-token']) : redis;
      if (server !== redis) stats.replicaRequests += 1;
      if (asked.kind === 'multi-exec') return { ...(await transaction(server, asked.commands, base64)), server };
      const replies = await Promise.all(asked.commands.map((command) => execute(server, command)));
      const status = asked.kind === 'command' && replies[0].value instanceof Error ? 400 : 200;
      if (format === 'resp2') {
        return { status, type: 'application/octet-stream', body: Buffer.concat(replies.map(({ raw }) => raw)), server };
      }
      const items = replies.map(({ value }) => replyToJson(value, base64));
      return { status, body: asked.kind === 'command' ? items[0] : `[${items.join(',')}]`, server };
    } catch (error) {
      // Anything but a mistake of the client's means that Redis is gone.
      return { status: error.status ?? 500, body: JSON.stringify({ error: error.message }) };
    }
  }

  function authorize(headers, queryToken) {
    const given = headers.authorization ? /^Bearer (.*)$/i.exec(headers.authorization)?.[1] : queryToken;
    if (given !== token) throw new ProtocolError(401, 'WRONGPASS invalid or missing auth token');
  }

  function execute(server, command) {
    const refused = refusal(command);
    if (refused) return { value: refused, raw: Buffer.from(`-${refused.message}\r\n`) };
    stats.record(command);
    return redisConnection(server).send(forOpenRedis(command));
  }

  async function transaction(server, commands, base64) {
    const refused = commands.map(refusal).find(Boolean);
    if (refused) return { status: 400, body: replyToJson(refused) };
    const connection = new RedisConnection(server.port);
    try {
      for (const command of commands) stats.record(command);
      const replies = await Promise.all([['MULTI'], ...commands, ['EXEC']].map((command) => connection.send(command)));
      const { value } = replies.at(-1);
      if (value instanceof Error) return { status: 400, body: replyToJson(value) };
      return { status: 200, body: `[${value.map((item) => replyToJson(item, base64)).join(',')}]` };
    } finally {
      connection.close();
    }
  }

  function stream(response, command) {
    stats.record(command);
    const connection = new RedisConnection((region?.nearest ?? redis).port);
    const listening = { connection, response, silent: false };
    streams.add(listening);
    response.on('close', () => connection.close());
    const ended = connection.listen(command, ({ value }) => {
      if (listening.silent) return;
      if (value instanceof Error) {
        send(response, { status: 400, body: replyToJson(value) });
        return;
      }
      if (!response.headersSent) response.writeHead(200, { ...ourHeaders(nextToken()), 'content-type': 'text/event-stream' });
      response.write(replyToEvent(value));
    });
    void ended.then(() => {
      streams.delete(listening);
      response.destroy();
    });
  }

  function nextToken() {
    answers += 1;
    return String(answers);
  }

  function ourHeaders(syncToken) {
    return { 'cache-control': 'no-store', ...(syncToken && { 'upstash-sync-token': syncToken }) };
  }

  function send(response, { status, type = 'application/json', body, syncToken = region ? undefined : nextToken() }) {
    const bytes = Buffer.from(body);
    response.writeHead(status, { ...ourHeaders(syncToken), 'content-type': type, 'content-length': bytes.length });
    response.end(bytes);
  }

  function sendHalf(response, { status, body }) {
    const bytes = Buffer.from(body);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
  }

  async function open() {
    await listen(listener, port);
    port = listener.address().port;
  }

  async function close() {
    life.abort();
    for (const socket of sockets) socket.destroy();
    for (const { connection } of streams) connection.close();
    if (listener.listening) await new Promise((resolve) => listener.close(resolve));
  }

  async function reopen() {
    life = new AbortController();
    for (const deadline = Date.now() + REOPEN_DEADLINE_MS; ; await sleep(20)) {
      try {
        return await open();
      } catch (error) {
        if (error.code !== 'EADDRINUSE' || Date.now() > deadline) throw error;
      }
    }
  }

  async function misbehave(mode, { match, times, ms, body = '<!doctype html><title>Maintenance</title>' } = {}) {
    const onConnection = CONNECTION_MODES.includes(mode);
    if (!onConnection && !REQUEST_MODES.includes(mode)) throw new TypeError(`no such misbehaviour: ${mode}`);
    if (onConnection && (match || times)) throw new TypeError(`${mode} knows no commands: leave out match and times`);
    if ((mode === 'delay' || mode === 'late') && !(ms >= 0)) throw new TypeError(`${mode} needs { ms }`);
    await heal();
    fault = { mode, match, times: times ?? Infinity, ms, body, held: new Set() };
    if (mode === 'refuse') await close();
  }

  async function heal() {
    const faults = [fault, ...exhausted].filter(Boolean);
    fault = null;
    exhausted.clear();
    // Nothing that was asked in bad times is answered in good ones.
    for (const { held } of faults) for (const socket of held) socket.destroy();
    if (!listener.listening) await reopen();
  }

  async function restart() {
    await close();
    await heal();
  }

  async function stop() {
    await close();
    for (const connection of connections.values()) connection.close();
    await ownRedis?.stop();
  }

  try {
    await open();
  } catch (error) {
    await stop();
    throw error;
  }
  /** Ends the subscriptions that are open. */
  async function cutStreams() {
    for (const { response } of streams) response.destroy();
  }

  /** Lets the subscriptions that are open hear nothing any more, without ending them. */
  async function silenceStreams() {
    for (const listening of streams) listening.silent = true;
  }

  function failOver(promoted) {
    redis = promoted;
    region = new Region(redis, null, redisConnection);
  }

  return { url: `http://127.0.0.1:${port}`, token, redis, stats, misbehave, heal, restart, cutStreams, silenceStreams, failOver, stop };
}

function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function createStats() {
  let counts = new Map();
  return {
    /** TCP connections accepted. */
    connections: 0,
    /** HTTP requests read, whether they were answered or not. */
    requests: 0,
    /** Those of them that the replica answered. */
    replicaRequests: 0,
    /** `{ method, url, headers }` of the newest request. */
    lastRequest: null,
    /** The newest commands that Redis was asked to execute, each an array of strings. */
    commands: [],
    /** How often Redis was asked to execute a command of this name. */
    count(name) {
      return counts.get(name.toUpperCase()) ?? 0;
    },
    record(command) {
      const name = nameOf(command);
      counts.set(name, this.count(name) + 1);
      this.commands.push(command.map(String));
      if (this.commands.length > REMEMBERED_COMMANDS) this.commands.shift();
    },
    reset() {
      counts = new Map();
      Object.assign(this, { connections: 0, requests: 0, replicaRequests: 0, lastRequest: null, commands: [] });
    },
  };
}

/** Scripts may have a flag that Upstash knows and open-source Redis refuses. */
function forOpenRedis(command) {
  const [name, source, ...rest] = command;
  if (!/^eval(_ro)?$/i.test(`${name}`) || !`${source}`.startsWith(KEY_LOCKING)) return command;
  return [name, `${source}`.slice(KEY_LOCKING.length), ...rest];
}
