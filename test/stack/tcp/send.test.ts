// Sending: windows, Nagle, silly window avoidance, persist, delayed ACKs, keep-alive. RFC 9293 section 3.8.
import { describe, expect, test } from 'vitest';
import { TcpScript } from '../../support/tcp-script.ts';

const bytes = (length: number): Uint8Array => new Uint8Array(length);

describe('Nagle and silly window avoidance of the sender', () => {
  test('[RFC9293-SHLD-7] [RFC1122-4.2.3.4-a] a second small segment waits for the ACK of the first', () => {
    const script = new TcpScript();
    script.establish();
    script.open.send(bytes(10));
    script.expect({ flags: 'P.', seq: 1, length: 10 });
    script.open.send(bytes(10));
    script.open.send(bytes(10));
    script.expectNothing(100);
    script.send({ flags: '.', seq: 1, ack: 11 });
    script.expect({ flags: 'P.', seq: 11, length: 20 });
  });

  test('a full segment never waits, and a small one after full ones does not either (Minshall)', () => {
    const script = new TcpScript();
    script.establish();
    script.open.send(bytes(1470));
    script.expect({ flags: '.', seq: 1, length: 1460 });
    script.expect({ flags: 'P.', seq: 1461, length: 10 });
  });

  test('[RFC9293-MUST-17] [RFC9293-3.7.4-a] an application can turn it off', () => {
    const script = new TcpScript();
    script.establish();
    script.open.setNoDelay(true);
    script.open.send(bytes(1));
    script.open.send(bytes(1));
    script.expect({ flags: 'P.', seq: 1, length: 1 });
    script.expect({ flags: 'P.', seq: 2, length: 1 });
  });

  test('turning it off sends what waited', () => {
    const script = new TcpScript();
    script.establish();
    script.open.send(bytes(1));
    script.open.send(bytes(2));
    script.expect({ flags: 'P.', length: 1 });
    script.open.setNoDelay(true);
    script.expect({ flags: 'P.', seq: 2, length: 2 });
  });

  test('[RFC9293-MUST-38] [RFC9293-3.8.6.2.1-a] a small window is not filled with a small segment while an ACK is to come', () => {
    const script = new TcpScript();
    script.establish({ window: 4000 });
    script.open.send(bytes(10_000));
    script.expect({ flags: '.', seq: 1, length: 1460 });
    script.expect({ flags: '.', seq: 1461, length: 1460 });
    script.expectNothing(); // 1080 bytes of window are left: less than a segment, less than half the window
    script.send({ flags: '.', seq: 1, ack: 1461, window: 4000 });
    script.expect({ flags: '.', seq: 2921, length: 1460 });
  });

  test('[RFC9293-MUST-38] half of the largest window is worth a segment', () => {
    const script = new TcpScript();
    script.establish({ window: 1000 });
    script.open.send(bytes(3000));
    script.expect({ flags: '.', seq: 1, length: 1000 });
    script.send({ flags: '.', seq: 1, ack: 1001, window: 500 });
    script.expect({ flags: '.', seq: 1001, length: 500 });
  });
});

describe('the persist timer', () => {
  test('[RFC9293-MUST-35] [RFC9293-MUST-36] [RFC9293-MUST-37] [RFC9293-SHLD-29] [RFC9293-SHLD-30] [RFC9293-3.8.6.1-a] probes a zero window with one byte, ever more slowly, and never gives up on a peer that answers', () => {
    const script = new TcpScript();
    script.establish({ window: 0 });
    script.open.send(bytes(100));
    let wait = 200;
    for (let probe = 0; probe < 30; probe += 1) {
      script.expectAfter(wait, { flags: 'P.', seq: 1, length: 1 });
      script.send({ flags: '.', seq: 1, ack: 1, window: 0 });
      wait = Math.min(2 * wait, 120_000);
    }
    script.expectState('ESTABLISHED');
  });

  test('the window opens: everything is sent from where it stopped', () => {
    const script = new TcpScript();
    script.establish({ window: 0 });
    script.open.send(bytes(100));
    script.expectAfter(200, { flags: 'P.', seq: 1, length: 1 });
    script.send({ flags: '.', seq: 1, ack: 1, window: 1000 });
    script.expect({ flags: 'P.', seq: 1, length: 100 });
    script.send({ flags: '.', seq: 1, ack: 101, window: 1000 });
    script.expectNothing(100_000);
  });

  test('the peer may take the byte of the probe', () => {
    const script = new TcpScript();
    script.establish({ window: 0 });
    script.open.send(bytes(100));
    script.expectAfter(200, { flags: 'P.', seq: 1, length: 1 });
    script.send({ flags: '.', seq: 1, ack: 2, window: 1000 });
    script.expect({ flags: 'P.', seq: 2, length: 99 });
  });

  test('a peer that does not answer probes is given up like any other', () => {
    const script = new TcpScript({ 'net.ipv4.tcp_retries2': 3 });
    script.establish({ window: 0 });
    script.open.send(bytes(100));
    script.advance(60_000);
    expect(script.skip()).toBe(3);
    script.expectState('CLOSED');
    script.expectHeard('established', 'closed ETIMEDOUT');
  });

  test('[RFC9293-3.8.6.2.1-b] it also overrides silly window avoidance', () => {
    const script = new TcpScript();
    script.establish({ window: 4000 });
    script.open.send(bytes(1000));
    script.expect({ flags: 'P.', seq: 1, length: 1000 });
    script.open.send(bytes(5000));
    script.expect({ flags: '.', seq: 1001, length: 1460 });
    script.expect({ flags: '.', seq: 2461, length: 1460 });
    script.send({ flags: '.', seq: 1, ack: 3921, window: 100 });
    script.expectAfter(200, { flags: '.', seq: 3921, length: 100 });
  });
});

