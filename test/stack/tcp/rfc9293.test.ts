// Requirements of RFC 9293 (its appendix B) that no other test here shows by the way.
import { describe, expect, test } from 'vitest';
import { SocketError } from '../../../src/stack/sockets.ts';
import { parseIpv4 } from '../../../src/stack/wire/ipv4.ts';
import type { MacAddress } from '../../../src/stack/wire/mac-address.ts';
import { frameOf, ipv4Packet } from '../../support/packet.ts';
import { ip, StackWorld, threeRouters, type TestHost } from '../../support/stack-world.ts';
import { ourAddress, peerAddress, TcpScript } from '../../support/tcp-script.ts';
import type { WireDevice } from '../../support/wire-pair.ts';

const bytes = (length: number): Uint8Array => new Uint8Array(length);

describe('the PSH flag', () => {
  test('[RFC9293-MUST-60] [RFC9293-MUST-61] data that is not pushed leaves at once, and the last segment of it carries PSH', () => {
    const script = new TcpScript();
    script.establish();
    script.open.send(bytes(3000));
    script.expect({ flags: '.', length: 1460 });
    script.expect({ flags: '.', length: 1460 });
    script.expect({ flags: 'P.', length: 80 });
  });

  test('[RFC9293-SHLD-27] [RFC9293-SHLD-28] what waits is sent in segments of the largest size, with one PSH at its end', () => {
    const script = new TcpScript();
    script.establish({ window: 0 });
    for (let count = 0; count < 4; count += 1) script.open.send(bytes(730));
    script.send({ flags: '.', seq: 1, ack: 1, window: 65_535 });
    script.expect({ flags: '.', length: 1460 });
    script.expect({ flags: 'P.', length: 1460 });
    script.expectNothing();
  });
});

describe('the window', () => {
  test('[RFC9293-MUST-1] [RFC9293-REC-1] is unsigned: 65,535 bytes are 65,535 bytes, and beyond with a scale', () => {
    const script = new TcpScript();
    script.establish({ window: 65_535 });
    expect(script.open.info().sendWindowBytes).toBe(65_535);
    const scaled = new TcpScript();
    scaled.establish({ window: 65_535, scale: 14 });
    scaled.send({ flags: '.', seq: 1, ack: 1, window: 65_535 });
    expect(scaled.open.info().sendWindowBytes).toBe(65_535 * 2 ** 14);
  });

  test('[RFC9293-MUST-34] [RFC9293-SHLD-15] [RFC9293-SHLD-16] a window that shrinks: nothing new is sent, what it still covers is sent again', () => {
    const script = new TcpScript({ 'net.ipv4.tcp_congestion_control': 'reno' });
    script.establish({ window: 5000, mss: 1000 });
    script.open.send(bytes(8000));
    expect(script.skip()).toBe(5);
    script.send({ flags: '.', seq: 1, ack: 1001, window: 1000 }); // the right edge moves from 5001 to 2001
    script.expectNothing();
    script.advance(5000);
    script.expect({ flags: '.', seq: 1001, length: 1000 });
  });

  test('[RFC9293-SHLD-17] data beyond the new edge does not end the connection', () => {
    const script = new TcpScript({ 'net.ipv4.tcp_retries2': 3 });
    script.establish({ window: 4000, mss: 1000 });
    script.open.send(bytes(4000));
    script.skip();
    script.send({ flags: '.', seq: 1, ack: 1, window: 0 });
    for (let tenths = 0; tenths < 6000; tenths += 1) {
      script.advance(100);
      if (script.skip() > 0) script.send({ flags: '.', seq: 1, ack: 1, window: 0 }); // the peer lives, and has no room
    }
    script.expectState('ESTABLISHED');
  });

  test('[RFC9293-MUST-66] RST is taken while our window is zero', () => {
    const script = new TcpScript();
    script.establish({}, { receiveBufferBytes: 4096 });
    for (let seq = 1; script.open.receivable < 4096; seq += 1024) script.send({ flags: '.', seq, length: 1024 });
    script.skip();
    script.send({ flags: 'U.', seq: 4097, urgent: 100 });
    script.send({ flags: 'R', seq: 4097 });
    script.expectHeard('established', 'readable', 'urgent', 'closed ECONNRESET');
  });
});

