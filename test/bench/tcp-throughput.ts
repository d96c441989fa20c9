// Bulk TCP between two of our stacks in one process, beside node:net over loopback and beside the least that any stack
// must do with the same bytes: copy each payload in, sum it twice, copy it out.
//   npx node test/bench/tcp-throughput.ts [--quick]
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { RealClock } from '../../src/host/real-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { TcpSocket } from '../../src/stack/sockets.ts';
import { Stack } from '../../src/stack/stack.ts';
import { checksum } from '../../src/stack/wire/checksum.ts';
import type { MacAddress } from '../../src/stack/wire/mac-address.ts';
import { Link } from '../../src/wiring/link.ts';
import { ip, prefix } from '../support/stack-world.ts';
import { benchOptions, inTurn, secondsOf } from './measure.ts';

const { quick } = benchOptions();
const bulkBytes = quick ? 8e6 : 400e6;
const rounds = quick ? 1 : 5;
const chunk = new Uint8Array(65_536).map((_, index) => index * 7);
/** IPv4 and TCP headers with timestamps. */
const headerBytes = 52;

const gigabits = (seconds: number): number => (bulkBytes * 8) / seconds / 1e9;

async function betweenStacks(mtu: number): Promise<number> {
  const clock = new RealClock();
  const link = new Link(clock);
  const [sender, receiver] = ['sender', 'receiver'].map((hostName, index) => {
    const stack = new Stack({ clock, random: seededRandom(hostName), hostName });
    const device = link.attach({ macAddress: (0x0200_0000_0001 + index) as MacAddress, mtu }); // 48 bits
    stack.addInterface('eth0', device, [prefix(`10.0.0.${index + 1}/24`)]);
    return stack;
  }) as [Stack, Stack]; // two names, two stacks
  const seconds = await secondsOf(() => transfer(sender, receiver));
  for (const stack of [sender, receiver]) stack.dispose();
  link.dispose();
  return gigabits(seconds);
}

/** Resolves when the receiver has read the last byte. */
function transfer(sender: Stack, receiver: Stack): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = 0;
    const target = new Uint8Array(65_536);
    const read = (socket: TcpSocket): void => {
      for (let count = socket.receiveInto(target); count > 0; count = socket.receiveInto(target)) received += count;
      if (received >= bulkBytes) resolve();
    };
    const listener = receiver.listenTcp({
      port: 80,
      acceptable: () => {
        const socket = listener.accept();
        if (socket === undefined) return;
        socket.handlers = { readable: () => read(socket), closed: reject };
        read(socket);
      },
    });
    let sent = 0;
    const write = (): void => {
      while (sent < bulkBytes) {
        const wanted = Math.min(chunk.length, bulkBytes - sent);
        const taken = socket.send(wanted === chunk.length ? chunk : chunk.subarray(0, wanted));
        sent += taken;
        if (taken < wanted) return;
      }
    };
    const handlers = { established: write, writable: write, closed: reject };
    const socket = sender.connectTcp({ address: ip('10.0.0.2'), port: 80 }, { handlers });
  });
}

async function overNodeNet(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const seconds = await secondsOf(async () => {
    const client = connect(port, '127.0.0.1');
    let sent = 0;
    const write = (): void => {
      while (sent < bulkBytes) {
        const wanted = Math.min(chunk.length, bulkBytes - sent);
        sent += wanted;
        if (!client.write(chunk.subarray(0, wanted))) break;
      }
      if (sent >= bulkBytes) client.end();
    };
    client.on('connect', write);
    client.on('drain', write);
    await new Promise<void>((resolve, reject) => {
      client.on('error', reject);
      server.on('connection', (socket) => {
        let received = 0;
        socket.on('data', (bytes) => {
          received += bytes.length;
          if (received >= bulkBytes) resolve();
        });
        socket.on('error', reject);
      });
    });
    client.destroy();
  });
  await new Promise((resolve) => server.close(resolve));
  return gigabits(seconds);
}

/** `reused`: always the same frame, which stays in the processor's cache; else a new one per payload, as on a real wire. */
async function floor(payloadBytes: number, reused: boolean): Promise<number> {
  const source = chunk.subarray(0, payloadBytes);
  const target = new Uint8Array(payloadBytes);
  let frame = new Uint8Array(payloadBytes);
  let sum = 0;
  const seconds = await secondsOf(() => {
    for (let done = 0; done < bulkBytes; done += payloadBytes) {
      if (!reused) frame = new Uint8Array(payloadBytes);
      frame.set(source);
      sum += checksum(frame, 0, payloadBytes, 0);
      sum += checksum(frame, 0, payloadBytes, 0);
      target.set(frame);
    }
  });
  if (!(sum > 0)) throw new Error('nothing was summed');
  return gigabits(seconds);
}

for (const mtu of [1500, 9000]) {
  const payloadBytes = mtu - headerBytes;
  if (!quick) await betweenStacks(mtu); // warm
  const { stacks, net, least, cached } = await inTurn(rounds, {
    stacks: () => betweenStacks(mtu),
    net: overNodeNet,
    least: () => floor(payloadBytes, false),
    cached: () => floor(payloadBytes, true),
  });
  const floors = `floor ${least.toFixed(2)}, floor in one reused frame ${cached.toFixed(2)}`;
  console.log(`MTU ${mtu}: stacks ${stacks.toFixed(2)} Gbit/s, node:net ${net.toFixed(2)}, ${floors}`);
  for (const [name, value] of [
    ['node:net', net],
    ['the floor', least],
    ['the floor in one reused frame', cached],
  ] as const) {
    console.log(`ratio tcp-throughput-${mtu}: ${(stacks / value).toFixed(3)} of ${name}`);
  }
}
