// A person's name in their colour.
import { useTranslation } from 'react-i18next';
import { colourOf } from '../panels/terminal/select-terminal.ts';

interface PersonProps {
  readonly player: string;
  readonly name: string;
  readonly isTyping?: boolean;
}

export function Person({ player, name, isTyping = false }: PersonProps) {
  const { t } = useTranslation();
  return (
    <span className={`person ${isTyping ? 'is-typing' : ''}`} data-colour={colourOf(player)}>
      {name}
      {isTyping && <span className="person-typing"> {t('typing')}</span>}
    </span>
  );
}
