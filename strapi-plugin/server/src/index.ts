import type { Core } from '@strapi/strapi';
import { adminController, registerActions, routes } from './admin-api';
import { announce, checkOrder } from './boot';
import { config } from './config';
import { watchDatabase } from './database';
import { watchDocuments } from './documents';
import { mountGraphql, watchGraphql } from './graphql';
import { jobsService, watchJobs } from './jobs';
import { jobType } from './jobs/outbox';
import { journalType } from './journal';
import { middlewares, registerGlobalNames } from './middlewares';
import { cacheService } from './service';
import { settleWrites } from './settle';
import { watchSignedUrls } from './signed-urls';
import { openSite, siteOf } from './site';

export type * from './types';

type Lifecycle = { strapi: Core.Strapi };

export default {
  config,
  middlewares,
  routes,
  controllers: { admin: adminController },
  contentTypes: { purge: journalType, job: jobType },
  services: { cache: cacheService, jobs: ({ strapi }: Lifecycle) => jobsService(() => siteOf(strapi)) },

  /** No network and no credentials: CLI commands register and bootstrap plugins too. */
  register({ strapi }: Lifecycle): void {
    const site = openSite(strapi);
    watchDatabase(site);
    watchDocuments(site);
    watchJobs(site);
    watchGraphql(site);
    registerGlobalNames(strapi);
  },

  async bootstrap({ strapi }: Lifecycle): Promise<void> {
    const site = siteOf(strapi);
    await site.learnTypes();
    watchSignedUrls(site);
    // Mounted here it stands after the configured list and before the router.
    if (site.engine.store === 'upstash') strapi.server.use(settleWrites(site));
    mountGraphql(site);
    await site.purges.journal?.begin();
    site.jobs?.begin();
    if (site.options.purgeOnStart) void site.purges.request((batch) => (batch.everything = true));
    await registerActions(strapi);
    checkOrder(strapi);
    announce(site);
  },

  /**
   * Strapi still listens here, and closes its server next: what is written until then is purged as ever. The engine
   * keeps no process alive, so a server that never closes is no harm.
   */
  async destroy({ strapi }: Lifecycle): Promise<void> {
    const site = siteOf(strapi);
    await Promise.all([site.purges.settled(), site.releaseLimits(), site.jobs?.close(), site.revalidation?.close()]);
    await site.purges.journal?.close();
    const { httpServer } = strapi.server;
    if (httpServer.listening) httpServer.once('close', () => site.close());
    else site.close();
  },
};
