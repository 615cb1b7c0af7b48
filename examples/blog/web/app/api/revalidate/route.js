import { revalidatePath, revalidateTag } from 'next/cache';
import { purge, purgeAll, verifyRevalidation } from 'strapi-upstash/next';

export async function POST(request) {
  const event = await verifyRevalidation(request, process.env.REVALIDATE_SECRET);
  if (event === null) return new Response('Unauthorized', { status: 401 });
  // First, so that no page is made from what is old here.
  if (event.everything) await purgeAll();
  else await purge(event.tags);
  for (const type of event.types) revalidateTag(type, { expire: 0 });
  if (event.everything) revalidatePath('/', 'layout');
  return new Response(null, { status: 204 });
}
