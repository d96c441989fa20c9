// A network device over a Linux AF_PACKET socket (packet(7)): batches of frames by recvmmsg and sendmmsg on an
// interface whose kernel stack is kept silent. Left out: the virtio-net header, so nobody on the wire may use GSO.
// The libc calls are synchronous with MSG_DONTWAIT; readiness comes from the event loop through koffi's poll handle.
import koffi from 'koffi/indirect';
import { assert } from '../../base/assert.ts';
import { Fault } from '../../base/fault.ts';
import type { FrameReceiver, NetworkDevice } from '../../stack/device.ts';
import type { MacAddress } from '../../stack/wire/mac-address.ts';

export interface PacketSocketOptions {
  /** The kernel's name of the interface, such as `eth0`. */
  readonly kernelName: string;
  /** The address that our stack uses: not the kernel's, whose stack must not feel addressed. */
  readonly mac: MacAddress;
  /** The largest packet in bytes; the interface's own MTU must not be smaller. */
  readonly mtu: number;
}

export interface PacketSocketCounters {
  readonly received: number;
  readonly sent: number;
  /** Frames that the kernel did not take: its queue was full or the interface down. */
  readonly refused: number;
}

const addressFamilyPacket = 17;
const socketTypeRaw = 3;
const socketFlagCloseOnExec = 0o2000000;
const levelPacket = 263;
const optionIgnoreOutgoing = 23;
const levelSocket = 1;
const optionReceiveBuffer = 8;
const everyProtocol = 0x0003; // ETH_P_ALL
const messageDontWait = 0x40;
const errorInterfaceDown = 100; // ENETDOWN

/** Frames per system call. */
const slots = 32;
/** Batches per wake-up before the event loop gets its turn. */
const batchesPerWakeup = 8;
/** Asked of the kernel, which grants no more than net.core.rmem_max. */
const receiveBufferBytes = 4 * 1024 * 1024;
/** Ethernet header with one VLAN tag. */
const linkHeaderBytes = 18;

// struct mmsghdr, struct msghdr and struct iovec of 64-bit Linux.
const mmsghdrBytes = 64;
const iovecBytes = 16;
const offsetOfIovec = 16;
const offsetOfIovecCount = 24;
const offsetOfMessageLength = 56;

function loadLibc() {
  const libc = koffi.load('libc.so.6');
  return {
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    bind: libc.func('int bind(int fd, const uint8_t *address, uint32_t length)'),
    setsockopt: libc.func('int setsockopt(int fd, int level, int option, const uint8_t *value, uint32_t length)'),
    close: libc.func('int close(int fd)'),
    nameToIndex: libc.func('uint32_t if_nametoindex(const char *name)'),
    // Hot calls: plain numbers instead of pointers.
    receiveMany: libc.func('int recvmmsg(int fd, uintptr_t messages, uint32_t count, int flags, uintptr_t timeout)'),
    sendMany: libc.func('int sendmmsg(int fd, uintptr_t messages, uint32_t count, int flags)'),
  };
}

let loaded: ReturnType<typeof loadLibc> | undefined;
const libc = (): ReturnType<typeof loadLibc> => (loaded ??= loadLibc());

/** Headers and slots of one direction in one piece of memory that never moves. */
class Arena {
  /** Where the array of struct mmsghdr lies. */
  readonly address: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #slotBytes: number;
  readonly #firstSlot = slots * (mmsghdrBytes + iovecBytes);

  constructor(slotBytes: number) {
    this.#slotBytes = slotBytes;
    this.#bytes = new Uint8Array(this.#firstSlot + slots * slotBytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.address = Number(koffi.address(this.#bytes)); // user addresses have 47 bits
    for (let slot = 0; slot < slots; slot += 1) {
      const header = slot * mmsghdrBytes;
      this.#writeAddress(header + offsetOfIovec, this.address + this.#iovecOffset(slot));
      this.#writeAddress(header + offsetOfIovecCount, 1);
      this.#writeAddress(this.#iovecOffset(slot), this.address + this.#slotOffset(slot));
      this.#writeAddress(this.#iovecOffset(slot) + 8, slotBytes);
    }
  }

  get slotBytes(): number {
    return this.#slotBytes;
  }

  /** A copy of the frame that arrived in `slot`: the receiver keeps it, the slot is used again. */
  take(slot: number): Uint8Array {
    const length = this.#view.getUint32(slot * mmsghdrBytes + offsetOfMessageLength, true);
    const offset = this.#slotOffset(slot);
    return this.#bytes.slice(offset, offset + Math.min(length, this.#slotBytes));
  }

  put(slot: number, frame: Uint8Array): void {
    this.#bytes.set(frame, this.#slotOffset(slot));
    this.#writeAddress(this.#iovecOffset(slot) + 8, frame.length);
  }

  #iovecOffset(slot: number): number {
    return slots * mmsghdrBytes + slot * iovecBytes;
  }

  #slotOffset(slot: number): number {
    return this.#firstSlot + slot * this.#slotBytes;
  }

  #writeAddress(offset: number, value: number): void {
    this.#view.setUint32(offset, value >>> 0, true);
    this.#view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
  }
}