describe('urgent data', () => {
  test('[RFC9293-MUST-30] [RFC9293-MUST-62] is announced with the place of the first byte behind it, until that is sent', () => {
    const script = new TcpScript();
    script.establish({ mss: 1000 });
    script.open.send(bytes(500));
    script.expect({ flags: 'P.', urgent: 0 });
    script.open.send(bytes(1500), { urgent: true });
    script.expect({ flags: 'U.', seq: 501, length: 1000, urgent: 1500 });
    script.send({ flags: '.', seq: 1, ack: 1501 });
    script.expect({ flags: 'PU.', seq: 1501, length: 500, urgent: 500 });
    script.open.send(bytes(1000));
    script.expect({ flags: 'P.', seq: 2001, urgent: 0 });
  });

  test('[RFC9293-MUST-31] may be of any length: a pointer that its field cannot hold says "at least that far"', () => {
    const script = new TcpScript();
    script.establish({ window: 65_535, scale: 7 }, { sendBufferBytes: 200_000 });
    script.open.send(bytes(100_000), { urgent: true });
    script.expect({ flags: 'U.', urgent: 65_535 });
  });

  test('[RFC9293-MUST-32] [RFC9293-MUST-33] the application hears of it at once, and how much is still ahead', () => {
    const script = new TcpScript();
    script.establish();
    script.expectHeard('established');
    script.send({ flags: 'U.', seq: 1, length: 100, urgent: 150 });
    script.expectHeard('urgent', 'readable');
    expect(script.open.urgentBytes).toBe(150);
    script.open.receive(60);
    expect(script.open.urgentBytes).toBe(90);
    script.send({ flags: '.', seq: 101, length: 50 });
    script.open.receive();
    expect(script.open.urgentBytes).toBe(0);
    script.send({ flags: 'U.', seq: 151, length: 10, urgent: 0 }); // nothing ahead
    script.expectHeard('readable');
  });
});

describe('options', () => {
  const unknown = [253, 6, 1, 2, 3, 4, 1, 1];

  test('[RFC9293-MUST-5] may come in any segment', () => {
    const script = new TcpScript();
    script.establish({ rawOptions: unknown });
    script.send({ flags: '.', seq: 1, length: 10, rawOptions: unknown });
    script.send({ flags: '.', seq: 11, length: 10, mss: 100 });
    expect(script.open.receivable).toBe(20);
    expect(script.open.info().segmentBytes).toBe(1460); // an MSS counts in a SYN only
    script.send({ flags: 'F.', seq: 21, rawOptions: unknown });
    script.expectState('CLOSE_WAIT');
  });

  test('[RFC9293-MUST-64] are read wherever they begin', () => {
    const script = new TcpScript();
    script.connect();
    script.expect({ flags: 'S' });
    script.send({ flags: 'S.', seq: 0, ack: 1, rawOptions: [1, 2, 4, 2, 0x58, 3, 3, 7, 4, 2, 1, 1] }); // 600, shift 7
    expect(script.open.info()).toMatchObject({ segmentBytes: 600, windowScale: { send: 7 }, sack: true });
  });

  test('[RFC9293-MUST-14] [RFC9293-SHLD-5] [RFC9293-MAY-3] [RFC9293-MUST-65] the MSS is in every SYN of ours and in no other segment', () => {
    const script = new TcpScript();
    script.connect();
    expect(script.expect({ flags: 'S', mss: 1460 }).rawOptions?.slice(0, 2)).toEqual([2, 4]);
    script.send({ flags: 'S.', seq: 0, ack: 1, mss: 1200 });
    expect(script.expect({ flags: '.' }).mss).toBeUndefined();
    script.open.send(bytes(2000));
    expect(script.expect({ flags: '.', length: 1200 }).mss).toBeUndefined();
    const passive = new TcpScript();
    passive.listen();
    passive.send({ flags: 'S', seq: 0 });
    passive.expect({ flags: 'S.', mss: 1460 });
  });

  test('[RFC9293-MUST-69] the header is whole words, filled up with NOP before and zero behind the options', () => {
    const script = new TcpScript();
    script.connect();
    const { rawOptions = [] } = script.expect({ flags: 'S' });
    expect(rawOptions.length % 4).toBe(0);
    const end = rawOptions.indexOf(0);
    let at = 0;
    while (at < rawOptions.length && rawOptions[at] !== 0) at += rawOptions[at] === 1 ? 1 : (rawOptions[at + 1] ?? 1);
    expect(at).toBe(rawOptions.length); // each option fits, and nothing is left over
    expect(end === -1 || end < at).toBe(true);
  });
});

