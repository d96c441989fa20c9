// Who is in the lab, and where they look.
import { useTranslation } from 'react-i18next';
import { Person } from '../../kit/person.tsx';
import { useStore } from '../../state/store.ts';
import { selectPeople } from './select-people.ts';
import './people.css';

export function People({ me }: { readonly me: string }) {
  const { t } = useTranslation();
  const people = useStore((state) => state.people);
  return (
    <ul className="people" aria-label={t('people')}>
      {selectPeople(people, me).map((person) => (
        <li key={person.player}>
          <Person player={person.player} name={person.name} />
          <span className="soft">
            {[
              ...(person.player === me ? [t('you')] : []),
              ...(person.role === 'instructor' ? [t('instructor')] : []),
              person.host === undefined ? t('looksAtMap') : t('looksAt', { host: person.host }),
            ].join(' · ')}
          </span>
        </li>
      ))}
    </ul>
  );
}
