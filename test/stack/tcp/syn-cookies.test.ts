// SYN cookies: a flooded listener still serves who answers; what a cookie remembers, and what it refuses (RFC 4987).
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { seededRandom } from '../../../src/base/random.ts';
import { TupleHash } from '../../../src/stack/tcp/isn.ts';
import { checkCookie, decodeOptions, encodeOptions, makeCookie } from '../../../src/stack/tcp/syn-cookies.ts';
import type { IpAddress } from '../../../src/stack/wire/ip-address.ts';
import { TcpScript } from '../../support/tcp-script.ts';

const flooded = { 'net.ipv4.tcp_max_syn_backlog': 1 };

/** A listener whose SYN queue somebody else has filled. */
function flood(knobs: Readonly<Record<string, number>> = {}): TcpScript {
  const script = new TcpScript({ ...flooded, ...knobs });
  script.listen();
  script.remotePort = 4000;
  script.send({ flags: 'S', seq: 0, mss: 1460 });
  script.expect({ flags: 'S.' });
  script.remotePort = 5000;
  script.ourIss = undefined;
  return script;
}

describe('under a flood', () => {
  test('[RFC4987-3.6-a] a SYN is answered without being remembered, and the ACK makes the connection', () => {
    const script = flood();
    script.send({ flags: 'S', seq: 0, mss: 1400 });
    script.expect({ flags: 'S.', seq: 0, ack: 1, mss: 1460 });
    expect(script.tcp.inspect().filter(({ state }) => state === 'SYN_RCVD')).toHaveLength(1);
    script.send({ flags: '.', seq: 1, ack: 1 });
    expect(script.listener?.pending).toBe(1);
    const socket = script.accept();
    expect(socket.info()).toMatchObject({ state: 'ESTABLISHED', segmentBytes: 1300, sack: false, timestamps: false });
    expect(script.counters).toMatchObject({
      TcpExtSyncookiesSent: 1,
      TcpExtSyncookiesRecv: 1,
      TcpExtTCPReqQFullDoCookies: 1,
    });
  });

  test('timestamps carry window scale and SACK through', () => {
    const script = flood();
    script.clock.runFor(1234);
    script.skip(); // the SYN-ACK of the flood, again
    script.send({ flags: 'S', seq: 0, mss: 1460, scale: 7, sackOk: true, timestamps: [500, 0] });
    const answer = script.expect({ flags: 'S.', sackOk: true });
    const echo = answer.timestamps?.[0] ?? 0;
    script.send({ flags: '.', seq: 1, ack: 1, window: 100, timestamps: [501, echo] });
    const socket = script.accept();
    expect(socket.info()).toMatchObject({
      sack: true,
      timestamps: true,
      windowScale: { send: 7 },
      sendWindowBytes: 12_800,
    });
  });

  test('data may come with the ACK, and the stream goes on', () => {
    const script = flood();
    script.send({ flags: 'S', seq: 0 });
    script.expect({ flags: 'S.' });
    script.send({ flags: 'P.', seq: 1, ack: 1, length: 100 });
    const socket = script.accept();
    expect(socket.receivable).toBe(100);
    socket.send(new Uint8Array(50));
    script.expect({ flags: 'P.', seq: 1, ack: 101, length: 50 });
  });

  test('without cookies the SYN is dropped and counted', () => {
    const script = flood({ 'net.ipv4.tcp_syncookies': 0 });
    script.send({ flags: 'S', seq: 0 });
    script.expectNothing();
    expect(script.takeDrops()).toEqual(['tcp-backlog-full']);
    expect(script.counters).toMatchObject({ TcpExtTCPReqQFullDrop: 1, TcpExtListenDrops: 1, TcpExtSyncookiesSent: 0 });
  });

  test('a made-up ACK is refused with RST', () => {
    const script = flood();
    script.send({ flags: 'S', seq: 0 });
    script.expect({ flags: 'S.' });
    script.send({ flags: '.', seq: 1, ack: 1000 });
    script.expect({ flags: 'R' });
    expect(script.counters).toMatchObject({ TcpExtSyncookiesFailed: 1, TcpExtSyncookiesRecv: 0 });
  });

  test('[RFC4987-3.6-b] a cookie is good for a minute or two, not longer', () => {
    const script = flood();
    script.send({ flags: 'S', seq: 0 });
    script.expect({ flags: 'S.' });
    script.clock.runFor(121_000);
    script.skip();
    script.send({ flags: '.', seq: 1, ack: 1 });
    script.expect({ flags: 'R' });
    expect(script.listener?.pending).toBe(0);
  });

  test('no cookie lately: nobody computes anything for a stray ACK', () => {
    const script = new TcpScript();
    script.listen();
    script.send({ flags: '.', seq: 1, ack: 1 });
    script.expect({ flags: 'R' });
    expect(script.counters.TcpExtSyncookiesFailed).toBe(0);
  });

  test('with tcp_syncookies=2 every SYN is answered so', () => {
    const script = new TcpScript({ 'net.ipv4.tcp_syncookies': 2 });
    script.listen();
    script.send({ flags: 'S', seq: 0 });
    script.expect({ flags: 'S.' });
    expect(script.tcp.inspect().map(({ state }) => state)).toEqual(['LISTEN']);
    script.send({ flags: '.', seq: 1, ack: 1 });
    expect(script.listener?.pending).toBe(1);
  });
});