describe('initial sequence numbers', () => {
  test('[RFC9293-MUST-9] cannot be computed from outside: another secret, other numbers', () => {
    const issOf = (seed: string): number => {
      const world = new StackWorld(seed);
      const host = world.host('a');
      world.join(host, world.wire(), 'eth0', ['10.0.0.1/24']);
      host.stack.connectTcp({ address: ip('10.0.0.2'), port: 80 }, { localPort: 5000 });
      return host.stack.inspect().tcp[0]?.control?.iss ?? 0;
    };
    expect(new Set(Array.from({ length: 20 }, (_, index) => issOf(`secret ${index}`))).size).toBe(20);
  });
});

describe('opening', () => {
  test('[RFC9293-MUST-11] SYN_RCVD remembers where it came from: a RST refuses an active open, and sends a passive one back to LISTEN', () => {
    const active = new TcpScript();
    active.connect();
    active.expect({ flags: 'S' });
    active.send({ flags: 'S', seq: 0 });
    active.expect({ flags: 'S.' });
    active.send({ flags: 'R.', seq: 1, ack: 1 });
    active.expectHeard('closed ECONNREFUSED');
    const passive = new TcpScript();
    passive.listen();
    passive.send({ flags: 'S', seq: 0 });
    passive.expect({ flags: 'S.' });
    passive.send({ flags: 'R', seq: 1 });
    expect(passive.tcp.inspect().map(({ state }) => state)).toEqual(['LISTEN']);
    passive.expectHeard();
  });

  test('[RFC9293-MUST-41] [RFC9293-MUST-42] one may listen on a port from which another connection is being opened, and neither disturbs the other', () => {
    const script = new TcpScript();
    script.connect({ localPort: 80 });
    script.expect({ flags: 'S' });
    script.listen({ port: 80 });
    script.send({ flags: 'S.', seq: 0, ack: 1 });
    script.expect({ flags: '.' });
    script.expectState('ESTABLISHED');
    script.remotePort = 6000;
    script.send({ flags: 'S', seq: 0 });
    script.expect({ flags: 'S.' });
    expect(
      script.tcp
        .inspect()
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['ESTABLISHED', 'LISTEN', 'SYN_RCVD']);
  });

  /** A host with two addresses and its neighbor. */
  function twoAddresses(): { readonly world: StackWorld; readonly host: TestHost; readonly device: WireDevice } {
    const world = new StackWorld();
    const wire = world.wire();
    const host = world.host('host');
    const device = world.join(host, wire, 'eth0', ['10.0.0.1/24', '10.0.0.7/24']);
    const peer = world.host('peer');
    world.join(peer, wire, 'eth0', ['10.0.0.2/24']);
    peer.stack.listenTcp({ port: 80, acceptable: () => undefined });
    return { world, host, device };
  }

  test('[RFC9293-MUST-43] [RFC9293-MUST-44] the local address is the application’s, or else what IP would choose', () => {
    const { host } = twoAddresses();
    const remote = { address: ip('10.0.0.2'), port: 80 };
    expect(host.stack.connectTcp(remote).local.address).toBe(ip('10.0.0.1'));
    expect(host.stack.connectTcp(remote, { localAddress: ip('10.0.0.7') }).local.address).toBe(ip('10.0.0.7'));
  });

  test('[RFC9293-MUST-45] a connection keeps its address, whatever IP would choose later', () => {
    const { world, host, device } = twoAddresses();
    const socket = host.stack.connectTcp({ address: ip('10.0.0.2'), port: 80 }, { localAddress: ip('10.0.0.7') });
    world.clock.runFor(100);
    host.stack.addRoute({
      destination: { address: ip('10.0.0.2'), length: 32 },
      interface: 'eth0',
      source: ip('10.0.0.1'),
    });
    device.sent.length = 0;
    socket.send(bytes(10));
    world.clock.runFor(100);
    const sources = device.sent.flatMap((frame) => parseIpv4(frame, 14)?.source ?? []);
    expect(sources.length).toBeGreaterThan(0);
    expect(new Set(sources)).toEqual(new Set([ip('10.0.0.7')]));
  });
});

