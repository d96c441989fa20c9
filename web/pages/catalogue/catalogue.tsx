// The first page of an instructor: what runs, and what can be launched.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CatalogueEntry, StatusResponse } from '../../../src/messages/api.ts';
import type { FaultMessage } from '../../../src/messages/faults.ts';
import type { LabSummary } from '../../../src/messages/lab.ts';
import { readCatalogue } from '../../client/api.ts';
import { Button } from '../../kit/button.tsx';
import { FaultNote } from '../../kit/fault-note.tsx';
import { Switches } from '../../kit/switches.tsx';
import { StopDialog } from '../lab/stop-dialog.tsx';
import { copyJoinLink, dismissFault, faultMessageOf, go, launch } from '../../state/actions.ts';
import { useStore } from '../../state/store.ts';
import './catalogue.css';

export function Catalogue({ status }: { readonly status: StatusResponse }) {
  const { t } = useTranslation();
  const { runtime, me } = status;
  const labs = useStore((state) => state.labs);
  const fault = useStore((state) => state.fault);
  const [templates, setTemplates] = useState<readonly CatalogueEntry[]>();
  const [readFault, setReadFault] = useState<FaultMessage>();
  const [launching, setLaunching] = useState<string>();
  useEffect(() => {
    readCatalogue().then(
      (answer) => setTemplates(answer.templates),
      (error: unknown) => setReadFault(faultMessageOf(error)),
    );
  }, []);
  const start = async (name: string): Promise<void> => {
    setLaunching(name);
    await launch(name);
    setLaunching(undefined);
  };
  const shown = fault ?? readFault;
  return (
    <main className="catalogue">
      <header className="catalogue-head">
        <div>
          <h1>Ackademy</h1>
          <p>{t('tagline')}</p>
        </div>
        <Switches />
      </header>
      {shown !== undefined && <FaultNote fault={shown} onClose={fault === undefined ? undefined : dismissFault} />}
      <section>
        <h2>{t('runningLabs')}</h2>
        {labs.length === 0 && <p className="soft">{t('noLabs')}</p>}
        <ul className="running">
          {labs.map((lab) => (
            <RunningLab key={lab.id} lab={lab} mayStop={me.role === 'instructor'} />
          ))}
        </ul>
      </section>
      <section>
        <h2>{t('chooseLab')}</h2>
        <p className="soft">
          {t('runtime', { kind: t(runtime.kind) })}. {runtime.reason}
        </p>
        <ul className="cards">
          {templates?.map((entry) => (
            <Card
              key={entry.name}
              entry={entry}
              launching={launching}
              mayLaunch={me.role === 'instructor'}
              onLaunch={() => void start(entry.name)}
            />
          ))}
        </ul>
        {templates === undefined && readFault === undefined && <p className="soft">{t('loading')}</p>}
      </section>
    </main>
  );
}

interface CardProps {
  readonly entry: CatalogueEntry;
  readonly launching: string | undefined;
  readonly mayLaunch: boolean;
  readonly onLaunch: () => void;
}

function Card({ entry, launching, mayLaunch, onLaunch }: CardProps) {
  const { t } = useTranslation();
  const language = useStore((state) => state.language);
  return (
    <li className="card" data-template={entry.name}>
      <h3>{entry.title[language]}</h3>
      <p>{entry.summary[language]}</p>
      <footer>
        <span className="soft">
          {t('hosts', { count: entry.hosts })} · {t('links', { count: entry.links })}
        </span>
        {mayLaunch && (
          <Button
            kind="primary"
            label={`${t('launch')}: ${entry.title[language]}`}
            disabled={launching !== undefined}
            onPress={onLaunch}
          >
            {launching === entry.name ? t('launching') : t('launch')}
          </Button>
        )}
      </footer>
    </li>
  );
}

function RunningLab({ lab, mayStop }: { readonly lab: LabSummary; readonly mayStop: boolean }) {
  const { t } = useTranslation();
  const language = useStore((state) => state.language);
  const [isAsking, setAsking] = useState(false);
  const [isCopied, setCopied] = useState(false);
  const isThere = lab.state === 'starting' || lab.state === 'running';
  return (
    <li data-lab={lab.id}>
      <div className="running-what">
        <strong>{lab.title[language]}</strong> <span className="soft mono">{lab.id}</span>
        <p className={`soft state-${lab.state}`}>
          {t(`state_${lab.state}`)} · {t(lab.runtime)} {lab.reason !== '' && `· ${lab.reason}`}
        </p>
      </div>
      {isThere && (
        <div className="running-buttons">
          {mayStop && (
            <Button onPress={() => void copyJoinLink(lab.id).then(setCopied)}>
              {isCopied ? t('copied') : t('copyLink')}
            </Button>
          )}
          {mayStop && (
            <Button kind="danger" label={t('stopNamed', { lab: lab.id })} onPress={() => setAsking(true)}>
              {t('stop')}
            </Button>
          )}
          <Button kind="primary" onPress={() => go(`/labs/${lab.id}`)}>
            {t('open')}
          </Button>
        </div>
      )}
      {isAsking && <StopDialog lab={lab.id} onClose={() => setAsking(false)} />}
    </li>
  );
}
