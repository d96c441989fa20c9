// The JSON Schema of a template file, so that editors complete and check it.
import { z } from 'zod';
import { templateSchema } from './template.ts';

/** JSON Schema, draft 2020-12, of what an author writes. */
export function templateJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(templateSchema, { io: 'input', target: 'draft-2020-12' });
}
