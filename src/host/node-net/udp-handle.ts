// A UDP socket as Node's lib/dgram.js holds it: what libuv's `uv_udp_t` does, over a socket of the lab's stack.
// Left out: multicast membership (ENOTSUP: the stack joins no groups), SO_REUSEPORT, buffer sizes that take effect.
import { concatBytes } from '../../base/bytes.ts';
import type { IcmpErrorReport, UdpDatagram, UdpSocket } from '../../stack/sockets.ts';
import {
  isMulticastIp,
  isUnspecifiedIp,
  unspecifiedIpv4,
  unspecifiedIpv6,
  type IpAddress,
} from '../../stack/wire/ip-address.ts';
import { addressOfText, describe, destinationOf, hasIpv6, isBindable, type AddressRecord } from './address.ts';
import { errnoOf, errnoOfThrown, inClosingPhase } from './binding.ts';
import { HandleReference, type NodeNetContext } from './context.ts';

interface SendRequest {
  oncomplete?: (status: number, sent: number) => void;
}

/** Linux's `net.core.rmem_default`, as `getRecvBufferSize` shows it. */
const defaultBufferBytes = 212_992;
const longestPayload = 65_507;

export class UdpHandle {
  onmessage: ((count: number, handle: UdpHandle, bytes: Buffer | undefined, from: object) => void) | undefined;
  onerror: ((count: number, handle: UdpHandle, error: Error) => void) | undefined;
  readonly fd = -1;
  readonly #context: NodeNetContext;
  readonly #reference: HandleReference;
  readonly #family: 4 | 6;
  #socket: UdpSocket | undefined;
  #isReceiving = false;
  #mayBroadcast = false;
  #ttl: number | undefined;
  readonly #bufferBytes: [number, number] = [defaultBufferBytes, defaultBufferBytes];

  constructor(context: NodeNetContext, family: 4 | 6) {
    this.#context = context;
    this.#family = family;
    this.#reference = new HandleReference(context.hold);
  }