describe('giving up', () => {
  test('[RFC9293-MUST-20] [RFC9293-SHLD-10] after the third retransmission the next hop is doubted, so that it is asked for anew', () => {
    const script = new TcpScript();
    script.establish();
    script.open.send(bytes(100));
    script.advance(1000);
    expect(script.internet.doubted).toEqual([]);
    script.advance(3000);
    expect(script.internet.doubted).toEqual([peerAddress]);
  });

  test('[RFC9293-MUST-20] a doubted neighbor that was REACHABLE is probed', () => {
    const { world, client, server } = threeRouters();
    server.stack.listenTcp({ port: 80, acceptable: () => undefined });
    const socket = client.stack.connectTcp({ address: ip('10.0.3.2'), port: 80 });
    world.clock.runFor(100);
    client.stack.addNeighbor('eth1', ip('10.0.0.99'), 0x0200_0000_0099 as MacAddress);
    const state = (): string | undefined =>
      client.stack.inspect().neighbors.find(({ address }) => address === ip('10.0.0.2'))?.state;
    expect(state()).toBe('REACHABLE');
    server.stack.setInterfaceUp('eth0', false);
    socket.send(bytes(10));
    world.clock.runFor(4000);
    expect(['DELAY', 'PROBE']).toContain(state());
  });

  test('[RFC9293-MUST-21] the application sets its own R2', () => {
    const script = new TcpScript();
    script.establish();
    script.open.setUserTimeout(5000);
    script.open.send(bytes(100));
    script.advance(5100);
    script.expectHeard('established', 'closed ETIMEDOUT');
  });

  test('[RFC9293-SHLD-11] by default R2 is beyond 100 seconds', () => {
    const script = new TcpScript();
    script.establish();
    script.open.send(bytes(100));
    script.advance(100_000);
    script.expectState('ESTABLISHED');
  });

  test('[RFC9293-MUST-23] a SYN is tried for three minutes, when the knob says so', () => {
    const script = new TcpScript({ 'net.ipv4.tcp_syn_retries': 7 });
    script.connect();
    script.advance(180_000);
    script.expectState('SYN_SENT');
  });
});

describe('keep-alive', () => {
  test('[RFC9293-MUST-27] [RFC9293-MUST-28] its interval is the application’s or the knob’s, two hours by default', () => {
    const script = new TcpScript();
    expect(script.knobs.number('net.ipv4.tcp_keepalive_time')).toBe(7200);
    script.establish();
    script.open.setKeepAlive(10_000);
    script.expectNothing(9999);
    script.advance(1);
    script.expect({ flags: '.', seq: 0, length: 0 });
  });
});

describe('acknowledgments', () => {
  test('[RFC9293-MUST-59] everything that was waiting is taken before one ACK says so', () => {
    const script = new TcpScript();
    script.establish();
    script.skip();
    for (const seq of [1001, 2001, 3001]) script.send({ flags: '.', seq, length: 1000 });
    script.skip();
    script.send({ flags: '.', seq: 1, length: 1000 });
    script.expect({ flags: '.', ack: 4001 });
    script.expectNothing(1000);
  });
});

