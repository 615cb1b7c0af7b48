// Where the cache and http-cache-semantics are of different mind on purpose, and why. oracle.test.mjs asks both about the
// same answers: whatever else it finds different is an error.
//
// `example` shows the difference: for how many seconds each takes it for fresh; 0 is not at all, and 'stale' is what may
// be used while it is made anew. `reading` rewrites an answer into one that the oracle takes for what ours takes the
// original for. The readings are applied one after another: what is left after all of them has to be equal.

import { at } from './support/dates.mjs';

const YEAR = 365 * 86_400;
/** In seconds, older than anything may become. */
const FOREVER = '999999999999999';
/** These are stored with a lifetime of their own only. */
const NEEDS_LIFETIME = [302, 303, 307, 400, 404, 405, 414, 451];

/** The directives, split where a comma is not in quotes; `null` where a quote does not end. */
function directivesOf(text) {
  const parts = text.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+|"/g) ?? [];
  return parts.includes('"') || parts.some((part) => (part.match(/"/g) ?? []).length % 2 === 1 && !part.includes('\\')) ? null : parts;
}

/** A reading of Cache-Control, directive by directive: [name, value or undefined]. */
const directives = (change) => (response) => {
  const text = response.headers['cache-control'];
  const parts = text === undefined ? undefined : directivesOf(text);
  if (parts == null) return response;
  const pairs = parts.map((part) => {
    const cut = part.indexOf('=');
    return cut < 0 ? [part.trimStart(), undefined] : [part.slice(0, cut).trimStart(), part.slice(cut + 1)];
  });
  const changed = change(pairs, response).map(([name, value]) => (value === undefined ? name : `${name}=${value}`));
  return withHeader(response, 'cache-control', changed.join(', '));
};

const withHeader = (response, name, value) => ({ ...response, headers: { ...response.headers, [name]: value } });

function without({ status, headers }, name) {
  const { [name]: _, ...rest } = headers;
  return { status, headers: rest };
}

const unstorable = (response) => withHeader(response, 'cache-control', 'no-store');
const says = (pairs, ...names) => pairs.some(([name]) => names.includes(name));
const NUMBERED = ['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'];
const DATES = [
  /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/,
  /^\w+day, \d\d-\w{3}-\d\d \d\d:\d\d:\d\d GMT$/,
  /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/,
];
/** Date.parse takes the time of the obsolete spelling without a zone for a local one. */
const parsed = (text) => (DATES.some((date) => date.test(text)) ? Date.parse(DATES[2].test(text) ? `${text} GMT` : text) : Number.NaN);

const of = (cacheControl, more) => () => ({ status: 200, headers: { 'cache-control': cacheControl, ...more } });

export const DIFFERENCES = [
  // How Cache-Control is read
  {
    what: 'a comma in quotes separates nothing',
    why: 'RFC 9110 §5.6.4; they find a no-store in the text of an unknown directive, and a max-age as well',
    example: of('foo="a, max-age=600, b"'),
    theirs: 600,
    ours: 0,
    reading: directives((pairs) => pairs.map(([name, value]) => [name, value?.replaceAll(',', ' ')])),
  },
  {
    what: 'a quote that does not end makes an answer unstorable',
    why: 'it may hide anything; they go on after the next comma',
    example: of('foo="a, max-age=600'),
    theirs: 600,
    ours: 0,
    reading: (response) => (directivesOf(response.headers['cache-control'] ?? '') === null ? unstorable(response) : response),
  },
  {
    what: 'the case of a directive does not matter',
    why: 'RFC 9111 §5.2; they do not know NO-STORE',
    example: of('max-age=600, NO-STORE'),
    theirs: 600,
    ours: 0,
    reading: directives((pairs) => pairs.map(([name, value]) => [name.toLowerCase(), value])),
  },
  {
    what: 'a lifetime that is no number is 0',
    why: 'RFC 9111 §4.2.1: invalid freshness is none; they read as many digits as there are, and an empty one as none at all',
    example: of('max-age=60.5'),
    theirs: 60,
    ours: 0,
    reading: directives((pairs) =>
      pairs.map(([name, value]) => {
        if (!NUMBERED.includes(name.trim())) return [name.trim(), value];
        const good = !/\s$/.test(name) && /^(?:\d+|"\d+")[ \t]*$/.test(value ?? '');
        return [name.trim(), good ? value.replaceAll('"', '').trim() : '0'];
      }),
    ),
  },
  {
    what: 'of a directive that stands twice the shorter counts',
    why: 'RFC 9111 §4.2.1 leaves the choice between the first and none; they take the last',
    example: of('max-age=0, max-age=600'),
    theirs: 600,
    ours: 0,
    reading: directives((pairs) => {
      const least = (name) => Math.min(...pairs.filter(([other]) => other === name).map(([, value]) => Number(value)));
      return pairs.map(([name, value]) => [name, NUMBERED.includes(name) ? String(least(name)) : value]);
    }),
  },
  {
    what: 'semicolons between directives are commas, where what follows would be stricter',
    why: 'a common mistake, whose author meant the strict word',
    example: of('no-store; max-age=600, s-maxage=600'),
    theirs: 600,
    ours: 0,
    reading: (response) => (/(no-store|private)\s*;/i.test(response.headers['cache-control'] ?? '') ? unstorable(response) : response),
  },

  // What counts
  {
    what: 'only what says how long it is fresh is stored',
    why: 'the profile is explicit: nobody guessed it from Last-Modified, and immutable is no lifetime (RFC 8246 §2)',
    example: () => ({ status: 200, headers: { 'last-modified': at(-10_000) } }),
    theirs: 1_000,
    ours: 0,
    reading: (response) => directives((pairs) => pairs.filter(([name]) => name !== 'immutable'))(without(response, 'last-modified')),
  },
  {
    what: 'an answer with Set-Cookie is never stored',
    why: 'facts/http-cache.md; they store it when it is public or immutable',
    example: of('public, max-age=600', { 'set-cookie': 'a=1' }),
    theirs: 600,
    ours: 0,
    reading: (response) => ('set-cookie' in response.headers ? unstorable(response) : response),
  },
  {
    what: '* in a list of names in Vary is *',
    why: 'RFC 9110 §12.5.5; they see it where it stands alone, and so keep what no request will match',
    example: of('max-age=600', { vary: 'Accept, *' }),
    theirs: 600,
    ours: 0,
    reading: (response) => (/(^|,)\s*\*\s*(,|$)/.test(response.headers.vary ?? '') ? unstorable(response) : response),
  },
  {
    what: 'proxy-revalidate is about what is stale',
    why: 'RFC 9111 §5.2.2.8; they take it for no lifetime at all',
    example: of('max-age=600, proxy-revalidate'),
    theirs: 0,
    ours: 600,
    reading: directives((pairs) => pairs.map(([name, value]) => [name === 'proxy-revalidate' ? 'must-revalidate' : name, value])),
  },
  {
    what: 'what must be revalidated is not used stale, whatever else it says',
    why: 'RFC 9111 §4.2.4; their useStaleWhileRevalidate looks at the window only',
    example: of('max-age=0, must-revalidate, stale-while-revalidate=60'),
    theirs: 'stale',
    ours: 0,
    reading: directives((pairs) =>
      says(pairs, 'must-revalidate', 'no-cache') ? pairs.filter(([name]) => name !== 'stale-while-revalidate') : pairs,
    ),
  },
  {
    what: 'Pragma says nothing in an answer',
    why: 'RFC 9111 §5.4 defines it for requests; they take it for Cache-Control where there is none',
    example: () => ({ status: 200, headers: { expires: at(600), pragma: 'no-cache' } }),
    theirs: 0,
    ours: 600,
    reading: (response) => without(response, 'pragma'),
  },
  {
    what: 'an answer of 404, and the like, is not stored for the time that it may be used stale',
    why: 'such a status is stored with a lifetime only, and stale-while-revalidate is none',
    example: () => ({ status: 404, headers: { 'cache-control': 'stale-while-revalidate=60' } }),
    theirs: 'stale',
    ours: 0,
    reading: (response) => {
      const hasLifetime = 'expires' in response.headers || /(^|, )(max-age|s-maxage)=/.test(response.headers['cache-control'] ?? '');
      return hasLifetime || !NEEDS_LIFETIME.includes(response.status) ? response : unstorable(response);
    },
  },
  {
    what: 'an answer of 400 or 451 with a lifetime is stored, one of 501 is not',
    why: 'RFC 9111 §3 lets a cache keep what it understands; failures of a server are not kept',
    example: () => ({ status: 451, headers: { 'cache-control': 'max-age=600' } }),
    theirs: 0,
    ours: 600,
    reading: ({ status, headers }) => ({ status: { 400: 404, 451: 404, 501: 500 }[status] ?? status, headers }),
  },

  // How time is counted
  {
    what: 'the time since Date counts as age',
    why: 'RFC 9111 §4.2.3, apparent_age; they look at Age only',
    example: () => of('max-age=600', { date: at(-200) })(),
    theirs: 600,
    ours: 400,
    reading: (response) => {
      const date = parsed(response.headers.date ?? '');
      const { age } = response.headers;
      if (Number.isNaN(date) || (age !== undefined && !/^\d+$/.test(age))) return response;
      return withHeader(response, 'age', String(Math.max(Number(age ?? 0), Math.floor((Date.now() - date) / 1_000))));
    },
  },
  {
    what: 'an Age that is no number is as old as can be',
    why: 'nothing malformed makes an answer fresher; they read as many digits as there are, else 0',
    example: of('max-age=600', { age: 'old' }),
    theirs: 600,
    ours: 0,
    reading: (response) => (/^\d+$/.test(response.headers.age ?? '0') ? response : withHeader(response, 'age', FOREVER)),
  },
  {
    what: 'an Expires that is no date of HTTP has passed',
    why: 'RFC 9111 §5.3; they take what Date.parse takes',
    example: () => ({ status: 200, headers: { expires: '2098-01-01T00:00:00Z' } }),
    theirs: Number.POSITIVE_INFINITY,
    ours: 0,
    reading: (response) => {
      const { expires } = response.headers;
      if (expires === undefined) return response;
      const moment = parsed(expires);
      return withHeader(response, 'expires', Number.isNaN(moment) ? 'never' : new Date(moment).toUTCString());
    },
  },
  {
    what: 'a Date is understood in all spellings of HTTP',
    why: 'RFC 9110 §5.6.7; they take the one without a zone for local time',
    example: null,
    reading: (response) => {
      const moment = parsed(response.headers.date ?? '');
      return Number.isNaN(moment) ? without(response, 'date') : withHeader(response, 'date', new Date(moment).toUTCString());
    },
  },
  {
    what: 'nothing is fresh for longer than a year',
    why: 'RFC 9111 §1.2.2 lets a cache shorten what it is told',
    example: of('max-age=99999999999'),
    theirs: Number.POSITIVE_INFINITY,
    ours: YEAR,
    reading: directives((pairs, { headers }) => {
      const longest = YEAR + Number(headers.age ?? 0);
      return pairs.map(([name, value]) => [name, NUMBERED.includes(name) ? String(Math.min(Number(value), longest)) : value]);
    }),
  },
];

/** The answer as the oracle has to be shown it to see what ours sees. */
export function read(response) {
  return DIFFERENCES.reduce((changed, { reading }) => reading(changed), response);
}
