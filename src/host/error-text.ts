// What strerror(3) says, because that is what every tool prints.
import { SocketError, type SocketErrorCode } from '../stack/sockets.ts';

const texts: Readonly<Record<SocketErrorCode, string>> = {
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  ECONNABORTED: 'Software caused connection abort',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ENETDOWN: 'Network is down',
  EINVAL: 'Invalid argument',
  EISCONN: 'Transport endpoint is already connected',
  EMSGSIZE: 'Message too long',
  ENOBUFS: 'No buffer space available',
  ENOTCONN: 'Transport endpoint is not connected',
  EPIPE: 'Broken pipe',
  EPROTO: 'Protocol error',
  ETIMEDOUT: 'Connection timed out',
  EACCES: 'Permission denied',
};

export function errorText(code: SocketErrorCode): string {
  return texts[code];
}

/** The text of a failure of the stack; anything else is thrown on. */
export function socketErrorText(error: unknown): string {
  if (!(error instanceof SocketError)) throw error;
  return texts[error.code];
}
