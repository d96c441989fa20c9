// nc: bytes between the terminal and a socket, as OpenBSD's netcat with Debian's -q has it. One thing is as in GNU's:
// the end of standard input is passed on as FIN (-N is always on), so that half-closed connections are easy to see.
import { serviceNames } from '../../../../dissect/service-names.ts';
import { SocketError, type Endpoint, type UdpSocket } from '../../../../stack/sockets.ts';
import { formatIp, unspecifiedIpv4, unspecifiedIpv6, type IpAddress } from '../../../../stack/wire/ip-address.ts';
import { parseScopedIp } from '../../../../stack/wire/ipv6-scope.ts';
import { errorText } from '../../../error-text.ts';
import { errorOfReport } from '../../../dns/query.ts';
import { Mailbox } from '../../../mailbox.ts';
import { TcpAcceptor, TcpStream } from '../../../tcp-stream.ts';
import { TimeIsUp, timeLimit, type TimeLimit } from '../../../time-limit.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { familyOptions, findTarget, ReverseNames, wantedFamily } from './target.ts';

export const nc: CommandDefinition = {
  name: 'nc',
  summary: 'bytes from and to a TCP or UDP port',
  description: [
    'Connects to PORT of HOST; what is typed (or comes through a pipe) is sent, what arrives is printed, byte for byte. With -l it waits for a connection instead: nc -l 5000. The end of the input (Ctrl-D) finishes this direction only; what the other side still has to say is printed. When the other side has finished and this one has not, the connection stays half-closed.',
    '-z only looks whether ports are open: nc -zv server 20-25.',
  ],
  options: [
    { short: 'l', key: 'listen', type: 'flag', description: 'wait for a connection' },
    { short: 'k', key: 'keep', type: 'flag', description: 'with -l: wait for another one afterwards' },
    { short: 'p', key: 'port', type: 'port', value: 'PORT', description: 'local port' },
    { short: 's', key: 'source', type: 'address', value: 'ADDRESS', description: 'local address' },
    { short: 'u', key: 'udp', type: 'flag', description: 'UDP' },
    { short: 'v', key: 'verbose', type: 'flag', description: 'say what happens' },
    {
      short: 'w',
      key: 'wait',
      type: 'seconds',
      value: 'SECONDS',
      description: 'give up connecting, or when idle, after that time',
    },
    {
      short: 'q',
      key: 'quit',
      type: 'seconds',
      value: 'SECONDS',
      description: 'end that long after the end of the input',
    },
    { short: 'z', key: 'scan', type: 'flag', description: 'only see who listens' },
    { short: 'n', key: 'numeric', type: 'flag', description: 'no names' },
    { short: 'd', key: 'deaf', type: 'flag', description: 'do not read standard input' },
    ...familyOptions,
    { short: 'N', key: 'finish', type: 'flag', description: 'send FIN at the end of the input (always done here)' },
  ],
  operands: [
    { name: 'HOST', kind: 'host', optional: true },
    { name: 'PORT', kind: 'text', optional: true },
  ],
  examples: [
    { line: 'nc -l 5000', what: 'wait on port 5000' },
    { line: 'echo hello | nc server 5000', what: 'say hello to it' },
    { line: 'nc -zv server 80', what: 'is somebody there?' },
  ],
  async run(context) {
    const call = new NetcatCall(context);
    try {
      return context.options['listen'] === true ? await call.listen() : await call.connect();
    } catch (error) {
      if (error instanceof TimeIsUp) return 0; // -w: idle for too long
      if (!(error instanceof SocketError)) throw error;
      await context.stderr.write(`nc: ${errorText(error.code)}\n`);
      return 1;
    }
  },
};

/** Input that does not come within this time does not come by itself. */
const quietMs = 20;

/** What a UDP conversation is told; `sent`: something went out. */
type UdpNews = Uint8Array | SocketError | 'sent';

class NetcatCall {
  readonly #context: CommandContext;
  readonly #names: ReverseNames;
  readonly #localAddress: IpAddress | undefined;
  readonly #localPort: number;
  #isWaitingForInput = false;
  #inputPieces = 0;

  constructor(context: CommandContext) {
    const { options } = context;
    this.#context = context;
    this.#names = new ReverseNames(context);
    this.#localAddress = typeof options['source'] === 'string' ? parseScopedIp(options['source']) : undefined;
    this.#localPort = Number(options['port'] ?? 0);
  }

