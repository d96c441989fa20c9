// Connecting to a name with several addresses without waiting for the broken ones: RFC 8305 sections 4 (families take
// turns) and 5 (one attempt after the other, a little apart, the first that succeeds wins).
// Left out: asking for both families apart (section 3): our resolver gives both at once.
import type { Clock } from '../base/clock.ts';
import { SocketError } from '../stack/sockets.ts';
import { familyOf, type IpAddress } from '../stack/wire/ip-address.ts';

/** How long an attempt has before the next address of the other family is tried as well, in ms (curl's and RFC 8305's). */
export const attemptDelayMs = 200;

export interface ConnectionAttempts<Connection> {
  readonly clock: Clock;
  /** Best first. */
  readonly addresses: readonly IpAddress[];
  readonly signal: AbortSignal;
  /** Rejects with `SocketError` when it fails, with the signal's reason when that aborts. */
  connect(address: IpAddress, signal: AbortSignal): Promise<Connection>;
  /** A connection came that is not needed any more. */
  discard(connection: Connection): void;
}

export interface Connected<Connection> {
  readonly address: IpAddress;
  readonly connection: Connection;
}

/** The first connection that succeeds. Rejects with the last `SocketError` when none does. */
export function connectToAny<Connection>(attempts: ConnectionAttempts<Connection>): Promise<Connected<Connection>> {
  const waiting = alternate(attempts.addresses);
  const losers = new AbortController();
  const signal = AbortSignal.any([attempts.signal, losers.signal]);
  return new Promise((resolve, reject) => {
    let running = 0;
    let isOver = false;
    let timer: { cancel(): void } | undefined;
    const finish = (settle: () => void): void => {
      isOver = true;
      timer?.cancel();
      losers.abort(new SocketError('ECONNABORTED', 'another address was faster'));
      settle();
    };
    const attempt = async (address: IpAddress): Promise<void> => {
      try {
        const connection = await attempts.connect(address, signal);
        if (isOver) attempts.discard(connection);
        else finish(() => resolve({ address, connection }));
      } catch (error) {
        running -= 1;
        if (isOver) return;
        if (!(error instanceof SocketError) || attempts.signal.aborted) finish(() => reject(error));
        else if (waiting.length > 0) startNext();
        else if (running === 0) finish(() => reject(error));
      }
    };
    const startNext = (): void => {
      timer?.cancel();
      const address = waiting.shift();
      if (address === undefined) return;
      running += 1;
      void attempt(address);
      if (waiting.length > 0 && !isOver) timer = attempts.clock.schedule(attemptDelayMs, startNext);
    };
    if (waiting.length === 0) finish(() => reject(new SocketError('EADDRNOTAVAIL', 'there is no address')));
    else startNext();
  });
}

/** The families by turns, beginning with that of the first address. */
function alternate(addresses: readonly IpAddress[]): IpAddress[] {
  const [first] = addresses;
  if (first === undefined) return [];
  const same = addresses.filter((address) => familyOf(address) === familyOf(first));
  const other = addresses.filter((address) => familyOf(address) !== familyOf(first));
  const result: IpAddress[] = [];
  for (let index = 0; index < Math.max(same.length, other.length); index += 1) {
    result.push(...same.slice(index, index + 1), ...other.slice(index, index + 1));
  }
  return result;
}
