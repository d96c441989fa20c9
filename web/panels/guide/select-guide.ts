// Markdown of the guides as blocks: headings, paragraphs, lists, quotes, fenced code, and within lines code, bold, italic and
// links. What is not in this subset stays text. Nothing becomes HTML. Pure.

export type Inline =
  | { readonly kind: 'text' | 'code' | 'strong' | 'emphasis'; readonly text: string }
  /** Code that reads `host$ command`. */
  | { readonly kind: 'command'; readonly host: string; readonly command: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };

/** A line of code; with a host when it reads `host$ command`. */
export interface CodeLine {
  readonly text: string;
  readonly host: string | undefined;
  readonly command: string;
}

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly content: readonly Inline[] }
  | { readonly kind: 'paragraph' | 'quote'; readonly content: readonly Inline[] }
  | { readonly kind: 'list'; readonly isOrdered: boolean; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: 'code'; readonly lines: readonly CodeLine[] };

const listItem = /^(?:[-*]|(\d+)\.)\s+(.*)$/;

export function selectGuide(markdown: string, hosts: readonly string[]): readonly Block[] {
  const lines = markdown.replaceAll('\r', '').split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? '';
    if (line.trim() === '') at += 1;
    else if (line.startsWith('```')) {
      const end = lines.findIndex((other, index) => index > at && other.startsWith('```'));
      const stop = end === -1 ? lines.length : end;
      blocks.push({ kind: 'code', lines: lines.slice(at + 1, stop).map((text) => codeLine(text, hosts)) });
      at = stop + 1;
    } else {
      const heading = /^(#{1,6})\s+(.*)$/.exec(line);
      if (heading !== null) {
        blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, content: inlines(heading[2] ?? '', hosts) });
        at += 1;
      } else {
        const run = runFrom(lines, at);
        blocks.push(textBlock(run, hosts));
        at += run.length;
      }
    }
  }
  return blocks;
}

/** The lines that belong together, from `at` to a blank line or to another kind of block. */
function runFrom(lines: readonly string[], at: number): readonly string[] {
  const rest = lines.slice(at);
  const isList = listItem.test(rest[0] ?? '');
  const end = rest.findIndex(
    (line, index) =>
      index > 0 && (line.trim() === '' || /^(```|#{1,6}\s)/.test(line) || (!isList && listItem.test(line))),
  );
  return end === -1 ? rest : rest.slice(0, end);
}

function textBlock(run: readonly string[], hosts: readonly string[]): Block {
  const first = listItem.exec(run[0] ?? '');
  if (first !== null) {
    const items: string[] = [];
    for (const line of run) {
      const item = listItem.exec(line);
      if (item === null) items.push(`${items.pop() ?? ''} ${line.trim()}`);
      else items.push(item[2] ?? '');
    }
    return { kind: 'list', isOrdered: first[1] !== undefined, items: items.map((item) => inlines(item, hosts)) };
  }
  const isQuote = run.every((line) => line.startsWith('>'));
  const text = run.map((line) => (isQuote ? line.replace(/^>\s?/, '') : line).trim()).join(' ');
  return { kind: isQuote ? 'quote' : 'paragraph', content: inlines(text, hosts) };
}

function codeLine(text: string, hosts: readonly string[]): CodeLine {
  const match = /^([a-z0-9-]+)\$ (.+)$/.exec(text);
  const host = hosts.find((name) => name === match?.[1]);
  return { text, host, command: host === undefined ? '' : (match?.[2] ?? '') };
}

function codeInline(text: string, hosts: readonly string[]): Inline {
  const { host, command } = codeLine(text, hosts);
  return host === undefined ? { kind: 'code', text } : { kind: 'command', host, command };
}

export function inlines(text: string, hosts: readonly string[] = []): readonly Inline[] {
  const parts: Inline[] = [];
  const marks = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)/g;
  let from = 0;
  for (const match of text.matchAll(marks)) {
    if (match.index > from) parts.push({ kind: 'text', text: text.slice(from, match.index) });
    const [whole, code, strong, emphasis, label, href] = match;
    if (code !== undefined) parts.push(codeInline(code, hosts));
    else if (strong !== undefined) parts.push({ kind: 'strong', text: strong });
    else if (emphasis !== undefined) parts.push({ kind: 'emphasis', text: emphasis });
    else parts.push({ kind: 'link', text: label ?? '', href: href ?? '' });
    from = match.index + whole.length;
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) });
  return parts;
}
