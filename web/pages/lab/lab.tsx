// A lab: guide, map and terminals; before that its progress, after that why it ended.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { StatusResponse } from '../../../src/messages/api.ts';
import type { LabDetail } from '../../../src/messages/lab.ts';
import { Button } from '../../kit/button.tsx';
import { FaultNote } from '../../kit/fault-note.tsx';
import { MessagePage } from '../../kit/message-page.tsx';
import { Switches } from '../../kit/switches.tsx';
import { Exercises } from '../../panels/exercises/exercises.tsx';
import { Guide } from '../../panels/guide/guide.tsx';
import { Links } from '../../panels/links/links.tsx';
import { People } from '../../panels/people/people.tsx';
import { Progress } from '../../panels/progress/progress.tsx';
import { Terminals } from '../../panels/terminal/terminals.tsx';
import { Topology } from '../../panels/topology/topology.tsx';
import { copyJoinLink, dismissFault, go, loadExercises } from '../../state/actions.ts';
import { useStore } from '../../state/store.ts';
import { StopDialog } from './stop-dialog.tsx';
import './lab.css';

type Me = StatusResponse['me'];

export function Lab({ me }: { readonly me: Me }) {
  const { t } = useTranslation();
  const detail = useStore((state) => state.detail);
  const labFault = useStore((state) => state.labFault);
  const back = me.role === 'instructor' && <Button onPress={() => go('/')}>{t('back')}</Button>;
  if (labFault !== undefined)
    return (
      <MessagePage title={t('labGone')}>
        <FaultNote fault={labFault} />
        {back}
      </MessagePage>
    );
  if (detail === undefined) return <MessagePage title={t('loading')} />;
  switch (detail.lab.state) {
    case 'starting':
      return (
        <MessagePage title={t('starting')}>
          <Progress progress={detail.progress} />
        </MessagePage>
      );
    case 'running':
      return <RunningLab detail={detail} me={me} />;
    case 'stopping':
      return <MessagePage title={t('stopping')} />;
    case 'stopped':
    case 'failed':
      return (
        <MessagePage title={detail.lab.state === 'failed' ? t('startFailed') : t('stopped')}>
          <p className="soft">{detail.fault === undefined ? detail.lab.reason : ''}</p>
          {detail.fault !== undefined && <FaultNote fault={detail.fault} />}
          {detail.lab.state === 'failed' && <Progress progress={detail.progress} />}
          {back}
        </MessagePage>
      );
  }
}

const tabs = ['guide', 'exercises', 'links', 'people'] as const;
type Tab = (typeof tabs)[number];
const views = ['guide', 'map', 'terminals'] as const;
type View = (typeof views)[number];

function RunningLab({ detail, me }: { readonly detail: LabDetail; readonly me: Me }) {
  const { t } = useTranslation();
  const [tab, setTab] = useState<Tab>('guide');
  const [chosen, setView] = useState<{ readonly view: View; readonly active: string | undefined }>();
  const fault = useStore((state) => state.fault);
  const active = useStore((state) => state.active);
  const count = useStore((state) => state.people.length);
  const exercises = useStore((state) => state.exercises);
  const done = exercises.filter(({ isDone }) => isDone).length;
  const { id } = detail.lab;
  useEffect(() => void loadExercises(id), [id]);
  // On a phone, opening a terminal is going there.
  const view =
    chosen !== undefined && chosen.active === active ? chosen.view : active === undefined ? 'map' : 'terminals';
  const isInstructor = me.role === 'instructor';
  return (
    <div className="lab" data-view={view}>
      <LabHead detail={detail} isInstructor={isInstructor} />
      {fault !== undefined && <FaultNote fault={fault} onClose={dismissFault} />}
      <nav className="lab-views" aria-label={t('map')}>
        {views.map((name) => (
          <button key={name} type="button" aria-current={view === name} onClick={() => setView({ view: name, active })}>
            {t(name)}
          </button>
        ))}
      </nav>
      <aside className="lab-side">
        <div className="tabs" role="tablist">
          {tabs.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={tab === name}
              onClick={() => setTab(name)}
            >
              {t(name)}
              {name === 'people' && ` ${count}`}
              {name === 'exercises' && exercises.length > 0 && ` ${done}/${exercises.length}`}
            </button>
          ))}
        </div>
        <div className="lab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
          {tab === 'guide' && <Guide lab={detail.lab} />}
          {tab === 'exercises' && <Exercises lab={detail.lab} />}
          {tab === 'links' && <Links detail={detail} mayChange={isInstructor} />}
          {tab === 'people' && (
            <>
              <People me={me.player} />
              <details className="lab-log">
                <summary>{t('startLog')}</summary>
                <Progress progress={detail.progress} />
              </details>
            </>
          )}
        </div>
      </aside>
      <div className="lab-map">
        <Topology detail={detail} />
      </div>
      <div className="lab-terminals">
        <Terminals lab={detail.lab.id} />
      </div>
    </div>
  );
}

function LabHead({ detail, isInstructor }: { readonly detail: LabDetail; readonly isInstructor: boolean }) {
  const { t } = useTranslation();
  const language = useStore((state) => state.language);
  const [isAsking, setAsking] = useState(false);
  const [isCopied, setCopied] = useState(false);
  const { lab } = detail;
  return (
    <header className="lab-head">
      {isInstructor && (
        <Button kind="quiet" label={t('back')} onPress={() => go('/')}>
          ←
        </Button>
      )}
      <h1>{lab.title[language]}</h1>
      <span className="soft lab-facts">
        <span className="mono">{lab.id}</span> · {t(lab.runtime)}
      </span>
      <span className="spread" />
      {isInstructor && (
        <Button onPress={() => void copyJoinLink(lab.id).then(setCopied)}>
          {isCopied ? t('copied') : t('copyLink')}
        </Button>
      )}
      {isInstructor && (
        <Button kind="danger" onPress={() => setAsking(true)}>
          {t('stop')}
        </Button>
      )}
      <Switches />
      {isAsking && <StopDialog lab={lab.id} onClose={() => setAsking(false)} />}
    </header>
  );
}
