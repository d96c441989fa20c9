// Somebody opens a join link: what shall the others call them?
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { displayName } from '../../../src/messages/ids.ts';
import { Button } from '../../kit/button.tsx';
import { MessagePage } from '../../kit/message-page.tsx';
import { join } from '../../state/actions.ts';
import { remembered } from '../../state/remembered.ts';
import './join.css';

export function Join({ token }: { readonly token: string }) {
  const { t } = useTranslation();
  const [name, setName] = useState(remembered('name') ?? '');
  const isName = displayName.safeParse(name).success;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isName) void join(token, name.trim());
  };
  return (
    <MessagePage title={t('joinTitle')}>
      <form className="join" onSubmit={submit}>
        <label>
          {t('yourName')}
          <input
            value={name}
            maxLength={40}
            autoComplete="nickname"
            autoFocus
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <p className="soft">{t('joinHint')}</p>
        <Button kind="primary" type="submit" disabled={!isName}>
          {t('join')}
        </Button>
      </form>
    </MessagePage>
  );
}
