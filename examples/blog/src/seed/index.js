'use strict';

const { categories, articles } = require('./blog.json');

const CATEGORY = 'api::category.category';
const ARTICLE = 'api::article.article';

const PUBLIC_ACTIONS = [
  `${ARTICLE}.find`,
  `${ARTICLE}.findOne`,
  `${CATEGORY}.find`,
  `${CATEGORY}.findOne`,
];

/** Lets visitors who are not logged in read articles and categories. */
async function allowPublicReads(strapi) {
  const role = await strapi.db
    .query('plugin::users-permissions.role')
    .findOne({ where: { type: 'public' } });
  const permissions = strapi.db.query('plugin::users-permissions.permission');

  for (const action of PUBLIC_ACTIONS) {
    const where = { action, role: role.id };
    if ((await permissions.count({ where })) === 0) {
      await permissions.create({ data: where });
    }
  }
}

async function createContent(strapi) {
  const documentIds = new Map();
  for (const category of categories) {
    const { documentId } = await strapi.documents(CATEGORY).create({ data: category });
    documentIds.set(category.slug, documentId);
  }

  for (const { category, ...article } of articles) {
    await strapi.documents(ARTICLE).create({
      data: { ...article, category: documentIds.get(category) },
      status: 'published',
    });
  }
}

/** Fills an empty database, and leaves any other alone: what an editor deleted stays deleted. */
module.exports = async function seed(strapi) {
  const filled =
    (await strapi.documents(CATEGORY).count({})) > 0 ||
    (await strapi.documents(ARTICLE).count({})) > 0;
  if (filled) {
    return;
  }

  // One transaction: a start that is interrupted here begins with an empty database again.
  await strapi.db.transaction(async () => {
    await allowPublicReads(strapi);
    await createContent(strapi);
  });
  strapi.log.info(`Seeded ${categories.length} categories and ${articles.length} articles`);
};
