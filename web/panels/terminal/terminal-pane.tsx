// One shared terminal: the screen, who looks at it and who types.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { HostName, LabId } from '../../../src/messages/ids.ts';
import type { TerminalViewer } from '../../../src/messages/terminal.ts';
import { PageClock } from '../../client/page-clock.ts';
import { freeChannel, joinChannel, sendTerminal } from '../../client/terminal-hub.ts';
import { TerminalStream, type StreamPhase } from '../../client/terminal-stream.ts';
import { Button } from '../../kit/button.tsx';
import { Person } from '../../kit/person.tsx';
import { activateHost, closeHost } from '../../state/actions.ts';
import { useStore } from '../../state/store.ts';
import { useTerminalTheme } from './terminal-theme.ts';
import { PageScreen } from './page-screen.ts';
import { selectViewers } from './select-terminal.ts';

const clock = new PageClock();
const encoder = new TextEncoder();
const eraseLine = '\u0015'; // Ctrl-U: what was begun there is not ours to run

interface Running {
  readonly screen: PageScreen;
  readonly stream: TerminalStream;
}

export function TerminalPane({ lab, host }: { readonly lab: LabId; readonly host: HostName }) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const running = useRef<Running>(undefined);
  const [phase, setPhase] = useState<StreamPhase>({ kind: 'offline' });
  const [viewers, setViewers] = useState<readonly TerminalViewer[]>([]);
  const [mayType, setMayType] = useState(true);
  const isActive = useStore((state) => state.active === host);
  const typed = useStore((state) => (state.typed?.host === host ? state.typed : undefined));
  const theme = useTerminalTheme();

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const channel = freeChannel();
    // The window's size is told later than now, never from within the constructor.
    const screen: PageScreen = new PageScreen((columns, rows) => stream.resize(columns, rows));
    const stream: TerminalStream = new TerminalStream({
      channel,
      lab,
      host,
      columns: screen.terminal.cols,
      rows: screen.terminal.rows,
      send: sendTerminal,
      screen,
      clock,
      listener: { phase: setPhase, viewers: setViewers, mayType: setMayType },
    });
    screen.open(element);
    running.current = { screen, stream };
    screen.terminal.onData((text) => stream.input(encoder.encode(text)));
    screen.terminal.onBinary((text) => stream.input(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    const leave = joinChannel(channel, stream);
    screen.terminal.focus();
    return () => {
      running.current = undefined;
      stream.dispose();
      leave();
      screen.dispose();
    };
  }, [lab, host]);

  useEffect(() => {
    if (running.current !== undefined) running.current.screen.terminal.options.theme = theme;
  }, [theme]);

  useEffect(() => {
    if (isActive) running.current?.screen.terminal.focus();
  }, [isActive]);

  const serial = typed?.serial;
  const text = typed?.text;
  useEffect(() => {
    if (serial === undefined || text === undefined || running.current === undefined) return;
    running.current.stream.input(encoder.encode(eraseLine + text));
    running.current.screen.terminal.focus();
    useStore.setState({ typed: undefined }); // typed once, also when the pane is opened anew
  }, [serial, text]);

  return (
    <section
      className={`terminal-pane ${isActive ? 'is-active' : ''}`}
      aria-label={t('terminalOf', { host })}
      data-terminal={host}
      onFocus={() => activateHost(host)}
    >
      <header className="terminal-head">
        <strong>{host}</strong>
        <PhaseText phase={phase} />
        {phase.kind === 'live' && !mayType && <span className="soft">{t('readOnly')}</span>}
        <span className="terminal-viewers">
          {selectViewers(viewers).map((viewer) => (
            <Person key={viewer.player} player={viewer.player} name={viewer.name} isTyping={viewer.typing} />
          ))}
        </span>
        <Button kind="quiet" label={t('closeTerminal', { host })} onPress={() => closeHost(host)}>
          ×
        </Button>
      </header>
      <div className="terminal-screen" ref={box} />
    </section>
  );
}

function PhaseText({ phase }: { readonly phase: StreamPhase }) {
  const { t } = useTranslation();
  if (phase.kind === 'live') return null;
  const text =
    phase.kind === 'closed'
      ? t('shellEnded', { reason: phase.reason })
      : phase.kind === 'refused'
        ? `${phase.fault.message} ${phase.fault.nextStep}`
        : t('opening');
  return (
    <span className="soft" role="status">
      {text}
    </span>
  );
}
