// The catalogue's templates as the classroom and the server know them.
import { listTemplates, readTemplate, type CatalogueTemplate } from '../catalogue/read.ts';
import { planLab } from '../lab/make-plan.ts';
import { templateOf } from '../lab/parse.ts';
import type { CatalogueEntry } from '../messages/api.ts';
import { templateName } from '../messages/ids.ts';
import type { Templates } from './templates.ts';

/** `plan` also takes the path of a template file: keep names that come from outside to what `templateName` allows. */
export const catalogueTemplates: Templates = {
  list: async () => {
    const names = await listTemplates();
    return await Promise.all(names.map(async (name) => entryOf(await readTemplate(name))));
  },
  read: async (name) => {
    const found = await readTemplate(name);
    return { entry: entryOf(found), guide: found.guide };
  },
  planText: (text, file, seed) => planLab(templateOf(text, file), { seed }),
  plan: async (name, seed) => planLab((await readTemplate(name)).template, { seed }),
};

function entryOf({ template }: CatalogueTemplate): CatalogueEntry {
  return {
    name: templateName.parse(template.name),
    title: template.title,
    summary: template.summary,
    hosts: template.hosts.size,
    links: template.segments.length,
  };
}
