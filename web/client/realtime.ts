// The two sockets of the page: news about labs, and terminals. Both come back by themselves after a loss.
import { io, type Socket } from 'socket.io-client';
import { faultMessage, type FaultMessage } from '../../src/messages/faults.ts';
import {
  newsEvent,
  realtimeNews,
  realtimePath,
  realtimeReply,
  requestEvent,
  type RealtimeNews,
  type RealtimeRequest,
} from '../../src/messages/realtime.ts';
import {
  terminalEvent,
  terminalNews,
  terminalPath,
  type TerminalNews,
  type TerminalRequest,
} from '../../src/messages/terminal.ts';

export interface SocketListener<News> {
  readonly connected: () => void;
  readonly disconnected: () => void;
  /** The server does not want us: it knows no such session. */
  readonly refused: (fault: FaultMessage) => void;
  readonly news: (news: News) => void;
}

export interface RealtimeLine {
  readonly request: (request: RealtimeRequest, refused: (fault: FaultMessage) => void) => void;
  readonly close: () => void;
}

export interface TerminalSocket {
  readonly send: (request: TerminalRequest) => void;
  readonly isConnected: () => boolean;
  readonly close: () => void;
}

function open(path: string, listener: Pick<SocketListener<never>, 'connected' | 'disconnected' | 'refused'>): Socket {
  const socket = io({ path, transports: ['websocket'], forceNew: true, reconnectionDelayMax: 3_000 });
  socket.on('connect', listener.connected);
  socket.on('disconnect', (reason) => {
    listener.disconnected();
    // The server has closed us (it restarts): only then does socket.io not try again by itself.
    if (reason === 'io server disconnect') socket.connect();
  });
  socket.on('connect_error', (error: Error & { readonly data?: { readonly fault?: unknown } }) => {
    const fault = faultMessage.safeParse(error.data?.fault);
    if (fault.success) listener.refused(fault.data);
    else listener.disconnected();
  });
  return socket;
}

export function openRealtime(listener: SocketListener<RealtimeNews>): RealtimeLine {
  const socket = open(realtimePath, listener);
  socket.on(newsEvent, (value: unknown) => {
    const news = realtimeNews.safeParse(value);
    if (news.success) listener.news(news.data);
  });
  return {
    request: (request, refused) => {
      // What is asked while the line is down would come late and twice: on connecting, the page asks anew.
      if (!socket.connected) return;
      socket.emit(requestEvent, request, (value: unknown) => {
        const reply = realtimeReply.safeParse(value);
        if (reply.success && reply.data.kind === 'fault') refused(reply.data.fault);
      });
    },
    close: () => socket.disconnect(),
  };
}

export function openTerminals(listener: SocketListener<TerminalNews>): TerminalSocket {
  const socket = open(terminalPath, listener);
  socket.on(terminalEvent, (value: unknown) => {
    const news = terminalNews.safeParse(value);
    if (news.success) listener.news(news.data);
  });
  return {
    send: (request) => {
      if (socket.connected) socket.emit(terminalEvent, request);
    },
    isConnected: () => socket.connected,
    close: () => socket.disconnect(),
  };
}
