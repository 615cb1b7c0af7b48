// A site whose types are made up: relations of every kind, components, dynamic zones, media, locales, draft & publish.

const CORE = { routes: 'Router', controllers: 'Controller', services: 'Service' };
export const WORDS = ['alpha', 'beta', 'gamma', 'delta'];

/** Which relation the other end has. */
const REVERSE = { oneToOne: 'oneToOne', oneToMany: 'manyToOne', manyToOne: 'oneToMany', manyToMany: 'manyToMany' };

/**
 * @param {import('../../support/random.mjs').Random} random
 * @param {number} count of collection types
 */
export function randomTypes(random, count) {
  const types = Array.from({ length: count }, (_, index) => makeType(random, `kind${index}`, 'collectionType'));
  types.push(makeType(random, 'front', 'singleType'));
  // The first ones are never without what matters most.
  Object.assign(types[0], { drafts: true, localized: false });
  Object.assign(types[1], { drafts: false, localized: false });
  Object.assign(types[2], { drafts: true, localized: true });
  for (const type of types) {
    const relations = Object.keys(REVERSE);
    if (type.kind === 'singleType') relate(random.pick(types.slice(0, count)), type, 'oneToMany', `front${type.name}`, false);
    else for (let i = 0; i < 2; i += 1) relate(random.pick(types.slice(0, count)), type, random.pick(relations), `${type.name}rel${i}`, random.chance(0.6));
  }
  return types;
}

function makeType(random, name, kind) {
  const attributes = { title: { type: 'string' }, rank: { type: 'integer' }, flag: { type: 'boolean' } };
  if (random.chance(0.6)) attributes.note = { type: 'component', component: 'mix.note' };
  if (random.chance(0.5)) attributes.notes = { type: 'component', component: 'mix.deep', repeatable: true };
  if (random.chance(0.5)) attributes.zone = { type: 'dynamiczone', components: ['mix.note', 'mix.deep'] };
  if (random.chance(0.5)) attributes.cover = { type: 'media', multiple: false };
  if (random.chance(0.3)) attributes.album = { type: 'media', multiple: true };
  return { name, kind, uid: `api::${name}.${name}`, plural: `${name}s`, drafts: random.chance(0.5), localized: random.chance(0.4), attributes };
}

function relate(target, type, relation, name, bidirectional) {
  const reverse = `of${name}`;
  type.attributes[name] = { type: 'relation', relation, target: target.uid, ...(bidirectional ? { inversedBy: reverse } : {}) };
  if (bidirectional) {
    target.attributes[reverse] = { type: 'relation', relation: REVERSE[relation], target: type.uid, mappedBy: name };
    // Strapi has the owner on the side that is not "many".
    if (relation === 'oneToMany') {
      type.attributes[name] = { type: 'relation', relation, target: target.uid, mappedBy: reverse };
      target.attributes[reverse] = { type: 'relation', relation: 'manyToOne', target: type.uid, inversedBy: name };
    }
  }
}

/** The overlay of a site with these types. */
export function filesOf(types) {
  const files = {
    'src/components/mix/note.json': component('notes', { text: { type: 'string' }, link: { type: 'relation', relation: 'oneToOne', target: types[0].uid } }),
    'src/components/mix/deep.json': component('deeps', { label: { type: 'string' }, note: { type: 'component', component: 'mix.note' }, picture: { type: 'media', multiple: false } }),
  };
  for (const { name, kind, uid, plural, drafts, localized, attributes } of types) {
    files[`src/api/${name}/content-types/${name}/schema.json`] = JSON.stringify({
      kind,
      collectionName: plural,
      info: { singularName: name, pluralName: plural, displayName: name },
      options: { draftAndPublish: drafts },
      pluginOptions: { i18n: { localized } },
      attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, withLocale(value, key, localized)])),
    });
    for (const [folder, part] of Object.entries(CORE)) {
      files[`src/api/${name}/${folder}/${name}.js`] = `module.exports = require('@strapi/strapi').factories.createCore${part}('${uid}');\n`;
    }
  }
  return files;
}

