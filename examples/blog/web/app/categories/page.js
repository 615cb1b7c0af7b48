import { listCategories } from '../../lib/strapi';

// Made when somebody asks for the first time: a build needs no Strapi.
export const dynamic = 'force-dynamic';

export default async function Categories() {
  const categories = await listCategories();
  return (
    <>
      <h1>Categories</h1>
      <ul>
        {categories.map(({ documentId, name, description, articles }) => (
          <li key={documentId}>
            <strong>{name}</strong> ({articles.length}) {description}
          </li>
        ))}
      </ul>
    </>
  );
}
