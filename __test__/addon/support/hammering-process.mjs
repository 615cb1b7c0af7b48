// A process that asks a limiter as fast as it can. It hears { upstash, rule, identifier, cost, ms, atOnce }, says what
// was let through, and ends on 'close' (giving back what it has) or when it is killed.
import { setTimeout as sleep } from 'node:timers/promises';
import { Site } from './site.mjs';

process.on('message', async ({ upstash, rule, identifier, cost = 1, ms, atOnce, pause = 0, close }) => {
  if (close) {
    for (const limiter of limiters.values()) await limiter.close();
    process.disconnect();
    return;
  }
  const text = JSON.stringify(rule);
  if (!limiters.has(text)) limiters.set(text, new Site({ upstash, deadline: '2 s' }).engine.limiter(text));
  const limiter = limiters.get(text);
  const count = { admitted: 0, refused: 0, undecided: 0 };
  const end = Date.now() + ms;
  const ask = async () => {
    while (Date.now() < end) {
      const { success, reason } = limiter.limitNow(identifier, cost) ?? (await limiter.limit(identifier, cost));
      if (reason !== undefined) count.undecided += 1;
      if (success) count.admitted += cost;
      else count.refused += 1;
      // Whoever is refused at once must not keep the others from being answered.
      await (success && pause === 0 ? undefined : sleep(pause));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, ask));
  process.send(count);
});

/** By their rules. */
const limiters = new Map();
process.send('ready');
