// Where a region of a Global Database sends a request, and the sync tokens it gives.
// Sources: https://upstash.com/docs/redis/features/globaldatabase, https://upstash.com/docs/redis/howto/readyourwrites.
// Our choices, where these are silent: a pipeline or a transaction in which anything writes goes to the primary as a
// whole; EVAL_RO and EVALSHA_RO are reads; subscriptions are served by the replica.

import { setTimeout as sleep } from 'node:timers/promises';
import { nameOf } from './upstash-protocol.mjs';

/** So long a read waits for the replica before it goes to the primary. */
const PATIENCE_MS = 100;

/** A token is `<history>:<offset>`: a place in what a primary has written since it began, or was promoted. */
export class Region {
  #primary;
  #replica;
  #connect;
  #readers = null;

  /** `connect(server)`: the connection to a server. */
  constructor(primary, replica, connect) {
    this.#primary = primary;
    this.#replica = replica;
    this.#connect = connect;
  }

  /** Who serves what needs no primary. */
  get nearest() {
    return this.#replica ?? this.#primary;
  }

  /** Who answers these commands, for somebody who has seen what `token` tells of. */
  async serverFor(commands, token) {
    if (!this.#replica || !(await this.#onlyReads(commands))) return this.#primary;
    if (!token) return this.#replica;
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(5)) {
      const [history, offset] = token.split(':');
      const here = await this.#position(this.#replica);
      if (history !== here.history) break;
      if (here.offset >= BigInt(offset)) return this.#replica;
    }
    return this.#primary;
  }

  /** The token of an answer that `server` has given just now. */
  async tokenOf(server) {
    const { history, offset } = await this.#position(server);
    return `${history}:${offset}`;
  }

  async #position(server) {
    const { value } = await this.#connect(server).send(['INFO', 'replication']);
    const field = (name) => new RegExp(`^${name}:(.*)\r$`, 'm').exec(String(value))?.[1];
    return { history: field('master_replid'), offset: BigInt(field('slave_repl_offset') ?? field('master_repl_offset')) };
  }

  /** Asks Redis itself, which knows nothing of the client's table of commands. */
  async #onlyReads(commands) {
    this.#readers ??= this.#connect(this.#primary)
      .send(['COMMAND'])
      .then(({ value }) => new Set(value.filter(([, , flags]) => flags.includes('readonly')).map(([name]) => String(name).toUpperCase())));
    const readers = await this.#readers;
    return commands.every((command) => readers.has(nameOf(command)) || ANYWHERE.has(nameOf(command)));
  }
}

/** What is no read by its flags, and that any server may answer. Scripts are known to the one that was told them. */
const ANYWHERE = new Set(['PING', 'ECHO', 'TIME']);
