import Link from 'next/link';
import { listArticles } from '../lib/strapi';

export default async function Articles({ searchParams }) {
  const { page } = await searchParams;
  const number = /^[1-9]\d{0,3}$/.test(page ?? '') ? Number(page) : 1;
  const { articles, pages } = await listArticles(number);
  return (
    <>
      <h1>Articles</h1>
      <ul>
        {articles.map(({ documentId, slug, title, category }) => (
          <li key={documentId}>
            <Link href={`/articles/${slug}`}>{title}</Link> <small>{category?.name}</small>
          </li>
        ))}
      </ul>
      <p>
        {number > 1 && <Link href={`/?page=${number - 1}`}>Back</Link>} Page {number} of {pages}{' '}
        {number < pages && <Link href={`/?page=${number + 1}`}>Next</Link>}
      </p>
    </>
  );
}
