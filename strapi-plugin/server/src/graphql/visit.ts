import type { OutgoingHttpHeaders } from 'node:http';
import type { Context } from 'koa';
import { WatchedFill } from '../fill';
import { watchCookie, watchSession } from '../http/cookie-guard';
import type { Site } from '../site';

/** One request to the GraphQL endpoint, and what is read for its answer once that is being made. */
export class Visit extends WatchedFill {
  /** Whether its operation has come. Another one in its course is a resolver's own affair. */
  isTaken = false;
  /** The flight that waits for its answer. */
  flight: number | undefined;
  /** What the client is told of the answer's lifetime, where that is not what Apollo tells. */
  cacheControl: string | undefined;
  /** The response's headers before the operation runs. */
  before: OutgoingHttpHeaders = {};
  private watched: (() => void)[] | undefined;

  constructor(
    private readonly site: Site,
    readonly ctx: Context,
  ) {
    super(site.caching.rule, site.caching.untagged ? ['untagged'] : []);
  }

  /** From here on all that is read is for the answer. Before, Strapi finds out what the public may do. */
  begin(): void {
    const { ctx } = this;
    this.before = ctx.res.getHeaders();
    const read = (): void => this.bypass('cookie-read');
    this.watched = [watchCookie(ctx.req.headers, read), watchSession(ctx, read)];
  }

  end(): void {
    for (const unwatch of this.watched ?? []) unwatch();
    this.watched = undefined;
    this.flight = undefined;
  }

  /** Lets go of a flight that came to nothing: nobody is to wait for it. */
  giveUp(): void {
    const { flight } = this;
    this.end();
    if (flight === undefined) return;
    const { engine, shelf, flights } = this.site;
    engine.abandon(flight);
    shelf.release();
    flights.land(flight, null);
  }

  override read(...read: Parameters<WatchedFill['read']>): void {
    if (this.watched !== undefined) super.read(...read);
  }
}
