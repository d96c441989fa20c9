// A lab coming up: each link and each host by name, ticked as it is done.
import { useTranslation } from 'react-i18next';
import type { LabProgress } from '../../../src/messages/lab.ts';
import { selectProgress } from './select-progress.ts';
import './progress.css';

const marks = { started: '…', done: '✓', failed: '✕' } as const;
const words = { started: 'stepStarted', done: 'stepDone', failed: 'stepFailed' } as const;

export function Progress({ progress }: { readonly progress: readonly LabProgress[] }) {
  const { t } = useTranslation();
  const { groups, share } = selectProgress(progress);
  return (
    <div className="progress">
      <div
        className="progress-bar"
        role="progressbar"
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <div style={{ width: `${share * 100}%` }} />
      </div>
      {groups.map((group) => (
        <section key={group.step}>
          <h3>{t(`step_${group.step}`)}</h3>
          <ul>
            {group.items.map((item) => (
              <li key={item.name} className={item.state} data-step={`${item.step} ${item.name}`}>
                <span aria-label={t(words[item.state])}>{marks[item.state]}</span> {item.name}
                {item.detail !== undefined && <span className="soft"> {item.detail}</span>}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
