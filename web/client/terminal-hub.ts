// One socket, many terminals: hands out channels and passes on what the server says about each.
import type { TerminalNews, TerminalRequest } from '../../src/messages/terminal.ts';
import { openTerminals, type TerminalSocket } from './realtime.ts';

/** A terminal on the page, as the socket's events reach it. */
export interface ChannelUser {
  connect(): void;
  disconnect(): void;
  receive(news: TerminalNews): void;
}

const users = new Map<number, ChannelUser>();
let socket: TerminalSocket | undefined;

function theSocket(): TerminalSocket {
  const each = (act: (user: ChannelUser) => void): void => users.forEach(act);
  socket ??= openTerminals({
    connected: () => each((user) => user.connect()),
    disconnected: () => each((user) => user.disconnect()),
    refused: () => each((user) => user.disconnect()),
    news: (news) => {
      if (news.channel !== undefined) users.get(news.channel)?.receive(news);
    },
  });
  return socket;
}

/** The lowest number that no terminal of the page uses. */
export function freeChannel(): number {
  let channel = 0;
  while (users.has(channel)) channel += 1;
  return channel;
}

export function sendTerminal(request: TerminalRequest): void {
  theSocket().send(request);
}

/** From now on `user` is told; the returned function ends that. */
export function joinChannel(channel: number, user: ChannelUser): () => void {
  users.set(channel, user);
  if (theSocket().isConnected()) user.connect();
  return () => {
    if (users.get(channel) === user) users.delete(channel);
  };
}

/** The terminals belong to a session: with it goes their socket. */
export function closeTerminals(): void {
  socket?.close();
  socket = undefined;
}