describe('delayed ACKs', () => {
  test('[RFC9293-MUST-40] [RFC9293-MUST-58] [RFC9293-SHLD-18] [RFC9293-SHLD-19] [RFC9293-3.8.6.3-a] one segment is acknowledged after 40 ms, a second full one at once', () => {
    const script = new TcpScript();
    script.establish();
    script.send({ flags: '.', seq: 1, ack: 1, length: 1460 });
    script.expectAfter(40, { flags: '.', ack: 1461 });
    script.send({ flags: '.', seq: 1461, ack: 1, length: 1460 });
    script.expectNothing(10);
    script.send({ flags: '.', seq: 2921, ack: 1, length: 1460 });
    script.expect({ flags: '.', ack: 4381 });
    script.expectNothing(1000);
  });

  test('data carries the ACK', () => {
    const script = new TcpScript();
    script.establish();
    script.send({ flags: 'P.', seq: 1, ack: 1, length: 10 });
    script.open.send(bytes(5));
    script.expect({ flags: 'P.', seq: 1, ack: 11, length: 5 });
    script.send({ flags: '.', seq: 11, ack: 6 });
    script.expectNothing(1000);
  });

  test('[RFC9293-SHLD-31] [RFC9293-MAY-13] [RFC5681-4.2-a] out of order: an ACK at once, and again when the hole is filled (1-3-2)', () => {
    const script = new TcpScript();
    script.establish();
    const part = (first: number): Uint8Array => Uint8Array.from({ length: 100 }, (_, index) => first + index);
    script.send({ flags: '.', seq: 1, ack: 1, data: part(0) });
    script.send({ flags: '.', seq: 201, ack: 1, data: part(200) });
    script.expect({ flags: '.', ack: 101 });
    script.send({ flags: '.', seq: 101, ack: 1, data: part(100) });
    script.expect({ flags: '.', ack: 301 });
    expect(script.open.receive()).toEqual(Uint8Array.from({ length: 300 }, (_, index) => index));
  });

  test('what arrived first stays, whatever a later segment says', () => {
    const script = new TcpScript();
    script.establish();
    script.send({ flags: '.', seq: 3, ack: 1, data: Uint8Array.of(3, 4) });
    script.send({ flags: '.', seq: 1, ack: 1, data: Uint8Array.of(1, 2, 9, 9, 5) });
    expect(script.open.receive()).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
  });
});

