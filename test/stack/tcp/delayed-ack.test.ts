// Quick ACKs: when data begins to come each segment is acknowledged at once, as on Linux (RFC 5681 section 4.2 allows it).
import { describe, expect, test } from 'vitest';
import { TcpScript } from '../../support/tcp-script.ts';

const quick = { 'net.ipv4.tcp_max_quickacks': 4 };

function arriving(script: TcpScript, seq: number): void {
  script.send({ flags: '.', seq, ack: 1, length: 1000 });
}

/** The peer asks and we answer. */
function takeTurns(script: TcpScript): void {
  arriving(script, 1);
  script.expect({ flags: '.', ack: 1001 });
  script.open.send(new Uint8Array(10));
  script.expect({ flags: 'P.', ack: 1001, length: 10 });
}

describe('quick ACKs', () => {
  test('the first segments are acknowledged one by one, later ones in pairs', () => {
    const script = new TcpScript(quick);
    script.establish();
    for (let segment = 0; segment < 4; segment += 1) {
      arriving(script, 1 + 1000 * segment);
      script.expect({ flags: '.', ack: 1001 + 1000 * segment });
    }
    arriving(script, 4001);
    script.expectNothing(39);
    arriving(script, 5001);
    script.expect({ flags: '.', ack: 6001 });
  });

  test('after a silence longer than the RTO they begin again', () => {
    const script = new TcpScript(quick);
    script.establish();
    for (let segment = 0; segment < 4; segment += 1) arriving(script, 1 + 1000 * segment);
    script.advance(5000);
    script.skip();
    arriving(script, 4001);
    script.expect({ flags: '.', ack: 5001 });
  });

  test('where the two sides take turns, an ACK waits for the answer that carries it', () => {
    const script = new TcpScript(quick);
    script.establish();
    takeTurns(script);
    script.send({ flags: '.', seq: 1001, ack: 11, length: 1000 });
    script.expectNothing(30);
    script.open.send(new Uint8Array(10));
    script.expect({ flags: 'P.', ack: 2001, length: 10 });
  });

  test('data out of order ends the turns: the sender repairs and needs every ACK', () => {
    const script = new TcpScript(quick);
    script.establish();
    takeTurns(script);
    script.send({ flags: '.', seq: 2001, ack: 11, length: 1000 });
    script.expect({ flags: '.', ack: 1001 });
    script.send({ flags: '.', seq: 1001, ack: 11, length: 1000 });
    script.expect({ flags: '.', ack: 3001 });
    script.send({ flags: '.', seq: 3001, ack: 11, length: 1000 });
    script.expect({ flags: '.', ack: 4001 });
  });

  test('half a small window is acknowledged quickly, never less than two segments', () => {
    const script = new TcpScript({ 'net.ipv4.tcp_max_quickacks': 16 });
    script.establish({}, { receiveBufferBytes: 6000 });
    for (let segment = 0; segment < 5; segment += 1) {
      script.send({ flags: '.', seq: 1 + 536 * segment, ack: 1, length: 536 });
      expect(script.skip()).toBe(1);
    }
    script.send({ flags: '.', seq: 1 + 536 * 5, ack: 1, length: 536 });
    script.expectNothing(39);
  });
});
