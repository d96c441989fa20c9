// The two oldest services of the net: echo (RFC 862) and discard (RFC 863), on TCP and UDP.
import { disposable, DisposeStack } from '../../../../base/dispose.ts';
import { SocketError, type UdpDatagram, type UdpSocket } from '../../../../stack/sockets.ts';
import { errorText } from '../../../error-text.ts';
import { TcpAcceptor, type TcpStream } from '../../../tcp-stream.ts';
import type { CommandContext, CommandDefinition, OptionDefinition } from '../../command.ts';

interface Service {
  readonly name: string;
  readonly defaultPort: number;
  serve(stream: TcpStream): Promise<void>;
  datagram(socket: UdpSocket, datagram: UdpDatagram): void;
}

const echo: Service = {
  name: 'echod',
  defaultPort: 7,
  async serve(stream) {
    for (let bytes = await stream.read(); bytes !== undefined; bytes = await stream.read()) await stream.write(bytes);
  },
  datagram(socket, { payload, source }) {
    if (source.port !== 7) socket.send(payload, source); // two echo servers would never stop
  },
};

const discard: Service = {
  name: 'discardd',
  defaultPort: 9,
  async serve(stream) {
    while ((await stream.read()) !== undefined);
  },
  datagram: () => undefined,
};

function options(port: number): OptionDefinition[] {
  return [
    {
      short: 'p',
      long: 'port',
      key: 'port',
      type: 'port',
      value: 'PORT',
      description: `listen on PORT (default ${port})`,
    },
  ];
}

async function run(context: CommandContext, service: Service): Promise<number> {
  const { host, signal, stderr } = context;
  const port = Number(context.options['port'] ?? service.defaultPort);
  const opened = new DisposeStack();
  const live = new Set<Promise<void>>();
  try {
    const acceptor = new TcpAcceptor(host.stack, { port }, { signal, owner: service.name });
    opened.add(disposable(() => acceptor.close()));
    const socket = host.stack.openUdp(
      { port, received: (datagram) => answer(service, socket, datagram) },
      service.name,
    );
    opened.add(disposable(() => socket.close()));
    for (let stream = await acceptor.accept(); stream !== undefined; stream = await acceptor.accept()) {
      const serving = serveOne(context, service, stream).finally(() => live.delete(serving));
      live.add(serving);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    await stderr.write(`${service.name}: port ${port}: ${errorText(error.code)}\n`);
    return 1;
  } finally {
    opened.dispose();
    await Promise.all(live);
  }
}

function answer(service: Service, socket: UdpSocket, datagram: UdpDatagram): void {
  try {
    service.datagram(socket, datagram);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error; // no way back: datagrams may be lost
  }
}

async function serveOne({ signal }: CommandContext, service: Service, stream: TcpStream): Promise<void> {
  try {
    await service.serve(stream);
  } catch (error) {
    if (!(error instanceof SocketError) && !signal.aborted) throw error;
  } finally {
    stream.close();
  }
}

export const echod: CommandDefinition = {
  name: 'echod',
  summary: 'send back whatever comes (TCP and UDP)',
  description: ['The echo service: every byte and every datagram goes back to where it came from.'],
  options: options(echo.defaultPort),
  operands: [],
  examples: [{ line: 'echod -p 7 &', what: 'try it with: nc server 7' }],
  run: (context) => run(context, echo),
};

export const discardd: CommandDefinition = {
  name: 'discardd',
  summary: 'take whatever comes and forget it (TCP and UDP)',
  description: ['The discard service: a place to send bytes to.'],
  options: options(discard.defaultPort),
  operands: [],
  examples: [{ line: 'discardd &', what: 'listens on port 9, in the background' }],
  run: (context) => run(context, discard),
};
