// UDP packets through a router host, and DNS answers: with our stacks, and through node:dgram on loopback.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { answerBytes } from '../../src/host/dns/answer.ts';
import { parseZoneFile, zoneFileText } from '../../src/host/dns/zone-file.ts';
import type { Zone } from '../../src/host/dns/zone.ts';
import { dnsClass, dnsPort, emptyDnsMessage, recordTypes, writeDns } from '../../src/stack/wire/dns.ts';
import { domainName, type DomainName } from '../../src/stack/wire/dns-name.ts';
import { secondsOf } from './measure.ts';
import { receiverAddress, twoStacks, twoStacksAndRouter, type TwoStacks } from './two-stacks.ts';

/** Datagrams that are under way at a time: few enough for any socket's buffer. */
const abreast = 64;
export const datagramBytes = 64;
const payload = new Uint8Array(datagramBytes).fill(7);

/** Packets per second from one host through a router to another. */
export async function packetsThroughRouter(count: number): Promise<number> {
  const stacks = twoStacksAndRouter(1500);
  const seconds = await windows(stacks, count, payload, () => undefined);
  stacks.dispose();
  return count / seconds;
}

/** DNS answers per second of the name server's own code. */
export async function dnsAnswersOverStacks(count: number): Promise<number> {
  const stacks = twoStacks(1500);
  const seconds = await windows(stacks, count, query, answer);
  stacks.dispose();
  return count / seconds;
}

/**
 * Sends `request` `count` times, `abreast` in flight, and waits until each has arrived, or has its answer when `reply`
 * gives one; seconds. The first one goes alone: it resolves the neighbors.
 */
function windows(
  { sender, receiver }: TwoStacks,
  count: number,
  request: Uint8Array,
  reply: (request: Uint8Array) => Uint8Array | undefined,
): Promise<number> {
  const destination = { address: receiverAddress, port: dnsPort };
  return measured(count, (arrived) => {
    const server = receiver.openUdp({
      port: dnsPort,
      received: (datagram) => {
        const bytes = reply(datagram.payload);
        if (bytes === undefined) arrived();
        else server.send(bytes, datagram.source);
      },
    });
    const client = sender.openUdp({ received: arrived });
    return () => client.send(request, destination);
  });
}

/** Through a relay of node:dgram that sends onward what it receives. */
export async function packetsThroughDgram(count: number): Promise<number> {
  const [client, relay, sink] = await bound(3);
  const relayPort = relay.address().port;
  const sinkPort = sink.address().port;
  relay.on('message', (bytes) => relay.send(bytes, sinkPort, '127.0.0.1'));
  const seconds = await measured(count, (arrived) => {
    sink.on('message', arrived);
    return () => client.send(payload, relayPort, '127.0.0.1');
  });
  for (const socket of [client, relay, sink]) socket.close();
  return count / seconds;
}

/** The same name server code behind a socket of node:dgram. */
export async function dnsAnswersOverDgram(count: number): Promise<number> {
  const [client, server] = await bound(2);
  const serverPort = server.address().port;
  server.on('message', (bytes, from) => {
    const reply = answer(bytes);
    if (reply !== undefined) server.send(reply, from.port, from.address);
  });
  const seconds = await measured(count, (arrived) => {
    client.on('message', arrived);
    return () => client.send(query, serverPort, '127.0.0.1');
  });
  for (const socket of [client, server]) socket.close();
  return count / seconds;
}

/** The answers alone, without any network. */
export async function dnsAnswersAlone(count: number): Promise<number> {
  let bytes = 0;
  const seconds = await secondsOf(() => {
    for (let each = 0; each < count; each += 1) bytes += answer(query)?.length ?? 0;
  });
  if (bytes < count * query.length) throw new Error('the name server does not answer');
  return count / seconds;
}

/** `wire` gets who hears of each arrival and gives what sends one; seconds for `count`, without the first one. */
async function measured(count: number, wire: (arrived: () => void) => () => void): Promise<number> {
  let hear: () => void = () => undefined;
  const send = wire(() => hear());
  await new Promise<void>((resolve) => {
    hear = resolve;
    send();
  });
  return secondsOf(
    () =>
      new Promise<void>((resolve, reject) => {
        const silence = setInterval(() => {
          if (heard === noted) reject(new Error(`${sent - heard} datagrams were lost`));
          noted = heard;
        }, 2000);
        let noted = 0;
        let sent = 0;
        let heard = 0;
        hear = () => {
          heard += 1;
          if (heard === count) {
            clearInterval(silence);
            resolve();
          } else if (heard === sent) {
            sendSome();
          }
        };
        const sendSome = (): void => {
          const some = Math.min(abreast, count - sent);
          sent += some;
          for (let each = 0; each < some; each += 1) send();
        };
        sendSome();
      }),
  );
}

async function bound<Count extends 2 | 3>(
  count: Count,
): Promise<Count extends 2 ? [Socket, Socket] : [Socket, Socket, Socket]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  for (const socket of sockets) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
  return sockets as Count extends 2 ? [Socket, Socket] : [Socket, Socket, Socket]; // as many as were asked for
}

const zone = zoneOf('lab', ['@ SOA ns admin 7 86400 7200 604800 30', '@ NS ns', 'ns A 10.0.4.3', 'www A 10.0.4.4']);
const query = writeDns({
  ...emptyDnsMessage,
  id: 7,
  recursionDesired: true,
  questions: [{ name: nameOf('www.lab'), type: recordTypes.A, class: dnsClass.internet }],
});

function answer(bytes: Uint8Array): Uint8Array | undefined {
  return answerBytes([zone], bytes, 'udp')?.bytes;
}

function zoneOf(origin: string, records: readonly string[]): Zone {
  const parsed = parseZoneFile(zoneFileText({ origin, defaultTtl: 300, records }), {
    origin: nameOf(origin),
    defaultTtl: 300,
  });
  if (parsed.kind === 'error') throw new Error(`line ${parsed.line}: ${parsed.what}`);
  return parsed.zone;
}

function nameOf(text: string): DomainName {
  const name = domainName(text);
  if (name === undefined) throw new Error(`${text} is no name`);
  return name;
}