  bind(text: string, port: number): number {
    const address = addressOfText(text);
    if (this.#family === 6 && !hasIpv6(this.#context.stack)) return errnoOf('EAFNOSUPPORT');
    if (address === undefined || this.#socket !== undefined) return errnoOf('EINVAL');
    if (!isBindable(this.#context.stack, address) && !isMulticastIp(address)) return errnoOf('EADDRNOTAVAIL');
    return this.#open(address, Number(port) >>> 0); // `bind(callback)`: lib/dgram.js hands on what is no number
  }

  connect(text: string, port: number): number {
    const address = addressOfText(text);
    if (address === undefined) return errnoOf('EINVAL');
    return this.#attempt((socket) => socket.connect({ address: destinationOf(address), port }));
  }

  /** The stack's sockets stay connected: a fresh one takes the same port. */
  disconnect(): number {
    const local = this.#socket?.local;
    if (local === undefined || this.#socket?.remote === undefined) return errnoOf('ENOTCONN');
    this.#socket.close();
    return this.#open(local.address, local.port);
  }

  /** lib/dgram.js: (request, list, count, port, address, hasCallback), or without port and address when connected. */
  send(request: SendRequest, list: readonly Uint8Array[], _count: number, ...rest: unknown[]): number {
    const [port, text] = rest.length > 1 ? (rest as [number, string]) : [undefined, undefined];
    const address = text === undefined ? undefined : addressOfText(text);
    if (text !== undefined && address === undefined) return errnoOf('EINVAL');
    const payload = concatBytes(list);
    if (payload.length > longestPayload) return errnoOf('EMSGSIZE');
    if (address === 0xffff_ffff && !this.#mayBroadcast) return errnoOf('EACCES');
    const destination = address === undefined ? undefined : { address: destinationOf(address), port: port ?? 0 };
    const options = this.#ttl === undefined ? {} : { ttl: this.#ttl };
    const failed = this.#attempt((socket) => socket.send(payload, destination, options));
    if (failed !== 0) return failed;
    setImmediate(() => request.oncomplete?.(0, payload.length));
    return 0;
  }

  recvStart(): number {
    this.#isReceiving = true;
    return 0;
  }

  recvStop(): number {
    this.#isReceiving = false;
    return 0;
  }

  getsockname(out: AddressRecord): number {
    if (this.#socket === undefined) return errnoOf('EBADF');
    describe(this.#socket.local, out);
    return 0;
  }

  getpeername(out: AddressRecord): number {
    if (this.#socket?.remote === undefined) return errnoOf('ENOTCONN');
    describe(this.#socket.remote, out);
    return 0;
  }

  setBroadcast(on: number): number {
    if (this.#socket === undefined) return errnoOf('EBADF');
    this.#mayBroadcast = on !== 0;
    return 0;
  }

  setTTL(ttl: number): number {
    if (this.#socket === undefined) return errnoOf('EBADF');
    if (ttl < 1 || ttl > 255) return errnoOf('EINVAL');
    this.#ttl = ttl;
    return 0;
  }

  setMulticastTTL(): number {
    return errnoOf('ENOTSUP');
  }

  setMulticastLoopback(): number {
    return errnoOf('ENOTSUP');
  }

  setMulticastInterface(): number {
    return errnoOf('ENOTSUP');
  }

  addMembership(group: string): number {
    const address = addressOfText(group);
    return address === undefined || !isMulticastIp(address) ? errnoOf('EINVAL') : errnoOf('ENOTSUP');
  }

  dropMembership(group: string): number {
    const address = addressOfText(group);
    return address === undefined || !isMulticastIp(address) ? errnoOf('EINVAL') : errnoOf('EADDRNOTAVAIL');
  }

  addSourceSpecificMembership(_source: string, group: string): number {
    return this.addMembership(group);
  }

  dropSourceSpecificMembership(_source: string, group: string): number {
    return this.dropMembership(group);
  }

  /** Size 0 asks; Linux doubles what is set, for its bookkeeping. `which`: 0 receive, 1 send. */
  bufferSize(size: number, which: boolean | number, failure: object): number | undefined {
    if (this.#socket === undefined) {
      const syscall = `uv_${Number(which) === 0 ? 'recv' : 'send'}_buffer_size`;
      Object.assign(failure, { errno: errnoOf('EBADF'), code: 'EBADF', message: 'bad file descriptor', syscall });
      return undefined;
    }
    const index = Number(which) === 0 ? 0 : 1;
    if (size > 0) this.#bufferBytes[index] = size * 2;
    return this.#bufferBytes[index];
  }

  getSendQueueSize(): number {
    return 0; // a datagram is with the stack as soon as `send` returns
  }

  getSendQueueCount(): number {
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

  getAsyncId(): number {
    return 0;
  }

  close(closed?: () => void): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#isReceiving = false;
    inClosingPhase(() => {
      this.#reference.close();
      closed?.call(this);
    });
  }

  #open(address: IpAddress, port: number): number {
    const bound = isUnspecifiedIp(address) && this.#family === 6 ? {} : { address };
    try {
      const received = (datagram: UdpDatagram): void => this.#received(datagram);
      const icmpError = (report: IcmpErrorReport): void => this.#failed(report);
      this.#socket = this.#context.stack.openUdp({ ...bound, port, received, icmpError }, this.#context.owner);
      this.#reference.activate();
      return 0;
    } catch (error) {
      return errnoOfThrown(error);
    }
  }

  #attempt(use: (socket: UdpSocket) => void): number {
    if (this.#socket === undefined) {
      const failed = this.#open(this.#family === 4 ? unspecifiedIpv4 : unspecifiedIpv6, 0);
      if (failed !== 0) return failed;
    }
    try {
      if (this.#socket !== undefined) use(this.#socket);
      return 0;
    } catch (error) {
      return errnoOfThrown(error);
    }
  }

  /** RFC 1122 section 4.1.3.3 as Linux does it: only a connected socket is told, as a failure of `recvmsg`. */
  #failed({ kind, type, code }: IcmpErrorReport): void {
    const isPortUnreachable = kind === 'unreachable' && (type === 3 ? code === 3 : code === 4);
    if (!isPortUnreachable || this.#socket?.remote === undefined) return;
    process.nextTick(() => {
      if (this.#isReceiving) this.onmessage?.(errnoOf('ECONNREFUSED'), this, undefined, {});
    });
  }

  #received({ payload, source }: UdpDatagram): void {
    if (!this.#isReceiving) return;
    const from: AddressRecord = {};
    describe(source, from, this.#family === 6);
    const bytes = Buffer.from(payload);
    process.nextTick(() => {
      if (this.#isReceiving) this.onmessage?.(bytes.length, this, bytes, from);
    });
  }
}
