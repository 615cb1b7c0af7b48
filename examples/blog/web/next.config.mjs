import { fileURLToPath } from 'node:url';

/** @type {import('next').NextConfig} */
export default {
  // Bundlers can't pack its binary.
  serverExternalPackages: ['strapi-upstash'],
  // Above this folder there is Strapi's lock file; it is none of ours.
  turbopack: { root: fileURLToPath(new URL('.', import.meta.url)) },
};
