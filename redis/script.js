'use strict';

const { createHash } = require('node:crypto');

/**
 * A Lua script. `exec` sends its hash, and its text only where Redis does not know it. One that only reads runs by
 * `EVALSHA_RO` and `EVAL_RO`.
 */
class Script {
  #redis;

  constructor(redis, script) {
    this.#redis = redis;
    this.script = script;
    this.sha1 = createHash('sha1').update(script).digest('hex');
  }

  /** Sends the text. */
  eval(keys, args) {
    return this.#redis.eval(this.script, keys, args);
  }

  /** Sends the hash. */
  evalsha(keys, args) {
    return this.#redis.evalsha(this.sha1, keys, args);
  }

  exec(keys, args) {
    return this.evalsha(keys, args).catch((error) => whole(error, () => this.eval(keys, args)));
  }
}

class ScriptRO {
  #redis;

  constructor(redis, script) {
    this.#redis = redis;
    this.script = script;
    this.sha1 = createHash('sha1').update(script).digest('hex');
  }

  /** Sends the text. */
  evalRo(keys, args) {
    return this.#redis.evalRo(this.script, keys, args);
  }

  /** Sends the hash. */
  evalshaRo(keys, args) {
    return this.#redis.evalshaRo(this.sha1, keys, args);
  }

  exec(keys, args) {
    return this.evalshaRo(keys, args).catch((error) => whole(error, () => this.evalRo(keys, args)));
  }
}

function whole(error, again) {
  if (/noscript/i.test(error.message)) return again();
  throw error;
}

module.exports = { Script, ScriptRO };