  async connect(): Promise<number> {
    const { operands, options } = this.#context;
    const [hostText, portText] = operands;
    if (hostText === undefined || portText === undefined) return this.#usage();
    const ports = parsePorts(portText);
    if (ports === undefined) return this.#fail(`port number invalid: ${portText}`);
    const target = await findTarget(this.#context, hostText, wantedFamily(this.#context));
    if (target.kind === 'failure') {
      return this.#fail(`getaddrinfo for host "${hostText}" port ${portText}: ${target.reason}`);
    }
    let status = 1;
    for (const port of ports) {
      for (const address of options['udp'] === true ? [target.address] : target.all) {
        const shown = target.isNumeric ? hostText : `${hostText} (${formatIp(address)})`;
        const remote = { address, port };
        status = options['udp'] === true ? await this.#udpClient(remote, shown) : await this.#tcpClient(remote, shown);
        if (status === 0) break;
      }
      if (options['scan'] !== true) break;
    }
    return status;
  }

  async #tcpClient(remote: Endpoint, shown: string): Promise<number> {
    const { host, options, signal } = this.#context;
    const limit = timeLimit(host.clock, this.#waitMs(), signal);
    let stream: TcpStream | undefined;
    try {
      stream = await TcpStream.connect(host.stack, remote, {
        signal,
        connectSignal: limit.signal,
        owner: 'nc',
        ...(this.#localAddress === undefined ? {} : { localAddress: this.#localAddress }),
        ...(this.#localPort === 0 ? {} : { localPort: this.#localPort }),
      });
      limit.dispose();
      await this.#succeeded(shown, remote.port, 'tcp');
      if (options['scan'] !== true) await this.#relay(stream, false);
      return 0;
    } catch (error) {
      if (stream !== undefined) throw error;
      const where = `connect to ${shown} port ${remote.port} (tcp)`;
      if (error instanceof TimeIsUp) return await this.#mention(`${where} timed out: Operation now in progress`);
      if (!(error instanceof SocketError)) throw error;
      return await this.#mention(`${where} failed: ${errorText(error.code)}`);
    } finally {
      limit.dispose();
      stream?.close();
    }
  }

  async listen(): Promise<number> {
    const { operands, options, host, signal } = this.#context;
    const [first, second] = operands;
    const portText = second ?? first ?? (this.#localPort === 0 ? undefined : String(this.#localPort));
    const [port] = portText === undefined ? [] : (parsePorts(portText) ?? []);
    if (port === undefined)
      return portText === undefined ? this.#usage() : this.#fail(`port number invalid: ${portText}`);
    const addressText = second === undefined ? undefined : first;
    const anyOfFamily = { 4: unspecifiedIpv4, 6: unspecifiedIpv6 } as const;
    const family = wantedFamily(this.#context);
    const any = this.#localAddress ?? (family && anyOfFamily[family]);
    const address = addressText === undefined ? any : parseScopedIp(addressText);
    if (addressText !== undefined && address === undefined) return this.#fail(`bad address: ${addressText}`);
    if (options['udp'] === true) return this.#udpServer(address, port);
    let acceptor: TcpAcceptor;
    try {
      acceptor = new TcpAcceptor(
        host.stack,
        { port, ...(address === undefined ? {} : { address }) },
        { signal, owner: 'nc' },
      );
    } catch (error) {
      if (error instanceof SocketError) return this.#fail(errorText(error.code));
      throw error;
    }
    await this.#tell(`Listening on ${formatIp(address ?? unspecifiedIpv4)} ${port}`);
    try {
      do {
        const stream = await acceptor.accept();
        if (stream === undefined) break;
        if (options['keep'] !== true) acceptor.close();
        try {
          await this.#tell(`Connection received on ${await this.#nameOf(stream.remote.address)} ${stream.remote.port}`);
          await this.#relay(stream, true);
        } catch (error) {
          if (!(error instanceof SocketError) || options['keep'] !== true) throw error;
        } finally {
          stream.close();
        }
      } while (options['keep'] === true && !signal.aborted);
    } finally {
      acceptor.close();
    }
    return 0;
  }

  /** Both directions until both are over; a listener ends with its peer. */
  async #relay(stream: TcpStream, isListener: boolean): Promise<void> {
    const { stdout, options } = this.#context;
    const idle = new IdleLimit(this.#context, this.#waitMs(), () => stream.close());
    const outgoing = this.#sendInput(stream, idle);
    const failed = outgoing.then(
      () => undefined,
      (error: unknown) => error,
    );
    try {
      const incoming = async (): Promise<void> => {
        for (let bytes = await stream.read(); bytes !== undefined; bytes = await stream.read()) {
          idle.touch();
          await stdout.write(bytes);
        }
      };
      const received = incoming();
      if (typeof options['quit'] === 'number') {
        await Promise.race([received, failed.then(() => this.#pause(1000 * Number(options['quit'])))]);
        received.catch(() => undefined); // -q: whatever still comes is not waited for
      } else await received;
      if (idle.isOver) return;
      if (isListener) await this.#untilQuiet(failed);
      const error = isListener && this.#isWaitingForInput ? undefined : await failed;
      if (error !== undefined && !(error instanceof SocketError)) throw error;
    } finally {
      idle.dispose();
    }
  }

  async #sendInput(stream: TcpStream, idle: IdleLimit): Promise<void> {
    const { stdin, options } = this.#context;
    if (options['deaf'] === true) return;
    const next = async (): Promise<Uint8Array | undefined> => {
      this.#isWaitingForInput = true;
      const bytes = await stdin.read();
      this.#isWaitingForInput = false;
      this.#inputPieces += 1;
      return bytes;
    };
    for (let bytes = await next(); bytes !== undefined; bytes = await next()) {
      idle.touch();
      await stream.write(bytes);
    }
    stream.finish();
  }

  /**
   * After its peer has finished a listener sends what is there, as from a file, but does not wait for somebody to type:
   * OpenBSD's ends with its peer.
   */
  async #untilQuiet(sent: Promise<unknown>): Promise<void> {
    const state = { isSent: false };
    void sent.then(() => (state.isSent = true));
    for (let pieces = -1; !state.isSent && !(this.#isWaitingForInput && pieces === this.#inputPieces);) {
      pieces = this.#inputPieces;
      await this.#pause(quietMs);
      this.#context.signal.throwIfAborted();
    }
  }

  async #udpClient(remote: Endpoint, shown: string): Promise<number> {
    const { host, options, signal, stdin } = this.#context;
    const news = new Mailbox<UdpNews>(host.clock, signal, 256);
    const socket = host.stack.openUdp(
      {
        ...(this.#localAddress === undefined ? {} : { address: this.#localAddress }),
        port: this.#localPort,
        received: ({ payload }) => void news.put(payload),
        icmpError: (report) => {
          const code = errorOfReport(report);
          if (code !== undefined) news.put(new SocketError(code, 'an ICMP error came back'));
        },
      },
      'nc',
    );
    try {
      socket.connect(remote);
      if (options['scan'] === true) return await this.#udpScan(socket, news, { remote, shown });
      await this.#succeeded(shown, remote.port, 'udp');
      const sending = async (): Promise<void> => {
        if (options['deaf'] === true) return;
        for (let bytes = await stdin.read(); bytes !== undefined; bytes = await stdin.read()) {
          socket.send(bytes);
          news.put('sent');
        }
        const quitMs = typeof options['quit'] === 'number' ? 1000 * options['quit'] : undefined;
        if (quitMs === undefined) return;
        await this.#pause(quitMs);
        news.put(new SocketError('EPIPE', 'the input has ended'));
      };
      sending().catch((error: unknown) => {
        news.put(error instanceof SocketError ? error : new SocketError('EPIPE', String(error)));
      });
      return await this.#udpReceive(news);
    } finally {
      socket.close();
    }
  }

  /** Prints datagrams until an error, an interrupt, or -w. */
  async #udpReceive(news: Mailbox<UdpNews>): Promise<number> {
    const { stdout } = this.#context;
    for (;;) {
      const item = await news.take(this.#waitMs() ?? Infinity);
      if (item === undefined || (item instanceof SocketError && item.code === 'EPIPE')) return 0;
      if (item instanceof SocketError) return 1; // as OpenBSD's: without a word
      if (item === 'sent') continue; // -w counts from what happened last, in either direction
      await stdout.write(item);
    }
  }

  /** Open is what no ICMP error denies: UDP itself says nothing. */
  async #udpScan(
    socket: UdpSocket,
    news: Mailbox<UdpNews>,
    { remote, shown }: { readonly remote: Endpoint; readonly shown: string },
  ): Promise<number> {
    for (let probe = 0; probe < 4; probe += 1) {
      socket.send(Uint8Array.of(0x58));
      const answer = await news.take(probe === 3 ? 1000 : 250);
      if (answer instanceof SocketError) return 1;
    }
    await this.#succeeded(shown, remote.port, 'udp');
    return 0;
  }

  async #udpServer(address: IpAddress | undefined, port: number): Promise<number> {
    const { host, options, signal, stdin, stdout } = this.#context;
    const news = new Mailbox<{ readonly payload: Uint8Array; readonly source: Endpoint }>(host.clock, signal, 256);
    const socket = host.stack.openUdp(
      { ...(address === undefined ? {} : { address }), port, received: (datagram) => void news.put(datagram) },
      'nc',
    );
    try {
      await this.#tell(`Bound on ${formatIp(address ?? unspecifiedIpv4)} ${port}`);
      let peer: Endpoint | undefined;
      for (;;) {
        const item = await news.take(peer === undefined ? Infinity : (this.#waitMs() ?? Infinity));
        if (item === undefined) return 0;
        if (peer === undefined) {
          await this.#tell(`Connection received on ${await this.#nameOf(item.source.address)} ${item.source.port}`);
          peer = item.source;
          if (options['keep'] !== true) socket.connect(peer);
          void this.#answerFromInput(stdin, socket, peer);
        }
        await stdout.write(item.payload);
      }
    } finally {
      socket.close();
    }
  }

  async #answerFromInput(stdin: CommandContext['stdin'], socket: UdpSocket, peer: Endpoint): Promise<void> {
    try {
      for (let bytes = await stdin.read(); bytes !== undefined; bytes = await stdin.read()) socket.send(bytes, peer);
    } catch (error) {
      if (!(error instanceof SocketError)) throw error; // the socket has been closed meanwhile
    }
  }

  #waitMs(): number | undefined {
    const { wait } = this.#context.options;
    return typeof wait === 'number' ? 1000 * wait : undefined;
  }

  #pause(ms: number): Promise<void> {
    return this.#context.host.sleep(ms, this.#context.signal);
  }

  async #nameOf(address: IpAddress): Promise<string> {
    const name = this.#context.options['numeric'] === true ? undefined : await this.#names.find(address);
    return name ?? formatIp(address);
  }

  #succeeded(shown: string, port: number, protocol: 'tcp' | 'udp'): Promise<void> {
    const service = this.#context.options['numeric'] === true ? '*' : (serviceNames[port] ?? '*');
    return this.#tell(`Connection to ${shown} ${port} port [${protocol}/${service}] succeeded!`);
  }

  async #tell(line: string): Promise<void> {
    if (this.#context.options['verbose'] === true) await this.#context.stderr.write(`${line}\n`);
  }

  /** A failure that only -v talks about. */
  async #mention(message: string): Promise<number> {
    await this.#tell(`nc: ${message}`);
    return 1;
  }

  async #fail(message: string): Promise<number> {
    await this.#context.stderr.write(`nc: ${message}\n`);
    return 1;
  }

