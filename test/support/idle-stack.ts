// A stack of a host that is attached to nothing: for tests of shells and files, which ask it for knobs and interfaces only.
import { AssertionFailure } from '../../src/base/assert.ts';
import { disposable } from '../../src/base/dispose.ts';
import type { NetworkStack } from '../../src/stack/network-stack.ts';

/** Has two knobs and no interface; whoever asks for a socket has the wrong test. */
export function idleStack(): NetworkStack {
  const knobs = new Map([
    ['net.ipv4.ip_default_ttl', '64'],
    ['net.ipv4.ip_forward', '0'],
  ]);
  const refuse = (): never => {
    throw new AssertionFailure('this stack is attached to nothing');
  };
  return {
    addInterface: refuse,
    interfaces: [],
    addAddress: refuse,
    removeAddress: refuse,
    setInterfaceUp: refuse,
    addRoute: refuse,
    removeRoute: refuse,
    route: () => undefined,
    setForwarding: () => undefined,
    advertiseRouter: () => undefined,
    advertisedDnsServers: [],
    forwarding: false,
    addNeighbor: refuse,
    removeNeighbor: refuse,
    flushNeighbors: refuse,
    connectTcp: refuse,
    listenTcp: refuse,
    openUdp: refuse,
    openPing: refuse,
    tap: () => disposable(() => undefined),
    inspect: () => ({
      interfaces: [],
      routes: [],
      neighbors: [],
      tcp: [],
      udp: [],
      advertisedDnsServers: [],
      counters: {},
      drops: {},
    }),
    knobNames: () => Array.from(knobs.keys()),
    readKnob: (name) => knobs.get(name),
    writeKnob: (name, value) => {
      if (!/^\d+$/.test(value)) return 'Invalid argument';
      knobs.set(name, value);
      return undefined;
    },
    dispose: () => undefined,
  };
}