describe('the cookie', () => {
  const hash = new TupleHash(seededRandom('cookies'));
  const endpoint = fc.record({
    address: fc.integer({ min: 0, max: 0xffff_ffff }),
    port: fc.integer({ min: 1, max: 65_535 }),
  });
  const asEndpoint = ({ address, port }: { address: number; port: number }) => ({
    address: address as IpAddress,
    port,
  });
  const word = fc.integer({ min: 0, max: 0xffff_ffff });

  test('brings back the largest MSS of its table that the peer takes', () => {
    fc.assert(
      fc.property(
        endpoint,
        endpoint,
        word,
        fc.integer({ min: 0, max: 9000 }),
        fc.nat(1e10),
        fc.integer({ min: 0, max: 59_999 }),
        (a, b, sequence, mss, nowMs, laterMs) => {
          const [local, remote] = [asEndpoint(a), asEndpoint(b)];
          const cookie = makeCookie(hash, local, remote, { sequence, mss }, nowMs);
          const ack = { sequence: (sequence + 1) >>> 0, acknowledgment: (cookie + 1) >>> 0 };
          const expected = [1460, 1440, 1300, 536].find((each) => each <= mss) ?? 536;
          expect(checkCookie(hash, local, remote, ack, nowMs + laterMs)).toBe(expected);
          expect(checkCookie(hash, local, remote, ack, nowMs + 120_000)).toBeUndefined();
        },
      ),
    );
  });

  test('[RFC4987-3.6-b] of another four-tuple, sequence or secret is hardly ever good', () => {
    const other = new TupleHash(seededRandom('others'));
    let good = 0;
    for (let count = 0; count < 2000; count += 1) {
      const local = asEndpoint({ address: count, port: 80 });
      const remote = asEndpoint({ address: count * 7, port: 1 + count });
      const cookie = makeCookie(other, local, remote, { sequence: count, mss: 1460 }, 1e6);
      const ack = { sequence: count + 1, acknowledgment: (cookie + 1) >>> 0 };
      if (checkCookie(hash, local, remote, ack, 1e6) !== undefined) good += 1;
    }
    expect(good).toBe(0);
  });

  test('options survive in the low bits of a timestamp that is never in the future', () => {
    const options = fc.record({
      windowScale: fc.option(fc.integer({ min: 0, max: 14 }), { nil: undefined }),
      sack: fc.boolean(),
      ecn: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 64, max: 0x7fff_ffff }), options, (now, wanted) => {
        const value = encodeOptions(now, wanted);
        expect(value).toBeLessThanOrEqual(now);
        expect(now - value).toBeLessThan(64);
        expect(decodeOptions(value)).toEqual(wanted);
      }),
    );
  });
});
