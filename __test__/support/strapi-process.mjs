// The process of a site: Strapi as `strapi start` runs it, plus a wire to the test that started it.
import { createRequire } from 'node:module';

// ESM would load a second copy of Strapi beside the one that the app requires.
const require = createRequire(import.meta.url);
const { createStrapi } = require('@strapi/strapi');

const AsyncFunction = (async () => {}).constructor;
const appDir = process.cwd();
const strapi = createStrapi({ appDir, distDir: appDir });

process.on('message', async ({ id, body, args }) => {
  try {
    const value = await new AsyncFunction('strapi', 'args', 'require', body)(strapi, args, require);
    process.send({ id, value });
  } catch (error) {
    const { name, message, stack, code } = error ?? {};
    process.send({ id, error: { name, message: message ?? String(error), stack, code } });
  }
});
// Without its test a site has nothing to live for.
process.on('disconnect', () => process.exit(1));
// The wire alone must not keep the process alive: tests watch whether it ends by itself.
process.channel.unref();

await strapi.start();
process.send({ port: strapi.server.httpServer.address().port });
