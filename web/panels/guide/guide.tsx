// The lab's guide; its command lines type themselves at their host.
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LabDetail, LocalText } from '../../../src/messages/lab.ts';
import { readTemplate } from '../../client/api.ts';
import { useStore } from '../../state/store.ts';
import { Blocks } from './blocks.tsx';
import { selectGuide } from './select-guide.ts';
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
  return (
    <article className="guide">
      <Blocks blocks={blocks} />
    </article>
  );
}
