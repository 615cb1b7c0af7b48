// Random answers as handlers make them: mostly in good order, now and then as odd as they come.

import { asctime, at, rfc850 } from './dates.mjs';

/** As what an origin answers most often. */
const STATUSES = [
  ...Array(30).fill(200), 203, 204, 300, 301, 308, 410, 302, 303, 307, 404, 405, 414, 400, 451, 201, 206, 304, 403, 500, 501, 503,
];
const FLAGS = ['public', 'private', 'no-store', 'no-cache', 'must-revalidate', 'proxy-revalidate', 'no-transform', 'immutable'];
const NUMBERED = ['max-age', 'max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'];
const UNKNOWN = ['foo', 'foo=bar', 'foo="bar"', 'foo="a, no-store"', 'x="max-age=5"', '', '='];
const NO_NUMBERS = ['', 'x', '-60', '60s', '6 0', '60.5', '0x3c', '1e3', "'60'", '"60', '+60', ' 60', '60;'];
const NO_DATES = ['0', '-1', '', 'soon', '2098-01-01T00:00:00Z', 'Wed, 01 Jan 2098 00:00:00 CET'];
const NO_AGES = ['old', '-5', '5, 5', '1.5', '5;x', ''];

export class RandomResponses {
  constructor(random) {
    this.random = random;
  }

  /** How odd it is is decided once: where all is odd, hardly anything would ever be stored. */
  make() {
    const { random } = this;
    this.oddity = random.pick([0, 0, 0.05, 0.3]);
    const headers = random.some({
      expires: () => (this.odd() ? random.pick(NO_DATES) : this.date(random.pick([-600, 0, 1, 2, 60, 600, 6_000]))),
      date: () => this.date(random.pick([-6_000, -600, -60, -2, 0, 0, 30])),
      age: () => (this.odd() ? random.pick(NO_AGES) : String(random.pick([0, 0, 1, 60, 600, 6_000]))),
      'last-modified': () => this.date(-random.int(1, 1_000_000)),
    }, 0.25);
    if (random.chance(0.85)) headers['cache-control'] = this.cacheControl();
    if (random.chance(0.15)) headers.vary = random.pick(['Accept', 'accept-language, Accept', '*', 'Accept, *', 'X-A']);
    if (random.chance(0.06)) headers['set-cookie'] = 'a=1';
    if (random.chance(0.05)) headers.pragma = 'no-cache';
    return { status: random.pick(STATUSES), headers };
  }

  odd() {
    return this.random.chance(this.oddity);
  }

  cacheControl() {
    const { random } = this;
    const flag = random.pick([0, 0.2, 0.5]);
    const directives = random.list(1, 3, () => {
      if (random.chance(flag)) return this.name(random.pick(FLAGS));
      if (random.chance(0.1)) return random.pick(UNKNOWN);
      return this.numbered();
    });
    if (random.chance(0.05)) directives.push(`${random.pick(['private', 'no-cache'])}="set-cookie, x"`);
    const separator = this.odd() ? random.pick([',', ' , ', ',\t', ',,']) : ', ';
    return directives.join(separator);
  }

  numbered() {
    const { random } = this;
    const name = this.name(random.pick(NUMBERED));
    if (this.odd()) return `${name}${random.pick(['=', ' ='])}${random.pick(NO_NUMBERS)}`;
    const number = random.pick([0, 1, 2, 3, 4, 60, 600, 6_000, 60_000, 2 ** 31, 99_999_999_999]);
    return this.odd() ? `${name}="${number}"` : `${name}=${number}`;
  }

  name(text) {
    return this.odd() ? this.random.pick([text.toUpperCase(), text.replace(/^./, (letter) => letter.toUpperCase())]) : text;
  }

  date(seconds) {
    const text = at(seconds);
    return this.odd() ? this.random.pick([rfc850, asctime])(text) : text;
  }
}
