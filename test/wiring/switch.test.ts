import { describe, expect, test } from 'vitest';
import { broadcastMac, type MacAddress } from '../../src/stack/wire/mac-address.ts';
import type { PipeDevice } from '../../src/wiring/devices/pipe-device.ts';
import { ageingMs, Switch, tableSize } from '../../src/wiring/switch.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';
import { etherFrame, mac, markOf } from '../support/frames.ts';

/** A switch with stations 1, 2, 3...; `heard` is what each got since it was last asked. */
class Stations {
  readonly clock = new VirtualClock();
  readonly network = new Switch(this.clock);
  readonly ports: readonly PipeDevice[];
  readonly #heard: number[][];

  constructor(count: number) {
    this.#heard = Array.from({ length: count }, () => []);
    this.ports = this.#heard.map((marks, index) => {
      const port = this.network.attach({ macAddress: mac(index + 1), mtu: 1500 });
      port.setReceiver((frame) => marks.push(markOf(frame)));
      return port;
    });
  }

  port(station: number): PipeDevice {
    const port = this.ports[station - 1];
    if (port === undefined) throw new RangeError(`no station ${station}`);
    return port;
  }

  send(from: number, to: MacAddress, mark: number): void {
    this.port(from).transmit(etherFrame(to, mac(from), mark));
    this.clock.runFor(0);
  }

  heard(): readonly (readonly number[])[] {
    return this.#heard.map((marks) => marks.splice(0));
  }
}

describe('a switch', () => {
  test('floods what it has not learned, to every port but the one it came from', () => {
    const stations = new Stations(4);
    stations.send(1, mac(3), 7);
    expect(stations.heard()).toEqual([[], [7], [7], [7]]);
  });

  test('sends to the learned port alone', () => {
    const stations = new Stations(4);
    stations.send(3, mac(1), 1);
    stations.heard();
    stations.send(1, mac(3), 7);
    expect(stations.heard()).toEqual([[], [], [7], []]);
  });

  test('floods broadcast and multicast always', () => {
    const stations = new Stations(3);
    stations.send(1, broadcastMac, 1);
    stations.send(2, 0x0100_5e00_0001 as MacAddress, 2);
    expect(stations.heard()).toEqual([[2], [1], [1, 2]]);
  });

  test('forgets who was silent for 300 s', () => {
    const stations = new Stations(3);
    stations.send(3, mac(1), 0);
    stations.heard();
    stations.clock.runFor(ageingMs);
    stations.send(1, mac(3), 1);
    expect(stations.heard()).toEqual([[], [], [1]]);
    stations.clock.runFor(1);
    stations.send(1, mac(3), 2);
    expect(stations.heard()).toEqual([[], [2], [2]]);
  });

  test('follows a station that has moved to another port', () => {
    const stations = new Stations(3);
    stations.send(3, mac(1), 0);
    stations.port(2).transmit(etherFrame(mac(1), mac(3)));
    stations.clock.runFor(0);
    stations.heard();
    stations.send(1, mac(3), 5);
    expect(stations.heard()).toEqual([[], [5], []]);
  });

  test('sends nothing back to the port it came from', () => {
    const stations = new Stations(2);
    stations.port(1).transmit(etherFrame(broadcastMac, mac(9)));
    stations.clock.runFor(0);
    stations.heard();
    stations.send(1, mac(9), 4);
    expect(stations.heard()).toEqual([[], []]);
  });

  test('does not learn a source that is a group', () => {
    const stations = new Stations(2);
    stations.port(1).transmit(etherFrame(mac(2), broadcastMac));
    expect(stations.network.portOf(broadcastMac)).toBeUndefined();
  });

  test('remembers a bounded number of addresses and goes on when more come', () => {
    const stations = new Stations(3);
    for (let index = 0; index < tableSize + 10; index += 1) {
      stations.port(1).transmit(etherFrame(mac(2), mac(1000 + index)));
    }
    expect(stations.network.portOf(mac(1000))).toBe(stations.port(1));
    expect(stations.network.portOf(mac(1000 + tableSize))).toBeUndefined();
    stations.clock.runFor(ageingMs + 1);
    stations.send(2, mac(1), 0);
    expect(stations.network.portOf(mac(2))).toBe(stations.port(2));
  });

  test('a port that is down loses its carrier and what was learned behind it; the others go on', () => {
    const stations = new Stations(3);
    stations.send(3, mac(1), 0);
    stations.heard();
    stations.network.setPortUp(stations.port(3), false);
    stations.send(1, mac(3), 1);
    expect(stations.heard()).toEqual([[], [1], []]);
    expect(stations.ports.map((port) => port.carrier)).toEqual([true, true, false]);
  });

  test('a cut loses everything and keeps every carrier; down takes them all', () => {
    const stations = new Stations(2);
    stations.network.setCut(true);
    stations.send(1, mac(2), 1);
    expect(stations.heard()).toEqual([[], []]);
    expect(stations.network.lostFrames).toBe(1);
    expect(stations.ports.every((port) => port.carrier)).toBe(true);
    stations.network.setCut(false);
    stations.network.setUp(false);
    expect(stations.ports.some((port) => port.carrier)).toBe(false);
    stations.network.setUp(true);
    stations.send(1, mac(2), 2);
    expect(stations.heard()).toEqual([[], [2]]);
  });

  test('frames shorter than an Ethernet header are lost', () => {
    const stations = new Stations(2);
    stations.port(1).transmit(new Uint8Array(13));
    stations.clock.runFor(0);
    expect(stations.heard()).toEqual([[], []]);
  });
});
