import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Entry } from './entry';
import type { Holding } from './holding';

/** In the order of preference where a client takes both alike. */
const ENCODINGS = ['br', 'gzip'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Above a server's usual level for answers made anew each time, since it is done once; far below the slow ones. */
const LEVEL = 6;
/** Bodies compressed at once: Node's pool has four threads, and others need some. */
const MAX_AT_ONCE = 2;
/** An encoding that spares less than this share is not worth it. */
const LEAST_GAIN = 0.1;
const MAX_KNOWN = 500;

const encoders: Record<Encoding, (body: Buffer) => Promise<Buffer>> = {
  br: (body) =>
    promisify(brotliCompress)(body, {
      params: { [constants.BROTLI_PARAM_QUALITY]: LEVEL, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
    }),
  gzip: (body) => promisify(gzip)(body, { level: LEVEL }),
};

/** What a client takes. */
export interface Accepted {
  /** The encoding it likes best of those we make, if it likes it as well as the plain body. */
  best: Encoding | undefined;
  /** Whether it refuses the plain body. */
  refusesPlain: boolean;
}

const known = new Map<string, Accepted>();

/** Reads `Accept-Encoding` (RFC 9110 §12.5.3). Clients send few different ones. */
export function acceptedBy(header: string): Accepted {
  let found = known.get(header);
  if (found === undefined) {
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(header, (found = parse(header)));
  }
  return found;
}

function parse(header: string): Accepted {
  const weights = new Map<string, number>();
  for (const part of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    if (name === '') continue;
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const weight = q === undefined ? 1 : Number(q);
    weights.set(name === 'x-gzip' ? 'gzip' : name, weight >= 0 && weight <= 1 ? weight : 0);
  }
  const weightOf = (name: string): number => weights.get(name) ?? weights.get('*') ?? 0;
  const plain = weights.get('identity') ?? (weights.get('*') === 0 ? 0 : undefined);
  let best: Encoding | undefined;
  for (const encoding of ENCODINGS) {
    if (weightOf(encoding) > (best === undefined ? 0 : weightOf(best))) best = encoding;
  }
  // Without a word about it, the plain body is liked least.
  if (best !== undefined && weightOf(best) < (plain ?? 0)) best = undefined;
  return { best, refusesPlain: plain === 0 };
}

let atOnce = 0;

/**
 * Makes an encoding of an entry off the JavaScript thread, and keeps it with the entry if that is still there. Undefined
 * when it is made already, or too many others are.
 */
export function encode(holding: Holding, slot: number, entry: Entry, encoding: Encoding): Promise<Buffer | null> | undefined {
  const { encoded } = entry;
  if (encoded === undefined || encoded.has(encoding) || atOnce >= MAX_AT_ONCE) return undefined;
  encoded.set(encoding, null);
  atOnce += 1;
  return encoders[encoding](entry.body)
    .then((shorter) => {
      if (shorter.length > entry.body.length * (1 - LEAST_GAIN)) return null;
      // A Buffer of its own size: zlib's may be a part of a larger one.
      const own = Buffer.allocUnsafeSlow(shorter.length);
      shorter.copy(own);
      holding.shelf.release();
      if (holding.shelf.entries[slot] !== entry || holding.engine.grow(slot, own.length)) encoded.set(encoding, own);
      holding.shelf.release();
      return own;
    })
    .catch((error: unknown) => {
      holding.failures.note('compressing an answer', error);
      return null;
    })
    .finally(() => {
      atOnce -= 1;
    });
}
