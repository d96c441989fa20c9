// How fast the stack is, all in one run: each row beside Node's own sockets on loopback and beside the floor, the least
// that any stack must do with the same bytes: copy each payload in, sum it twice, copy it out.
//   npx node test/bench/stack.ts [--quick]
import { bulkBetweenStacks, bulkFloor, bulkOverNodeNet, headerBytes } from './bulk.ts';
import {
  connectionsBetweenStacks,
  connectionsOverNodeNet,
  framesFloor,
  idleBytesBetweenStacks,
  idleBytesOverNodeNet,
  messageBytes,
  roundTripsBetweenStacks,
  roundTripsOverNodeNet,
} from './conversations.ts';
import {
  datagramBytes,
  dnsAnswersAlone,
  dnsAnswersOverDgram,
  dnsAnswersOverStacks,
  packetsThroughDgram,
  packetsThroughRouter,
} from './datagrams.ts';
import { benchOptions, inTurn } from './measure.ts';

interface Row {
  /** Of the `ratio` lines. */
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly digits: number;
  /** How Node's own part is called. */
  readonly peer: 'node:net' | 'node:dgram';
  readonly stacks: () => Promise<number>;
  readonly net: () => Promise<number>;
  /** Undefined: there is no least of this. */
  readonly floor: (() => Promise<number>) | undefined;
}

const { quick } = benchOptions();
const rounds = quick ? 1 : 5;
const count = (full: number): number => (quick ? Math.ceil(full / 100) : full);
const bulkBytes = quick ? 8e6 : 400e6;
/** Frames of a connection that opens, carries nothing and closes: three, and two for each FIN with its ACK. */
const framesOfConnection = 7;

function bulkRow(name: string, what: string, mtu: number): Row {
  return {
    name,
    what,
    unit: 'Gbit/s',
    digits: 2,
    peer: 'node:net',
    stacks: () => bulkBetweenStacks(mtu, bulkBytes),
    net: () => bulkOverNodeNet(bulkBytes),
    floor: () => bulkFloor(mtu - headerBytes, false, bulkBytes),
  };
}

const rows: readonly Row[] = [
  bulkRow('bulk-1500', 'bulk TCP, MTU 1500', 1500),
  bulkRow('bulk-9000', 'bulk TCP, MTU 9000', 9000),
  bulkRow('bulk-65535', 'bulk TCP, frames of 64 kB', 65_535),
  {
    name: 'round-trips',
    what: `round trips of ${messageBytes} bytes over TCP`,
    unit: '/s',
    digits: 0,
    peer: 'node:net',
    stacks: () => roundTripsBetweenStacks(count(50_000)),
    net: () => roundTripsOverNodeNet(count(50_000)),
    floor: () => framesFloor(count(50_000), 2, messageBytes),
  },
  {
    name: 'connections',
    what: 'TCP connections opened and closed, 16 abreast',
    unit: '/s',
    digits: 0,
    peer: 'node:net',
    stacks: () => connectionsBetweenStacks(count(10_000), 16),
    net: () => connectionsOverNodeNet(count(10_000), 16),
    floor: () => framesFloor(count(10_000), framesOfConnection, 0),
  },
  {
    name: 'idle-memory',
    what: '10,000 idle TCP connections, both ends of each (node:net: 4,000, without the kernel’s part)',
    unit: 'bytes per connection',
    digits: 0,
    peer: 'node:net',
    stacks: () => idleBytesBetweenStacks(Math.max(1000, count(10_000))), // fewer drown in the heap’s own noise
    net: () => idleBytesOverNodeNet(Math.max(1000, count(4_000))),
    floor: undefined,
  },
  {
    name: 'router',
    what: `packets of ${datagramBytes} bytes over UDP through a router host`,
    unit: '/s',
    digits: 0,
    peer: 'node:dgram',
    stacks: () => packetsThroughRouter(count(200_000)),
    net: () => packetsThroughDgram(count(100_000)),
    floor: () => framesFloor(count(200_000), 2, datagramBytes),
  },
  {
    name: 'dns',
    what: 'DNS answers over UDP (floor: the answers alone)',
    unit: '/s',
    digits: 0,
    peer: 'node:dgram',
    stacks: () => dnsAnswersOverStacks(count(50_000)),
    net: () => dnsAnswersOverDgram(count(50_000)),
    floor: () => dnsAnswersAlone(count(50_000)),
  },
];

for (const { name, what, unit, digits, peer, stacks: ours, net: theirs, floor } of rows) {
  if (!quick) await ours(); // warm
  const { stacks, net, least } = await inTurn(rounds, {
    stacks: ours,
    net: theirs,
    least: floor ?? (() => Number.NaN),
  });
  const beside = floor === undefined ? '' : `, floor ${least.toFixed(digits)}`;
  console.log(`${what}: stacks ${stacks.toFixed(digits)} ${unit}, ${peer} ${net.toFixed(digits)}${beside}`);
  console.log(`ratio stack-${name}: ${(stacks / net).toFixed(3)} of ${peer}`);
  if (floor !== undefined) console.log(`ratio stack-${name}: ${(stacks / least).toFixed(3)} of the floor`);
}
