// Looks at what a container sent before anybody relies on it: a host that was taken over may say anything.
import type { HostNews } from '../../host/agent/messages.ts';
import type { StackEvent } from '../../stack/events.ts';
import { tcpStates } from '../../stack/tcp/state.ts';

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
    case 'event':
      return isStackEvent(news.event);
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

const states: ReadonlySet<unknown> = new Set(tcpStates);

function isStackEvent(event: Partial<StackEvent> | undefined): boolean {
  switch (event?.kind) {
    case 'tcp-state':
      return states.has(event.from) && states.has(event.to) && isEndpoint(event.local) && isEndpoint(event.remote);
    case 'tcp-retransmit':
      return isEndpoint(event.local) && isEndpoint(event.remote) && typeof event.cause === 'string';
    case 'neighbor':
      return typeof event.interface === 'string' && typeof event.state === 'string';
    case 'drop':
      return typeof event.reason === 'string';
    default:
      return false;
  }
}

function isEndpoint(value: { readonly address?: unknown; readonly port?: unknown } | undefined): boolean {
  return typeof value?.port === 'number' && (typeof value.address === 'number' || typeof value.address === 'string');
}
