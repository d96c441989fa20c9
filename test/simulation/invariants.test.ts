// The watcher of the campaign must be able to see what it watches for: each rule broken once, by hand.
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { Stack } from '../../src/stack/stack.ts';
import { tcpFlag, tcpHeaderBytes, tcpProtocol, writeTcpHeader } from '../../src/stack/wire/tcp.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';
import { frameOf, ipv4Packet } from '../support/packet.ts';
import { Invariants } from './invariants.ts';
import { streams, type Side } from './stream.ts';

interface Sent {
  readonly seq: number;
  readonly ack?: number;
  readonly window?: number;
  readonly flags?: number;
  readonly data?: Uint8Array;
}

const { ack, fin, rst, syn } = tcpFlag;
const issOf = { client: 0xffff_fff0, server: 7_000 } as const; // the client's numbers wrap

/** Two idle hosts, an exchange of SYNs, and whatever a test sends after it. */
function watch(timers = 0) {
  const faults: string[] = [];
  const clock = new VirtualClock();
  const host = (hostName: string) => ({
    stack: new Stack({ clock, random: seededRandom(hostName), hostName }),
    bufferBytes: undefined,
  });
  const invariants = new Invariants(
    { client: host('client'), server: host('server') },
    () => timers,
    (fault) => faults.push(fault),
  );
  /** Sequence numbers relative to the SYN's, modulo 2^32. */
  const send = (
    side: Side,
    { seq, ack: acknowledged = 1, window = 1000, flags = ack, data = new Uint8Array(0) }: Sent,
  ) => {
    const other = side === 'client' ? 'server' : 'client';
    const bytes = new Uint8Array(tcpHeaderBytes + data.length);
    const numbers = [(issOf[side] + seq) >>> 0, (flags & ack) === 0 ? 0 : (issOf[other] + acknowledged) >>> 0] as const;
    writeTcpHeader(bytes, 0, { source: 1, destination: 2 }, ...numbers, tcpHeaderBytes, flags, window);
    bytes.set(data, tcpHeaderBytes);
    const packet = ipv4Packet({ source: '10.0.0.1', destination: '10.0.0.2', protocol: tcpProtocol }, bytes);
    invariants.leaves(side, frameOf(2, packet));
  };
  send('client', { seq: 0, flags: syn });
  send('server', { seq: 0, flags: syn | ack });
  send('client', { seq: 1 });
  return { faults, send, invariants };
}

const bytes = (side: Side, from: number, to: number): Uint8Array => streams[side].subarray(from, to);

test('an orderly exchange has no fault: data, the same data again, a FIN, a probe beyond the window', () => {
  const { faults, send } = watch();
  send('client', { seq: 1, data: bytes('client', 0, 999) });
  send('client', { seq: 1, data: bytes('client', 0, 500) });
  send('server', { seq: 1, ack: 1000, window: 1 });
  send('client', { seq: 1000, data: bytes('client', 999, 1001) });
  send('server', { seq: 1, ack: 1002, window: 0, flags: fin | ack });
  expect(faults).toEqual([]);
});

test.each<[string, Side, readonly Sent[]]>([
  ['byte 10 on the wire is not the one of the stream', 'client', [{ seq: 11, data: bytes('client', 11, 20) }]],
  ['leaves a gap after 1', 'client', [{ seq: 2, data: bytes('client', 1, 20) }]],
  ['a sequence number before the SYN', 'client', [{ seq: -1 }]],
  [
    'data after the FIN',
    'server',
    [
      { seq: 1, flags: fin | ack },
      { seq: 1, data: bytes('server', 0, 5) },
    ],
  ],
  [
    'the FIN has moved',
    'server',
    [
      { seq: 1, flags: fin | ack },
      { seq: 2, flags: fin | ack },
    ],
  ],
  ['data beyond the offered window', 'client', [{ seq: 1, data: bytes('client', 0, 1100) }]],
  ['acknowledges what was never sent', 'server', [{ seq: 1, ack: 2 }]],
  [
    'the acknowledgment has moved back',
    'server',
    [
      { seq: 1, ack: 1 },
      { seq: 1, ack: 0 },
    ],
  ],
  ['right edge has moved from 1001 back to 900', 'server', [{ seq: 1, window: 899 }]],
  ['the initial sequence number has changed', 'client', [{ seq: 1, flags: syn }]],
])('%s', (fault, side, segments) => {
  const { faults, send } = watch();
  for (const segment of segments) send(side, segment);
  expect(faults.join('\n')).toContain(fault);
});

test('a RST may say what it likes', () => {
  const { faults, send } = watch();
  send('server', { seq: -99, ack: 99, window: 0, flags: rst | ack });
  expect(faults).toEqual([]);
});

test('timers without number are a fault', () => {
  const { faults, invariants } = watch(1000);
  invariants.look('client');
  expect(faults).toEqual(['client: 1000 timers at once']);
});