/** The rank is the same in all locales. */
function withLocale(attribute, name, localized) {
  return localized && attribute.type !== 'relation' ? { ...attribute, pluginOptions: { i18n: { localized: name !== 'rank' } } } : attribute;
}

function component(name, attributes) {
  return JSON.stringify({ collectionName: `components_mix_${name}`, info: { displayName: name }, attributes });
}

/** Runs in Strapi: permissions, locales, files. */
export async function furnish(strapi, types) {
  const role = await strapi.db.query('plugin::users-permissions.role').findOne({ where: { type: 'public' } });
  for (const { uid } of types) {
    for (const action of ['find', 'findOne']) {
      await strapi.db.query('plugin::users-permissions.permission').create({ data: { action: `${uid}.${action}`, role: role.id } });
    }
  }
  const locales = strapi.plugin('i18n').service('locales');
  if ((await locales.findByCode('fr')) === null) await locales.create({ code: 'fr', name: 'French' });
  for (let i = 0; i < 3; i += 1) {
    await strapi.db.query('plugin::upload.file').create({
      data: { name: `file${i}.png`, hash: `h${i}`, ext: '.png', mime: 'image/png', size: 1, url: `/u${i}.png`, provider: 'local', folderPath: '/' },
    });
  }
}

/** Reads of one type, each with its kind. `documents`: some of its documents. */
export function readsOf(random, { plural, name, kind, localized, attributes }, documents, types) {
  const path = `/api/${kind === 'singleType' ? name : plural}`;
  const locale = () => (localized && random.chance(0.4) ? '&locale=fr' : '');
  const relations = Object.entries(attributes).filter(([, { type }]) => type === 'relation');
  const reads = [];
  const add = (what, query, at = path) => reads.push({ kind: what, path: `${at}?${query}${locale()}`.replace(/[?&]$/, '').replace('?&', '?') });
  const nested = () => {
    const [outer, { target }] = random.pick(relations);
    const inner = Object.entries(types.find(({ uid }) => uid === target).attributes).filter(([, { type }]) => type === 'relation');
    return inner.length === 0 ? `populate=${outer}` : `populate[${outer}][populate]=${random.pick(inner)[0]}`;
  };
  const singles = kind === 'singleType' ? [path] : documents.map((id) => `${path}/${id}`);
  for (const at of singles) {
    add('document', '', at);
    add('document with relations', 'populate=*', at);
    if (relations.length > 0) add('document with relations of relations', nested(), at);
  }
  if (kind === 'singleType') return reads;

  add('list', '');
  add('list with relations', 'populate=*');
  add('list in an order', `sort=${random.pick(['title', 'rank:desc', 'title,rank'])}&fields=title`);
  add('page', `pagination[pageSize]=3&pagination[page]=${random.int(1, 2)}`);
  add('page in an order', `sort=${random.pick(['title', 'rank:desc'])}&pagination[pageSize]=3`);
  add('list that is filtered', `filters[title][$eq]=${random.pick(WORDS)}`);
  add('list that is filtered', `filters[$or][0][rank][$gt]=2&filters[$or][1][flag]=true`);
  add('search', `_q=${random.pick(WORDS)}`);
  if (relations.length > 0) {
    const [relation] = random.pick(relations);
    add('list filtered through a relation', `filters[${relation}][title][$eq]=${random.pick(WORDS)}`);
    add('list filtered through a relation', `filters[${random.pick(relations)[0]}][id][$null]=true`);
    add('list in the order of a relation', `sort=${random.pick(relations)[0]}.title,id`);
    add('list with relations that are filtered', `populate[${relation}][filters][rank][$gte]=2&populate[${relation}][sort]=title`);
    add('list with relations of relations', nested());
    add('list with counts', `populate[${relation}][count]=true`);
  }
  if (attributes.note) add('list filtered through a component', `filters[note][text][$eq]=${random.pick(WORDS)}&populate=note.link`);
  if (attributes.cover) add('list filtered through media', 'filters[cover][name][$contains]=file&populate=cover');
  return reads;
}

