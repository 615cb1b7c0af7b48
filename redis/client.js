'use strict';

const { UpstashError, UpstashJSONParseError } = require('./errors.js');
const { SHAPES, parse } = require('./replies.js');
const { digits } = require('./table.js');
const { CallWriter, KIND, MODE } = require('./wire.js');

/** Runs `task` once all microtasks of this turn have run: what they ask for goes along. */
function atEndOfTurn(task) {
  queueMicrotask(() => process.nextTick(task));
}

/**
 * One command: its words, the shape of its reply and whether it is sent by itself.
 *
 * @typedef {{ words: unknown[], reply?: string, alone?: boolean }} Command
 */

/** Commands to the addon, replies back to promises. What is asked for in one turn of the event loop goes together. */
class Client {
  #native;
  #hub;
  #options;
  #calls = new CallWriter();
  #scheduled = false;

  /** `native`: the addon's `RestClient`; `hub`: this thread's; `options`: from options.js. */
  constructor(native, hub, options) {
    this.#native = native;
    this.#hub = hub;
    this.#options = options;
  }

  get options() {
    return this.#options;
  }

  get native() {
    return this.#native;
  }

  get hub() {
    return this.#hub;
  }

  /** Runs one command. `bytes`: strings in the reply come as Buffers. */
  run(command, { bytes = false, signal } = {}) {
    return new Promise((resolve, reject) => {
      const waiter = new CommandWaiter(this.#options, command, bytes, resolve, reject);
      const kind = command.alone || !this.#options.together ? KIND.alone : KIND.together;
      this.#send(waiter, signal, kind, bytes ? MODE.bytes : this.#textMode(), [command]);
    });
  }

  /** Runs commands in one request, `atomic` or not; resolves to `{ result }` or `{ error }` for each. */
  runList(commands, { atomic = false, bytes = false, signal } = {}) {
    return new Promise((resolve, reject) => {
      const waiter = new ListWaiter(this.#options, commands, bytes, resolve, reject);
      const kind = atomic ? KIND.transaction : KIND.pipeline;
      this.#send(waiter, signal, kind, bytes ? MODE.bytes : this.#textMode(), commands);
    });
  }

  #textMode() {
    return this.#options.deserialize ? MODE.parsed : MODE.text;
  }

  #send(waiter, signal, kind, mode, commands) {
    const heard = signal ?? this.#options.signal?.();
    heard?.throwIfAborted();
    const slot = this.#hub.enter(waiter);
    const start = this.#calls.length;
    try {
      this.#calls.begin(kind, mode, slot, commands.length);
      for (const { words } of commands) this.#calls.command(words);
    } catch (error) {
      // More than a buffer can hold: half a call would spoil all that follow.
      this.#calls.length = start;
      this.#hub.leave(slot);
      throw error;
    }
    if (heard) waiter.abortWith(heard, () => this.#native.cancel(slot));
    if (!this.#scheduled) {
      this.#scheduled = true;
      atEndOfTurn(() => this.#flush());
    }
  }

  #flush() {
    this.#scheduled = false;
    this.#native.submit(this.#calls.bytes, this.#calls.length);
    this.#calls.clear();
  }
}

/** Who waits for a request: what all of them have in common. */
class Waiter {
  #resolve;
  #reject;
  #stop = null;

  constructor(resolve, reject) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Rejects as soon as `signal` is aborted; `cancel` tells the addon. */
  abortWith(signal, cancel) {
    const abort = () => {
      this.#stop = null;
      this.#reject(signal.reason);
      cancel();
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#stop = () => signal.removeEventListener('abort', abort);
  }

  /** Ends with what `make` returns or throws. */
  end(make) {
    this.#stop?.();
    try {
      this.#resolve(make());
    } catch (error) {
      this.#reject(error);
    }
  }
}

class CommandWaiter extends Waiter {
  #options;
  #command;
  #bytes;

  constructor(options, command, bytes, resolve, reject) {
    super(resolve, reject);
    this.#options = options;
    this.#command = command;
    this.#bytes = bytes;
  }

  reply(reader) {
    this.end(() => {
      const { deserialize, bigIntegers } = this.#options;
      const shape = deserialize && !this.#bytes ? this.#command.reply : undefined;
      const reply = reader.reply(deserialize && shape === undefined, bigIntegers);
      if (reader.refused) throw this.#refused(reply);
      return shape === undefined ? reply : SHAPES[shape](reply, this.#command.words);
    });
  }

  failure(failure) {
    this.end(() => {
      throw failed(failure, this.#command.words);
    });
  }

  #refused(text) {
    const { words, alone } = this.#command;
    return new UpstashError(alone || !this.#options.together ? ofCommand(text, words) : `Command failed: ${text}`);
  }
}

class ListWaiter extends Waiter {
  #options;
  #commands;
  #bytes;

  constructor(options, commands, bytes, resolve, reject) {
    super(resolve, reject);
    this.#options = options;
    this.#commands = commands;
    this.#bytes = bytes;
  }

  list(reader, count) {
    this.end(() => {
      const { deserialize, bigIntegers } = this.#options;
      return Array.from({ length: count }, (_, index) => {
        const { words, reply: name } = this.#commands[index];
        const shape = deserialize && !this.#bytes ? name : undefined;
        const reply = reader.reply(deserialize && shape === undefined, bigIntegers);
        if (reader.refused) return { error: reply, result: undefined };
        return { error: undefined, result: shape === undefined ? reply : SHAPES[shape](reply, words) };
      });
    });
  }

  failure(failure) {
    this.end(() => {
      throw failed(
        failure,
        this.#commands.map(({ words }) => words),
      );
    });
  }
}

/** The error of a request that failed as a whole. */
function failed({ code, status, text }, body) {
  switch (code) {
    case 'E_REDIS':
      return new UpstashError(ofCommand(text, body));
    case 'E_STATUS':
    case 'E_PROTOCOL':
      return new UpstashJSONParseError({ code, status, excerpt: text });
    default:
      return new UpstashError(text, { code });
  }
}

function ofCommand(text, body) {
  return `${text}, command was: ${JSON.stringify(body, digits)}`;
}

/** What a reply becomes that came as JSON values and not through the addon. */
function deserialized(reply, { words, reply: shape }) {
  return shape === undefined ? parse(reply) : SHAPES[shape](reply, words);
}

module.exports = { Client, atEndOfTurn, deserialized, ofCommand };
