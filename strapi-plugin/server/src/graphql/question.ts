import { createHash } from 'node:crypto';
import type * as GraphQL from 'graphql';

/** The `graphql` package that the GraphQL plugin works with: another copy would not understand its schema. */
export type Library = Pick<typeof GraphQL, 'Kind' | 'getVariableValues' | 'print' | 'visit'>;

/** An operation of a document that was found valid. */
export interface Operation {
  readonly schema: GraphQL.GraphQLSchema;
  readonly document: GraphQL.DocumentNode;
  readonly operation: GraphQL.OperationDefinitionNode;
}

/** What an operation asks for, whatever its variables are. */
export interface Question {
  /** It and the fragments it uses in one spelling: that of `print`, with arguments and variables in order. */
  readonly text: string;
  /** Why its answers are never stored, if they are not. */
  readonly reason: string | undefined;
  /** The content types of the fields at its top that Strapi has made. */
  readonly types: readonly string[];
  /** Variables that say which version of a document is meant. */
  readonly statuses: readonly string[];
}

/** Strapi's argument `status`, its type, and what drafts are called in a query and in a resolver. */
const STATUS = { argument: 'status', type: 'PublicationStatus', draft: 'DRAFT', draftValue: 'draft' };
const INTROSPECTION = new Set(['__schema', '__type']);

/** Apollo keeps the documents that it has parsed, so an equal query is the same object. */
const known = new WeakMap<GraphQL.OperationDefinitionNode, Question>();

export function questionOf(library: Library, asked: Operation): Question {
  let found = known.get(asked.operation);
  if (found === undefined) known.set(asked.operation, (found = read(library, asked)));
  return found;
}

function read(library: Library, { schema, document, operation }: Operation): Question {
  const { Kind, print, visit } = library;
  let reason: string | undefined;
  const spell = (node: GraphQL.ASTNode): string => {
    const spelled: GraphQL.ASTNode = visit(node, {
      OperationDefinition: (found) => ({
        ...found,
        variableDefinitions: inOrder(found.variableDefinitions, ({ variable }) => variable.name.value),
      }),
      Directive: (found) => ({ ...found, arguments: inOrder(found.arguments, ({ name }) => name.value) }),
      Field(found) {
        if (INTROSPECTION.has(found.name.value)) reason = 'introspection';
        return { ...found, arguments: inOrder(found.arguments, ({ name }) => name.value) };
      },
      Argument({ name, value }) {
        if (name.value === STATUS.argument && value.kind === Kind.ENUM && value.value === STATUS.draft) reason = 'draft';
      },
    });
    return print(spelled);
  };
  const fragments = fragmentsOf(library, document, operation);
  const text = [operation, ...fragments.values()].map(spell).join('\n');
  return { text, reason, types: typesOf(library, schema, operation, fragments), statuses: statusesOf(library, operation) };
}

/** Neither arguments nor variables have an order in GraphQL. Fields have: that of the answer. */
function inOrder<Node>(nodes: readonly Node[] | undefined, nameOf: (node: Node) => string): Node[] {
  return [...(nodes ?? [])].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

type Fragments = Map<string, GraphQL.FragmentDefinitionNode>;

/** The fragments that an operation uses, by name. The others belong to the document's other operations. */
function fragmentsOf({ Kind }: Library, document: GraphQL.DocumentNode, operation: GraphQL.OperationDefinitionNode): Fragments {
  const all: Fragments = new Map();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) all.set(definition.name.value, definition);
  }
  const used: Fragments = new Map();
  const follow = ({ selections }: GraphQL.SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind !== Kind.FRAGMENT_SPREAD) {
        if (selection.selectionSet !== undefined) follow(selection.selectionSet);
        continue;
      }
      const name = selection.name.value;
      const fragment = all.get(name);
      if (fragment === undefined || used.has(name)) continue;
      used.set(name, fragment);
      follow(fragment.selectionSet);
    }
  };
  follow(operation.selectionSet);
  return new Map([...used].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function typesOf({ Kind }: Library, schema: GraphQL.GraphQLSchema, operation: GraphQL.OperationDefinitionNode, fragments: Fragments): string[] {
  const fields = schema.getQueryType()?.getFields() ?? {};
  const found = new Set<string>();
  const follow = ({ selections }: GraphQL.SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const { strapi } = (fields[selection.name.value]?.extensions ?? {}) as { strapi?: { contentType?: { uid?: unknown } } };
        if (typeof strapi?.contentType?.uid === 'string') found.add(strapi.contentType.uid);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        follow(selection.selectionSet);
      } else {
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) follow(fragment.selectionSet);
      }
    }
  };
  follow(operation.selectionSet);
  return [...found];
}

function statusesOf({ Kind }: Library, operation: GraphQL.OperationDefinitionNode): string[] {
  return (operation.variableDefinitions ?? [])
    .filter(({ type }) => {
      const inner = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
      return inner.kind === Kind.NAMED_TYPE && inner.name.value === STATUS.type;
    })
    .map(({ variable }) => variable.name.value);
}

/** What an operation is given, as its resolvers get it; undefined where it does not fit, which Apollo will say. */
export function variablesOf(
  { getVariableValues }: Library,
  { schema, operation }: Operation,
  given: Record<string, unknown>,
): Record<string, unknown> | undefined {
  // With defaults, without what nobody declared, and the fields of input objects in the schema's order.
  return getVariableValues(schema, operation.variableDefinitions ?? [], given).coerced;
}

export function asksForDrafts({ statuses }: Question, variables: Record<string, unknown>): boolean {
  return statuses.some((name) => variables[name] === STATUS.draftValue);
}

/**
 * The URL that an answer is kept under: a purge by pattern finds the path. `rest`: what else of the request's own URL a
 * resolver could see. Throws where a variable is none that JSON can tell, such as an upload.
 */
export function urlOf(endpoint: string, { text }: Question, variables: Record<string, unknown>, rest: string): string {
  const sorted = Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1));
  const asked = JSON.stringify([text, sorted, rest], (_name, value: unknown) => {
    if (!isTold(value)) throw new TypeError('a variable that JSON does not tell');
    return value;
  });
  return `${endpoint}?${createHash('sha256').update(asked).digest('hex')}`;
}

/** A scalar's own objects tell themselves by `toJSON`, as dates do, and are text by now. */
function isTold(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return typeof value !== 'function' && typeof value !== 'symbol' && typeof value !== 'bigint';
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

/** The parameters of a GraphQL request by GET. */
const OWN_PARAMETERS = new Set(['query', 'variables', 'operationName', 'extensions']);

/** What a request's URL says beside the question. */
export function restOf(method: string, querystring: string): string {
  if (querystring === '' || method !== 'GET') return querystring;
  const rest = [...new URLSearchParams(querystring)].filter(([name]) => !OWN_PARAMETERS.has(name));
  return rest.length === 0 ? '' : new URLSearchParams(rest).toString();
}
