'use strict';

const { createHash } = require('node:crypto');
const { Engine } = require('../index.js');
const { checkCall, checkTags, resolveOptions, ruleMaker } = require('./options.js');
const { carried, purging } = require('./tags.js');

/** Nothing is known of what is loaded but what its tags say. */
const SCHEMA = JSON.stringify({ prefix: '', types: {}, foldPaths: false, foldQueries: false });
/** Keeps these values apart from all answers to requests. */
const HOST = '@next';
/** Longer keys are told by their hash: the engine takes URLs of 2 KB. */
const MAX_KEY = 1_000;
/** How long a call waits for another one that loads the same; then it looks anew. Rust takes such a load for hung. */
const PATIENCE_MS = 5_000;
/** So often a call looks anew before it loads by itself. */
const MAX_TRIES = 3;
/** Warnings of one kind come no more often than this. */
const QUIET_MS = 30_000;

/** What may be done with an entry; see `Fetched` in binding.d.ts. */
const FRESH = 0;
const EARLY = 1;
const STALE = 2;
/** From here down the look-up names a slot and a use; see `Engine.prober`. */
const NOT_SIMPLY_FRESH = -16;
const MISSED = [-1, STALE + 1];

/** A cache of its own. Does no I/O and keeps no process alive. Throws `E_CONFIG`. */
function createCache(options = {}) {
  const resolved = resolveOptions(options, process.env);
  const ruleOf = ruleMaker(resolved);
  const engine = new Engine(resolved);
  engine.setSchema(SCHEMA);
  const probe = engine.prober();
  const scope = engine.scope(HOST, 0);
  /** JSON, and when it was made, by slot. The engine says what is in which slot, and when it is free again. */
  const shelf = [];
  /** The loads under way, by the number of their flight. */
  const landings = new Map();
  const warn = warner();

  async function cached(key, given, load) {
    const callOptions = given ?? {};
    checkCall(key, callOptions, load);
    const wanted = { key, url: urlOf(key), rule: ruleOf(callOptions), tags: (callOptions.tags ?? []).flatMap(carried), load };
    return look(wanted, 1);
  }

  async function look(wanted, tries) {
    const [slot, use] = read(probe(wanted.url, scope));
    const held = use <= STALE ? shelf[slot] : undefined;
    if (held === undefined) return miss(wanted, tries);
    if (use !== FRESH) refresh(wanted, held);
    return JSON.parse(held.json);
  }

  /** Loads what memory does not have, unless Upstash has it or somebody loads it already. */
  async function miss(wanted, tries) {
    const { id, role } = engine.open(wanted.url, HOST, 0);
    if (role === 'solo') return plain(await wanted.load());
    if (role === 'follower') {
      const landed = await follow(id);
      if (landed !== undefined) return landed();
      return tries < MAX_TRIES ? look(wanted, tries + 1) : plain(await wanted.load());
    }
    const land = begin(id);
    try {
      const found = await fromUpstash(id, () => true);
      const json = found === undefined ? await fill(id, wanted) : found.held.json;
      land(() => parse(json));
      if (found?.use === STALE) refresh(wanted, found.held);
      return parse(json);
    } catch (error) {
      // Whoever waited asked for the same at the same time: one more load each would help nobody.
      land(() => {
        throw error;
      });
      throw error;
    } finally {
      report();
    }
  }

  /** Loads anew what goes on being used meanwhile. Nobody waits for it. */
  function refresh(wanted, held) {
    const run = async () => {
      const { id, role } = engine.open(wanted.url, HOST, 0);
      if (role !== 'leader') return;
      const land = begin(id);
      try {
        // What another process has made meanwhile, or is making now, will do.
        const found = await fromUpstash(id, ({ usable, created }) => usable <= EARLY && created > held.created);
        if (found !== undefined) engine.abandon(id);
        else await fill(id, wanted);
      } finally {
        // Whoever follows a load of the background looks for what came of it.
        land(undefined);
        report();
      }
    };
    run().catch((error) => warn('refresh', `loading ${JSON.stringify(wanted.key)} anew failed: ${String(error?.message ?? error)}`));
  }

  /**
   * What Upstash has for a flight, taken into memory, which ends the flight. Nothing is held where another process is making
   * it and what there is is not wanted.
   */
  async function fromUpstash(id, isWanted) {
    const found = await engine.fetch(id);
    if (found === null) return undefined;
    if (found.usable > STALE || !isWanted(found)) return found.others && found.usable <= STALE ? { held: undefined } : undefined;
    const held = { json: String(found.body), created: found.created };
    const slot = engine.adopt(id);
    release();
    // A purge came between.
    if (slot < 0) return undefined;
    shelf[slot] = held;
    return { held, use: found.usable };
  }

  /** Loads, and offers what came of it to the engine. Ends the flight. */
  async function fill(id, { key, load, tags, rule }) {
    let json;
    try {
      json = JSON.stringify(await load());
    } finally {
      // Neither an error nor `undefined` is a value.
      if (json === undefined) engine.abandon(id);
    }
    if (json === undefined) return undefined;
    const facts = { status: 200, setCookie: false, head: '', created: Date.now(), reads: '[]', tags, ...rule, unaware: true };
    const { slot, reason, created } = engine.finish(id, facts, Buffer.from(json));
    release();
    if (slot >= 0) shelf[slot] = { json, created };
    else if (reason?.startsWith('too-')) warn(reason, `${JSON.stringify(key)} is not cached: ${reason}`);
    return json;
  }

  function begin(id) {
    let resolve;
    const promise = new Promise((settle) => {
      resolve = settle;
    });
    landings.set(id, promise);
    return (landed) => {
      landings.delete(id);
      resolve(landed);
    };
  }

  /** What a load ends with, as a function that gives it; undefined when that takes too long. */
  async function follow(id) {
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
      timer.unref();
    });
    try {
      return await Promise.race([landings.get(id), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async function purged(acknowledged) {
    release();
    await acknowledged;
    report();
  }

  function release() {
    for (const slot of engine.drain()) shelf[slot] = undefined;
  }

  /** The engine makes at most one warning of a kind in half a minute. */
  function report() {
    for (let line = engine.takeWarning(); line !== null; line = engine.takeWarning()) process.emitWarning(line, WARNING);
  }

  return {
    cached,
    async purge(...tags) {
      checkTags(tags.flat());
      await purged(engine.purgeTags(tags.flat().flatMap(purging)));
    },
    purgeAll: () => purged(engine.purgeAll()),
    stats: () => JSON.parse(engine.stats()),
    close() {
      engine.close();
      release();
    },
    get store() {
      return engine.store;
    },
  };
}

const WARNING = { code: 'E_STRAPI_UPSTASH' };

/** Readable in Redis, and nothing that a URL can't hold. */
function urlOf(key) {
  const text = encodeURI(key.toWellFormed()).replaceAll('#', '%23');
  return `/cached/${text.length <= MAX_KEY ? text : `sha256-${createHash('sha256').update(text).digest('hex')}`}`;
}

function read(code) {
  if (code >= 0) return [code, FRESH];
  if (code > NOT_SIMPLY_FRESH) return MISSED;
  const rest = NOT_SIMPLY_FRESH - code;
  return [rest >> 3, rest & 7];
}

/** A value as JSON has it, so that a miss gives what a hit will. */
function plain(value) {
  return parse(JSON.stringify(value));
}

function parse(json) {
  return json === undefined ? undefined : JSON.parse(json);
}

function warner() {
  const quietUntil = new Map();
  return (kind, text) => {
    const now = Date.now();
    if (now < (quietUntil.get(kind) ?? 0)) return;
    quietUntil.set(kind, now + QUIET_MS);
    process.emitWarning(text, WARNING);
  };
}

module.exports = { createCache };
