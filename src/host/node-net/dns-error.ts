// The errors of `node:dns`: code, syscall and hostname as Node's DNSException has them, and its argument errors.

export interface DnsError extends Error {
  code: string;
  syscall: string;
  hostname: string;
  errno?: number;
}

/** `getaddrinfo ENOTFOUND name` with its properties. */
export function dnsError(code: string, syscall: string, hostname: string): DnsError {
  const error = new Error(`${syscall} ${code} ${hostname}`);
  return Object.assign(error, { errno: undefined, code, syscall, hostname }) as DnsError;
}

/** A TypeError with one of Node's argument codes. */
export function argumentError(code: 'ERR_INVALID_ARG_TYPE' | 'ERR_INVALID_ARG_VALUE', message: string): TypeError {
  const error = Object.assign(new TypeError(message), { code });
  return error;
}
