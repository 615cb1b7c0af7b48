'use strict';

const { BitField } = require('./bitfield.js');
const { UpstashError, mistake } = require('./errors.js');
const { installCommands } = require('./methods.js');

/** Commands that are collected and sent in one request: in order, and atomically where it is a transaction. */
class Pipeline {
  #client;
  #atomic;
  #commands = [];

  constructor(client, atomic) {
    this.#client = client;
    this.#atomic = atomic;
  }

  /** How many commands it holds. */
  length() {
    return this.#commands.length;
  }

  /** Begins a `BITFIELD`; its `exec` adds it and goes on with the pipeline. */
  bitfield = (key) => new BitField(key, (command) => this.#add(command));

  exec = async ({ keepErrors = false } = {}) => {
    if (this.#commands.length === 0) throw mistake('E_COMMAND', 'Pipeline is empty');
    const commands = [...this.#commands];
    const items = await this.#client.runList(commands, { atomic: this.#atomic });
    if (keepErrors) return items;
    return items.map(({ error, result }, index) => {
      if (error) throw new UpstashError(`Command ${index + 1} [ ${commands[index].words[0]} ] failed: ${error}`);
      return result;
    });
  };

  #add(command) {
    this.#commands.push(command);
    return this;
  }

  static {
    installCommands(
      this,
      (pipeline, command) => pipeline.#add(command),
      (error) => {
        throw error;
      },
    );
  }
}

module.exports = { Pipeline };
