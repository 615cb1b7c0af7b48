// RESP2, the protocol of redis-server (https://redis.io/docs/latest/develop/reference/protocol-spec/):
// commands out, replies in, over one pipelined connection. Binary-safe: a bulk string is a Buffer.

import net from 'node:net';

/** An error reply. Its message is the whole line, so it begins with Redis' own code: `WRONGTYPE Operation …`. */
export class ReplyError extends Error {
  name = 'ReplyError';
}

/** A command as the array of bulk strings that Redis expects. */
export function encodeCommand(args) {
  const parts = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF);
  }
  return Buffer.concat(parts);
}

const CRLF = Buffer.from('\r\n');

/**
 * Reads one reply at `start`: `{ value, end }`, or `{ needs }`, the length the buffer must reach before trying again
 * can succeed. Status replies become strings, bulk strings Buffers, integers numbers (BigInt beyond 2^53), errors
 * `ReplyError` values, both kinds of nil null.
 */
function readReply(buffer, start) {
  const lineEnd = buffer.indexOf(CRLF, start);
  if (lineEnd < 0) return { needs: buffer.length + 1 };
  const end = lineEnd + 2;
  const line = buffer.toString('utf8', start + 1, lineEnd);
  switch (String.fromCharCode(buffer[start])) {
    case '+':
      return { value: line, end };
    case '-':
      return { value: new ReplyError(line), end };
    case ':':
      return { value: Number.isSafeInteger(Number(line)) ? Number(line) : BigInt(line), end };
    case '$': {
      if (line === '-1') return { value: null, end };
      const close = end + Number(line);
      if (buffer.length < close + 2) return { needs: close + 2 };
      return { value: buffer.subarray(end, close), end: close + 2 };
    }
    case '*':
      return line === '-1' ? { value: null, end } : readItems(buffer, end, Number(line));
    default:
      throw new Error(`not a RESP2 reply: ${JSON.stringify(buffer.toString('latin1', start, start + 40))}`);
  }
}

function readItems(buffer, start, count) {
  const value = [];
  let end = start;
  while (value.length < count) {
    const item = readReply(buffer, end);
    if (item.needs) return item;
    value.push(item.value);
    end = item.end;
  }
  return { value, end };
}

/** Turns a stream of chunks into replies; each `raw` is the reply's own bytes. */
export class ReplyParser {
  #chunks = [];
  #length = 0;
  #needs = 1;

  push(chunk) {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    // Joining only once enough has come keeps a reply of many megabytes from being copied for every chunk.
    if (this.#length < this.#needs) return [];
    const buffer = Buffer.concat(this.#chunks);
    const replies = [];
    let start = 0;
    this.#needs = 1;
    while (start < buffer.length) {
      const reply = readReply(buffer, start);
      if (reply.needs) {
        this.#needs = reply.needs - start;
        break;
      }
      replies.push({ value: reply.value, raw: buffer.subarray(start, reply.end) });
      start = reply.end;
    }
    this.#chunks = start < buffer.length ? [buffer.subarray(start)] : [];
    this.#length = buffer.length - start;
    return replies;
  }
}

/**
 * One connection to the redis-server on a port of 127.0.0.1. Replies come in the order of the commands. It keeps the
 * process alive only while a reply is awaited.
 */
export class RedisConnection {
  #socket;
  #parser = new ReplyParser();
  #awaiting = [];
  #listener = null;
  /** Set as soon as nothing can be sent any more. */
  closed = false;

  constructor(port) {
    this.#socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error(`redis-server on port ${port} closed the connection`)));
    this.#socket.unref();
  }

  /** Resolves with `{ value, raw }`; an error reply is a value too. Rejects when the connection fails. */
  send(args) {
    if (this.closed) return Promise.reject(new Error('the connection to redis-server is closed'));
    return new Promise((resolve, reject) => {
      this.#socket.ref();
      this.#awaiting.push({ resolve, reject });
      this.#socket.write(encodeCommand(args));
    });
  }

  /**
   * For SUBSCRIBE, PSUBSCRIBE and MONITOR: from here on every reply goes to `listener`. Resolves when the connection
   * is over, whoever ended it.
   */
  listen(args, listener) {
    this.#listener = listener;
    return new Promise((resolve) => {
      this.#awaiting.push({ resolve, reject: resolve });
      this.#socket.write(encodeCommand(args));
    });
  }

  close() {
    this.#fail(new Error('the connection to redis-server was closed'));
    this.#socket.destroy();
  }

  #receive(chunk) {
    let replies;
    try {
      replies = this.#parser.push(chunk);
    } catch (error) {
      this.#fail(error);
      this.#socket.destroy();
      return;
    }
    for (const reply of replies) {
      if (this.#listener) this.#listener(reply);
      else this.#awaiting.shift()?.resolve(reply);
    }
    if (this.#awaiting.length === 0 || this.#listener) this.#socket.unref();
  }

  #fail(error) {
    this.closed = true;
    for (const { reject } of this.#awaiting.splice(0)) reject(error);
  }
}
