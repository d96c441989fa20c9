// Opening a connection: three-way, simultaneous, refused, unanswered; what SYN options agree on. RFC 9293 section 3.5.
import { describe, expect, test } from 'vitest';
import { SocketError } from '../../../src/stack/sockets.ts';
import type { Ipv4Address } from '../../../src/stack/wire/ip-address.ts';
import { ourAddress, peerAddress, TcpScript } from '../../support/tcp-script.ts';

describe('active open', () => {
  test('[RFC9293-3.5-a] a three-way handshake: SYN, SYN-ACK, ACK', () => {
    const script = new TcpScript();
    script.connect();
    script.expectState('SYN_SENT');
    script.expect({ flags: 'S', seq: 0, length: 0, mss: 1460, sackOk: true, scale: 3 });
    script.send({ flags: 'S.', seq: 0, ack: 1 });
    script.expect({ flags: '.', seq: 1, ack: 1 });
    script.expectState('ESTABLISHED');
    script.expectHeard('established');
  });

  test('[RFC9293-3.10.7.3-a] an ACK for something never sent is answered with RST, and the attempt goes on', () => {
    const script = new TcpScript();
    script.connect();
    script.expect({ flags: 'S' });
    script.send({ flags: '.', seq: 0, ack: 77 });
    script.expect({ flags: 'R', seq: 77 });
    script.expectState('SYN_SENT');
    expect(script.takeDrops()).toEqual(['tcp-ack-invalid']);
  });

  test('[RFC9293-3.10.7.3-b] RST with an acceptable ACK refuses the connection', () => {
    const script = new TcpScript();
    script.connect();
    script.expect({ flags: 'S' });
    script.send({ flags: 'R.', seq: 0, ack: 1 });
    script.expectState('CLOSED');
    script.expectHeard('closed ECONNREFUSED');
    expect(script.clock.pending).toBe(0);
  });

  test('[RFC9293-3.10.7.3-c] RST without ACK is ignored', () => {
    const script = new TcpScript();
    script.connect();
    script.expect({ flags: 'S' });
    script.send({ flags: 'R', seq: 0 });
    script.expectState('SYN_SENT');
    expect(script.takeDrops()).toEqual(['tcp-rst-invalid']);
  });

  test('[RFC9293-MUST-10] [RFC9293-3.5-b] simultaneous open: SYN crosses SYN, both answer with SYN-ACK', () => {
    const script = new TcpScript();
    script.connect();
    script.expect({ flags: 'S', seq: 0 });
    script.send({ flags: 'S', seq: 0, mss: 1460 });
    script.expectState('SYN_RCVD');
    script.expect({ flags: 'S.', seq: 0, ack: 1 });
    script.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 });
    script.expectState('ESTABLISHED');
    script.expectHeard('established');
    script.expect({ flags: '.', seq: 1, ack: 1 });
    script.open.send(new Uint8Array(3));
    script.expect({ flags: 'P.', seq: 1, length: 3 });
  });

  test('[RFC9293-MUST-22] [RFC6298-2.1] the SYN is sent again after 1, 3, 7, 15, 31, 63 s; after 127 s ETIMEDOUT', () => {
    const script = new TcpScript();
    script.connect();
    script.expect({ flags: 'S', seq: 0 });
    for (const delayMs of [1000, 2000, 4000, 8000, 16_000, 32_000]) script.expectAfter(delayMs, { flags: 'S', seq: 0 });
    script.expectNothing(63_990);
    script.expectHeard();
    script.advance(20);
    script.expectHeard('closed ETIMEDOUT');
    expect(script.clock.pending).toBe(0);
  });

  test('[RFC5681-3.1-a] a connection whose SYN was lost starts with a window of one segment', () => {
    const script = new TcpScript();
    script.connect();
    script.expect({ flags: 'S' });
    script.expectAfter(1000, { flags: 'S' });
    script.send({ flags: 'S.', seq: 0, ack: 1, mss: 1000 });
    script.expect({ flags: '.' });
    script.open.send(new Uint8Array(5000));
    script.expect({ flags: '.', seq: 1, length: 1000 });
    script.expectNothing(100);
  });

  test('what is sent and finished before the handshake goes out after it', () => {
    const script = new TcpScript();
    script.connect();
    script.expect({ flags: 'S' });
    script.open.send(new Uint8Array(10));
    script.open.finish();
    script.expectNothing();
    script.send({ flags: 'S.', seq: 0, ack: 1 });
    script.expect({ flags: '.', seq: 1 });
    script.expect({ flags: 'FP.', seq: 1, length: 10 });
    script.expectState('FIN_WAIT_1');
  });

  test('[RFC9293-3.10.4-a] close in SYN_SENT forgets the connection without a word', () => {
    const script = new TcpScript();
    script.connect();
    script.expect({ flags: 'S' });
    script.open.close();
    script.expectState('CLOSED');
    script.expectHeard('closed');
    script.expectNothing(5000);
  });

  test('[RFC9293-MUST-46] refuses what cannot be: no route, a foreign local address, a group, port 0', () => {
    const script = new TcpScript();
    const attempt = (address: number, port: number, localAddress?: number) => () =>
      script.tcp.connect(
        { address: address as Ipv4Address, port },
        localAddress === undefined ? {} : { localAddress: localAddress as Ipv4Address },
      );
    expect(attempt(peerAddress, 0)).toThrow('EINVAL');
    expect(attempt(0xe000_0001, 80)).toThrow('ENETUNREACH');
    expect(attempt(peerAddress, 80, 0x0b00_0001)).toThrow('EADDRNOTAVAIL');
    script.internet.reachable = false;
    expect(attempt(peerAddress, 80)).toThrow(SocketError);
    script.expectNothing(5000);
  });

  test('[RFC9293-MUST-8] [RFC9293-SHLD-1] [RFC6528-3] initial sequence numbers differ between tuples and advance with time on one', () => {
    const script = new TcpScript();
    script.connect({ localPort: 1111 });
    const first = script.expect({ flags: 'S' }).rawSeq;
    script.open.abort();
    script.advance(1000);
    script.connect({ localPort: 1111 });
    const later = script.expect({ flags: 'S' }).rawSeq;
    expect((later - first) >>> 0).toBe(250_000); // one tick every 4 microseconds
    script.connect({ localPort: 1112 });
    expect(script.expect({ flags: 'S' }).rawSeq).not.toBe(later);
  });

  test('[RFC6056-3.3.3] ephemeral ports come from the range and are used once per destination', () => {
    const script = new TcpScript({ 'net.ipv4.ip_local_port_range': '40000 40002' });
    const ports = [1, 2, 3].map(() => script.connect().local.port);
    expect(ports.sort()).toEqual([40_000, 40_001, 40_002]);
    expect(() => script.connect()).toThrow('EADDRINUSE');
    expect(script.tcp.connect({ address: peerAddress, port: 7 }).local.address).toBe(ourAddress);
  });
});

