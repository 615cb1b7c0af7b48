import type { Permission } from '@strapi/strapi/admin';

// The admin panel asks for more fields than a permission to check for has.
const permission = (action: string) => ({ action, subject: null }) as Permission;

export const READ = permission('plugin::upstash.read');
export const PURGE = permission('plugin::upstash.purge');
