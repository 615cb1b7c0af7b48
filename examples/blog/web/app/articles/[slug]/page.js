import { notFound } from 'next/navigation';
import { findArticle } from '../../../lib/strapi';

export default async function Article({ params }) {
  const { slug } = await params;
  const article = await findArticle(decodeURIComponent(slug));
  if (article === undefined) notFound();
  return (
    <article>
      <h1>{article.title}</h1>
      <p>
        <small>{article.category?.name}</small>
      </p>
      {(article.content ?? '').split('\n\n').map((paragraph, i) => (
        <p key={i}>{paragraph}</p>
      ))}
    </article>
  );
}