/** Runs in Strapi: one random write. `dice` decides; gives what was done, or null where there was nothing to do. */
export async function writeSomething(strapi, { what, types, words, dice, step }) {
  let at = 0;
  const next = () => dice[at++ % dice.length];
  const pick = (list) => list[Math.floor(next() * list.length)];
  const word = () => pick(words);
  const lists = types.filter(({ kind }) => kind === 'collectionType');
  const type = pick(what.includes('single type') ? types.filter(({ kind }) => kind === 'singleType') : what.includes('draft') || what.includes('ublish') ? lists.filter(({ drafts }) => drafts) : lists);
  const { uid } = type;
  const documents = strapi.documents(uid);
  const locale = type.localized && next() < 0.4 ? 'fr' : 'en';
  const some = async (of) => pick(await strapi.documents(of).findMany({ sort: 'id', ...(types.find((t) => t.uid === of)?.localized ? { locale: 'en' } : {}) }));
  const files = () => strapi.db.query('plugin::upload.file').findMany({ orderBy: 'id' });

  /** Values of some attributes. */
  const values = async (share) => {
    const data = {};
    for (const [name, attribute] of Object.entries(type.attributes)) {
      if (next() > share) continue;
      if (attribute.type === 'string') data[name] = word();
      else if (attribute.type === 'integer') data[name] = Math.floor(next() * 5);
      else if (attribute.type === 'boolean') data[name] = next() < 0.5;
      else if (attribute.type === 'media') data[name] = attribute.multiple ? (await files()).slice(0, 2).map(({ id }) => id) : pick(await files())?.id;
      else if (attribute.type === 'relation') {
        const other = await some(attribute.target);
        if (other === undefined) continue;
        const many = attribute.relation.endsWith('Many');
        const way = next();
        if (way < 0.2) data[name] = many ? { set: [] } : null;
        else if (many && way < 0.4) data[name] = { disconnect: [{ documentId: other.documentId }] };
        else data[name] = many ? { connect: [{ documentId: other.documentId }] } : other.documentId;
      } else if (attribute.type === 'component' && !attribute.repeatable) data[name] = await note();
      else if (attribute.type === 'component') data[name] = [{ label: word(), note: await note() }, { label: word() }].slice(0, 1 + Math.floor(next() * 2));
      else data[name] = [{ __component: 'mix.note', ...(await note()) }, { __component: 'mix.deep', label: word(), picture: pick(await files())?.id }].slice(0, 1 + Math.floor(next() * 2));
    }
    return data;
  };
  const note = async () => ({ text: word(), link: next() < 0.5 ? ((await some(types[0].uid))?.documentId ?? null) : null });
  const one = type.kind === 'singleType' ? await documents.findFirst({}) : await some(uid);
  const need = one === undefined || one === null;
  const inLocale = type.localized ? { locale } : {};

  const ways = {
    'create': async () => documents.create({ data: await values(0.7), ...(type.localized ? { locale: 'en' } : {}) }),
    'create and publish': async () => documents.create({ data: await values(0.7), status: 'published', ...(type.localized ? { locale: 'en' } : {}) }),
    'update': async () => !need && documents.update({ documentId: one.documentId, data: await values(0.4), ...inLocale }),
    'update and publish': async () => !need && documents.update({ documentId: one.documentId, data: await values(0.4), status: 'published', ...inLocale }),
    'update of a field': async () => !need && documents.update({ documentId: one.documentId, data: { title: word() }, ...inLocale }),
    'save a draft': async () => !need && documents.update({ documentId: one.documentId, data: await values(0.4), ...inLocale }),
    'publish': async () => !need && documents.publish({ documentId: one.documentId, ...(type.localized ? { locale: pick(['en', '*']) } : {}) }),
    'unpublish': async () => !need && documents.unpublish({ documentId: one.documentId, ...inLocale }),
    'discard a draft': async () => !need && documents.discardDraft({ documentId: one.documentId, ...inLocale }),
    'clone': async () => !need && documents.clone({ documentId: one.documentId, data: { title: word() } }),
    'delete': async () => !need && documents.delete({ documentId: one.documentId, ...(type.localized ? { locale: pick(['*', locale]) } : {}) }),
    'edit the single type': async () => (need ? documents.create({ data: await values(0.9), ...inLocale }) : documents.update({ documentId: one.documentId, data: await values(0.5), ...inLocale })).then((made) => (type.drafts ? documents.publish({ documentId: made.documentId, ...inLocale }) : made)),
    'db.query update': async () => {
      const row = pick(await strapi.db.query(uid).findMany({ orderBy: 'id' }));
      return row !== undefined && strapi.db.query(uid).update({ where: { id: row.id }, data: { title: word(), rank: Math.floor(next() * 5) } });
    },
    'db.query updateMany': () => strapi.db.query(uid).updateMany({ where: { rank: { $gt: 2 } }, data: { flag: next() < 0.5 } }),
    'db.query deleteMany': () => strapi.db.query(uid).deleteMany({ where: { title: word(), rank: Math.floor(next() * 5) } }),
    'db.query createMany': () => strapi.db.query(uid).createMany({ data: [{ title: word(), rank: 1, publishedAt: new Date(), ...(type.localized ? { locale: 'en' } : {}) }] }),
    'components by themselves': async () => {
      const rows = await strapi.db.query('mix.note').findMany({ orderBy: 'id' });
      for (let i = 0; i < 5 && rows.length > 0; i += 1) {
        await strapi.db.query('mix.note').update({ where: { id: pick(rows).id }, data: { text: `${word()} ${step}` } });
      }
      return rows.length > 0;
    },
    'rename a file': async () => {
      const file = pick(await files());
      return strapi.plugin('upload').service('upload').updateFileInfo(file.id, { name: `file ${step}.png` });
    },
    'replace a file': async () => {
      const file = pick(await files());
      return strapi.db.query('plugin::upload.file').update({ where: { id: file.id }, data: { url: `/u${step}.png`, hash: `h${step}` } });
    },
    'delete a file': async () => {
      const all = await files();
      await strapi.db.query('plugin::upload.file').create({ data: { name: 'file new.png', hash: `n${step}`, ext: '.png', mime: 'image/png', size: 1, url: `/n${step}.png`, provider: 'local', folderPath: '/' } });
      return strapi.db.query('plugin::upload.file').delete({ where: { id: pick(all).id } });
    },
    'several in a transaction': () =>
      strapi.db.transaction(async () => {
        const other = pick(lists);
        const second = await some(other.uid);
        if (second !== undefined) await strapi.documents(other.uid).update({ documentId: second.documentId, data: { title: word() }, ...(other.drafts ? { status: 'published' } : {}) });
        if (!need) await documents.update({ documentId: one.documentId, data: { rank: 3 }, ...(type.drafts ? { status: 'published' } : {}) });
      }),
    'a transaction that fails': () =>
      strapi.db
        .transaction(async () => {
          if (!need) await documents.update({ documentId: one.documentId, data: { title: 'never' } });
          throw new Error('on purpose');
        })
        .catch(() => true),
  };
  try {
    return (await ways[what]()) === false ? null : type.name;
  } catch (error) {
    // What Strapi refuses wrote nothing, or was taken back.
    if (['ValidationError', 'ApplicationError', 'NotFoundError', 'YupValidationError'].includes(error.name)) return null;
    throw error;
  }
}

export const WRITES = [
  'create', 'create and publish', 'update', 'update and publish', 'update of a field', 'save a draft', 'publish', 'unpublish',
  'discard a draft', 'clone', 'delete', 'edit the single type', 'db.query update', 'db.query updateMany', 'db.query deleteMany',
  'db.query createMany', 'components by themselves', 'rename a file', 'replace a file', 'delete a file', 'several in a transaction',
  'a transaction that fails',
];
