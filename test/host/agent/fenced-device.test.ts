import { expect, test } from 'vitest';
import { FencedDevice } from '../../../src/host/agent/fenced-device.ts';
import type { NetworkDevice } from '../../../src/stack/device.ts';
import { parseMac, writeMac, type MacAddress } from '../../../src/stack/wire/mac-address.ts';

function mac(text: string): MacAddress {
  const address = parseMac(text);
  if (address === undefined) throw new Error(`${text} is no MAC address`);
  return address;
}

function frameTo(destination: string): Uint8Array {
  const frame = new Uint8Array(60);
  writeMac(frame, 0, mac(destination));
  return frame;
}

function fence(): { device: FencedDevice; sent: Uint8Array[] } {
  const sent: Uint8Array[] = [];
  const wire: NetworkDevice = {
    macAddress: mac('02:00:00:00:00:01'),
    mtu: 1500,
    carrier: true,
    transmit: (frame) => sent.push(frame),
    setReceiver: () => undefined,
    setCarrierListener: () => undefined,
  };
  return { device: new FencedDevice(wire, [mac('02:00:00:00:00:02')]), sent };
}

test('frames to the other ends, to everybody and to groups leave', () => {
  const { device, sent } = fence();
  for (const destination of ['02:00:00:00:00:02', 'ff:ff:ff:ff:ff:ff', '33:33:00:00:00:01']) {
    device.transmit(frameTo(destination));
  }
  expect(sent.length).toBe(3);
  expect(device.refused).toBe(0);
});

test('a frame to the engine’s bridge, or too short to have a destination, stays', () => {
  const { device, sent } = fence();
  device.transmit(frameTo('02:42:0d:29:7e:86'));
  device.transmit(new Uint8Array(5));
  expect(sent).toEqual([]);
  expect(device.refused).toBe(2);
});
