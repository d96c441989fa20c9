// A segment arrives for a synchronized connection: acceptance, RST, SYN, ACK. RFC 9293 section 3.10.7.4, RFC 5961.
import { describe, expect, test } from 'vitest';
import { TcpScript } from '../../support/tcp-script.ts';

function established(knobs: Record<string, number> = {}): TcpScript {
  const script = new TcpScript(knobs);
  script.establish();
  script.expectHeard('established');
  return script;
}

describe('the sequence check', () => {
  test('[RFC9293-3.10.7.4-b] a segment beyond the window is answered with an ACK and dropped', () => {
    const script = established();
    script.send({ flags: '.', seq: 300_000, ack: 1, length: 10 });
    script.expect({ flags: '.', seq: 1, ack: 1 });
    expect(script.takeDrops()).toEqual(['tcp-out-of-window']);
  });

  test('[RFC9293-3.10.7.4-c] old data is answered with an ACK', () => {
    const script = established();
    script.send({ flags: '.', seq: 1, ack: 1, length: 10 });
    script.send({ flags: '.', seq: 1, ack: 1, length: 10 });
    script.expect({ flags: '.', ack: 11 });
    expect(script.takeDrops()).toEqual(['tcp-duplicate']);
    expect(script.open.receivable).toBe(10);
  });

  test('what overlaps the window is cut to it', () => {
    const script = established();
    script.send({ flags: '.', seq: 1, ack: 1, data: Uint8Array.of(1, 2, 3) });
    script.send({ flags: '.', seq: 2, ack: 1, data: Uint8Array.of(9, 9, 4, 5) });
    expect(script.open.receive()).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
  });

  test('an application may read into memory of its own, as much as fits at a time', () => {
    const script = established();
    script.send({ flags: '.', seq: 1, ack: 1, data: Uint8Array.of(1, 2, 3, 4, 5) });
    const target = new Uint8Array(3);
    expect([script.open.receiveInto(target), ...target]).toEqual([3, 1, 2, 3]);
    expect([script.open.receiveInto(target), ...target]).toEqual([2, 4, 5, 3]);
    expect([script.open.receiveInto(target), script.open.receivable]).toEqual([0, 0]);
  });

  test('empty segments outside the window are answered at a limited rate', () => {
    const script = established();
    for (let count = 0; count < 5; count += 1) script.send({ flags: '.', seq: 900_000, ack: 1 });
    script.expect({ flags: '.', ack: 1 });
    script.expectNothing();
    script.advance(501);
    script.send({ flags: '.', seq: 900_000, ack: 1 });
    script.expect({ flags: '.', ack: 1 });
  });
});

describe('RST', () => {
  test('[RFC9293-MUST-12] [RFC9293-MAY-12] [RFC5961-3.2-a] at RCV.NXT exactly it resets', () => {
    const script = established();
    script.send({ flags: 'R', seq: 1 });
    script.expectState('CLOSED');
    script.expectHeard('closed ECONNRESET');
    expect(script.clock.pending).toBe(0);
  });

  test('[RFC5961-3.2-b] elsewhere in the window it is challenged', () => {
    const script = established();
    script.send({ flags: 'R', seq: 100 });
    script.expect({ flags: '.', seq: 1, ack: 1 });
    script.expectState('ESTABLISHED');
    expect(script.takeDrops()).toEqual(['tcp-rst-invalid']);
  });

  test('[RFC5961-3.2-c] outside the window it is dropped silently', () => {
    const script = established();
    script.send({ flags: 'R', seq: 900_000 });
    script.send({ flags: 'R', seq: -1 });
    script.expectNothing();
    script.expectState('ESTABLISHED');
  });

  test('in CLOSING and LAST_ACK it is an ordinary end', () => {
    const closing = established();
    closing.open.finish();
    closing.expect({ flags: 'F.' });
    closing.send({ flags: 'F.', seq: 1, ack: 1 });
    closing.expectState('CLOSING');
    closing.send({ flags: 'R', seq: 2 });
    closing.expectHeard('peerFinished', 'closed');
    const lastAck = established();
    lastAck.send({ flags: 'F.', seq: 1, ack: 1 });
    lastAck.open.finish();
    lastAck.send({ flags: 'R', seq: 2 });
    lastAck.expectHeard('peerFinished', 'closed');
  });

  test('[RFC5961-7] challenges are limited for the whole host', () => {
    const script = established({ 'net.ipv4.tcp_challenge_ack_limit': 2 });
    for (let count = 0; count < 5; count += 1) script.send({ flags: 'R', seq: 100 });
    expect(script.skip()).toBe(2);
    script.advance(1001);
    script.send({ flags: 'R', seq: 100 });
    expect(script.skip()).toBe(1);
  });
});

