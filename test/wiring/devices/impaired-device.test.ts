import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { ImpairedDevice } from '../../../src/wiring/devices/impaired-device.ts';
import type { Impairment } from '../../../src/wiring/impairment/impairment.ts';
import { Link } from '../../../src/wiring/link.ts';
import { VirtualClock } from '../../../src/wiring/virtual-clock.ts';
import { etherFrame, mac, markOf } from '../../support/frames.ts';

const delayed: Impairment = { delay: { delayMs: 30, jitterMs: 0, correlation: 0, distribution: 'uniform' } };

function pair(impairment?: Impairment) {
  const clock = new VirtualClock();
  const link = new Link(clock);
  const near = new ImpairedDevice(link.attach({ macAddress: mac(1), mtu: 1500 }), {
    clock,
    random: seededRandom(1),
    impairment,
  });
  const far = link.attach({ macAddress: mac(2), mtu: 1500 });
  const atNear: number[] = [];
  const atFar: [number, number][] = [];
  near.setReceiver((frame) => atNear.push(markOf(frame)));
  far.setReceiver((frame) => atFar.push([markOf(frame), clock.now()]));
  const send = (mark: number): void => near.transmit(etherFrame(mac(2), mac(1), mark));
  const answer = (mark: number): void => far.transmit(etherFrame(mac(1), mac(2), mark));
  return { clock, link, near, far, atNear, atFar, send, answer };
}

test('impairs what leaves, not what comes', () => {
  const { clock, atNear, atFar, send, answer } = pair(delayed);
  send(1);
  answer(2);
  clock.runFor(0);
  expect(atNear).toEqual([2]);
  clock.runFor(100);
  expect(atFar).toEqual([[1, 30]]);
});

test('the impairment can be replaced while frames are on their way', () => {
  const { clock, near, atFar, send } = pair(delayed);
  send(1);
  near.setImpairment({});
  expect(near.impairment).toEqual({});
  send(2);
  clock.runFor(100);
  expect(atFar).toEqual([
    [2, 0],
    [1, 30],
  ]);
});

test('a cut loses both ways, and what is on its way when it happens', () => {
  const { clock, near, atNear, atFar, send, answer } = pair(delayed);
  send(1);
  clock.runFor(10);
  near.setCut(true);
  send(2);
  answer(3);
  clock.runFor(50);
  near.setCut(false);
  expect(near.carrier).toBe(true);
  expect(near.cutFrames).toBe(3);
  send(4);
  answer(5);
  clock.runFor(50);
  expect(atNear).toEqual([5]);
  expect(atFar.map(([mark]) => mark)).toEqual([4]);
});

test('shows the carrier, address and MTU of the device below', () => {
  const { link, near } = pair();
  const heard: boolean[] = [];
  near.setCarrierListener((carrier) => heard.push(carrier));
  link.setUp(false);
  expect(heard).toEqual([false]);
  expect(near).toMatchObject({ carrier: false, macAddress: mac(1), mtu: 1500 });
});

test('disposing leaves no timer', () => {
  const { clock, near, send } = pair(delayed);
  send(1);
  near.dispose();
  expect(clock.pending).toBe(0);
});
