'use strict';

// The frames in which calls and replies cross between JavaScript and the engine. The format is described where the
// engine reads and writes it, in src/client/frame.rs.

const KIND = { together: 0, alone: 1, pipeline: 2, transaction: 3 };
const MODE = { parsed: 0, text: 1, bytes: 2 };

const TEXT = 0;
const LITERAL = 1;
const BYTES = 2;

const FIRST_BYTES = 1024;
/** A buffer that has grown beyond this is given back after use. */
const KEPT_BYTES = 1 << 20;
/** Up to here a loop over the characters is quicker than a call into Node. */
const SHORT = 48;

/** Writes calls one after the other, into a buffer that is used again and again. */
class CallWriter {
  bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  length = 0;

  /** Begins a call of `count` commands. */
  begin(kind, mode, slot, count) {
    this.#reserve(10);
    this.bytes[this.length] = kind;
    this.bytes[this.length + 1] = mode;
    this.length += 2;
    this.#integer(slot);
    this.#integer(count);
  }

  /** Writes a command: strings, numbers, booleans, bigints, null and byte arrays. */
  command(words) {
    this.#reserve(4);
    this.#integer(words.length);
    for (let index = 0; index < words.length; index += 1) this.#argument(words[index]);
  }

  clear() {
    this.length = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  #argument(value) {
    switch (typeof value) {
      case 'string':
        return this.#text(TEXT, value);
      case 'number':
        // As JSON.stringify has it.
        return this.#text(LITERAL, Number.isFinite(value) ? `${value}` : 'null');
      case 'bigint':
        return this.#text(TEXT, `${value}`);
      case 'boolean':
        return this.#text(LITERAL, `${value}`);
      default:
        if (value === null) return this.#text(LITERAL, 'null');
        this.#reserve(5 + value.length);
        this.bytes[this.length] = BYTES;
        this.length += 1;
        this.#integer(value.length);
        this.bytes.set(value, this.length);
        this.length += value.length;
    }
  }

  #text(type, text) {
    // Three bytes are the most that one UTF-16 unit takes.
    this.#reserve(5 + text.length * 3);
    const { bytes } = this;
    const start = this.length + 5;
    bytes[this.length] = type;
    let end = start;
    if (text.length <= SHORT) {
      for (; end - start < text.length; end += 1) {
        const unit = text.charCodeAt(end - start);
        if (unit > 0x7f) break;
        bytes[end] = unit;
      }
    }
    if (end - start < text.length) end = start + bytes.utf8Write(text, start);
    this.length += 1;
    this.#integer(end - start);
    this.length = end;
  }

  #integer(value) {
    const { bytes, length } = this;
    bytes[length] = value;
    bytes[length + 1] = value >>> 8;
    bytes[length + 2] = value >>> 16;
    bytes[length + 3] = value >>> 24;
    this.length = length + 4;
  }

  #reserve(count) {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

const OUTCOME = { reply: 0, list: 1, failure: 2, event: 3 };
const EVENT = { data: 0, broken: 1, over: 2 };

const NIL = 0;
const NUMBER = 1;
const BIG = 2;
const ASCII = 3;
const UTF8 = 4;
const ASCII_JSON = 5;
const UTF8_JSON = 6;
const NUMERAL = 7;
const RAW = 8;
const ARRAY = 9;

/** Reads completions out of a buffer. What it returns shares no memory with it. */
class CompletionReader {
  #bytes;
  #at = 0;
  #bigIntegers = false;
  /** Whether the last reply was an error, and its text what `reply` gave. */
  refused = false;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  /** Where the next one begins. */
  get at() {
    return this.#at;
  }

  set at(position) {
    this.#at = position;
  }

  integer() {
    const bytes = this.#bytes;
    const at = this.#at;
    this.#at = at + 4;
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
  }

  byte() {
    const byte = this.#bytes[this.#at];
    this.#at += 1;
    return byte;
  }

  /** The text up to `end`. */
  textTo(end) {
    const text = this.#bytes.utf8Slice(this.#at, end);
    this.#at = end;
    return text;
  }

  /** `{ code, status, text }` of a request that failed. */
  failure(end) {
    const code = this.textTo(this.byte() + this.#at);
    const status = this.byte() | (this.byte() << 8);
    return { code, status, text: this.textTo(end) };
  }

  /** A reply; strings in it parsed where they are JSON, or left as text. */
  reply(parsed, bigIntegers) {
    this.#bigIntegers = bigIntegers;
    this.refused = false;
    return parsed ? this.#parsed() : this.#plain();
  }

  #parsed() {
    switch (this.#bytes[this.#at]) {
      case ASCII_JSON:
      case UTF8_JSON: {
        const text = this.#plain();
        try {
          return JSON.parse(text);
        } catch {
          // What is JSON is decided by bytes; where those are no UTF-8 the text may differ.
          return text;
        }
      }
      case NUMERAL: {
        const text = this.#plain();
        const number = Number(text);
        // '1.0' and 9007199254740993 would come back as something else than was stored.
        return `${number}` === text ? number : text;
      }
      case ARRAY: {
        this.#at += 1;
        const items = Array.from({ length: this.integer() });
        for (let index = 0; index < items.length; index += 1) items[index] = this.#parsed();
        return items;
      }
      default:
        return this.#plain();
    }
  }

  #plain() {
    switch (this.byte()) {
      case NIL:
        return null;
      case NUMBER: {
        const number = this.#bytes.readDoubleLE(this.#at);
        this.#at += 8;
        return number;
      }
      case BIG: {
        const digits = this.#slice('latin1Slice');
        return this.#bigIntegers ? BigInt(digits) : digits;
      }
      case ASCII:
      case ASCII_JSON:
      case NUMERAL:
        return this.#slice('latin1Slice');
      case UTF8:
      case UTF8_JSON:
        return this.#slice('utf8Slice');
      case RAW: {
        const length = this.integer();
        const copy = Buffer.from(this.#bytes.subarray(this.#at, this.#at + length));
        this.#at += length;
        return copy;
      }
      case ARRAY: {
        const items = Array.from({ length: this.integer() });
        for (let index = 0; index < items.length; index += 1) items[index] = this.#plain();
        return items;
      }
      default:
        this.refused = true;
        return this.#slice('utf8Slice');
    }
  }

  #slice(method) {
    const length = this.integer();
    const start = this.#at;
    this.#at = start + length;
    return this.#bytes[method](start, this.#at);
  }
}

module.exports = { CallWriter, CompletionReader, EVENT, KIND, MODE, OUTCOME };
