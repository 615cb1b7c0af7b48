'use strict';

const { BitField } = require('./bitfield.js');
const { Client } = require('./client.js');
const { UpstashError, UpstashJSONParseError, UrlError, mistake } = require('./errors.js');
const { Hub } = require('./hub.js');
const { installCommands, lazily } = require('./methods.js');
const { credentialsFrom, missing, optionError, resolveOptions } = require('./options.js');
const { Pipeline } = require('./pipeline.js');
const { RequesterClient, requesterOver } = require('./requester.js');
const { Script, ScriptRO } = require('./script.js');
const { Subscriber } = require('./subscriber.js');

/** Makes `Redis` over the addon. */
function makeRedis({ Hub: NativeHub, RestClient }) {
  let hub = null;

  /** The clients of a thread share one. */
  function sharedHub() {
    hub ??= new Hub(NativeHub);
    return hub;
  }

  function connect(given) {
    const { native, client } = resolveOptions(given, process.env);
    const lacking = missing(native);
    if (lacking !== null) {
      // As @upstash/redis has it: a build that evaluates this module needs no credentials. A command does.
      console.warn(`[strapi-upstash] ${lacking}`);
      return new RequesterClient({ request: async () => Promise.reject(mistake('E_CONFIG', lacking)) }, client);
    }
    try {
      const shared = sharedHub();
      return new Client(new RestClient({ ...native, url: `${native.url}`, token: `${native.token}` }, shared.native), shared, client);
    } catch (error) {
      throw optionError(error);
    }
  }

  /** The Upstash client. Its methods are described in index.d.ts, its commands in commands/*.json. */
  class Redis {
    #client;
    #signal;

    /** `given`: options, a requester, or (for views of a client) that client. */
    constructor(given = {}, view) {
      if (given instanceof Client || given instanceof RequesterClient) {
        this.#client = given;
        this.#signal = view?.signal;
      } else if (typeof given?.request === 'function') {
        const { client } = resolveOptions({ enableAutoPipelining: false, ...view }, {});
        this.#client = new RequesterClient(given, client);
      } else {
        this.#client = connect(given);
      }
    }

    static fromEnv(options) {
      return new Redis({ ...options, ...credentialsFrom(process.env) });
    }

    get readYourWritesSyncToken() {
      return this.#client instanceof Client ? (this.#client.native.syncToken ?? '') : this.#client.requester.upstashSyncToken;
    }

    set readYourWritesSyncToken(token) {
      if (this.#client instanceof Client) this.#client.native.syncToken = token;
      else this.#client.requester.upstashSyncToken = token;
    }

    /** The same client with `signal` for each of its calls. */
    with({ signal }) {
      return new Redis(this.#client, { signal });
    }

    status() {
      const { open, failures, retryBudget, lastError } = this.#addon().native.status();
      return { breaker: open ? 'open' : 'closed', failures, retryBudget, ...(lastError && { lastError }) };
    }

    use = (middleware) => {
      const current = this.#client;
      const inner =
        current instanceof Client
          ? requesterOver(new Client(current.native, current.hub, { ...current.options, deserialize: false }))
          : current.requester;
      const request = (asked) => middleware(asked, (passed) => inner.request(passed));
      this.#client = new RequesterClient(Object.assign(Object.create(inner), { request }), current.options);
    };

    pipeline = () => new Pipeline(this.#runner(), false);

    multi = () => new Pipeline(this.#runner(), true);

    bitfield = (key) => new BitField(key, (command) => this.#run(command));

    createScript(script, options) {
      return options?.readonly ? new ScriptRO(this, script) : new Script(this, script);
    }

    subscribe = (channels) => new Subscriber(this.#addon(), asList(channels), false);

    psubscribe = (patterns) => new Subscriber(this.#addon(), asList(patterns), true);

    async *scanIterator(options) {
      yield* scanned((cursor) => this.scan(cursor, options));
    }

    async *hscanIterator(key, options) {
      yield* inPairs(scanned((cursor) => this.hscan(key, cursor, options)));
    }

    async *sscanIterator(key, options) {
      yield* scanned((cursor) => this.sscan(key, cursor, options));
    }

    async *zscanIterator(key, options) {
      for await (const [member, score] of inPairs(scanned((cursor) => this.zscan(key, cursor, options)))) {
        yield { member, score: Number(score) };
      }
    }

    #run(command, bytes) {
      const { latencyLogging } = this.#client.options;
      const reply = this.#client.run(command, { bytes, signal: this.#signal });
      return latencyLogging ? timed(`${command.words[0]}`, reply) : reply;
    }

    /** What runs a pipeline's commands. */
    #runner() {
      const client = this.#client;
      const signal = this.#signal;
      return {
        runList(commands, { atomic }) {
          const replies = client.runList(commands, { atomic, signal });
          return client.options.latencyLogging ? timed(atomic ? 'multi-exec' : 'pipeline', replies) : replies;
        },
      };
    }

    #addon() {
      const client = this.#client;
      if (client instanceof Client) return client;
      throw mistake('E_COMMAND', 'This needs a client of its own: there is a requester or middleware in between.');
    }

    static {
      installCommands(this, (redis, command) => redis.#run(command), refuse);
      lazily(this.prototype, 'raw', (redis) => new Raw((command) => redis.#run(command, true)));
    }
  }

  return Redis;
}

/** Commands whose replies are bytes. */
class Raw {
  #run;

  constructor(run) {
    this.#run = run;
  }

  static {
    installCommands(this, (raw, command) => raw.#run(command), refuse);
  }
}

/** Whoever awaits a call hears of everything in the same way. */
async function refuse(error) {
  throw error;
}

function asList(channels) {
  return Array.isArray(channels) ? channels : [channels];
}

/** Everything that a scan finds, batch after batch. */
async function* scanned(scan) {
  let cursor = '0';
  do {
    const [next, found] = await scan(cursor);
    yield* found;
    cursor = `${next}`;
  } while (cursor !== '0');
}

async function* inPairs(flat) {
  let field;
  let isField = true;
  for await (const item of flat) {
    if (isField) field = item;
    else yield [field, item];
    isField = !isField;
  }
}

async function timed(name, reply) {
  const begin = performance.now();
  const result = await reply;
  console.log(`Latency for ${name.toUpperCase()}: ${(performance.now() - begin).toFixed(2)} ms`);
  return result;
}

module.exports = { errors: { UpstashError, UpstashJSONParseError, UrlError }, makeRedis };
