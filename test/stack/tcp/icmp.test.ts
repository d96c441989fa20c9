// ICMP errors about our segments: what ends an attempt, what is soft, what is not believed. RFC 5927, RFC 5461, RFC 1191.
import { describe, expect, test } from 'vitest';
import type { IcmpErrorReport } from '../../../src/stack/sockets.ts';
import { write16, write32 } from '../../../src/stack/wire/field.ts';
import type { Ipv4Address } from '../../../src/stack/wire/ip-address.ts';
import { ourAddress, peerAddress, TcpScript } from '../../support/tcp-script.ts';

/** An ICMP error that quotes the segment at `seq` (relative). */
function report(script: TcpScript, kind: IcmpErrorReport['kind'], code: number, seq: number, mtu = 0): void {
  const quoted = new Uint8Array(8);
  write16(quoted, 0, script.localPort);
  write16(quoted, 2, script.remotePort);
  write32(quoted, 4, script.ours(seq));
  const from = 0x0a00_0009 as Ipv4Address;
  const destination = { address: peerAddress, port: script.remotePort };
  script.internet.icmpError({ kind, type: 3, code, from, mtu, destination }, ourAddress, quoted);
  script.settle();
}

describe('ICMP errors', () => {
  test('[RFC9293-MUST-54] [RFC5461-4.1-a] an unreachable destination ends an attempt to connect, with its own errno', () => {
    const codes = ['ENETUNREACH', 'EHOSTUNREACH', 'EPROTO', 'ECONNREFUSED'];
    for (const [code, errno] of codes.entries()) {
      const script = new TcpScript();
      script.connect();
      script.expect({ flags: 'S' });
      report(script, 'unreachable', code, 0);
      script.expectHeard(`closed ${errno}`);
      expect(script.clock.pending).toBe(0);
    }
  });

  test('[RFC9293-MUST-47] [RFC9293-SHLD-25] [RFC9293-MUST-56] it is soft once the connection is established, and explains a later timeout', () => {
    const script = new TcpScript({ 'net.ipv4.tcp_retries2': 2 });
    script.establish();
    script.expectHeard('established');
    script.open.send(new Uint8Array(5));
    report(script, 'unreachable', 1, 1);
    script.expectState('ESTABLISHED');
    script.expectHeard('softError unreachable');
    script.advance(10_000);
    script.expectHeard('closed EHOSTUNREACH');
  });

  test('[RFC5927-4.1-a] one that quotes nothing in flight is not believed', () => {
    const script = new TcpScript();
    script.connect();
    script.expect({ flags: 'S' });
    report(script, 'unreachable', 3, 77);
    script.expectState('SYN_SENT');
  });

  test('[RFC9293-MUST-55] [RFC6633-3-a] source quench does nothing', () => {
    const script = new TcpScript();
    script.establish();
    script.expectHeard('established');
    script.open.send(new Uint8Array(5));
    report(script, 'source-quench', 0, 1);
    script.expectHeard();
  });

  test('[RFC1191-6.4-a] a smaller path MTU: smaller segments, and what was too large again', () => {
    const script = new TcpScript();
    script.establish();
    script.open.send(new Uint8Array(4000));
    expect(script.skip()).toBe(3);
    script.internet.mtu = 1040;
    report(script, 'fragmentation-needed', 4, 1, 1040);
    script.expect({ flags: '.', seq: 1, length: 1000 });
    script.expect({ flags: '.', seq: 1001, length: 460 });
    script.expect({ flags: '.', seq: 1461, length: 1000 });
    script.send({ flags: '.', seq: 1, ack: 1461 });
    script.send({ flags: '.', seq: 1, ack: 4001 });
    script.skip();
    script.open.send(new Uint8Array(1500));
    script.expect({ flags: '.', seq: 4001, length: 1000 });
  });

  test('a smaller MTU that another connection has found is noticed at the timeout', () => {
    const script = new TcpScript();
    script.establish();
    script.internet.mtu = 1040;
    script.open.send(new Uint8Array(1460));
    script.expectNothing(); // too large to leave this host
    script.expectAfter(200, { flags: '.', seq: 1, length: 1000 });
    script.send({ flags: '.', seq: 1, ack: 1001 });
    script.expect({ flags: '.', seq: 1001, length: 460 });
  });
});
