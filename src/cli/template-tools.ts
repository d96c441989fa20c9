// Templates for the commands: the catalogue, and what authors of templates ask.
import { catalogueTemplates } from '../classroom/catalogue-templates.ts';
import { templateJsonSchema } from '../lab/json-schema.ts';
import { planLab } from '../lab/make-plan.ts';
import { templateOf } from '../lab/parse.ts';
import type { TemplateTools } from './world.ts';

export const templateTools: TemplateTools = {
  ...catalogueTemplates,
  lint: async (text, file) => {
    const template = templateOf(text, file);
    const plan = planLab(template, { seed: 'lint' }); // what can not be planned is no template
    const routers = plan.hosts.filter((host) => host.role === 'router').length;
    return `${template.title.en}: ${plan.hosts.length} hosts (${routers} of them routers), ${plan.segments.length} segments`;
  },
  schema: () => templateJsonSchema(),
};
