// One TCP connection as Node's lib/net.js holds it: what libuv's `uv_tcp_t` does, over a socket of the lab's stack.
// Left out: file descriptors, type of service (Node keeps the number, packets do not carry it).
import type { Endpoint, TcpSocket } from '../../stack/sockets.ts';
import { familyOf, unspecifiedIpv4, unspecifiedIpv6, type IpAddress } from '../../stack/wire/ip-address.ts';
import { addressOfText, describe, destinationOf, hasIpv6, isBindable, type AddressRecord } from './address.ts';
import { errnoException, errnoOf, errnoOfThrown, inClosingPhase, innerSymbol, NativeStreamBase } from './binding.ts';
import { HandleReference, type NodeNetContext } from './context.ts';

/** At most this many bytes are handed up at once, as by libuv. */
const readPieceBytes = 64 * 1024;
/** Linux's `tcp_keepalive_time`, for `setKeepAlive(true)` without a delay. */
const defaultKeepAliveMs = 7_200_000;

interface ConnectRequest {
  oncomplete?: (status: number, handle: TcpHandle, request: object, readable: boolean, writable: boolean) => void;
}

interface QueuedWrite {
  readonly request: object;
  /** What the stack has not taken yet. */
  rest: Uint8Array[];
}

interface Owner {
  destroy(error: Error): void;
}

export class TcpHandle extends NativeStreamBase {
  readonly #context: NodeNetContext;
  readonly #reference: HandleReference;
  readonly #mapped: boolean;
  readonly #writes: QueuedWrite[] = [];
  #socket: TcpSocket | undefined;
  #bound: { readonly address: IpAddress | undefined; readonly port: number } | undefined;
  /** What the socket is bound to as long as the stack knows nothing of it: a failed `connect` prints it. */
  #unconnected: Endpoint | undefined;
  #connecting: ConnectRequest | undefined;
  #shutdown: object | undefined;
  #isReading = false;
  #pieceBytes = readPieceBytes;
  #endSaid = false;
  /** Bytes were handed up in this turn of the event loop. */
  #isResting = false;
  /** Why the connection failed, until the reader has been told. */
  #failure: number | undefined;
  #failed = false;
  #isClosed = false;
  readonly fd = -1;
  /** lib/net.js keeps here whether it reads. */
  reading = false;

  /** `accepted` is an established connection; `mapped` shows its IPv4 addresses as an IPv6 socket does. */
  constructor(context: NodeNetContext, accepted?: TcpSocket, mapped = false) {
    super();
    this.#context = context;
    this.#reference = new HandleReference(context.hold);
    this.#mapped = mapped;
    if (accepted !== undefined) this.#adopt(accepted);
  }

