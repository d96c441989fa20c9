// The page's entry: who one is and where one is decide what is shown.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { useTranslation } from 'react-i18next';
import { config } from 'zod';
import './design/tokens.css';
import './design/page.css';
import './i18n/i18n.ts';
import { Button } from './kit/button.tsx';
import { FaultNote } from './kit/fault-note.tsx';
import { MessagePage } from './kit/message-page.tsx';
import { Catalogue } from './pages/catalogue/catalogue.tsx';
import { Join } from './pages/join/join.tsx';
import { Lab } from './pages/lab/lab.tsx';
import { begin, go, tryAgain } from './state/actions.ts';
import { useStore } from './state/store.ts';

config({ jitless: true }); // the server's policy forbids making code from text

function Page() {
  const { t } = useTranslation();
  const session = useStore((state) => state.session);
  const place = useStore((state) => state.place);
  switch (session.kind) {
    case 'opening':
      return <MessagePage title={t('loading')} />;
    case 'joining':
      return <Join token={session.token} />;
    case 'stranger':
      return <MessagePage title={t('stranger')} />;
    case 'unreachable':
      return (
        <MessagePage title={t('unreachable')}>
          <FaultNote fault={session.fault} />
          <Button onPress={() => void tryAgain()}>{t('tryAgain')}</Button>
        </MessagePage>
      );
    case 'open':
      if (place.kind === 'catalogue') return <Catalogue status={session.status} />;
      if (place.kind === 'lab') return <Lab key={place.lab} me={session.status.me} />;
      return (
        <MessagePage title={t('nowhere')}>
          <Button onPress={() => go('/')}>{t('back')}</Button>
        </MessagePage>
      );
  }
}

function Connection() {
  const { t } = useTranslation();
  const isLost = useStore((state) => !state.isConnected && state.session.kind === 'open');
  return isLost ? (
    <div className="lost" role="status">
      {t('lost')}
    </div>
  ) : null;
}

const element = document.getElementById('root');
if (element !== null) {
  void begin();
  createRoot(element).render(
    <StrictMode>
      <Connection />
      <Page />
    </StrictMode>,
  );
}
