// A TCP connection as programs use it: promises over the stack's event-driven socket, with back-pressure and signals.
import type { NetworkStack } from '../stack/network-stack.ts';
import {
  SocketError,
  type Endpoint,
  type TcpConnectOptions,
  type TcpListener,
  type TcpListenOptions,
  type TcpSocket,
} from '../stack/sockets.ts';

/** At most this many bytes come from one `read`. */
const readPieceBytes = 64 * 1024;

export interface ConnectSetting extends Omit<TcpConnectOptions, 'handlers'> {
  /** Aborting rejects whatever waits with the signal's reason, also later; the owner still closes the stream. */
  readonly signal: AbortSignal;
  /** Ends the wait for the handshake only; by default `signal`. */
  readonly connectSignal?: AbortSignal;
  /** The program's name, for `ss -p`. */
  readonly owner: string;
}

export class TcpStream {
  readonly socket: TcpSocket;
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<() => void>();
  #isEstablished: boolean;
  #end: { readonly reason: SocketError | undefined } | undefined;

  private constructor(socket: TcpSocket, signal: AbortSignal, isEstablished: boolean) {
    this.socket = socket;
    this.#signal = signal;
    this.#isEstablished = isEstablished;
    const wake = (): void => this.#wakeAll();
    socket.handlers = {
      established: () => {
        this.#isEstablished = true;
        wake();
      },
      readable: wake,
      writable: wake,
      peerFinished: wake,
      closed: (reason) => {
        this.#end = { reason };
        wake();
      },
    };
  }

  /** Opens a connection and waits for the handshake. Rejects with `SocketError`, or the signal's reason. */
  static async connect(stack: NetworkStack, remote: Endpoint, setting: ConnectSetting): Promise<TcpStream> {
    const { signal, connectSignal = signal, owner, ...options } = setting;
    connectSignal.throwIfAborted();
    const stream = new TcpStream(stack.connectTcp(remote, options, owner), signal, false);
    try {
      while (!stream.#isEstablished) {
        if (stream.#end !== undefined) throw stream.#end.reason ?? new SocketError('ECONNABORTED', 'closed');
        await stream.#change(connectSignal);
      }
    } catch (error) {
      stream.socket.abort();
      throw error;
    }
    return stream;
  }

  /** A connection that a listener has accepted. */
  static accepted(socket: TcpSocket, signal: AbortSignal): TcpStream {
    return new TcpStream(socket, signal, true);
  }

  get local(): Endpoint {
    return this.socket.local;
  }

  get remote(): Endpoint {
    return this.socket.remote;
  }

  /** True once nothing can be sent or received any more. */
  get isClosed(): boolean {
    return this.#end !== undefined;
  }

  /** The next bytes, or undefined after the peer's FIN. Rejects with `SocketError` when the connection has failed. */
  async read(maximumBytes = readPieceBytes): Promise<Uint8Array | undefined> {
    for (;;) {
      this.#signal.throwIfAborted();
      const bytes = this.socket.receivable > 0 ? this.socket.receive(maximumBytes) : undefined;
      if (bytes !== undefined && bytes.length > 0) return bytes;
      if (this.#end?.reason !== undefined) throw this.#end.reason;
      if (this.socket.endOfStream || this.#end !== undefined) return undefined;
      await this.#change();
    }
  }

  /** Resolves when the send buffer has taken all of `bytes`. Rejects with `SocketError`. */
  async write(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#end !== undefined) throw this.#end.reason ?? new SocketError('EPIPE', 'the connection is closed');
      rest = rest.subarray(this.socket.send(rest));
      if (rest.length === 0) return;
      await this.#change();
    }
  }

  /** Resolves when the connection is over for both sides, or has failed. */
  async ended(): Promise<SocketError | undefined> {
    while (this.#end === undefined) {
      this.#signal.throwIfAborted();
      await this.#change();
    }
    return this.#end.reason;
  }

  /** Says "that was all" to the peer; receiving goes on. */
  finish(): void {
    if (this.#end === undefined) this.socket.finish();
  }

  /** Closes both directions; harmless when that has happened. */
  close(): void {
    if (this.#end === undefined) this.socket.close();
  }

  /** Sends RST. */
  abort(): void {
    if (this.#end === undefined) this.socket.abort();
  }

  /** Waits until anything happens; rejects when the signal aborts. */
  #change(signal = this.#signal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', give);
      };
      const wake = (): void => {
        leave();
        resolve();
      };
      const give = (): void => {
        leave();
        reject(signal.reason);
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', give);
    });
  }

  #wakeAll(): void {
    for (const wake of Array.from(this.#waiting)) wake();
  }
}

/** A listening port whose connections are taken one by one. */
export class TcpAcceptor {
  readonly #listener: TcpListener;
  readonly #signal: AbortSignal;
  #wake: (() => void) | undefined;

  /** Throws `SocketError`: EADDRINUSE, EADDRNOTAVAIL. */
  constructor(
    stack: NetworkStack,
    options: Omit<TcpListenOptions, 'acceptable'>,
    setting: { readonly signal: AbortSignal; readonly owner: string },
  ) {
    this.#signal = setting.signal;
    this.#listener = stack.listenTcp({ ...options, acceptable: () => this.#wake?.() }, setting.owner);
  }

  get local(): Endpoint {
    return this.#listener.local;
  }

  /** The next connection; undefined when the signal has aborted. */
  async accept(): Promise<TcpStream | undefined> {
    for (;;) {
      if (this.#signal.aborted) return undefined;
      const socket = this.#listener.accept();
      if (socket !== undefined) return TcpStream.accepted(socket, this.#signal);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#wake = undefined;
          this.#signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#wake = wake;
        this.#signal.addEventListener('abort', wake);
      });
    }
  }

  close(): void {
    this.#listener.close();
  }
}
