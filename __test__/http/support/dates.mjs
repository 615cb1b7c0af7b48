// Dates as HTTP writes them. RFC 9110 §5.6.7.

// The obsolete spelling of asctime names no zone and means UTC: who reads it as local time is half an hour off.
process.env.TZ = 'Asia/Kolkata';

/** So many seconds from now. */
export function at(seconds) {
  return new Date(Date.now() + seconds * 1_000).toUTCString();
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** The two obsolete spellings that every recipient has to understand. */
export function rfc850(text) {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) (\S+)/.exec(text);
  return `${DAYS[new Date(text).getUTCDay()]}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
}

export function asctime(text) {
  const [, name, day, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) (\S+)/.exec(text);
  return `${name} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}
