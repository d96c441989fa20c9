// Template text to Template, or to faults that name file, line, column and key.
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { Fault, type FaultPlace } from '../base/fault.ts';
import { checkKinds, exerciseSchema } from './exercise.ts';
import { closestWord } from '../base/closest-word.ts';
import { findContradictions } from './rules.ts';
import { spellOut, templateSchema, type Template } from './template.ts';

export type ParsedTemplate =
  | { readonly ok: true; readonly template: Template }
  /** Never empty; in the order of the file. */
  | { readonly ok: false; readonly faults: readonly Fault[] };

type Path = readonly (string | number)[];
type Issue = z.core.$ZodIssue;

/** Parses a template; `file` is only for the faults' places. */
export function parseTemplate(text: string, file: string): ParsedTemplate {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const placeAt = (offset: number, key?: string): FaultPlace => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, ...(key !== undefined && key !== '' && { key }) };
  };
  if (document.errors.length > 0) {
    return failed(document.errors.map((error) => fault(`this is not YAML: ${error.message}`, placeAt(error.pos[0]))));
  }
  const placeOf = (path: Path): FaultPlace => placeAt(offsetOf(document, path), formatPath(path));

  const checked = templateSchema.safeParse(document.toJS() ?? {});
  if (!checked.success) {
    return failed(checked.error.issues.flatMap((issue) => faultsOfIssue(issue, [], placeOf)));
  }
  const template = spellOut(checked.data);
  const contradictions = findContradictions(template);
  if (contradictions.length > 0)
    return failed(contradictions.map(({ message, path }) => fault(message, placeOf(path))));
  return { ok: true, template };
}

/** The template, or one `Fault` template-invalid that tells the first fault and names the lines of the others. */
export function templateOf(text: string, file: string): Template {
  const parsed = parseTemplate(text, file);
  if (parsed.ok) return parsed.template;
  const [first, ...others] = parsed.faults;
  if (first === undefined || others.length === 0)
    throw first ?? new Fault('template-invalid', 'the template is not valid');
  const lines = others.map((other) => `line ${other.place.line ?? '?'}: ${other.message}`);
  throw new Fault(first.code, first.message, { place: first.place, nextStep: `Also ${lines.join('; ')}` });
}

function failed(faults: readonly Fault[]): ParsedTemplate {
  return { ok: false, faults: faults.toSorted((a, b) => (a.place.line ?? 0) - (b.place.line ?? 0)) };
}

function fault(message: string, place: FaultPlace): Fault {
  return new Fault('template-invalid', /[.?]$/.test(message) ? message : `${message}.`, { place });
}

function faultsOfIssue(issue: Issue, base: Path, placeOf: (path: Path) => FaultPlace): readonly Fault[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => fault(unknownKey(key, path), placeOf([...path, key])));
  }
  if (issue.code === 'invalid_union') {
    // The branch that got furthest is the one that was meant.
    const branches = issue.errors.filter(
      (branch) => !branch.some((inner) => inner.path.length === 0 && inner.code === 'invalid_type'),
    );
    const meant = branches[0] ?? [];
    if (meant.length > 0) return meant.flatMap((inner) => faultsOfIssue(inner, path, placeOf));
    return [fault('this has the wrong form', placeOf(path))];
  }
  if (issue.code === 'invalid_key') {
    return [fault(`the name is not allowed: ${issue.issues[0]?.message ?? issue.message}`, placeOf(path))];
  }
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.message.includes('undefined')) {
    return [fault(`'${path.at(-1) ?? ''}' is missing`, placeOf(path))];
  }
  return [fault(issue.message, placeOf(path))];
}

const keysByPlace: readonly { readonly at: RegExp; readonly keys: readonly string[] }[] = [
  {
    at: /^$/,
    keys: ['name', 'title', 'summary', 'domain', 'hosts', 'networks', 'links', 'dns', 'routes', 'exercises'],
  },
  { at: /^hosts\.[^.]+$/, keys: ['role', 'services', 'files', 'sysctls'] },
  { at: /^links\.\d+$/, keys: ['name', 'ends', 'prefix', 'addresses', 'mtu', 'impair'] },
  { at: /^networks\.[^.]+$/, keys: ['hosts', 'prefix', 'addresses', 'mtu', 'impair'] },
  { at: /^dns$/, keys: ['server', 'ttl', 'records'] },
  { at: /^exercises\.\d+$/, keys: Object.keys(exerciseSchema.shape) },
  { at: /(^|\.)(check|not|all\.\d+|any\.\d+)$/, keys: [...checkKinds, 'all', 'any', 'not', 'eventually', 'always'] },
];

function unknownKey(key: string, path: Path): string {
  const known = keysByPlace.find(({ at }) => at.test(path.join('.')))?.keys ?? [];
  const meant = closestWord(key, known);
  return `unknown key '${key}'${meant === undefined ? '' : `: did you mean '${meant}'?`}`;
}

/** Offset in the text of the node at `path`, or of the nearest one above it; for a map's entry, of its key. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const key = parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(last))?.key;
      if (isScalar(key) && key.range) return key.range[0];
    } else {
      const node = document.getIn(path.slice(0, length), true);
      if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
        return Number(node.range[0]);
    }
  }
  return 0;
}

/** `links[2].impair` */
function formatPath(path: Path): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}