  async #usage(): Promise<number> {
    await this.#context.stderr.write(
      'usage: nc [-dklNnuvz] [-p PORT] [-q SECONDS] [-s ADDRESS] [-w SECONDS] [HOST] [PORT]\n',
    );
    return 1;
  }
}

/** Ends a connection on which nothing moves for too long (-w). */
class IdleLimit {
  readonly #context: CommandContext;
  readonly #limitMs: number | undefined;
  readonly #expired: () => void;
  #limit: TimeLimit | undefined;
  #isOver = false;

  constructor(context: CommandContext, limitMs: number | undefined, expired: () => void) {
    this.#context = context;
    this.#limitMs = limitMs;
    this.#expired = expired;
    this.touch();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  touch(): void {
    this.dispose();
    if (this.#limitMs === undefined) return;
    const limit = timeLimit(this.#context.host.clock, this.#limitMs, this.#context.signal);
    this.#limit = limit;
    limit.signal.addEventListener('abort', () => {
      if (!(limit.signal.reason instanceof TimeIsUp)) return;
      this.#isOver = true;
      this.#expired();
    });
  }

  dispose(): void {
    this.#limit?.dispose();
    this.#limit = undefined;
  }
}

/** `80`, `http`, `20-25`. */
function parsePorts(text: string): number[] | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) {
    const named = Object.entries(serviceNames).find(([, name]) => name === text);
    return named === undefined ? undefined : [Number(named[0])];
  }
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  if (first < 1 || last > 65_535 || last < first) return undefined;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