describe('passive open', () => {
  test('[RFC9293-3.10.7.2-a] SYN, SYN-ACK, ACK; then the connection can be accepted', () => {
    const script = new TcpScript();
    script.listen();
    script.send({ flags: 'S', seq: 0, mss: 1460 });
    script.expect({ flags: 'S.', seq: 0, ack: 1, sackOk: false });
    script.expectHeard();
    script.send({ flags: '.', seq: 1, ack: 1 });
    script.expectHeard('acceptable');
    expect(script.accept().state).toBe('ESTABLISHED');
    expect(script.listener?.accept()).toBeUndefined();
  });

  test('[RFC9293-3.10.7.2-b] a listener answers an ACK with RST', () => {
    const script = new TcpScript();
    script.listen();
    script.send({ flags: '.', seq: 5, ack: 9 });
    expect(script.expect({ flags: 'R' }).rawSeq).toBe(9);
  });

  test('[RFC9293-3.10.7.2-c] a listener ignores RST, and a segment without SYN and ACK', () => {
    const script = new TcpScript();
    script.listen();
    script.send({ flags: 'R', seq: 5 });
    script.send({ flags: 'P', seq: 5, length: 3 });
    script.expectNothing();
    expect(script.takeDrops()).toEqual(['tcp-rst-invalid', 'tcp-no-ack']);
  });

  test('[RFC9293-3.10.7.1-a] without a listener a SYN is answered with RST that acknowledges it', () => {
    const script = new TcpScript();
    script.send({ flags: 'S', seq: 0 });
    script.expect({ flags: 'R.', ack: 1 });
    expect(script.takeDrops()).toEqual(['tcp-no-socket']);
  });

  test('[RFC9293-3.10.7.1-b] without a listener an ACK is answered with RST at its number, a RST with nothing', () => {
    const script = new TcpScript();
    script.send({ flags: '.', seq: 0, ack: 4711 });
    expect(script.expect({ flags: 'R' }).rawSeq).toBe(4711);
    script.send({ flags: 'R', seq: 0 });
    script.expectNothing();
  });

  test('a repeated SYN is answered with the SYN-ACK again', () => {
    const script = new TcpScript();
    script.listen();
    script.send({ flags: 'S', seq: 0 });
    script.expect({ flags: 'S.', seq: 0, ack: 1 });
    script.send({ flags: 'S', seq: 0 });
    script.expect({ flags: 'S.', seq: 0, ack: 1 });
  });

  test('the SYN-ACK is sent again five times, then the half-open connection is forgotten', () => {
    const script = new TcpScript();
    script.listen();
    script.send({ flags: 'S', seq: 0 });
    script.expect({ flags: 'S.' });
    for (const delayMs of [1000, 2000, 4000, 8000, 16_000]) script.expectAfter(delayMs, { flags: 'S.', seq: 0 });
    script.expectNothing(40_000);
    expect(script.tcp.inspect().map((each) => each.state)).toEqual(['LISTEN']);
    expect(script.clock.pending).toBe(0);
  });

  test('[RFC9293-3.10.7.4-a] in SYN_RCVD a wrong ACK is answered with RST; an exact RST returns to LISTEN', () => {
    const script = new TcpScript();
    script.listen();
    script.send({ flags: 'S', seq: 0 });
    script.expect({ flags: 'S.' });
    script.send({ flags: '.', seq: 1, ack: 99 });
    script.expect({ flags: 'R', seq: 99 });
    script.send({ flags: 'R', seq: 1 });
    expect(script.tcp.inspect().map((each) => each.state)).toEqual(['LISTEN']);
    script.expectNothing(5000);
  });

  test('data and FIN that arrive before accept are there afterwards', () => {
    const script = new TcpScript();
    script.listen();
    script.send({ flags: 'S', seq: 0 });
    script.expect({ flags: 'S.' });
    script.send({ flags: '.', seq: 1, ack: 1 });
    script.send({ flags: 'FP.', seq: 1, ack: 1, data: Uint8Array.of(1, 2, 3) });
    script.expect({ flags: '.', ack: 5 });
    const socket = script.accept();
    script.expectHeard('acceptable', 'readable', 'peerFinished');
    expect(socket.receive()).toEqual(Uint8Array.of(1, 2, 3));
    expect(socket.endOfStream).toBe(true);
  });

  test('[RFC9293-MUST-15] [RFC9293-MUST-16] [RFC9293-3.7.1-a] the MSS that a peer does not name is 536; a named one bounds our segments', () => {
    const silent = new TcpScript();
    silent.connect();
    silent.expect({ flags: 'S' });
    silent.send({ flags: 'S.', seq: 0, ack: 1 });
    silent.expect({ flags: '.' });
    silent.open.send(new Uint8Array(2000));
    silent.expect({ flags: '.', length: 536 });
    const named = new TcpScript();
    named.establish({ mss: 700 });
    named.open.send(new Uint8Array(2000));
    named.expect({ flags: '.', length: 700 });
  });

  test('[RFC9293-MUST-67] [RFC9293-SHLD-6] [RFC9293-3.7.1-b] our MSS is of our link’s MTU, whatever the path takes; what we send keeps to the path', () => {
    const script = new TcpScript();
    script.internet.mtu = 1006;
    script.connect();
    script.expect({ flags: 'S', mss: 1460 });
    script.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 });
    script.expect({ flags: '.', seq: 1, ack: 1 });
    script.open.send(new Uint8Array(966));
    script.expect({ flags: 'P.', length: 966 });
    script.open.send(new Uint8Array(967));
    script.expect({ flags: '.', length: 966 });
  });
});

