// Language and theme.
import { useTranslation } from 'react-i18next';
import { setLanguage, setTheme } from '../state/actions.ts';
import { useStore, type Theme } from '../state/store.ts';

const themes: readonly Theme[] = ['system', 'light', 'dark'];

export function Switches() {
  const { t } = useTranslation();
  const language = useStore((state) => state.language);
  const theme = useStore((state) => state.theme);
  return (
    <div className="switches">
      <select
        aria-label={t('theme')}
        value={theme}
        onChange={(event) => {
          const chosen = themes.find((name) => name === event.target.value);
          if (chosen !== undefined) setTheme(chosen);
        }}
      >
        {themes.map((name) => (
          <option key={name} value={name}>
            {t(name)}
          </option>
        ))}
      </select>
      <select
        aria-label={t('language')}
        value={language}
        onChange={(event) => setLanguage(event.target.value === 'ko' ? 'ko' : 'en')}
      >
        <option value="en">English</option>
        <option value="ko">한국어</option>
      </select>
    </div>
  );
}
