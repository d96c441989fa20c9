// `--help` texts and manual pages, both from a command's one table entry.
import type { CommandDefinition, OperandDefinition, OptionDefinition } from './command.ts';
import { textWidth } from './text-width.ts';

/** `Usage: ping [OPTION]... DESTINATION` without the first word. */
export function synopsis(definition: CommandDefinition): string {
  const options = definition.options.length > 0 ? ' [OPTION]...' : '';
  return `${definition.name}${options}${definition.operands.map((operand) => ` ${operandText(operand)}`).join('')}`;
}

/** What `--help` prints. */
export function helpText(definition: CommandDefinition): string {
  const lines = [`Usage: ${synopsis(definition)}`, `${definition.summary}`];
  const options = [...definition.options.map(optionRow), ['    --help', 'show this help'] as const];
  lines.push('', 'Options:', ...columns(options));
  if (definition.examples !== undefined && definition.examples.length > 0) {
    lines.push('', 'Examples:', ...columns(definition.examples.map(({ line, what }) => [line, what] as const)));
  }
  lines.push('', `Run 'man ${definition.name}' for the manual page.`);
  return `${lines.join('\n')}\n`;
}

/** The manual page, wrapped to `width` columns. */
export function manualPage(definition: CommandDefinition, width: number): string {
  const measure = Math.max(40, Math.min(width, 100));
  const title = `${definition.name.toUpperCase()}(1)`;
  const middle = 'Ackademy host commands';
  const gap = Math.max(1, Math.floor((measure - middle.length) / 2) - title.length);
  const header = `${title}${' '.repeat(gap)}${middle}${' '.repeat(gap)}${title}`;
  const sections: (readonly [string, readonly string[]])[] = [
    ['NAME', [`${definition.name} - ${definition.summary}`]],
    ['SYNOPSIS', [synopsis(definition)]],
    ['DESCRIPTION', definition.description.flatMap((text, index) => (index === 0 ? [text] : ['', text]))],
  ];
  const lines = [header, ''];
  for (const [name, paragraphs] of sections) {
    lines.push(name, ...paragraphs.flatMap((text) => wrap(text, measure - 7).map((line) => indent(line, 7))), '');
  }
  if (definition.options.length > 0) {
    lines.push('OPTIONS');
    for (const option of definition.options) {
      lines.push(indent(optionRow(option)[0].trim(), 7));
      lines.push(...wrap(optionRow(option)[1], measure - 14).map((line) => indent(line, 14)), '');
    }
  }
  if (definition.words !== undefined && definition.words.length > 0) {
    lines.push('WORDS', ...wrap(definition.words.join(', '), measure - 7).map((line) => indent(line, 7)), '');
  }
  if (definition.examples !== undefined && definition.examples.length > 0) {
    lines.push('EXAMPLES');
    for (const { line, what } of definition.examples) lines.push(indent(line, 7), indent(what, 14), '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Rows of two columns, the second aligned. */
export function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(32, Math.max(0, ...rows.map(([left]) => textWidth(left))));
  return rows.map(([left, right]) =>
    `  ${left}${' '.repeat(Math.max(0, width - textWidth(left)))}  ${right}`.trimEnd(),
  );
}

function operandText(operand: OperandDefinition): string {
  const text = operand.repeated === true ? `${operand.name}...` : operand.name;
  return operand.optional === true ? `[${text}]` : text;
}

function optionRow(option: OptionDefinition): readonly [string, string] {
  const value = option.type === 'flag' ? undefined : (option.value ?? option.type.toUpperCase());
  const long = option.long === undefined ? undefined : `--${option.long}${value === undefined ? '' : `=${value}`}`;
  if (option.short === undefined) return [`    ${long ?? ''}`, option.description];
  const short = `-${option.short}`;
  if (long === undefined) return [value === undefined ? short : `${short} ${value}`, option.description];
  return [`${short}, ${long}`, option.description];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

const indent = (line: string, columnsLeft: number): string => (line === '' ? '' : `${' '.repeat(columnsLeft)}${line}`);
