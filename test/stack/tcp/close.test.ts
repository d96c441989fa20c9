// Closing a connection: both orders, both at once, half-close, abort, TIME_WAIT. RFC 9293 section 3.6.
import { describe, expect, test } from 'vitest';
import { TcpScript } from '../../support/tcp-script.ts';

describe('our side first', () => {
  test('[RFC9293-MUST-13] [RFC9293-3.6-a] FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT, and CLOSED after 2 MSL', () => {
    const script = new TcpScript();
    script.establish();
    script.expectHeard('established');
    script.open.finish();
    script.expect({ flags: 'F.', seq: 1, ack: 1 });
    script.expectState('FIN_WAIT_1');
    script.send({ flags: '.', seq: 1, ack: 2 });
    script.expectState('FIN_WAIT_2');
    script.send({ flags: 'F.', seq: 1, ack: 2 });
    script.expect({ flags: '.', seq: 2, ack: 2 });
    script.expectState('TIME_WAIT');
    script.expectHeard('peerFinished', 'closed');
    script.advance(59_990);
    script.expectState('TIME_WAIT');
    script.advance(20);
    script.expectState('CLOSED');
    expect(script.clock.pending).toBe(0);
    expect(script.tcp.inspect()).toEqual([]);
  });

  test('[RFC9293-3.6-b] FIN and the ACK of ours in one segment lead to TIME_WAIT at once', () => {
    const script = new TcpScript();
    script.establish();
    script.open.finish();
    script.expect({ flags: 'F.' });
    script.send({ flags: 'F.', seq: 1, ack: 2 });
    script.expect({ flags: '.', seq: 2, ack: 2 });
    script.expectState('TIME_WAIT');
  });

  test('[RFC9293-3.6-c] simultaneous close: CLOSING, then TIME_WAIT', () => {
    const script = new TcpScript();
    script.establish();
    script.open.finish();
    script.expect({ flags: 'F.', seq: 1 });
    script.send({ flags: 'F.', seq: 1, ack: 1 });
    script.expect({ flags: '.', seq: 2, ack: 2 });
    script.expectState('CLOSING');
    script.send({ flags: '.', seq: 2, ack: 2 });
    script.expectState('TIME_WAIT');
  });

  test('[RFC9293-MAY-1] [RFC9293-3.6-d] half-close: data goes on arriving in FIN_WAIT_2', () => {
    const script = new TcpScript();
    script.establish();
    script.open.finish();
    script.expect({ flags: 'F.' });
    script.send({ flags: '.', seq: 1, ack: 2 });
    script.send({ flags: 'P.', seq: 1, ack: 2, data: Uint8Array.of(7, 8) });
    expect(script.open.receive()).toEqual(Uint8Array.of(7, 8));
    script.expectAfter(40, { flags: '.', ack: 3 });
    expect(() => script.open.send(new Uint8Array(1))).toThrow('EPIPE');
    script.advance(600_000);
    script.expectState('FIN_WAIT_2'); // somebody still reads: no time limit
  });

  test('FIN waits for the queue and leaves with the last byte', () => {
    const script = new TcpScript();
    script.establish({ window: 1000 });
    script.open.send(new Uint8Array(1500));
    script.open.finish();
    script.expect({ flags: '.', seq: 1, length: 1000 });
    script.expectNothing(10);
    script.send({ flags: '.', seq: 1, ack: 1001, window: 1000 });
    script.expect({ flags: 'FP.', seq: 1001, length: 500 });
  });

  test('a lost FIN is sent again', () => {
    const script = new TcpScript();
    script.establish();
    script.open.finish();
    script.expect({ flags: 'F.', seq: 1 });
    script.expectAfter(200, { flags: 'F.', seq: 1 });
  });
});

