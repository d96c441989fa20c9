// The lab's guide; its command lines type themselves at their host.
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { LabDetail, LocalText } from '../../../src/messages/lab.ts';
import { readTemplate } from '../../client/api.ts';
import { typeInto } from '../../state/actions.ts';
import { useStore } from '../../state/store.ts';
import { selectGuide, type Block, type CodeLine, type Inline } from './select-guide.ts';
import './guide.css';

export function Guide({ lab }: { readonly lab: LabDetail['lab'] }) {
  const { t } = useTranslation();
  const language = useStore((state) => state.language);
  const [guide, setGuide] = useState<LocalText>();
  useEffect(() => {
    let isWanted = true;
    readTemplate(lab.template).then(
      (answer) => isWanted && setGuide(answer.guide),
      () => isWanted && setGuide({ en: '', ko: '' }),
    );
    return () => {
      isWanted = false;
    };
  }, [lab.template]);
  const blocks = useMemo(() => selectGuide(guide?.[language] ?? '', lab.hosts), [guide, language, lab.hosts]);
  if (guide === undefined) return <p className="soft">{t('loading')}</p>;
  if (blocks.length === 0) return <p className="soft">{t('noGuide')}</p>;
  return <article className="guide">{blocks.map((block, index) => drawBlock(block, index))}</article>;
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
  const { t } = useTranslation();
  const { host, command } = line;
  if (host === undefined) return <pre>{line.text === '' ? ' ' : line.text}</pre>;
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
