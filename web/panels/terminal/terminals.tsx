// The terminals that are open, side by side; on narrow pages the active one, with tabs for the others.
import { useTranslation } from 'react-i18next';
import type { LabId } from '../../../src/messages/ids.ts';
import { activateHost } from '../../state/actions.ts';
import { useStore } from '../../state/store.ts';
import { TerminalPane } from './terminal-pane.tsx';
import './terminal.css';

export function Terminals({ lab }: { readonly lab: LabId }) {
  const { t } = useTranslation();
  const open = useStore((state) => state.open);
  const active = useStore((state) => state.active);
  if (open.length === 0) return <p className="terminals-empty">{t('pickHost')}</p>;
  return (
    <div className="terminals" data-count={open.length}>
      <nav className="terminal-tabs" aria-label={t('terminals')}>
        {open.map((host) => (
          <button key={host} type="button" aria-current={host === active} onClick={() => activateHost(host)}>
            {host}
          </button>
        ))}
      </nav>
      {open.map((host) => (
        <TerminalPane key={host} lab={lab} host={host} />
      ))}
    </div>
  );
}