describe('SYN and ACK', () => {
  test('[RFC5961-4.2-a] a SYN in the window is challenged and changes nothing', () => {
    const script = established();
    script.send({ flags: 'S', seq: 50 });
    script.expect({ flags: '.', seq: 1, ack: 1 });
    script.expectState('ESTABLISHED');
    expect(script.takeDrops()).toEqual(['tcp-syn-in-window']);
  });

  test('[RFC9293-3.10.7.4-d] a segment without ACK is dropped', () => {
    const script = established();
    script.send({ flags: 'P', seq: 1, length: 5 });
    script.expectNothing(100);
    expect(script.takeDrops()).toEqual(['tcp-no-ack']);
    expect(script.open.receivable).toBe(0);
  });

  test('[RFC5961-5.2-a] an ACK for what was never sent is challenged; the data with it is not taken', () => {
    const script = established();
    script.send({ flags: '.', seq: 1, ack: 5000, length: 5 });
    script.expect({ flags: '.', seq: 1, ack: 1 });
    expect(script.takeDrops()).toEqual(['tcp-ack-invalid']);
    expect(script.open.receivable).toBe(0);
  });

  test('[RFC5961-5.2-b] so is one older than the largest window', () => {
    const script = established();
    script.send({ flags: '.', seq: 1, ack: -100_000, length: 5 });
    script.expect({ flags: '.', seq: 1, ack: 1 });
    expect(script.takeDrops()).toEqual(['tcp-ack-invalid']);
  });

  test('[RFC9293-3.10.7.4-e] an old window update does not take the newer window back', () => {
    const script = established();
    script.send({ flags: '.', seq: 1, ack: 1, length: 100, window: 5000 });
    script.send({ flags: '.', seq: 1, ack: 1, window: 10 });
    script.skip();
    script.open.send(new Uint8Array(3000));
    script.expect({ flags: '.', length: 1460 });
    script.expect({ flags: '.', length: 1460 });
  });
});

describe('what is not TCP for us', () => {
  test('[RFC9293-MUST-3] a segment with a wrong checksum is dropped and counted', () => {
    const script = established();
    const bytes = new Uint8Array(20);
    bytes[12] = 0x50;
    script.internet.arrive(bytes, 0, 0x0a00_0002 as never);
    expect(script.takeDrops()).toEqual(['tcp-checksum']);
    expect(script.counters.TcpInCsumErrors).toBe(1);
  });

  test('impossible lengths are dropped', () => {
    const script = established();
    script.internet.arrive(new Uint8Array(19), 0, 0x0a00_0002 as never);
    const long = new Uint8Array(20);
    long[12] = 0x60;
    script.internet.arrive(long, 0, 0x0a00_0002 as never);
    expect(script.takeDrops()).toEqual(['tcp-malformed', 'tcp-malformed']);
  });

  test('[RFC1122-4.1.3.6] [RFC9293-MUST-57] nothing to a group address is answered', () => {
    const script = new TcpScript();
    const bytes = new Uint8Array(20);
    bytes[12] = 0x50;
    bytes[13] = 2;
    script.internet.arrive(bytes, 0, 0x0a00_0002 as never, { toGroup: true, checksumTrusted: true });
    script.expectNothing();
    expect(script.takeDrops()).toEqual(['tcp-to-group']);
  });
});
