// From words to arguments: variables, word splitting, and `*` over the host's files (POSIX.1-2024, Shell Command Language, 2.6).
import { absolutePath } from '../files.ts';
import type { Word, WordPart } from './lexer.ts';

export interface ExpansionScope {
  /** Undefined for a variable that is not set. */
  variable(name: string): string | undefined;
  /** All file names of the host, absolute. */
  files(): readonly string[];
}

/** The arguments that words stand for: none for an unquoted empty variable, several for one with blanks or a pattern. */
export function expandWords(words: readonly Word[], scope: ExpansionScope): string[] {
  return words.flatMap((word) => expandWord(word, scope));
}

/** One string, without splitting or patterns: for assignments and redirections. */
export function expandToText(word: Word, scope: ExpansionScope): string {
  return tilde(word.parts, word.parts.map((part) => textOf(part, scope)).join(''));
}

function expandWord(word: Word, scope: ExpansionScope): string[] {
  const fields: { text: string; pattern: string }[] = [];
  let current: { text: string; pattern: string } | undefined = word.quoted ? { text: '', pattern: '' } : undefined;
  for (const part of word.parts) {
    const text = textOf(part, scope);
    if (part.kind === 'text' || part.quoted) {
      current ??= { text: '', pattern: '' };
      current.text += text;
      current.pattern += part.quoted ? text.replaceAll(/[\\*?]/g, '\\$&') : text;
      continue;
    }
    const pieces = text.split(/[ \t\n]+/);
    pieces.forEach((piece, index) => {
      if (index > 0 && current !== undefined) {
        fields.push(current);
        current = undefined;
      }
      if (piece === '') return;
      current = { text: (current?.text ?? '') + piece, pattern: (current?.pattern ?? '') + piece };
    });
  }
  if (current !== undefined) fields.push(current);
  return fields.flatMap(({ text, pattern }) => {
    if (!/(?<!\\)[*?]/.test(pattern)) return [tilde(word.parts, text)];
    const names = matchFiles(pattern, scope.files());
    return names.length > 0 ? names : [text]; // a pattern that matches nothing stands for itself
  });
}

function textOf(part: WordPart, scope: ExpansionScope): string {
  return part.kind === 'text' ? part.text : (scope.variable(part.name) ?? '');
}

function tilde(parts: readonly WordPart[], text: string): string {
  const first = parts[0];
  const home = first?.kind === 'text' && !first.quoted && /^~(\/|$)/.test(first.text);
  return home ? `/root${text.slice(1)}` : text;
}

function matchFiles(pattern: string, files: readonly string[]): string[] {
  const relative = !pattern.startsWith('/');
  const source = pattern.replaceAll(/\\.|[*?]|[^\\*?]+/g, (token) => {
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    return (token.startsWith('\\') ? token.slice(1) : token).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  const home = `${absolutePath('')}/`;
  const matcher = new RegExp(`^${source}$`, 's');
  return files
    .map((name) => (relative && name.startsWith(home) ? name.slice(home.length) : name))
    .filter((name) => matcher.test(name) && !name.startsWith('.'));
}
