// The system calls of scripts over our stack: descriptors, and for each call an attempt that either has an outcome or
// would block. Who makes the call decides how long it may.
import { SocketError } from '../../../src/stack/sockets.ts';
import type { Stack } from '../../../src/stack/stack.ts';
import { constantNamed, messageFlag, nonBlocking } from './constants.ts';
import { argument, fieldOf, isEllipsis, numberOf, socketAddressOf, vectorBytes, wordOf } from './evaluation.ts';
import { done, failed, KernelSocket, Unsupported, type CallOutcome, type SocketDefaults } from './kernel-socket.ts';
import { compareReports, Epoll, poll } from './polling.ts';
import type { CallSpec, Expression } from './script.ts';
import { getSocketOption, setSocketOption } from './socket-options.ts';

/** An open file: scripts send from it, and it holds zeros without end. */
const zeroFile = 'a file';

type Descriptor = KernelSocket | Epoll | typeof zeroFile;

/** Tries a call: undefined while it would block. */
export type Attempt = () => CallOutcome | undefined;

export interface KernelNews {
  /** A new socket is what the script's packets are about. */
  socketOpened(): void;
  /** The application has written `bytes` more. */
  written(bytes: number): void;
  /** It has asked for something that changes nothing here, with the reason. */
  shortfall(text: string): void;
}

export class Kernel {
  readonly #stack: Stack;
  readonly #defaults: SocketDefaults;
  readonly #news: KernelNews;
  readonly #now: () => number;
  readonly #descriptors = new Map<number, Descriptor>();
  /** When the call prepared last gives up waiting, ms; Infinity: never. */
  #wakeAtMs = Infinity;
  /** The connection that snippets look into: the one opened last. */
  #current: KernelSocket | undefined;

  constructor(stack: Stack, defaults: SocketDefaults, now: () => number, news: KernelNews) {
    this.#stack = stack;
    this.#defaults = defaults;
    this.#now = now;
    this.#news = news;
  }

  /** The socket whose `tcp_info` snippets see. */
  get current(): KernelSocket | undefined {
    return this.#current;
  }

  get wakeAtMs(): number {
    return this.#wakeAtMs;
  }

  /** Notes wake-ups for edge-triggered watches. */
  observe(): void {
    for (const each of this.#descriptors.values()) if (each instanceof Epoll) each.observe();
  }

  /** The attempt that `call` asks for. Throws `Unsupported`. */
  prepare(call: CallSpec): Attempt {
    this.#wakeAtMs = Infinity;
    const attempt = this.#prepare(call.name, call.arguments, call);
    return () => {
      try {
        return attempt();
      } catch (error) {
        if (error instanceof SocketError) return failed(error.code);
        throw error;
      }
    };
  }

  #prepare(name: string, args: readonly Expression[], call: CallSpec): Attempt {
    switch (name) {
      case 'socket':
        return () => this.#socket(args, call);
      case 'open':
        return () => this.#open(call, zeroFile);
      case 'bind':
        return () => this.#bind(args);
      case 'listen':
        return () => this.#listen(args);
      case 'accept':
      case 'accept4':
        return () => this.#accept(args, call);
      case 'connect':
        return this.#connect(args);
      case 'read':
      case 'recv':
      case 'recvfrom':
        return this.#read(args, numberOf(argument(args, 2)), name === 'read' ? 0 : numberOf(argument(args, 3)));
      case 'readv':
        return this.#read(args, vectorBytes(argument(args, 1)), 0);
      case 'recvmsg':
        return this.#receiveMessage(args);
      case 'write':
        return this.#write(args, numberOf(argument(args, 2)), 0);
      case 'send':
      case 'sendto':
        return this.#write(args, numberOf(argument(args, 2)), numberOf(argument(args, 3)));
      case 'sendfile':
        return this.#write(args, numberOf(argument(args, 3)), 0);
      case 'writev':
        return this.#write(args, vectorBytes(argument(args, 1)), 0);
      case 'sendmsg':
        return this.#sendMessage(args);
      case 'close':
        return this.#close(args);
      case 'shutdown':
        return () => this.#shutdown(args);
      case 'setsockopt':
        return () => setSocketOption(this.#socketAt(args), args);
      case 'getsockopt':
        return () => getSocketOption(this.#socketAt(args), args);
      case 'fcntl':
        return () => this.#control(args, call);
      case 'ioctl':
        return () => this.#ioctl(args);
      case 'poll':
        return this.#poll(args);
      case 'epoll_create':
      case 'epoll_create1':
        return () => this.#open(call, new Epoll());
      case 'epoll_ctl':
        return () => this.#epollControl(args);
      case 'epoll_wait':
        return this.#epollWait(args);
      default:
        throw new Unsupported(`the system call ${name}`);
    }
  }

  /** The script says which number a new descriptor has. */
  #open(call: CallSpec, opened: Descriptor): CallOutcome {
    if (call.result.kind !== 'integer') throw new Unsupported('a descriptor whose number the script does not say');
    this.#descriptors.set(call.result.value, opened);
    return done(call.result.value);
  }

  #socketAt(args: readonly Expression[]): KernelSocket {
    return this.#socketNumbered(numberOf(argument(args, 0)));
  }

