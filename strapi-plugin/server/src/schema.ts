import type { Core } from '@strapi/strapi';
import { PRIVATE_TYPES } from './database';

type Attribute = { relation: string } | { owns: string } | { component: string } | { zone: string[] } | { media: true };

interface Type {
  kind: 'type' | 'component';
  attributes: Record<string, Attribute>;
}

interface Schema {
  attributes: object;
}

/** What leads from type to type in this Strapi, as JSON for the engine: content types of plugins and admin included. */
export function schemaOf(strapi: Core.Strapi, prefix: string): string {
  const types: Record<string, Type> = {};
  // `strapi.contentTypes` copies every schema at each reading: read it once.
  for (const [uid, schema] of Object.entries(strapi.contentTypes)) types[uid] = typeOf('type', schema);
  for (const [uid, schema] of Object.entries(strapi.components)) types[uid] = typeOf('component', schema);
  return JSON.stringify({ prefix, foldQueries: !parsesQueriesItsOwnWay(strapi), unwatched: [...PRIVATE_TYPES], types });
}

/** Settings of strapi::query under which two spellings of one query, as qs reads them by default, may differ. */
function parsesQueriesItsOwnWay(strapi: Core.Strapi): boolean {
  return strapi.config.get<unknown[]>('middlewares', []).some((item) => {
    const { name, config } = (item ?? {}) as { name?: unknown; config?: object };
    return name === 'strapi::query' && config != null && ('delimiter' in config || 'parameterLimit' in config);
  });
}

function typeOf(kind: Type['kind'], schema: Schema): Type {
  const attributes: Type['attributes'] = {};
  for (const [name, found] of Object.entries(schema.attributes)) {
    const attribute = attributeOf(found);
    if (attribute !== null) attributes[name] = attribute;
  }
  return { kind, attributes };
}

interface RawAttribute {
  type: string;
  relation?: string;
  inversedBy?: string;
  mappedBy?: string;
  target?: string;
  component?: string;
  components?: string[];
}

function isExclusive({ relation, inversedBy, mappedBy }: RawAttribute): boolean {
  const isOneToAny = relation !== 'manyToOne' && relation !== 'manyToMany';
  return isOneToAny && (inversedBy !== undefined || mappedBy !== undefined);
}

function attributeOf(raw: RawAttribute): Attribute | null {
  switch (raw.type) {
    case 'relation':
      // morphToOne and morphToMany name no target: they lead to any type.
      if (raw.target === undefined) return { owns: '*' };
      // Whoever takes the target of such a relation takes it away from another, if it knows whose it is.
      return isExclusive(raw) ? { owns: raw.target } : { relation: raw.target };
    case 'media':
      return { media: true };
    case 'component':
      return { component: raw.component ?? '*' };
    case 'dynamiczone':
      return { zone: raw.components ?? [] };
    default:
      return null;
  }
}
