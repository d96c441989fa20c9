import { expect, test } from 'vitest';
import { isNews } from '../../../src/runtime/docker/news.ts';

test('news of every kind is recognised', () => {
  const bytes = Uint8Array.of(1);
  for (const news of [
    { kind: 'reply', request: 1, result: { kind: 'done' } },
    { kind: 'terminal-output', terminal: 1, offset: 0, bytes },
    { kind: 'terminal-closed', terminal: 1 },
    { kind: 'frame', interface: 'eth0', direction: 'in', atMs: 1, frame: bytes },
    { kind: 'event', event: { kind: 'drop', reason: 'ttl-expired', interface: 'eth0' } },
    {
      kind: 'event',
      event: {
        kind: 'tcp-state',
        from: 'LISTEN',
        to: 'SYN_RCVD',
        local: { address: 1, port: 2 },
        remote: { address: 'fe80::1', port: 3 },
      },
    },
  ]) {
    expect(isNews(news), news.kind).toBe(true);
  }
});

test('what lacks a field, or has one of another type, is no news', () => {
  for (const message of [
    undefined,
    null,
    'reply',
    {},
    { kind: 'reply', request: '1', result: { kind: 'done' } },
    { kind: 'reply', request: 1, result: null },
    { kind: 'reply', request: 1, result: {} },
    { kind: 'terminal-output', terminal: 1, offset: 0, bytes: 'text' },
    { kind: 'frame', interface: 'eth0', direction: 'sideways', atMs: 1, frame: new Uint8Array() },
    { kind: 'frame', interface: 'eth0', direction: 'in', atMs: 'now', frame: new Uint8Array() },
    { kind: 'surprise' },
    {
      kind: 'event',
      event: {
        kind: 'tcp-state',
        from: 'LISTEN',
        to: 'DANCING',
        local: { address: 1, port: 2 },
        remote: { address: 1, port: 3 },
      },
    },
    { kind: 'event', event: { kind: 'tcp-state', from: 'LISTEN', to: 'CLOSED', local: { address: 1 }, remote: null } },
    { kind: 'event' },
  ]) {
    expect(isNews(message), JSON.stringify(message)).toBe(false);
  }
});
