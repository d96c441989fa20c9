// The templates that come with the product, and templates in files of the user's own.
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fault } from '../base/fault.ts';
import { closestWord } from '../base/closest-word.ts';
import { templateOf } from '../lab/parse.ts';
import type { Template } from '../lab/template.ts';

export interface CatalogueTemplate {
  readonly template: Template;
  /** Markdown; empty when the template has no guide. */
  readonly guide: { readonly en: string; readonly ko: string };
}

/** The labs in the order in which a course takes them. */
export const course: readonly string[] = [
  'hello',
  'lan',
  'packet',
  'two-ways',
  'nobody-home',
  'lossy',
  'fragments',
  'ports',
  'datagrams',
  'handshake',
  'again',
  'shuffled',
  'damaged',
  'slow-reader',
  'goodbye',
  'two-families',
];

const ownFolder = dirname(fileURLToPath(import.meta.url));

/** Names of the templates that come with the product, sorted as a course goes. */
export async function listTemplates(folder: string = ownFolder): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const rank = (name: string): number => (course.includes(name) ? course.indexOf(name) : course.length);
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, 'en'));
}

/** A template by its name, or by the path of a `.yaml` file. Throws `Fault` template-unknown or template-invalid. */
export async function readTemplate(name: string, folder: string = ownFolder): Promise<CatalogueTemplate> {
  const isPath = /\.ya?ml$/.test(name);
  const file = isPath ? name : join(folder, name, 'lab.yaml');
  const known = await listTemplates(folder);
  if (!isPath && !known.includes(name)) {
    const meant = closestWord(name, known);
    throw new Fault(
      'template-unknown',
      `There is no template '${name}'${meant === undefined ? '.' : `: did you mean '${meant}'?`}`,
      {
        nextStep: `The templates are ${known.join(', ')}; a path to a .yaml file works too.`,
      },
    );
  }
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Fault('template-unknown', `The template ${file} can not be read.`, {
      cause,
      place: { file },
      nextStep: 'Check the path.',
    });
  });
  const template = templateOf(text, isPath ? file : `${name}/lab.yaml`);
  const guideBase = isPath ? join(dirname(file), basename(file, extname(file))) : join(folder, name, 'guide');
  const en = await readFile(`${guideBase}.en.md`, 'utf8').catch(() => '');
  const ko = await readFile(`${guideBase}.ko.md`, 'utf8').catch(() => en);
  return { template, guide: { en, ko } };
}
