import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type Application from 'koa';
import type { Context } from 'koa';

/** What a request of our own is for: a flight's fill, which nobody waits for. */
export interface Work<Task> {
  task: Task;
}

const WORK = Symbol('strapi-upstash: work in the background');

type Marked = IncomingMessage & { [WORK]?: Work<unknown> };

/** What a request is for, where it is one of our own; limiters let it pass. */
export function workOf<Task>(req: IncomingMessage): Work<Task> | undefined {
  return (req as Marked)[WORK] as Work<Task> | undefined;
}

/** The end of a connection that nobody is at: it takes everything and says nothing. */
class Nobody extends Duplex {
  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

/** What middlewares ask of a connection. */
const FACTS = ['remoteAddress', 'remotePort', 'remoteFamily', 'localAddress', 'localPort', 'encrypted'] as const;

const handlers = new WeakMap<Application, (req: IncomingMessage, res: ServerResponse) => Promise<void>>();

/**
 * Sends a request like one that came through the application again, from its first middleware to the handler, so that
 * everything a handler relies on is as ever. Its answer goes nowhere; what the cache does with it is the point.
 */
export async function runAgain<Task>(ctx: Context, task: Task): Promise<void> {
  const { app, req } = ctx;
  let handle = handlers.get(app);
  if (handle === undefined) handlers.set(app, (handle = app.callback()));

  const socket = new Nobody();
  for (const fact of FACTS) Object.defineProperty(socket, fact, { value: (req.socket as unknown as Record<string, unknown>)[fact] });
  const again = new IncomingMessage(socket as unknown as Socket) as Marked;
  again.method = 'GET';
  again.url = ctx.originalUrl;
  again.httpVersion = '1.1';
  again.httpVersionMajor = 1;
  again.httpVersionMinor = 1;
  again.headers = { ...req.headers };
  again.rawHeaders = [...req.rawHeaders];
  again[WORK] = { task };
  again.push(null);
  const response = new ServerResponse(again);
  response.assignSocket(socket as unknown as Socket);
  const sent = new Promise<void>((resolve) => {
    response.once('finish', resolve);
    response.once('close', resolve);
  });
  await handle(again, response);
  await sent;
  socket.destroy();
}