/** One interface of the host. Sending and receiving need no capability once it is open; opening needs CAP_NET_RAW. */
export class PacketSocket implements NetworkDevice {
  readonly macAddress: MacAddress;
  readonly mtu: number;
  readonly #fd: number;
  readonly #incoming: Arena;
  readonly #outgoing: Arena;
  readonly #poll: ReturnType<typeof koffi.node.poll>;
  #receiver: FrameReceiver = () => undefined;
  #carrierListener: (carrier: boolean) => void = () => undefined;
  #carrier = true;
  #queued = 0;
  #closed = false;
  #received = 0;
  #sent = 0;
  #refused = 0;

  /** Throws `Fault` runtime-unsupported when the socket can not be opened. */
  constructor(options: PacketSocketOptions) {
    this.macAddress = options.mac;
    this.mtu = options.mtu;
    this.#incoming = new Arena(options.mtu + linkHeaderBytes);
    this.#outgoing = new Arena(options.mtu + linkHeaderBytes);
    this.#fd = openSocket(options.kernelName);
    this.#poll = koffi.node.poll(this.#fd, { readable: true }, () => {
      try {
        this.#readBatches();
      } catch (error) {
        setImmediate(() => {
          throw error; // koffi would swallow it here
        });
      }
    });
  }

  get carrier(): boolean {
    return this.#carrier;
  }

  get counters(): PacketSocketCounters {
    return { received: this.#received, sent: this.#sent, refused: this.#refused };
  }

  setReceiver(receiver: FrameReceiver): void {
    this.#receiver = receiver;
  }

  setCarrierListener(listener: (carrier: boolean) => void): void {
    this.#carrierListener = listener;
  }

  transmit(frame: Uint8Array): void {
    if (this.#closed || frame.length > this.#outgoing.slotBytes) {
      this.#refused += 1;
      return;
    }
    this.#outgoing.put(this.#queued, frame);
    this.#queued += 1;
    if (this.#queued === slots) this.#flush();
    else if (this.#queued === 1) queueMicrotask(() => this.#flush()); // what one event sends goes in one call
  }

  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#poll.close();
    libc().close(this.#fd);
  }

  #flush(): void {
    const count = this.#queued;
    if (count === 0 || this.#closed) return;
    this.#queued = 0;
    const sent = Math.max(0, Number(libc().sendMany(this.#fd, this.#outgoing.address, count, messageDontWait)));
    this.#sent += sent;
    this.#refused += count - sent;
    if (sent < count) this.#noticeCarrier(koffi.errno() !== errorInterfaceDown);
  }

  #readBatches(): void {
    for (let batch = 0; batch < batchesPerWakeup && !this.#closed; batch += 1) {
      const count = Number(libc().receiveMany(this.#fd, this.#incoming.address, slots, messageDontWait, 0));
      if (count < 0) {
        if (koffi.errno() === errorInterfaceDown) this.#noticeCarrier(false);
        return;
      }
      this.#noticeCarrier(true);
      this.#received += count;
      for (let slot = 0; slot < count; slot += 1) this.#receiver(this.#incoming.take(slot));
      if (count < slots) return;
    }
  }

  #noticeCarrier(carrier: boolean): void {
    if (carrier === this.#carrier) return;
    this.#carrier = carrier;
    this.#carrierListener(carrier);
  }
}

function openSocket(kernelName: string): number {
  const calls = libc();
  const index = Number(calls.nameToIndex(kernelName));
  if (index === 0) throw new Fault('runtime-unsupported', `there is no interface ${kernelName}`);
  // Protocol 0 receives nothing until bound, so that no frame of another interface slips in.
  const fd = Number(calls.socket(addressFamilyPacket, socketTypeRaw | socketFlagCloseOnExec, 0));
  if (fd < 0) {
    throw new Fault('runtime-unsupported', `no packet socket: errno ${koffi.errno()}`, {
      nextStep: 'The container needs the capability NET_RAW.',
    });
  }
  const one = int32(1);
  const ignoring = Number(calls.setsockopt(fd, levelPacket, optionIgnoreOutgoing, one, one.length));
  assert(ignoring === 0, 'PACKET_IGNORE_OUTGOING is there since Linux 4.20');
  const size = int32(receiveBufferBytes);
  calls.setsockopt(fd, levelSocket, optionReceiveBuffer, size, size.length);
  const address = linkAddress(index);
  if (Number(calls.bind(fd, address, address.length)) !== 0) {
    const error = koffi.errno();
    calls.close(fd);
    throw new Fault('runtime-unsupported', `the packet socket can not be bound to ${kernelName}: errno ${error}`);
  }
  return fd;
}

/** struct sockaddr_ll for every protocol on the interface of that index. */
function linkAddress(index: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, addressFamilyPacket, true);
  view.setUint16(2, everyProtocol, false);
  view.setInt32(4, index, true);
  return bytes;
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
