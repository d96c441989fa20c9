// Looks at what a container sent before anybody relies on it: a host that was taken over may say anything.
import type { HostNews } from '../../host/agent/messages.ts';

/** True when `message` has the fields that news of its kind has, with values of the right types. */
export function isNews(message: unknown): message is HostNews {
  const news = message as Partial<HostNews> | null; // each field that is relied upon is checked here
  switch (news?.kind) {
    case 'reply':
      return typeof news.request === 'number' && typeof news.result?.kind === 'string';
    case 'terminal-output':
      return typeof news.terminal === 'number' && typeof news.offset === 'number' && news.bytes instanceof Uint8Array;
    case 'terminal-closed':
      return typeof news.terminal === 'number';
    case 'frame': {
      const known = news.direction === 'in' || news.direction === 'out';
      return (
        known && typeof news.interface === 'string' && typeof news.atMs === 'number' && news.frame instanceof Uint8Array
      );
    }
    default:
      return false;
  }
}
