// GraphQL queries to a site whose types are made up (random-site.mjs).
import { WORDS } from './random-site.mjs';

const NOTE = '{ text link { title } }';
const DEEP = '{ label note { text } picture { name url } }';

/** What is shown of an attribute; a relation `depth` levels deep. */
function field(random, name, attribute, types, depth) {
  switch (attribute.type) {
    case 'component':
      return `${name} ${attribute.repeatable ? DEEP : NOTE}`;
    case 'dynamiczone':
      return `${name} { ... on ComponentMixNote ${NOTE} ... on ComponentMixDeep ${DEEP} }`;
    case 'media':
      return `${name} { name url }`;
    case 'relation': {
      if (depth === 0) return '';
      const target = types.find(({ uid }) => uid === attribute.target);
      const args = attribute.relation.endsWith('Many') ? random.pick(['', '', '(sort: "title")', '(pagination: { limit: 2 })', `(filters: { rank: { gte: 2 } }, sort: "id")`]) : '';
      return `${name}${args} ${selection(random, target, types, depth - 1)}`;
    }
    default:
      return name;
  }
}

/** Some fields of a type, in braces. */
function selection(random, { attributes, localized }, types, depth) {
  const shown = Object.entries(attributes).filter(() => random.chance(depth > 0 ? 0.7 : 0.4));
  const fields = shown.map(([name, attribute]) => field(random, name, attribute, types, depth));
  if (localized && depth > 0 && random.chance(0.3)) fields.push('localizations { title locale }');
  return `{ documentId ${fields.filter((text) => text !== '').join(' ')} }`;
}

/** Reads of one type, each with its kind. `documents`: some of its documents. */
export function queriesOf(random, type, documents, types) {
  const { name, kind, localized, attributes } = type;
  // As the GraphQL plugin spells the plural of a name that ends in a digit.
  const plural = `${name}S`;
  const queries = [];
  const add = (what, root, args, depth) => {
    const given = [...args, ...(localized && random.chance(0.4) ? ['locale: "fr"'] : [])];
    const shown = selection(random, type, types, depth);
    const text = root.endsWith('_connection') ? `{ nodes ${shown} pageInfo { total pageCount } }` : shown;
    queries.push({ kind: what, query: `{ ${root}${given.length > 0 ? `(${given.join(', ')})` : ''} ${text} }` });
  };
  const singles = kind === 'singleType' ? [[]] : documents.map((id) => [`documentId: "${id}"`]);
  for (const args of singles) {
    add('document', name, args, 0);
    add('document with relations', name, args, 1);
    add('document with relations of relations', name, args, 2);
  }
  if (kind === 'singleType') return queries;

  add('list', plural, [], 0);
  add('list with relations', plural, [], 1);
  add('list with relations of relations', plural, [], 2);
  add('list in an order', plural, [`sort: "${random.pick(['title', 'rank:desc'])}"`], 1);
  add('page in an order', plural, ['sort: ["rank", "title:desc"]', 'pagination: { pageSize: 3, page: 2 }'], 1);
  add('page that is counted', `${plural}_connection`, ['pagination: { limit: 3 }'], 1);
  add('list that is filtered', plural, [`filters: { title: { eq: "${random.pick(WORDS)}" } }`], 1);
  const relations = Object.entries(attributes).filter((entry) => entry[1].type === 'relation');
  if (relations.length > 0) {
    add('list filtered through a relation', plural, [`filters: { ${random.pick(relations)[0]}: { title: { eq: "${random.pick(WORDS)}" } } }`], 1);
  }
  if (attributes.note) add('list filtered through a component', plural, [`filters: { note: { text: { eq: "${random.pick(WORDS)}" } } }`], 1);
  return queries;
}
