import type { Core } from '@strapi/strapi';
import { MemoByMethod } from './memo';

/** The route a request takes. */
export interface Route {
  /** Method and path as the route has it: `GET /api/articles/:id`. */
  name: string;
  /** Whose controller it leads to: `api::article.article`. */
  contentType: string | undefined;
  /** The middlewares of its own, as they are configured. */
  middlewares: readonly unknown[];
}

interface RawRoute {
  method: string;
  path: string;
  handler: unknown;
  config?: object;
}

interface RawRouter {
  type?: string;
  prefix?: string;
  routes: RawRoute[];
}

/** What no route is for. One name: a stranger must not be able to make up more. */
export const NO_ROUTE: Route = { name: '*', contentType: undefined, middlewares: [] };

/** Tells the route a request is going to take by asking the router that will take it. */
export class Routes {
  /** The content API's routes, by `path` of the router's layer and method. */
  private known: Map<string, Route> | undefined;
  private readonly found = new MemoByMethod((method, path) => this.find(method, path));

  constructor(
    private readonly strapi: Core.Strapi,
    private readonly apiPrefix: string,
  ) {}

  of(method: string, path: string): Route {
    return this.found.of(method, path);
  }

  /** Whether there is something to be read at a path: what writes there may change it. */
  isRead(path: string): boolean {
    return this.of('GET', path) !== NO_ROUTE;
  }

  all(): Route[] {
    this.known ??= this.collect();
    return [...this.known.values()];
  }

  private find(method: string, path: string): Route {
    // Mounted before the first request comes.
    this.known ??= this.collect();
    const { router } = this.strapi.server;
    const named = method === 'HEAD' ? 'GET' : method;
    // Among them are some that pass a request on, such as that of the public folder, which is for any path.
    for (const layer of router.match(path, method).pathAndMethod) {
      const route = this.known.get(`${named} ${layer.path}`) ?? this.known.get(`ALL ${layer.path}`);
      if (route !== undefined) return route;
    }
    return NO_ROUTE;
  }

  private collect(): Map<string, Route> {
    const known = new Map<string, Route>();
    const add = (router: RawRouter, namespace: string): void => {
      for (const { method, path, handler, config } of router.routes) {
        // A prefix in a route's config, whatever it is, does away with the router's.
        const prefix = config !== undefined && 'prefix' in config ? '' : (router.prefix ?? '');
        const full = `${this.apiPrefix}${prefix}${path.trim()}`;
        const name = `${method.trim().toUpperCase()} ${full}`;
        // The first of two is the one that answers.
        if (!known.has(name)) known.set(name, { name, contentType: controllerOf(handler, namespace), middlewares: middlewaresIn(config) });
      }
    };
    const { apis, plugins } = this.strapi as unknown as {
      apis: Record<string, { routes?: Record<string, RawRouter> }>;
      plugins: Record<string, { routes?: Record<string, RawRouter> | RawRoute[] }>;
    };
    for (const [name, api] of Object.entries(apis)) {
      for (const router of Object.values(api.routes ?? {})) {
        if ((router.type ?? 'content-api') === 'content-api') add(router, `api::${name}`);
      }
    }
    for (const [name, { routes }] of Object.entries(plugins)) {
      // A bare list is the admin panel's.
      if (routes === undefined || Array.isArray(routes)) continue;
      for (const router of Object.values(routes)) {
        if (router.type === 'content-api') add({ ...router, prefix: router.prefix ?? `/${name}` }, `plugin::${name}`);
      }
    }
    return known;
  }
}

/** `article.find`, or in full `api::article.article.find`, without the action. */
function controllerOf(handler: unknown, namespace: string): string | undefined {
  if (typeof handler !== 'string') return undefined;
  const name = handler.trim();
  const controller = name.slice(0, name.lastIndexOf('.'));
  return controller.includes('::') ? controller : `${namespace}.${controller}`;
}

function middlewaresIn(config: object | undefined): readonly unknown[] {
  const { middlewares } = (config ?? {}) as { middlewares?: unknown };
  return Array.isArray(middlewares) ? middlewares : [];
}
