import { expect, test } from 'vitest';
import { CutDevice } from '../../../src/host/agent/cut-device.ts';
import type { FrameReceiver, NetworkDevice } from '../../../src/stack/device.ts';
import type { MacAddress } from '../../../src/stack/wire/mac-address.ts';

test('a cut loses frames both ways, counts them, and leaves the carrier; afterwards everything passes again', () => {
  const sent: Uint8Array[] = [];
  let arrive: FrameReceiver = () => undefined;
  const wire: NetworkDevice = {
    macAddress: 2 as MacAddress,
    mtu: 1500,
    carrier: true,
    transmit: (frame) => sent.push(frame),
    setReceiver: (receiver) => {
      arrive = receiver;
    },
    setCarrierListener: () => undefined,
  };
  const device = new CutDevice(wire);
  const received: Uint8Array[] = [];
  device.setReceiver((frame) => received.push(frame));

  device.transmit(Uint8Array.of(1));
  arrive(Uint8Array.of(2));
  device.setCut(true);
  device.transmit(Uint8Array.of(3));
  arrive(Uint8Array.of(4));
  expect(device.carrier).toBe(true);
  expect(device.lost).toBe(2);
  device.setCut(false);
  device.transmit(Uint8Array.of(5));
  arrive(Uint8Array.of(6));
  expect(sent).toEqual([Uint8Array.of(1), Uint8Array.of(5)]);
  expect(received).toEqual([Uint8Array.of(2), Uint8Array.of(6)]);
});
