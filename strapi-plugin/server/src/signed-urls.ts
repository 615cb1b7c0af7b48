import { fills } from './fill';
import type { Site } from './site';

interface UploadProvider {
  getSignedUrl?: (file: unknown) => unknown;
}

/**
 * A private upload provider signs media URLs as they are read, for a time it tells nobody. An answer that holds one
 * could outlive the signature, so it is not stored.
 */
export function watchSignedUrls(site: Site): void {
  const provider = (site.strapi.plugin('upload') as { provider?: UploadProvider } | undefined)?.provider;
  const original = provider?.getSignedUrl;
  if (provider === undefined || typeof original !== 'function') return;
  provider.getSignedUrl = function getSignedUrl(...args) {
    fills.getStore()?.bypass('signed-url');
    return original.apply(this, args);
  };
}
