import type { Core } from '@strapi/strapi';
import { PRIVATE_TYPES } from './database';
import type { Models } from './models';

type Attribute =
  | { relation: string | { to: string; edge: string; takes: boolean } }
  | { morph: string }
  | { localizations: true }
  | { component: string }
  | { zone: string[] }
  | { media: true };

interface Type {
  kind: 'type' | 'component';
  precise: boolean;
  draftable: boolean;
  localized: boolean;
  attributes: Record<string, Attribute>;
}

interface Schema {
  attributes: object;
}

/** What leads from type to type in this Strapi, as JSON for the engine: content types of plugins and admin included. */
export function schemaOf(strapi: Core.Strapi, models: Models, prefix: string): string {
  const types: Record<string, Type> = {};
  // `strapi.contentTypes` copies every schema at each reading: read it once.
  for (const [uid, schema] of Object.entries(strapi.contentTypes)) types[uid] = typeOf(models, uid, schema);
  for (const [uid, schema] of Object.entries(strapi.components)) types[uid] = typeOf(models, uid, schema);
  const endpoints = [graphqlEndpoint(strapi)];
  return JSON.stringify({ prefix, endpoints, foldQueries: !parsesQueriesItsOwnWay(strapi), unwatched: [...PRIVATE_TYPES], types });
}

/** Where GraphQL answers. */
export function graphqlEndpoint(strapi: Core.Strapi): string {
  return strapi.config.get<string>('plugin::graphql.endpoint', '/graphql');
}

/** Settings of strapi::query under which two spellings of one query, as qs reads them by default, may differ. */
function parsesQueriesItsOwnWay(strapi: Core.Strapi): boolean {
  return strapi.config.get<unknown[]>('middlewares', []).some((item) => {
    const { name, config } = (item ?? {}) as { name?: unknown; config?: object };
    return name === 'strapi::query' && config != null && ('delimiter' in config || 'parameterLimit' in config);
  });
}

function typeOf(models: Models, uid: string, schema: Schema): Type {
  const attributes: Type['attributes'] = {};
  for (const [name, found] of Object.entries(schema.attributes)) {
    const attribute = attributeOf(models, uid, name, found);
    if (attribute !== null) attributes[name] = attribute;
  }
  const isComponent = models.isComponent(uid);
  return {
    kind: isComponent ? 'component' : 'type',
    precise: models.isPrecise(uid),
    draftable: models.isDraftable(uid),
    localized: models.isLocalized(uid),
    attributes,
  };
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

/** Whoever takes the target of such a relation takes it away from another, if it knows whose it is. */
function isExclusive({ relation, inversedBy, mappedBy }: RawAttribute): boolean {
  return (relation === 'oneToOne' || relation === 'oneToMany') && (inversedBy !== undefined || mappedBy !== undefined);
}

function attributeOf(models: Models, uid: string, name: string, raw: RawAttribute): Attribute | null {
  switch (raw.type) {
    case 'relation': {
      if (name === 'localizations') return { localizations: true };
      // morphToOne and morphToMany name no target: they lead to any type.
      if (raw.target === undefined) return { morph: '*' };
      if (raw.relation?.startsWith('morph') === true) return { morph: raw.target };
      const edge = models.edgeOf(uid, name);
      return { relation: edge === undefined ? raw.target : { to: raw.target, edge, takes: isExclusive(raw) } };
    }
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
