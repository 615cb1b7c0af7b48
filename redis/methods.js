'use strict';

const { commands, compile } = require('./table.js');

/** Every command, ready to be made: namespace to method to `{ build, reply, alone }`. */
const NAMESPACES = {};
for (const command of commands()) {
  const { namespace, method, entry } = command;
  (NAMESPACES[namespace] ??= {})[method] = {
    build: compile(command),
    reply: entry.reply,
    alone: entry.alone === true,
  };
}

/**
 * Gives a class a method for each command, and `json` and `functions` with theirs. `perform(target, command)` says
 * what calling one does, `refuse(error)` what becomes of arguments that are wrong. Methods are bound, as those of @upstash/redis are: `const { get } = redis` works. They are
 * made when they are first asked for, so that a client costs nothing for what it does not use.
 */
function installCommands(Class, perform, refuse) {
  for (const [namespace, methods] of Object.entries(NAMESPACES)) {
    if (namespace === '') {
      for (const [name, method] of Object.entries(methods)) {
        lazily(Class.prototype, name, (target) => bind(target, method, perform, refuse));
      }
    } else {
      lazily(Class.prototype, namespace, (target) =>
        Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, bind(target, method, perform, refuse)])),
      );
    }
  }
}

function bind(target, { build, reply, alone }, perform, refuse) {
  return (...values) => {
    let words;
    try {
      words = build(values);
    } catch (error) {
      return refuse(error);
    }
    return perform(target, { words, reply, alone });
  };
}

/** A property that is made when it is first read, and is an ordinary one from then on. */
function lazily(prototype, name, make) {
  Object.defineProperty(prototype, name, {
    configurable: true,
    enumerable: false,
    get() {
      const value = make(this);
      Object.defineProperty(this, name, { value, configurable: true, enumerable: false, writable: true });
      return value;
    },
    set(value) {
      Object.defineProperty(this, name, { value, configurable: true, enumerable: false, writable: true });
    },
  });
}

module.exports = { installCommands, lazily };
