// What each piece of news changes in what the page knows. Pure; news is idempotent.
import type { LabProgress } from '../../src/messages/lab.ts';
import type { RealtimeNews } from '../../src/messages/realtime.ts';
import type { PageState } from './store.ts';

export function foldNews(state: PageState, news: RealtimeNews): Partial<PageState> {
  const { detail } = state;
  const isHere = (lab: string): boolean => detail?.lab.id === lab;
  switch (news.kind) {
    case 'labs':
      return { labs: news.labs };
    case 'lab': {
      // One may have gone elsewhere while this was on its way.
      const isWanted = state.place.kind === 'lab' && state.place.lab === news.detail.lab.id;
      if (!isWanted) return {};
      return { detail: news.detail, labFault: undefined };
    }
    case 'lab-progress':
      if (detail === undefined || !isHere(news.lab)) return {};
      return { detail: { ...detail, progress: foldProgress(detail.progress, news.progress) } };
    case 'lab-ended':
      if (detail === undefined || !isHere(news.lab)) return {};
      return { detail: { ...detail, lab: { ...detail.lab, state: news.state, reason: news.reason } } };
    case 'people':
      return isHere(news.lab) || (state.place.kind === 'lab' && state.place.lab === news.lab)
        ? { people: news.people }
        : {};
    case 'exercises':
      return isHere(news.lab) ? { exercises: news.exercises } : {};
  }
}

/** The latest state of every step, in the order in which the steps were first told. */
export function foldProgress(known: readonly LabProgress[], next: LabProgress): LabProgress[] {
  const isSame = (other: LabProgress): boolean => other.step === next.step && other.name === next.name;
  return known.some(isSame) ? known.map((other) => (isSame(other) ? next : other)) : [...known, next];
}