describe('what IP is told and tells', () => {
  /** A connection of two hosts, and how to see what the client sends. */
  function connected(trafficClass?: number) {
    const world = new StackWorld();
    const wire = world.wire();
    const [client, server] = [world.host('client'), world.host('server')];
    const device = world.join(client, wire, 'eth0', ['10.0.0.1/24']);
    const far = world.join(server, wire, 'eth0', ['10.0.0.2/24']);
    server.stack.listenTcp({ port: 80, acceptable: () => undefined });
    const setting = trafficClass === undefined ? {} : { trafficClass };
    const socket = client.stack.connectTcp({ address: ip('10.0.0.2'), port: 80 }, setting);
    world.clock.runFor(100);
    const headers = () => device.sent.flatMap((frame) => parseIpv4(frame, 14) ?? []);
    return { world, client, device, far, socket, headers };
  }

  test('[RFC9293-MUST-48] [RFC9293-SHLD-21] [RFC9293-SHLD-22] the application’s DSCP is on every packet from the SYN on, and may be changed', () => {
    const { world, socket, headers, device } = connected(0xb8);
    expect(new Set(headers().map((header) => header.trafficClass))).toEqual(new Set([0xb8]));
    device.sent.length = 0;
    socket.setTrafficClass(0x28);
    socket.send(bytes(10));
    world.clock.runFor(100);
    expect(new Set(headers().map((header) => header.trafficClass))).toEqual(new Set([0x28]));
  });

  test('[RFC9293-MUST-49] the TTL is a knob', () => {
    const { world, client, socket, headers, device } = connected();
    client.stack.writeKnob('net.ipv4.ip_default_ttl', '33');
    device.sent.length = 0;
    socket.send(bytes(10));
    world.clock.runFor(100);
    expect(new Set(headers().map((header) => header.ttl))).toEqual(new Set([33]));
  });

  test('[RFC9293-MUST-50] [RFC1122-3.2.1.8-a] IP options that mean nothing to TCP are passed over', () => {
    const { world, far, socket, device } = connected();
    const data = device.sent.findLast((frame) => parseIpv4(frame, 14)?.protocol === 6);
    const header = data && parseIpv4(data, 14);
    if (data === undefined || header === undefined) throw new Error('no segment of the client');
    // The client's last ACK once more, behind an IP option: a router alert.
    const withOption = ipv4Packet(
      { source: '10.0.0.1', destination: '10.0.0.2', protocol: 6, options: Uint8Array.of(148, 4, 0, 0) },
      data.slice(34, 14 + header.totalLength),
    );
    far.deliver(frameOf(far.macAddress, withOption, device.macAddress));
    world.clock.runFor(10);
    expect(socket.state).toBe('ESTABLISHED');
  });
});

describe('errors from below', () => {
  test('[RFC9293-SHLD-20] who has no handler for soft errors is not told, and the connection goes on', () => {
    const script = new TcpScript();
    script.establish();
    script.open.handlers = {};
    script.open.send(bytes(10));
    script.internet.icmpError(
      {
        kind: 'unreachable',
        type: 3,
        code: 1,
        from: peerAddress,
        mtu: 0,
        destination: { address: peerAddress, port: 5000 },
      },
      ourAddress,
      quoteOf(script),
    );
    script.settle();
    script.expectState('ESTABLISHED');
  });

  test('[RFC1122-3.2.2.5] a parameter problem ends an attempt to connect, with a reason', () => {
    const script = new TcpScript();
    script.connect();
    script.expect({ flags: 'S' });
    script.internet.icmpError(
      {
        kind: 'parameter-problem',
        type: 12,
        code: 0,
        from: peerAddress,
        mtu: 0,
        destination: { address: peerAddress, port: 5000 },
      },
      ourAddress,
      quoteOf(script, 0),
    );
    script.expectHeard('closed EPROTO');
  });

  test('[RFC9293-SHLD-2] a RST may carry data', () => {
    const script = new TcpScript();
    script.establish();
    script.send({ flags: 'R.', seq: 1, length: 20 });
    expect(script.closedWith).toBeInstanceOf(SocketError);
  });

  function quoteOf(script: TcpScript, seq = 1): Uint8Array {
    const quoted = new Uint8Array(8);
    const view = new DataView(quoted.buffer);
    view.setUint16(0, script.localPort);
    view.setUint16(2, script.remotePort);
    view.setUint32(4, script.ours(seq));
    return quoted;
  }
});

test('[RFC9293-MUST-2] every segment that leaves has its checksum: the script’s peer verifies each', () => {
  const script = new TcpScript();
  script.establish({ mss: 536 });
  for (const length of [1, 2, 3, 535, 536, 537, 1071]) script.open.send(bytes(length).fill(length));
  script.send({ flags: '.', seq: 1, ack: 1 });
  expect(script.skip()).toBeGreaterThan(0);
});
