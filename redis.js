'use strict';

/** Makes `Redis`, the Upstash client for use without Strapi, over the addon's `RestClient`. */
module.exports = (RestClient) => {
  class Redis {
    #client;

    constructor({ url, token } = {}) {
      this.#client = new RestClient(url, token);
    }

    static fromEnv(env = process.env) {
      return new Redis({ url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN });
    }

    async command(command) {
      const [reply] = await this.#run([command]);
      return result(reply, command);
    }

    async pipeline(commands) {
      const replies = await this.#run(commands);
      return replies.map((reply) => ('error' in reply ? failure(reply) : reply.result));
    }

    async #run(commands) {
      if (!Array.isArray(commands)) {
        throw failure({ code: 'E_COMMAND', error: "A pipeline is an array of commands such as ['GET', 'key']." });
      }
      const replies = JSON.parse(await this.#client.run(JSON.stringify(commands.map(asText))));
      if ('error' in replies) throw failure(replies);
      return replies;
    }
  }
  return Redis;
};

function asText(command) {
  if (!Array.isArray(command) || command.length === 0) {
    throw failure({ code: 'E_COMMAND', error: "A command is an array such as ['SET', 'key', 'value']." });
  }
  return command.map((argument) => {
    if (typeof argument === 'string') return argument;
    if (typeof argument === 'bigint' || (typeof argument === 'number' && Number.isFinite(argument))) return `${argument}`;
    throw failure({
      code: 'E_COMMAND',
      error: `${command[0]}: found ${argument === null ? 'null' : typeof argument} as argument; expected a string or a finite number.`,
    });
  });
}

function result(reply, command) {
  if ('error' in reply) throw failure({ ...reply, error: `${reply.error}, command was: ${command[0]}` });
  return reply.result;
}

function failure({ error, code }) {
  return Object.assign(new Error(error), { code });
}
