// Blocks of Markdown as elements; lines such as `client$ ping server` type themselves at their host.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { typeInto } from '../../state/actions.ts';
import type { Block, CodeLine, Inline } from './select-guide.ts';
import './guide.css';

export function Blocks({ blocks }: { readonly blocks: readonly Block[] }) {
  return blocks.map(drawBlock);
}

/** One run of text. */
export function Inlines({ parts }: { readonly parts: readonly Inline[] }) {
  return parts.map(drawInline);
}

function drawBlock(block: Block, key: number): ReactNode {
  switch (block.kind) {
    case 'heading': {
      const Heading = block.level === 1 ? 'h2' : block.level === 2 ? 'h3' : 'h4';
      return <Heading key={key}>{block.content.map(drawInline)}</Heading>;
    }
    case 'paragraph':
      return <p key={key}>{block.content.map(drawInline)}</p>;
    case 'quote':
      return <blockquote key={key}>{block.content.map(drawInline)}</blockquote>;
    case 'list': {
      const List = block.isOrdered ? 'ol' : 'ul';
      return (
        <List key={key}>
          {block.items.map((item, index) => (
            <li key={index}>{item.map(drawInline)}</li>
          ))}
        </List>
      );
    }
    case 'code':
      return (
        <div className="guide-code" key={key}>
          {block.lines.map((line, index) => (
            <Code key={index} line={line} />
          ))}
        </div>
      );
  }
}

function Code({ line }: { readonly line: CodeLine }) {
  const { host, command } = line;
  if (host === undefined) return <pre>{line.text === '' ? ' ' : line.text}</pre>;
  return <Command host={host} command={command} />;
}

function Command({ host, command }: { readonly host: string; readonly command: string }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      className="guide-command"
      aria-label={t('typeLine', { line: command, host })}
      onClick={() => typeInto(host, command)}
    >
      <span className="guide-host">{host}$</span> {command}
    </button>
  );
}

function drawInline(part: Inline, key: number): ReactNode {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'code':
      return <code key={key}>{part.text}</code>;
    case 'command':
      return <Command key={key} host={part.host} command={part.command} />;
    case 'strong':
      return <strong key={key}>{part.text}</strong>;
    case 'emphasis':
      return <em key={key}>{part.text}</em>;
    case 'link':
      return (
        <a key={key} href={part.href} target="_blank" rel="noreferrer">
          {part.text}
        </a>
      );
  }
}
