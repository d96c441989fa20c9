import { expect, test } from 'vitest';
import type { PipeDevice } from '../../src/wiring/devices/pipe-device.ts';
import { Link } from '../../src/wiring/link.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';
import { etherFrame, mac, markOf } from '../support/frames.ts';

function wired(mtus: readonly [number, number] = [1500, 1500]): {
  readonly clock: VirtualClock;
  readonly link: Link;
  readonly a: PipeDevice;
  readonly b: PipeDevice;
  readonly atB: number[];
} {
  const clock = new VirtualClock();
  const link = new Link(clock);
  const a = link.attach({ macAddress: mac(1), mtu: mtus[0] });
  const b = link.attach({ macAddress: mac(2), mtu: mtus[1] });
  const atB: number[] = [];
  b.setReceiver((frame) => atB.push(markOf(frame)));
  return { clock, link, a, b, atB };
}

test('frames arrive in order, the very bytes that were sent, and never while the sender still sends', () => {
  const { clock, a, b } = wired();
  const arrived: Uint8Array[] = [];
  b.setReceiver((frame) => arrived.push(frame));
  const frames = [1, 2, 3].map((mark) => etherFrame(mac(2), mac(1), mark));
  for (const frame of frames) a.transmit(frame);
  expect(arrived).toEqual([]);
  clock.runFor(0);
  expect(arrived).toHaveLength(3);
  arrived.forEach((frame, index) => expect(frame).toBe(frames[index]));
});

test('an answer sent on arrival goes the other way in the same instant', () => {
  const { clock, a, b } = wired();
  let back = 0;
  b.setReceiver((frame) => b.transmit(frame));
  a.setReceiver(() => (back += 1));
  a.transmit(etherFrame(mac(2), mac(1)));
  clock.runFor(0);
  expect(back).toBe(1);
});

test('what came with the frame for a network card arrives with it', () => {
  const { clock, a, b } = wired();
  const offload = { checksumPartial: true, segmentBytes: 1448 };
  let heard: unknown;
  b.setReceiver((_, came) => (heard = came));
  a.transmit(etherFrame(mac(2), mac(1), 0, 40_000), offload);
  clock.runFor(0);
  expect(heard).toEqual(offload);
});

test('a frame longer than either end’s MTU allows is lost and counted there', () => {
  const { clock, a, b, atB } = wired([1500, 1400]);
  a.transmit(etherFrame(mac(2), mac(1), 1, 1514));
  a.transmit(etherFrame(mac(2), mac(1), 2, 1515));
  a.transmit(etherFrame(mac(2), mac(1), 3, 1414));
  clock.runFor(0);
  expect(atB).toEqual([3]);
  expect(a.lostFrames).toBe(1);
  expect(b.lostFrames).toBe(1);
});

test('a cut loses everything, what is on the wire too, and keeps the carrier', () => {
  const { clock, link, a, b, atB } = wired();
  a.transmit(etherFrame(mac(2), mac(1), 1));
  link.setCut(true);
  a.transmit(etherFrame(mac(2), mac(1), 2));
  clock.runFor(1000);
  expect(a.carrier && b.carrier).toBe(true);
  link.setCut(false);
  a.transmit(etherFrame(mac(2), mac(1), 3));
  clock.runFor(0);
  expect(atB).toEqual([3]);
  expect(link.lostFrames).toBe(1);
});

test('a link that is down has no carrier, and says so once to whoever listens', () => {
  const { clock, link, a, b, atB } = wired();
  const heard: boolean[] = [];
  b.setCarrierListener((carrier) => heard.push(carrier));
  link.setUp(false);
  link.setUp(false);
  a.transmit(etherFrame(mac(2), mac(1), 1));
  clock.runFor(0);
  link.setUp(true);
  a.transmit(etherFrame(mac(2), mac(1), 2));
  clock.runFor(0);
  expect(heard).toEqual([false, true]);
  expect(atB).toEqual([2]);
});

test('a link with one end loses what is sent; a third end is a mistake', () => {
  const clock = new VirtualClock();
  const link = new Link(clock);
  link.attach({ macAddress: mac(1), mtu: 1500 }).transmit(etherFrame(mac(2), mac(1)));
  expect(link.lostFrames).toBe(1);
  link.attach({ macAddress: mac(2), mtu: 1500 });
  expect(() => link.attach({ macAddress: mac(3), mtu: 1500 })).toThrow('two ends');
});

test('disposing leaves no timer', () => {
  const { clock, link, a } = wired();
  a.transmit(etherFrame(mac(2), mac(1)));
  link.dispose();
  expect(clock.pending).toBe(0);
});