describe('the peer first', () => {
  test('[RFC9293-3.6-e] CLOSE_WAIT, LAST_ACK, CLOSED: no TIME_WAIT, no timer', () => {
    const script = new TcpScript();
    script.establish();
    script.send({ flags: 'F.', seq: 1, ack: 1 });
    script.expect({ flags: '.', seq: 1, ack: 2 });
    script.expectState('CLOSE_WAIT');
    script.expectHeard('established', 'peerFinished');
    script.open.send(new Uint8Array(4));
    script.expect({ flags: 'P.', seq: 1, length: 4 });
    script.send({ flags: '.', seq: 2, ack: 5 });
    script.open.finish();
    script.expect({ flags: 'F.', seq: 5, ack: 2 });
    script.expectState('LAST_ACK');
    script.send({ flags: '.', seq: 2, ack: 6 });
    script.expectState('CLOSED');
    script.expectHeard('closed');
    expect(script.clock.pending).toBe(0);
  });

  test('a FIN before a hole counts only when the hole is filled', () => {
    const script = new TcpScript();
    script.establish();
    script.expectHeard('established');
    script.send({ flags: 'F.', seq: 3, ack: 1, length: 2 });
    script.expect({ flags: '.', ack: 1 });
    script.expectState('ESTABLISHED');
    script.send({ flags: '.', seq: 1, ack: 1, length: 2 });
    script.expect({ flags: '.', ack: 6 });
    script.expectState('CLOSE_WAIT');
    script.expectHeard('readable', 'peerFinished');
    expect(script.open.receive()?.length).toBe(4);
  });

  test('a repeated FIN is acknowledged again', () => {
    const script = new TcpScript();
    script.establish();
    script.send({ flags: 'F.', seq: 1, ack: 1 });
    script.expect({ flags: '.', ack: 2 });
    script.send({ flags: 'F.', seq: 1, ack: 1 });
    script.expect({ flags: '.', ack: 2 });
    script.expectState('CLOSE_WAIT');
  });

  test('nothing is taken after the FIN', () => {
    const script = new TcpScript();
    script.establish();
    script.send({ flags: 'F.', seq: 1, ack: 1, length: 3 });
    script.expect({ flags: '.', ack: 5 });
    script.send({ flags: '.', seq: 5, ack: 1, length: 9 });
    expect(script.open.receivable).toBe(3);
  });
});

describe('close and abort', () => {
  test('[RFC9293-SHLD-3] [RFC1122-4.2.2.13-a] close with unread data sends RST', () => {
    const script = new TcpScript();
    script.establish();
    script.send({ flags: 'P.', seq: 1, ack: 1, length: 5 });
    script.open.close();
    script.expect({ flags: 'R.', seq: 1 });
    script.expectState('CLOSED');
    expect(script.clock.pending).toBeLessThanOrEqual(1); // the news that it is over
    script.settle();
    expect(script.clock.pending).toBe(0);
  });

  test('[RFC1122-4.2.2.13-b] new data after close is answered with RST', () => {
    const script = new TcpScript();
    script.establish();
    script.open.close();
    script.expect({ flags: 'F.' });
    script.send({ flags: '.', seq: 1, ack: 2 });
    script.send({ flags: 'P.', seq: 1, ack: 2, length: 5 });
    script.expect({ flags: 'R', seq: 2 });
    script.expectHeard('established', 'closed ECONNABORTED');
    expect(script.takeDrops()).toContain('tcp-after-close');
  });

  test('an orphan leaves FIN_WAIT_2 after tcp_fin_timeout', () => {
    const script = new TcpScript();
    script.establish();
    script.open.close();
    script.expect({ flags: 'F.' });
    script.send({ flags: '.', seq: 1, ack: 2 });
    script.expectState('FIN_WAIT_2');
    script.advance(60_001);
    script.expectState('CLOSED');
    script.expectHeard('established', 'closed');
  });

  test('[RFC9293-3.10.5-a] abort sends RST and forgets', () => {
    const script = new TcpScript();
    script.establish();
    script.open.send(new Uint8Array(10));
    script.expect({ flags: 'P.', seq: 1 });
    script.open.abort();
    script.expect({ flags: 'R.', seq: 11 });
    script.expectHeard('established', 'closed ECONNABORTED');
    expect(script.clock.pending).toBe(0);
    expect(() => script.open.send(new Uint8Array(1))).toThrow('ENOTCONN');
  });

  test('bytes received before the end can be read after it', () => {
    const script = new TcpScript();
    script.establish();
    script.send({ flags: 'FP.', seq: 1, ack: 1, data: Uint8Array.of(1, 2) });
    script.expect({ flags: '.', ack: 4 });
    script.open.finish();
    script.expect({ flags: 'F.' });
    script.send({ flags: '.', seq: 4, ack: 2 });
    script.expectState('CLOSED');
    expect(script.open.receive()).toEqual(Uint8Array.of(1, 2));
  });

  test('no handler is called from inside a method of the socket', () => {
    const script = new TcpScript();
    script.establish();
    script.expectHeard('established');
    script.open.abort();
    expect(script.heard).toEqual([]);
    script.expectHeard('closed ECONNABORTED');
  });
});

