'use strict';

// Commands through a `Requester` as @upstash/redis has it: one that the user brought, or this client's own with
// middleware around it. Requests are objects there, so batches are put together in JavaScript.

const { atEndOfTurn, deserialized } = require('./client.js');
const { UpstashError } = require('./errors.js');

/** The most commands in one batch, as in src/client/batch.rs. */
const MAX_COMMANDS = 1_000;

/** Has the methods of `Client` that run commands. */
class RequesterClient {
  #requester;
  #options;
  #batch = null;

  /** `requester`: anything with `request({ path, body })`. */
  constructor(requester, options) {
    this.#requester = requester;
    this.#options = options;
  }

  get options() {
    return this.#options;
  }

  get requester() {
    return this.#requester;
  }

  async run(command, { bytes = false, signal } = {}) {
    refuseBytes(bytes);
    const together = this.#options.together && !command.alone;
    const { result, error } = together
      ? await this.#together(command)
      : await this.#requester.request({ body: command.words, signal: signal ?? this.#options.signal?.() });
    if (error) throw new UpstashError(together ? `Command failed: ${error}` : error);
    if (result === undefined) throw new TypeError('Request did not return a result');
    return this.#options.deserialize ? deserialized(result, command) : result;
  }

  async runList(commands, { atomic = false, bytes = false, signal } = {}) {
    refuseBytes(bytes);
    const items = await this.#requester.request({
      path: [atomic ? 'multi-exec' : 'pipeline'],
      body: commands.map(({ words }) => words),
      signal: signal ?? this.#options.signal?.(),
    });
    return items.map(({ error, result }, index) => {
      if (error) return { error, result: undefined };
      return { error, result: this.#options.deserialize ? deserialized(result, commands[index]) : result };
    });
  }

  #together({ words }) {
    const batch = (this.#batch ??= this.#open());
    const index = batch.body.push(words) - 1;
    if (batch.body.length === MAX_COMMANDS) this.#batch = null;
    return batch.replies.then((replies) => replies[index]);
  }

  #open() {
    const body = [];
    const replies = new Promise((resolve) => {
      atEndOfTurn(() => {
        if (this.#batch?.body === body) this.#batch = null;
        resolve(this.#requester.request({ path: ['pipeline'], body }));
      });
    });
    return { body, replies };
  }
}

function refuseBytes(bytes) {
  if (bytes) throw new UpstashError('redis.raw reads from the addon: it goes through no requester and no middleware', { code: 'E_COMMAND' });
}

/** A `Requester` over a client that deserializes nothing. */
function requesterOver(client) {
  return {
    get readYourWrites() {
      return client.options.readYourWrites;
    },
    get upstashSyncToken() {
      return client.native.syncToken ?? '';
    },
    async request({ path = [], body, signal }) {
      const kind = path[0];
      if (kind === 'pipeline' || kind === 'multi-exec') {
        const commands = body.map((words) => ({ words }));
        return client.runList(commands, { atomic: kind === 'multi-exec', signal });
      }
      return { result: await client.run({ words: body, alone: true }, { signal }) };
    },
  };
}

module.exports = { RequesterClient, requesterOver };
