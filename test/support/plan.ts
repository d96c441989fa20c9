// Small plans, built in code, for tests of runtimes.
import type { Plan, PlannedHost, PlannedInterface } from '../../src/lab/plan.ts';

/** A host with one interface per address; `eth0` on `segments[0]` and so on. */
export function plannedHost(
  name: string,
  attachments: readonly { readonly segment: string; readonly mac: string; readonly address: string }[],
  more: Partial<PlannedHost> = {},
): PlannedHost {
  return {
    name,
    role: 'client',
    interfaces: attachments.map((attachment, index): PlannedInterface => ({
      name: `eth${index}`,
      segment: attachment.segment,
      mac: attachment.mac,
      addresses: [attachment.address],
      mtu: 1500,
      egress: {},
    })),
    routes: [],
    forwarding: false,
    services: [],
    nameservers: [],
    searchDomain: 'lab',
    knobs: {},
    files: {},
    zones: [],
    ...more,
  };
}

/** A plan of these hosts; the segments follow from their interfaces. */
export function plannedLab(hosts: readonly PlannedHost[], more: Partial<Plan> = {}): Plan {
  const names = [...new Set(hosts.flatMap((host) => host.interfaces.map((one) => one.segment)))];
  return {
    template: 'test',
    title: { en: 'Test', ko: '시험' },
    seed: 'seed',
    domain: 'lab',
    hosts,
    segments: names.map((name) => ({
      name,
      kind: 'network',
      prefixes: [],
      ends: hosts.flatMap((host) =>
        host.interfaces.filter((one) => one.segment === name).map((one) => ({ host: host.name, interface: one.name })),
      ),
    })),
    positions: {},
    ...more,
  };
}

/** Two hosts on one segment: 10.0.1.1 and 10.0.1.2. */
export function twoHosts(): Plan {
  return plannedLab([
    plannedHost('a', [{ segment: 'net', mac: '02:00:00:00:00:01', address: '10.0.1.1/24' }]),
    plannedHost('b', [{ segment: 'net', mac: '02:00:00:00:00:02', address: '10.0.1.2/24' }]),
  ]);
}

/** A client, a router and a server: 10.0.1.2 - 10.0.1.1 | 10.0.2.1 - 10.0.2.2. */
export function routedHosts(): Plan {
  const route = (gateway: string): PlannedHost['routes'] => [
    { destination: '0.0.0.0/0', gateway, interface: 'eth0', metric: 0 },
  ];
  return plannedLab([
    plannedHost('client', [{ segment: 'left', mac: '02:00:00:00:01:02', address: '10.0.1.2/24' }], {
      routes: route('10.0.1.1'),
    }),
    plannedHost(
      'router',
      [
        { segment: 'left', mac: '02:00:00:00:01:01', address: '10.0.1.1/24' },
        { segment: 'right', mac: '02:00:00:00:02:01', address: '10.0.2.1/24' },
      ],
      { role: 'router', forwarding: true },
    ),
    plannedHost('server', [{ segment: 'right', mac: '02:00:00:00:02:02', address: '10.0.2.2/24' }], {
      role: 'server',
      routes: route('10.0.2.1'),
    }),
  ]);
}