  #socketNumbered(fd: number): KernelSocket {
    const found = this.#descriptors.get(fd);
    if (found === undefined) throw new Unsupported(`descriptor ${fd}, which is not open`);
    if (!(found instanceof KernelSocket)) throw new Unsupported(`this call on descriptor ${fd}, which is no socket`);
    return found;
  }

  #socket(args: readonly Expression[], call: CallSpec): CallOutcome {
    const type = numberOf(argument(args, 1));
    if ((type & 0xf) !== 1) throw new Unsupported('sockets other than SOCK_STREAM');
    const protocol = wordOf(argument(args, 2));
    if (protocol !== undefined && protocol !== 'IPPROTO_TCP' && protocol !== 'IPPROTO_IP') {
      throw new Unsupported(`the protocol ${protocol}`);
    }
    const socket = new KernelSocket(this.#stack, this.#defaults, this.#news.shortfall);
    socket.isNonBlocking = (type & nonBlocking) !== 0;
    this.#current = socket;
    this.#news.socketOpened();
    return this.#open(call, socket);
  }

  #bind(args: readonly Expression[]): CallOutcome {
    const socket = this.#socketAt(args);
    if (socket.localPort !== 0) return failed('EINVAL');
    const asked = socketAddressOf(argument(args, 1));
    socket.localPort = asked?.port ?? this.#defaults.local.port;
    return done(0);
  }

  #listen(args: readonly Expression[]): CallOutcome {
    const socket = this.#socketAt(args);
    if (socket.listener !== undefined) return done(0);
    if (socket.tcp !== undefined && socket.tcp.state !== 'CLOSED') return failed('EINVAL');
    const backlog = argument(args, 1);
    socket.listen(isEllipsis(backlog) ? 128 : numberOf(backlog));
    this.#current = socket;
    return done(0);
  }

  #accept(args: readonly Expression[], call: CallSpec): CallOutcome | undefined {
    const socket = this.#socketAt(args);
    const { listener } = socket;
    if (listener === undefined) return failed('EINVAL');
    const tcp = listener.accept();
    if (tcp === undefined) return socket.isNonBlocking ? failed('EAGAIN') : undefined;
    const child = new KernelSocket(this.#stack, this.#defaults, this.#news.shortfall);
    for (const [name, value] of socket.options) child.options.set(name, value);
    child.adopt(tcp);
    child.sendLimitBytes = socket.sendLimitBytes;
    child.lingerSeconds = socket.lingerSeconds;
    if (socket.openOptions.noDelay === true) tcp.setNoDelay(true);
    if (socket.options.get('SO_KEEPALIVE') === 1) tcp.setKeepAlive((socket.options.get('TCP_KEEPIDLE') ?? 7200) * 1000);
    child.isNonBlocking = call.name === 'accept4' && (numberOf(argument(args, 3)) & nonBlocking) !== 0;
    this.#current = child;
    return this.#open(call, child);
  }

  #connect(args: readonly Expression[]): Attempt {
    let began = false;
    return () => {
      const socket = this.#socketAt(args);
      if (!began && socket.tcp !== undefined) {
        const outcome = socket.awaitsConnect ? socket.connectOutcome() : failed('EISCONN');
        return outcome ?? (socket.isNonBlocking ? failed('EALREADY') : undefined);
      }
      if (!began) {
        began = true;
        const asked = socketAddressOf(argument(args, 1)) ?? this.#defaults.remote;
        socket.connect(asked.address, asked.port);
        if (socket.isNonBlocking) return failed('EINPROGRESS');
      }
      return socket.connectOutcome();
    };
  }

  #read(args: readonly Expression[], bytes: number, flags: number): Attempt {
    if ((flags & messageFlag.errorQueue) !== 0) throw new Unsupported('MSG_ERRQUEUE');
    return () => {
      const socket = this.#socketAt(args);
      const { tcp } = socket;
      if (tcp === undefined) return failed('ENOTCONN');
      if (socket.awaitsConnect && !socket.isConnected && socket.error === undefined)
        return this.#mayWait(socket, flags);
      const wanted = (flags & messageFlag.waitAll) === 0 ? 1 : bytes;
      if (socket.readable > 0 && (socket.readable >= wanted || socket.isReadingOver)) {
        return done(takeBytes(socket, bytes, (flags & messageFlag.peek) !== 0));
      }
      if (bytes === 0) return done(0);
      const error = socket.takeError();
      if (error !== undefined) return failed(error);
      if (socket.isReadingOver) return done(0);
      return this.#mayWait(socket, flags);
    };
  }

  #mayWait(socket: KernelSocket, flags: number): CallOutcome | undefined {
    return socket.isNonBlocking || (flags & messageFlag.doNotWait) !== 0 ? failed('EAGAIN') : undefined;
  }

  #receiveMessage(args: readonly Expression[]): Attempt {
    const message = argument(args, 1);
    const vector = fieldOf(message, 'msg_iov');
    if (vector === undefined) throw new Unsupported('recvmsg without a msg_iov');
    const control = fieldOf(message, 'msg_control');
    const controls = control?.kind === 'list' ? control.items : [];
    if (controls.some((item) => wordOf(fieldOf(item, 'cmsg_type') ?? item) !== 'TCP_CM_INQ')) {
      throw new Unsupported('control messages other than TCP_CM_INQ');
    }
    const attempt = this.#read(args, vectorBytes(vector), numberOf(argument(args, 2)));
    const expected = fieldOf(message, 'msg_flags');
    return () => {
      const outcome = attempt();
      if (outcome === undefined || outcome.value < 0) return outcome;
      const mismatches = controls.flatMap((item) => compareInQueue(this.#socketAt(args), item));
      const wanted = expected === undefined || isEllipsis(expected) ? 0 : numberOf(expected);
      if (wanted !== 0) mismatches.push(`msg_flags: expected ${wanted}, seen 0`);
      return done(outcome.value, mismatches);
    };
  }

  #sendMessage(args: readonly Expression[]): Attempt {
    const message = argument(args, 1);
    const vector = fieldOf(message, 'msg_iov');
    if (vector === undefined) throw new Unsupported('sendmsg without a msg_iov');
    return this.#write(args, vectorBytes(vector), numberOf(argument(args, 2)));
  }

  #write(args: readonly Expression[], bytes: number, flags: number): Attempt {
    if ((flags & messageFlag.fastOpen) !== 0) throw new Unsupported('MSG_FASTOPEN');
    if ((flags & messageFlag.zeroCopy) !== 0) throw new Unsupported('MSG_ZEROCOPY');
    let written = 0;
    const settle = (errno: string): CallOutcome => (written > 0 ? done(written) : failed(errno));
    return () => {
      const socket = this.#socketAt(args);
      const { tcp } = socket;
      if (tcp === undefined) return failed('EPIPE');
      const error = socket.takeError();
      if (error !== undefined) return settle(error);
      if (socket.isWriteShut || tcp.state === 'CLOSED') return settle('EPIPE');
      if (socket.isConnected) {
        const count = Math.min(bytes - written, socket.sendSpace);
        if (count > 0) {
          written += count;
          this.#news.written(count);
          tcp.send(new Uint8Array(count), {
            more: (flags & messageFlag.more) !== 0,
            endOfRecord: (flags & messageFlag.endOfRecord) !== 0 && written === bytes,
          });
        }
      }
      if (written === bytes) return done(bytes);
      socket.lacksSpace = true;
      const waits = !socket.isNonBlocking && (flags & messageFlag.doNotWait) === 0;
      return waits ? undefined : settle('EAGAIN');
    };
  }

  #close(args: readonly Expression[]): Attempt {
    const fd = numberOf(argument(args, 0));
    let lingersUntilMs: number | undefined;
    return () => {
      const found = this.#descriptors.get(fd);
      if (lingersUntilMs === undefined && found === undefined) return failed('EBADF');
      if (found instanceof KernelSocket) {
        if (lingersUntilMs === undefined) found.close();
        const { lingerSeconds = 0, tcp } = found;
        lingersUntilMs ??= this.#now() + lingerSeconds * 1000;
        this.#wakeAtMs = lingersUntilMs;
        const isDone = tcp === undefined || /^(CLOSED|TIME_WAIT|FIN_WAIT_2)$/.test(tcp.state);
        if (!isDone && !found.isNonBlocking && this.#now() < lingersUntilMs) return undefined;
      }
      this.#descriptors.delete(fd);
      for (const each of this.#descriptors.values()) if (each instanceof Epoll) each.forget(fd);
      return done(0);
    };
  }

  #shutdown(args: readonly Expression[]): CallOutcome {
    const socket = this.#socketAt(args);
    const how = numberOf(argument(args, 1));
    if (socket.listener !== undefined) {
      socket.listener.close();
      return done(0);
    }
    if (socket.tcp === undefined || !socket.isConnected || socket.tcp.state === 'CLOSED') return failed('ENOTCONN');
    if (how !== 1) socket.isReadShut = true;
    if (how !== 0) {
      socket.isWriteShut = true;
      socket.tcp.finish();
    }
    return done(0);
  }

  #control(args: readonly Expression[], call: CallSpec): CallOutcome {
    const socket = this.#socketAt(args);
    const command = numberOf(argument(args, 1));
    if (command === constantNamed('F_GETFL')) return done(2 | (socket.isNonBlocking ? nonBlocking : 0));
    if (command !== constantNamed('F_SETFL'))
      throw new Unsupported(`fcntl ${wordOf(argument(call.arguments, 1)) ?? ''}`);
    socket.isNonBlocking = (numberOf(argument(args, 2)) & nonBlocking) !== 0;
    return done(0);
  }

  #ioctl(args: readonly Expression[]): CallOutcome {
    const socket = this.#socketAt(args);
    const request = wordOf(argument(args, 1)) ?? '';
    const info = socket.tcp?.info();
    if (request === 'FIONBIO') {
      socket.isNonBlocking = numberOf(argument(args, 2)) !== 0;
      return done(0);
    }
    if (socket.listener !== undefined) return failed('EINVAL');
    const seen = {
      SIOCINQ: socket.readable,
      FIONREAD: socket.readable,
      SIOCOUTQ: socket.tcp?.sendQueued ?? 0,
      TIOCOUTQ: socket.tcp?.sendQueued ?? 0,
      SIOCOUTQNSD: info?.unsentBytes ?? 0,
    }[request];
    if (seen === undefined) throw new Unsupported(`ioctl ${request}`);
    const wanted = argument(args, 2);
    if (isEllipsis(wanted) || numberOf(wanted) === seen) return done(0);
    return done(0, [`value: expected ${numberOf(wanted)}, seen ${seen}`]);
  }

  #poll(args: readonly Expression[]): Attempt {
    const timeoutMs = numberOf(argument(args, 2));
    const endMs = timeoutMs < 0 ? Infinity : this.#now() + timeoutMs;
    this.#wakeAtMs = endMs;
    return () => poll(argument(args, 0), (fd) => this.#socketNumbered(fd), this.#now() >= endMs);
  }

  #epollAt(args: readonly Expression[]): Epoll {
    const fd = numberOf(argument(args, 0));
    const found = this.#descriptors.get(fd);
    if (!(found instanceof Epoll)) throw new Unsupported(`descriptor ${fd}, which is no epoll descriptor`);
    return found;
  }

  #epollControl(args: readonly Expression[]): CallOutcome {
    const fd = numberOf(argument(args, 2));
    return this.#epollAt(args).control(numberOf(argument(args, 1)), fd, this.#socketNumbered(fd), argument(args, 3));
  }

  #epollWait(args: readonly Expression[]): Attempt {
    const timeoutMs = numberOf(argument(args, 3));
    const endMs = timeoutMs < 0 ? Infinity : this.#now() + timeoutMs;
    this.#wakeAtMs = endMs;
    return () => {
      const reports = this.#epollAt(args).take(numberOf(argument(args, 2)));
      if (reports.length > 0) return done(reports.length, compareReports(argument(args, 1), reports));
      return this.#now() >= endMs ? done(0) : undefined;
    };
  }
}

function takeBytes(socket: KernelSocket, bytes: number, isPeek: boolean): number {
  const { tcp } = socket;
  if (isPeek) {
    const wanted = Math.max(bytes - socket.peekedBytes, 0);
    socket.peekedBytes += wanted === 0 ? 0 : (tcp?.receive(wanted)?.length ?? 0);
    return Math.min(socket.peekedBytes, bytes);
  }
  const before = Math.min(socket.peekedBytes, bytes);
  socket.peekedBytes -= before;
  const rest = bytes - before;
  return before + (rest === 0 ? 0 : (tcp?.receive(rest)?.length ?? 0));
}

/** TCP_CM_INQ: bytes left to read, and one more for the end of the stream. */
function compareInQueue(socket: KernelSocket, item: Expression): string[] {
  const wanted = numberOf(fieldOf(item, 'cmsg_data') ?? { kind: 'ellipsis' });
  const seen = socket.readable > 0 ? socket.readable : Number(socket.isReadingOver);
  return wanted === seen ? [] : [`TCP_CM_INQ: expected ${wanted}, seen ${seen}`];
}
