import { expect, test } from 'vitest';
import type { FrameRecord } from '../../../src/wiring/capture.ts';
import { CaptureDevice } from '../../../src/wiring/devices/capture-device.ts';
import { Link } from '../../../src/wiring/link.ts';
import { VirtualClock } from '../../../src/wiring/virtual-clock.ts';
import { etherFrame, mac } from '../../support/frames.ts';

test('shows frames of both directions, uncopied, while somebody records', () => {
  const clock = new VirtualClock();
  const link = new Link(clock);
  const device = new CaptureDevice(link.attach({ macAddress: mac(1), mtu: 1500 }), clock, 'eth0');
  const other = link.attach({ macAddress: mac(2), mtu: 1500 });
  const records: FrameRecord[] = [];
  let received = 0;
  device.setReceiver(() => (received += 1));
  const [out, incoming] = [etherFrame(mac(2), mac(1)), etherFrame(mac(1), mac(2))];
  device.transmit(out);
  device.setRecorder((record) => records.push(record));
  clock.runFor(5);
  device.transmit(out);
  other.transmit(incoming);
  clock.runFor(0);
  device.setRecorder(undefined);
  other.transmit(incoming);
  clock.runFor(0);
  expect(records).toEqual([
    { interface: 'eth0', direction: 'out', atMs: 5, frame: out },
    { interface: 'eth0', direction: 'in', atMs: 5, frame: incoming },
  ]);
  expect(records[0]?.frame).toBe(out);
  expect(received).toBe(2);
});
