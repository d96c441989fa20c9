// What the classroom needs to know about templates: a list, guides, and plans made from them.
import type { Plan } from '../lab/plan.ts';
import type { CatalogueEntry } from '../messages/api.ts';
import type { LocalText } from '../messages/lab.ts';

export interface Templates {
  list(): Promise<readonly CatalogueEntry[]>;
  /** Throws `Fault` template-unknown. */
  read(name: string): Promise<{ readonly entry: CatalogueEntry; readonly guide: LocalText }>;
  /** The same name and seed give the same plan. Throws `Fault` template-unknown or template-invalid. */
  plan(name: string, seed: string): Promise<Plan>;
  /** Of a template that somebody has sent along; `file` is for the places of faults. Throws `Fault` template-invalid. */
  planText(text: string, file: string, seed: string): Plan;
}