describe('the receive window', () => {
  test('[RFC9293-MUST-39] closes as the buffer fills, refuses what does not fit, and opens by a worthwhile step', () => {
    const script = new TcpScript();
    script.establish({}, { receiveBufferBytes: 4000 });
    script.send({ flags: '.', seq: 1, ack: 1, length: 1460 });
    script.send({ flags: '.', seq: 1461, ack: 1, length: 1460 });
    script.expect({ flags: '.', ack: 2921, window: 1080 });
    script.send({ flags: '.', seq: 2921, ack: 1, length: 1460 });
    script.expectAfter(40, { flags: '.', ack: 4001, window: 0 });
    script.send({ flags: '.', seq: 4001, ack: 1, length: 1 });
    script.expect({ flags: '.', ack: 4001, window: 0 });
    expect(script.takeDrops()).toEqual(['tcp-out-of-window']);
    script.open.receive(100);
    script.expectNothing();
    script.open.receive(1500);
    script.expect({ flags: '.', ack: 4001, window: 1600 });
  });

  test('[RFC9293-SHLD-14] [RFC1122-4.2.2.16-a] its right edge never moves left, byte by byte and scaled', () => {
    const script = new TcpScript();
    script.establish({ scale: 0 }, { receiveBufferBytes: 300_000 });
    let edge = 0;
    let next = 1;
    for (let step = 0; step < 400; step += 1) {
      const length = 1 + ((step * 977) % 1459);
      script.send({ flags: '.', seq: next, ack: 1, length });
      next += length;
      script.send({ flags: '.', seq: next - 1, ack: 1, length: 1 }); // an old byte: forces an ACK
      const { ack, window } = script.expect({ flags: '.' });
      expect(ack + 8 * window).toBeGreaterThanOrEqual(edge);
      edge = ack + 8 * window;
      script.skip();
    }
  });

  test('[RFC7323-2.2-a] no scaling unless both offer it, and never in a SYN', () => {
    const both = new TcpScript();
    both.connect();
    both.expect({ flags: 'S', window: 65_535, scale: 3 });
    both.send({ flags: 'S.', seq: 0, ack: 1, scale: 7, window: 1000 });
    both.expect({ flags: '.', window: 262_144 / 8 });
    both.open.send(bytes(5000));
    both.expect({ flags: '.', length: 536 });
    both.expectNothing(10); // 1000 is not scaled: less than a segment is left
    both.send({ flags: '.', seq: 1, ack: 537, window: 10 });
    both.expect({ flags: '.', length: 536 });
    both.expect({ flags: '.', length: 536 });
    const one = new TcpScript();
    one.connect();
    one.expect({ flags: 'S' });
    one.send({ flags: 'S.', seq: 0, ack: 1, window: 1000 });
    one.expect({ flags: '.', window: 65_535 });
  });

  test('[RFC7323-2.3-a] a shift above 14 counts as 14', () => {
    const script = new TcpScript();
    script.establish({ scale: 200 });
    script.send({ flags: '.', seq: 1, ack: 1, window: 65_535 });
    const control = script.tcp.inspect()[0]?.control;
    expect(control?.sndWnd).toBe(65_535 * 2 ** 14);
  });
});

describe('the send buffer', () => {
  test('takes what fits, and says when there is room again', () => {
    const script = new TcpScript();
    script.establish({ window: 1000 }, { sendBufferBytes: 3000 });
    script.expectHeard('established');
    expect(script.open.sendSpace).toBe(3000);
    expect(script.open.send(bytes(5000))).toBe(3000);
    expect(script.open.sendSpace).toBe(0);
    script.expect({ flags: '.', length: 1000 });
    script.send({ flags: '.', seq: 1, ack: 1001, window: 1000 });
    script.expectHeard('writable');
    expect(script.open.sendSpace).toBe(1000);
    expect(script.open.sendQueued).toBe(2000);
  });
});

describe('keep-alive', () => {
  test('[RFC9293-MUST-24] [RFC9293-MUST-25] [RFC9293-MAY-5] [RFC9293-3.8.4-a] is off unless asked for', () => {
    const script = new TcpScript();
    script.establish();
    script.expectNothing(10 * 3600 * 1000);
    expect(script.clock.pending).toBe(0);
  });

  test('[RFC9293-MUST-26] [RFC9293-SHLD-12] [RFC9293-3.8.4-b] probes after the idle time with an old number; any answer starts it over', () => {
    const script = new TcpScript();
    script.establish();
    script.open.setKeepAlive(10_000);
    script.expectAfter(10_000, { flags: '.', seq: 0, ack: 1, length: 0 });
    script.send({ flags: '.', seq: 1, ack: 1 });
    script.expectNothing(9000);
  });

  test('[RFC9293-MUST-29] [RFC9293-3.8.4-c] nine probes without an answer end the connection', () => {
    const script = new TcpScript({ 'net.ipv4.tcp_keepalive_intvl': 10 });
    script.establish();
    script.open.setKeepAlive(10_000);
    script.advance(10_000 + 9 * 10_000 + 1);
    expect(script.skip()).toBe(9);
    script.expectHeard('established', 'closed ETIMEDOUT');
  });

  test('the peer answers a probe of ours as it should: ours does', () => {
    const script = new TcpScript();
    script.establish();
    script.send({ flags: '.', seq: 0, ack: 1 });
    script.expect({ flags: '.', seq: 1, ack: 1 });
  });
});