describe('the listener', () => {
  test('a full accept queue drops SYNs and the last ACK, until there is room', () => {
    const script = new TcpScript();
    script.listen({ backlog: 1 });
    const handshake = (port: number): void => {
      script.remotePort = port;
      script.send({ flags: 'S', seq: 0 });
    };
    handshake(5001);
    script.expect({ flags: 'S.' });
    handshake(5002);
    script.expect({ flags: 'S.' });
    script.send({ flags: '.', seq: 1, ack: 1 });
    expect(script.listener?.pending).toBe(1);
    handshake(5003);
    script.expectNothing();
    expect(script.takeDrops()).toEqual(['tcp-backlog-full']);
    expect(script.counters.TcpExtListenDrops).toBe(1);
    script.accept();
    handshake(5003);
    script.expect({ flags: 'S.' });
  });

  test('two listeners may share a port on different addresses only', () => {
    const script = new TcpScript();
    script.listen({ address: ourAddress });
    expect(() => script.listen({ address: ourAddress })).toThrow('EADDRINUSE');
    expect(() => script.listen()).toThrow('EADDRINUSE');
    expect(() => script.listen({ address: 0x0b00_0001 as Ipv4Address })).toThrow('EADDRNOTAVAIL');
    expect(script.tcp.listen({ port: 0, acceptable: () => undefined }).local.port).toBeGreaterThanOrEqual(32_768);
  });

  test('closing it resets what waits and frees the port', () => {
    const script = new TcpScript();
    const socket = script.listen();
    script.send({ flags: 'S', seq: 0 });
    script.expect({ flags: 'S.' });
    script.send({ flags: '.', seq: 1, ack: 1 });
    socket.close();
    script.expect({ flags: 'R.', seq: 1 });
    expect(script.tcp.inspect()).toEqual([]);
    script.listen();
  });
});
