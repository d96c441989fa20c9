// A passive open: half-open children (SYN queue), established ones nobody has taken (accept queue), and their limits.
// RFC 9293 section 3.10.1 and 3.10.7.2. What happens when a queue is full is decided by tcp.ts (RFC 4987).
import type { Clock } from '../../base/clock.ts';
import type { Binding } from '../binding.ts';
import type { Endpoint, TcpListener, TcpListenOptions, TcpSocket } from '../sockets.ts';
import { abort } from './close.ts';
import type { Connection, ConnectionParent } from './connection.ts';
import { ConnectionSocket } from './socket.ts';

const defaultBacklog = 128;

export class Listener implements TcpListener, ConnectionParent {
  readonly local: Endpoint;
  readonly binding: Binding;
  readonly owner: string;
  readonly backlog: number;
  readonly options: TcpListenOptions;
  readonly #clock: Clock;
  readonly #closed: (listener: Listener) => void;
  readonly #halfOpen = new Set<Connection>();
  readonly #acceptQueue: Connection[] = [];
  /** When the last SYN was answered with a cookie, ms. */
  lastCookieMs = -Infinity;
  #isOpen = true;
  #telling = false;

  constructor(
    clock: Clock,
    local: Endpoint,
    binding: Binding,
    options: TcpListenOptions,
    owner: string,
    closed: (listener: Listener) => void,
  ) {
    this.#clock = clock;
    this.local = local;
    this.binding = binding;
    this.options = options;
    this.owner = owner;
    this.backlog = Math.max(1, options.backlog ?? defaultBacklog);
    this.#closed = closed;
  }

  get pending(): number {
    return this.#acceptQueue.length;
  }

  accept(): TcpSocket | undefined {
    const connection = this.#acceptQueue.shift();
    if (connection === undefined) return undefined;
    connection.accepted();
    return new ConnectionSocket(connection);
  }

  /** Nobody will take what waits: RST for all of it (as Linux does). */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#closed(this);
    for (const child of [...this.#halfOpen, ...this.#acceptQueue]) abort(child);
    this.#halfOpen.clear();
    this.#acceptQueue.length = 0;
  }

  /** Half-open connections. */
  get halfOpenCount(): number {
    return this.#halfOpen.size;
  }

  addHalfOpen(child: Connection): void {
    this.#halfOpen.add(child);
  }

  mayEstablish(): boolean {
    return this.#acceptQueue.length < this.backlog;
  }

  established(child: Connection): void {
    this.#halfOpen.delete(child);
    this.#acceptQueue.push(child);
    if (this.#telling) return;
    this.#telling = true;
    this.#clock.schedule(0, () => {
      this.#telling = false;
      if (this.#isOpen && this.#acceptQueue.length > 0) this.options.acceptable();
    });
  }

  /** A child that failed while half-open is forgotten; one in the accept queue stays, to be taken and found closed. */
  gone(child: Connection): void {
    this.#halfOpen.delete(child);
  }
}