describe('the end of the stack', () => {
  test('leaves no timer and says nothing to anybody', () => {
    const script = new TcpScript();
    script.establish();
    script.expectHeard('established');
    script.open.send(new Uint8Array(10));
    script.listen();
    script.skip();
    script.tcp.dispose();
    script.expectNothing(1000);
    script.expectHeard();
    expect(script.clock.pending).toBe(0);
    expect(script.tcp.inspect()).toEqual([]);
  });
});

describe('TIME_WAIT', () => {
  function inTimeWait(knobs: Record<string, number> = {}, timestamps?: readonly [number, number]): TcpScript {
    const script = new TcpScript(knobs);
    const ts = timestamps === undefined ? {} : { timestamps };
    script.listen();
    script.send({ flags: 'S', seq: 0, ...ts });
    script.expect({ flags: 'S.' });
    script.send({ flags: '.', seq: 1, ack: 1, ...ts });
    script.accept().finish();
    script.expect({ flags: 'F.' });
    script.send({ flags: 'F.', seq: 1, ack: 2, ...ts });
    script.expect({ flags: '.', seq: 2, ack: 2 });
    script.expectState('TIME_WAIT');
    script.takeDrops();
    return script;
  }

  test('[RFC9293-3.10.7.4-t] a repeated FIN is acknowledged and starts the wait over', () => {
    const script = inTimeWait();
    script.advance(50_000);
    script.send({ flags: 'F.', seq: 1, ack: 2 });
    script.expect({ flags: '.', seq: 2, ack: 2 });
    script.advance(50_000);
    script.expectState('TIME_WAIT');
    script.advance(10_001);
    script.expectState('CLOSED');
  });

  test('[RFC9293-MAY-2] [RFC6191-2-a] a SYN beyond the old numbers opens a new connection', () => {
    const script = inTimeWait();
    script.send({ flags: 'S', seq: 1000 });
    script.expectState('CLOSED');
    script.expect({ flags: 'S.', ack: 1001 });
  });

  test('[RFC6191-2-b] an older SYN does not', () => {
    const script = inTimeWait();
    script.send({ flags: 'S', seq: -1000 });
    script.expectState('TIME_WAIT');
    script.expect({ flags: '.', seq: 2, ack: 2 });
  });

  test('[RFC9293-SHLD-4] [RFC6191-2-c] with timestamps the newer one decides', () => {
    const newer = inTimeWait({}, [100, 0]);
    newer.send({ flags: 'S', seq: -1000, timestamps: [200, 0] });
    newer.expect({ flags: 'S.', ack: -999 });
    const older = inTimeWait({}, [100, 0]);
    older.send({ flags: 'S', seq: 5000, timestamps: [50, 0] });
    older.expectState('TIME_WAIT');
  });

  test('[RFC1337-3-a] RST ends it, unless the knob says otherwise', () => {
    const usual = inTimeWait();
    usual.send({ flags: 'R', seq: 2 });
    usual.expectState('CLOSED');
    const careful = inTimeWait({ 'net.ipv4.tcp_rfc1337': 1 });
    careful.send({ flags: 'R', seq: 2 });
    careful.expectState('TIME_WAIT');
  });

  test('its length is a knob', () => {
    const script = inTimeWait({ 'net.ipv4.tcp_time_wait_ms': 1000 });
    script.advance(1001);
    script.expectState('CLOSED');
  });
});