  bind(address: string, port: number): number {
    const parsed = addressOfText(address);
    if (parsed === undefined) return errnoOf('EINVAL');
    if (!isBindable(this.#context.stack, parsed)) return errnoOf('EADDRNOTAVAIL');
    this.#bound = { address: parsed === destinationOf(parsed) ? parsed : undefined, port };
    return 0;
  }

  bind6(address: string, port: number): number {
    return hasIpv6(this.#context.stack) ? this.bind(address, port) : errnoOf('EAFNOSUPPORT');
  }

  connect(request: ConnectRequest, address: string, port: number): number {
    const parsed = addressOfText(address);
    if (parsed === undefined) return errnoOf('EINVAL');
    if (this.#socket !== undefined) return errnoOf('EISCONN');
    const { stack, owner } = this.#context;
    const unspecified = familyOf(parsed) === 4 ? unspecifiedIpv4 : unspecifiedIpv6;
    this.#unconnected = { address: this.#bound?.address ?? unspecified, port: this.#bound?.port ?? 0 };
    try {
      const { address: localAddress, port: localPort } = this.#bound ?? { address: undefined, port: 0 };
      const options = { ...(localAddress !== undefined && { localAddress }), localPort };
      this.#connecting = request;
      this.#adopt(stack.connectTcp({ address: destinationOf(parsed), port }, options, owner));
      return 0;
    } catch (error) {
      this.#connecting = undefined;
      return errnoOfThrown(error);
    }
  }

  connect6(request: ConnectRequest, address: string, port: number): number {
    const parsed = addressOfText(address);
    const isMapped = typeof parsed === 'number';
    if (!isMapped && !hasIpv6(this.#context.stack)) {
      this.#unconnected = { address: unspecifiedIpv6, port: 0 };
      return errnoOf('ENETUNREACH');
    }
    return this.connect(request, address, port);
  }

  getsockname(out: AddressRecord): number {
    const local = this.#socket?.local ?? this.#unconnected;
    if (local === undefined) return errnoOf('EBADF');
    describe(local, out, this.#mapped);
    return 0;
  }

  getpeername(out: AddressRecord): number {
    if (this.#socket === undefined || this.#failed) return errnoOf('ENOTCONN');
    describe(this.#socket.remote, out, this.#mapped);
    return 0;
  }

  setNoDelay(on: boolean): number {
    this.#socket?.setNoDelay(on);
    return 0;
  }

  /** `delaySeconds` before the first probe; the stack's knobs rule the others. */
  setKeepAlive(on: boolean, delaySeconds: number): number {
    this.#socket?.setKeepAlive(on ? delaySeconds * 1000 || defaultKeepAliveMs : undefined);
    return 0;
  }

  ref(): void {
    this.#reference.set(true);
  }

  unref(): void {
    this.#reference.set(false);
  }

  hasRef(): boolean {
    return this.#reference.referenced;
  }

  /** Closes with RST. */
  reset(closed?: () => void): number {
    if (this.#isClosed) return errnoOf('EINVAL');
    this.#socket?.abort();
    this.close(closed);
    return 0;
  }

  close(closed?: () => void): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isReading = false;
    if (this.#socket !== undefined) {
      this.#socket.handlers = {};
      this.#socket.close();
    }
    this.#connecting = undefined;
    inClosingPhase(() => {
      this.#failWrites(errnoOf('ECANCELED'));
      this.#reference.close();
      closed?.call(this);
    });
  }

  /** The `onread` option: pieces of the buffer's size, so that a pause takes effect between two of them. */
  override useUserBuffer(buffer: Uint8Array): void {
    this.#pieceBytes = buffer.length;
    super.useUserBuffer(buffer);
  }

  // What Node's C++ asks of the transport.

  isClosing(): boolean {
    return this.#isClosed;
  }

  onreadstart(): number {
    this.#isReading = true;
    setImmediate(() => this.#pump()); // never from inside `readStart`: libuv calls back from its loop
    return 0;
  }

  onreadstop(): number {
    this.#isReading = false;
    return 0;
  }

  onwrite(request: object, buffers: Uint8Array[]): number {
    if (this.#isClosed) return errnoOf('EBADF');
    if (this.#socket === undefined) return errnoOf('ENOTCONN');
    if (this.#failed || this.#shutdown !== undefined) return errnoOf('EPIPE');
    this.#writes.push({ request, rest: buffers });
    return this.#flush();
  }

  onshutdown(request: object): number {
    if (this.#socket === undefined) return errnoOf('ENOTCONN');
    if (this.#failed) return errnoOf('ENOTCONN');
    this.#shutdown = request;
    this.#flush();
    return 0;
  }

  #adopt(socket: TcpSocket): void {
    this.#socket = socket;
    this.#reference.activate();
    // In a turn of its own: what a program throws in its handlers must not unwind through the stack.
    const pump = (): void => process.nextTick(() => this.#pump());
    socket.handlers = {
      established: () => process.nextTick(() => this.#connected(0)),
      readable: pump,
      writable: () => process.nextTick(() => this.#flush()),
      peerFinished: pump,
      closed: (reason) => process.nextTick(() => this.#ended(reason === undefined ? undefined : errnoOf(reason.code))),
    };
  }

  #connected(status: number): void {
    const request = this.#connecting;
    this.#connecting = undefined;
    request?.oncomplete?.(status, this, request, true, true);
  }

  #ended(errno: number | undefined): void {
    if (this.#isClosed) return;
    if (this.#connecting !== undefined) {
      this.#failed = true;
      this.#connected(errno ?? errnoOf('ECONNABORTED'));
      return;
    }
    if (errno !== undefined) {
      this.#failed = true;
      this.#failure = errno;
    }
    this.#pump();
    if (errno !== undefined) this.#failWrites(errno);
  }

  /**
   * Hands up what has arrived, then the end or the failure, for as long as somebody reads. The end comes in a turn of its
   * own, as from libuv: what a program puts off by a tick on its last bytes happens before it.
   */
  #pump(): void {
    let hasRead = false;
    while (this.#isReading) {
      const bytes = this.#socket?.receive(this.#pieceBytes);
      if (bytes === undefined || bytes.length === 0) break;
      hasRead = true;
      this.readBuffer(bytes);
    }
    if (hasRead && !this.#isResting) {
      this.#isResting = true;
      setImmediate(() => {
        this.#isResting = false;
        this.#pump();
      });
    }
    if (this.#isResting) return;
    if (!this.#isReading || this.#endSaid) return;
    if (this.#failure !== undefined) {
      const error = errnoException(this.#failure, 'read');
      this.#failure = undefined;
      this.#endSaid = true;
      (Reflect.get(this, innerSymbol(this, 'owner_symbol')) as Owner | null)?.destroy(error);
    } else if (this.#socket?.endOfStream === true) {
      this.#endSaid = true;
      this.emitEOF();
    }
  }

  /** Moves queued writes into the stack's send buffer; the FIN follows the last of them. 0 or why it cannot be. */
  #flush(): number {
    if (this.#isClosed) return 0;
    const socket = this.#socket;
    while (socket !== undefined && this.#writes[0] !== undefined && !this.#failed) {
      const write = this.#writes[0];
      try {
        if (!sendAll(socket, write)) return 0;
      } catch (error) {
        this.#writes.shift();
        return errnoOfThrown(error) === errnoOf('ENOTCONN') ? errnoOf('EPIPE') : errnoOfThrown(error);
      }
      this.#writes.shift();
      process.nextTick(() => this.finishWrite(write.request, 0)); // Node forbids it inside `onwrite`
    }
    const request = this.#shutdown;
    if (request !== undefined && this.#writes.length === 0 && !this.#isClosed) {
      this.#socket?.finish();
      process.nextTick(() => this.#finishShutdown(0));
    }
    return 0;
  }

  #finishShutdown(status: number): void {
    const request = this.#shutdown;
    if (request === undefined) return;
    this.#shutdown = undefined;
    this.finishShutdown(request, status);
  }

  #failWrites(status: number): void {
    for (const { request } of this.#writes.splice(0)) this.finishWrite(request, status);
    this.#finishShutdown(status);
  }
}

/** True when the stack took all of it. */
function sendAll(socket: TcpSocket, write: QueuedWrite): boolean {
  for (;;) {
    const [first, ...others] = write.rest;
    if (first === undefined) return true;
    const taken = first.length === 0 ? 0 : socket.send(first);
    if (taken < first.length) {
      write.rest = [first.subarray(taken), ...others];
      return false;
    }
    write.rest = others;
  }
}
