import { Lightning } from '@strapi/icons';
import type { StrapiApp } from '@strapi/strapi/admin';
import { READ } from './permissions';

export default {
  register(app: StrapiApp): void {
    app.addMenuLink({
      to: 'plugins/upstash',
      icon: Lightning,
      intlLabel: { id: 'upstash.name', defaultMessage: 'Cache' },
      permissions: [READ],
      Component: () => import('./cache-page'),
    });
    app.registerPlugin({ id: 'upstash', name: 'Upstash' });
  },
};
