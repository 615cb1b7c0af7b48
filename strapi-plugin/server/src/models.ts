import type { Core } from '@strapi/strapi';

/** A relation seen from one of its ends: rows of its join table lead from a row here to a row of another type. */
export interface Edge {
  /** The join table, which names the relation from both ends. */
  table: string;
  here: string;
  there: string;
  /** The column with the place of each row there, where their order counts. */
  order: string | undefined;
  /** The type there. */
  uid: string;
}

/** What Strapi's database layer knows of a type. */
export interface Model {
  uid: string;
  tableName: string;
  attributes: Record<string, ModelAttribute>;
  columnToAttribute: Record<string, string>;
}

interface ModelAttribute {
  type: string;
  relation?: string;
  target?: string;
  columnName?: string;
  joinTable?: {
    name: string;
    joinColumn: { name: string };
    inverseJoinColumn?: { name: string };
    morphColumn?: { typeColumn: { name: string }; idColumn: { name: string } };
    orderColumnName?: string;
    inverseOrderColumnName?: string;
  };
}

/** The table that says which components a type's rows hold. */
export interface Holder {
  uid: string;
  table: string;
}

/** A site's own type, as its schema has it. */
interface Schema {
  uid: string;
  options?: { draftAndPublish?: boolean };
  pluginOptions?: { i18n?: { localized?: boolean } };
}

export const FILES = 'plugin::upload.file';

/** Types of which every write is told as a whole. Most decide who may read what, which concerns every answer. */
const WHOLE = /^(admin|strapi)::|^plugin::(users-permissions\.(role|permission)|i18n\.locale|upstash\.)/;

/** What is known of the types of a site: which of their writes can be told document by document, and how. */
export class Models {
  private readonly edges = new Map<string, Map<string, Edge>>();
  private readonly holders = new Map<string, Map<string, Holder>>();
  private readonly precise = new Set<string>();
  private readonly draftable = new Set<string>();
  private readonly localized = new Set<string>();
  private readonly components: Set<string>;
  /** Some type with drafts, if there is one. */
  readonly someDraftable: string | undefined;

  constructor(private readonly strapi: Core.Strapi) {
    this.components = new Set(Object.keys(strapi.components));
    for (const uid of this.components) this.precise.add(uid);
    for (const schema of Object.values(strapi.contentTypes) as Schema[]) this.addType(schema);
    this.someDraftable = [...this.draftable][0];
    for (const model of strapi.db.metadata.values() as Iterable<Model>) this.addRelations(model);
  }

  get(uid: string): Model | undefined {
    return this.strapi.db.metadata.has(uid) ? (this.strapi.db.metadata.get(uid) as unknown as Model) : undefined;
  }

  /** Whether writes to it are told one by one. */
  isPrecise(uid: string): boolean {
    return this.precise.has(uid);
  }

  isComponent(uid: string): boolean {
    return this.components.has(uid);
  }

  isDraftable(uid: string): boolean {
    return this.draftable.has(uid);
  }

  isLocalized(uid: string): boolean {
    return this.localized.has(uid);
  }

  edgesOf(uid: string): Edge[] {
    return [...(this.edges.get(uid)?.values() ?? [])];
  }

  /** Who may hold a component. */
  holdersOf(component: string): Holder[] {
    return [...(this.holders.get(component)?.values() ?? [])];
  }

  isRelation(uid: string, attribute: string): boolean {
    return this.get(uid)?.attributes[attribute]?.type === 'relation';
  }

  /** The name of a relation, where it has a table of its own. */
  edgeOf(uid: string, attribute: string): string | undefined {
    const { joinTable, relation, target } = this.get(uid)?.attributes[attribute] ?? {};
    return target === undefined || relation?.startsWith('morph') === true ? undefined : joinTable?.name;
  }

  /** From now on each write to it is told as a whole. */
  giveUp(uid: string): void {
    this.precise.delete(uid);
  }

  get preciseTypes(): string[] {
    return [...this.precise];
  }

  private addType({ uid, options, pluginOptions }: Schema): void {
    if (options?.draftAndPublish === true) this.draftable.add(uid);
    if (pluginOptions?.i18n?.localized === true) this.localized.add(uid);
    const model = this.get(uid);
    if (model?.attributes['documentId'] === undefined || WHOLE.test(uid)) return;
    // Files lead to documents of any type, but what shows a file is written by the document (changes.ts).
    const isAnybodys = Object.values(model.attributes).some((attribute) => isMorphOwner(attribute) && !isZone(attribute));
    if (uid === FILES || !isAnybodys) this.precise.add(uid);
  }

  private addRelations(model: Model): void {
    for (const attribute of Object.values(model.attributes)) {
      const { joinTable, target, relation } = attribute;
      if (joinTable === undefined) continue;
      if (isZone(attribute) || (target !== undefined && this.components.has(target))) {
        this.addHolder(model.uid, joinTable.name, target);
        continue;
      }
      const { name, joinColumn, inverseJoinColumn, orderColumnName, inverseOrderColumnName } = joinTable;
      if (target === undefined || inverseJoinColumn === undefined || relation?.startsWith('morph') === true) continue;
      const [here, there] = [joinColumn.name, inverseJoinColumn.name];
      this.addEdge(model.uid, { table: name, here, there, order: orderColumnName, uid: target });
      this.addEdge(target, { table: name, here: there, there: here, order: inverseOrderColumnName, uid: model.uid });
    }
  }

  private addEdge(uid: string, edge: Edge): void {
    let known = this.edges.get(uid);
    if (known === undefined) this.edges.set(uid, (known = new Map()));
    const key = `${edge.table} ${edge.here}`;
    const twin = known.get(key);
    // Each side knows the order of what it leads to.
    if (twin === undefined) known.set(key, edge);
    else twin.order ??= edge.order;
  }

  /** A dynamic zone names no target: any component may be in it. */
  private addHolder(uid: string, table: string, component: string | undefined): void {
    for (const held of component === undefined ? this.components : [component]) {
      let known = this.holders.get(held);
      if (known === undefined) this.holders.set(held, (known = new Map()));
      known.set(table, { uid, table });
    }
  }
}

function isMorphOwner({ relation }: ModelAttribute): boolean {
  return relation === 'morphToOne' || relation === 'morphToMany';
}

function isZone({ relation, joinTable }: ModelAttribute): boolean {
  return relation === 'morphToMany' && joinTable?.morphColumn?.typeColumn.name === 'component_type';
}
