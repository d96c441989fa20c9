// The name server: sockets around `answer.ts`. RFC 1035 section 4.2, RFC 7766 (TCP: several queries a connection, idle
// connections are closed).
import { DisposeStack, disposable, type Disposable } from '../../base/dispose.ts';
import { SocketError, type Endpoint, type UdpDatagram } from '../../stack/sockets.ts';
import type { NetworkInterface } from '../../stack/interface.ts';
import { dnsPort } from '../../stack/wire/dns.ts';
import { isIpv4, type IpAddress } from '../../stack/wire/ip-address.ts';
import { withZone } from '../../stack/wire/ipv6-scope.ts';
import { TcpAcceptor, type TcpStream } from '../tcp-stream.ts';
import { TimeIsUp, timeLimit } from '../time-limit.ts';
import { answerBytes, type ServerReply } from './answer.ts';
import { LengthReader, withLength, type DnsHost } from './query.ts';
import type { Zone } from './zone.ts';

/** BIND's tcp-idle-timeout. */
const idleMs = 30_000;
/** BIND's tcp-clients is 150. */
const connectionLimit = 150;

export interface AnsweredQuery {
  readonly client: Endpoint;
  readonly local: Endpoint;
  readonly transport: 'udp' | 'tcp';
  readonly reply: ServerReply;
}

export interface NameServerSetting {
  readonly host: DnsHost;
  /** Asked for every query. */
  zones(): readonly Zone[];
  readonly signal: AbortSignal;
  readonly owner: string;
  readonly port?: number;
  answered?(query: AnsweredQuery): void;
}

/** The addresses of an interface as sockets name them. */
function addressesOf({ addresses, name }: NetworkInterface): readonly IpAddress[] {
  return addresses.map(({ address }) => (isIpv4(address) ? address : withZone(address, name)));
}

/** Serves until disposed. Throws `SocketError` when the port is taken. */
export function startNameServer(setting: NameServerSetting): Disposable & { readonly addresses: readonly Endpoint[] } {
  const { host, signal, owner, port = dnsPort } = setting;
  const opened = new DisposeStack();
  const addresses: Endpoint[] = [];
  try {
    // One socket for each address, so that the answer leaves from the address that was asked.
    for (const address of host.stack.interfaces.flatMap(addressesOf)) {
      const socket = host.stack.openUdp(
        {
          address,
          port,
          received: (datagram) => answerDatagram(setting, datagram, (...reply) => socket.send(...reply)),
        },
        owner,
      );
      addresses.push(socket.local);
      opened.add(disposable(() => socket.close()));
    }
    const acceptor = new TcpAcceptor(host.stack, { port }, { signal, owner });
    opened.add(disposable(() => acceptor.close()));
    void acceptAll(setting, acceptor);
  } catch (error) {
    opened.dispose();
    throw error;
  }
  return { addresses, dispose: () => opened.dispose() };
}

function answerDatagram(
  setting: NameServerSetting,
  { payload, source, destination }: UdpDatagram,
  send: (payload: Uint8Array, destination: Endpoint) => void,
): void {
  const reply = answerBytes(setting.zones(), payload, 'udp');
  if (reply === undefined) return;
  try {
    send(reply.bytes, source);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error; // no way back to the client: it will ask again
  }
  setting.answered?.({ client: source, local: destination, transport: 'udp', reply });
}

async function acceptAll(setting: NameServerSetting, acceptor: TcpAcceptor): Promise<void> {
  let connections = 0;
  for (let stream = await acceptor.accept(); stream !== undefined; stream = await acceptor.accept()) {
    if (connections >= connectionLimit) {
      stream.abort();
      continue;
    }
    connections += 1;
    void serveConnection(setting, stream).finally(() => {
      connections -= 1;
    });
  }
}

async function serveConnection(setting: NameServerSetting, stream: TcpStream): Promise<void> {
  const reader = new LengthReader(stream);
  try {
    for (;;) {
      const query = await nextQuery(setting, stream, reader);
      const reply = query === undefined ? undefined : answerBytes(setting.zones(), query, 'tcp');
      if (reply === undefined) return;
      await stream.write(withLength(reply.bytes));
      setting.answered?.({ client: stream.remote, local: stream.local, transport: 'tcp', reply });
    }
  } catch (error) {
    if (!(error instanceof SocketError) && !(error instanceof TimeIsUp) && !setting.signal.aborted) throw error;
  } finally {
    stream.close();
  }
}

/** Undefined when the client has finished, or said nothing for too long. */
async function nextQuery(
  { host, signal }: NameServerSetting,
  stream: TcpStream,
  reader: LengthReader,
): Promise<Uint8Array | undefined> {
  const limit = timeLimit(host.clock, idleMs, signal);
  const hangUp = (): void => stream.close();
  limit.signal.addEventListener('abort', hangUp);
  try {
    return await reader.next();
  } finally {
    limit.signal.removeEventListener('abort', hangUp);
    limit.dispose();
  }
}
