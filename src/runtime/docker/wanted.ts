// What a plan comes to on the engine: one bridge per segment, one container per host. Pure: same input, same result.
import type { PlannedHost, Plan } from '../../lab/plan.ts';
import { writeConfiguration, type AgentConfiguration } from '../../host/agent/configuration.ts';
import { present } from '../../base/assert.ts';
import type { ContainerEndpoint, ContainerSpecification, NetworkSpecification } from './engine.ts';
import { bridgeName, containerName, fingerprint, labelNames, networkName, packPlan } from './labels.ts';
import { subnetAddress, subnetGateway } from './subnets.ts';

export interface WantedNetwork {
  readonly segment: string;
  readonly fingerprint: string;
  readonly bridge: string;
  readonly specification: NetworkSpecification;
}

export interface WantedContainer {
  readonly host: string;
  readonly fingerprint: string;
  /** The segments whose networks must exist before it is created. */
  readonly segments: readonly string[];
  readonly specification: ContainerSpecification;
}

export interface WantedLab {
  readonly networks: readonly WantedNetwork[];
  readonly containers: readonly WantedContainer[];
}

export interface WantedOptions {
  readonly labId: string;
  /** Whose lab it is; a label only. */
  readonly scope: string;
  readonly image: string;
  /** Segment -> subnet of the engine's bridge. */
  readonly subnets: ReadonlyMap<string, string>;
  readonly applier: 'tc netem' | 'agent model';
  /** ms since the Unix epoch; a label only, no reason to make anything anew. */
  readonly startedAtMs: number;
}

/**
 * NET_RAW to open packet sockets; the other two so that the agent can stop being root right after: from then on it
 * holds no capability at all.
 */
const capabilities = ['NET_RAW', 'SETUID', 'SETGID'];

/** The kernel's own stack answers nothing on the lab's interfaces: no ARP, no echo, no forwarding. */
const sysctls = {
  'net.ipv4.conf.all.arp_ignore': '8',
  'net.ipv4.icmp_echo_ignore_all': '1',
  'net.ipv4.ip_forward': '0',
};

const limits = { memoryBytes: 512 * 1024 * 1024, cpus: 1, processes: 64 } as const;

const networkOptions = {
  'com.docker.network.bridge.enable_ip_masquerade': 'false',
  'com.docker.network.bridge.enable_icc': 'true',
  // The engine's machine has no address on the bridge, hence no route to it either.
  'com.docker.network.bridge.inhibit_ipv4': 'true',
};

export function planHash(plan: Plan): string {
  return fingerprint(plan);
}

export function wantedLab(plan: Plan, options: WantedOptions): WantedLab {
  const labels = {
    [labelNames.kind]: 'lab',
    [labelNames.lab]: options.labId,
    [labelNames.scope]: options.scope,
    [labelNames.planHash]: planHash(plan),
  };
  return {
    networks: plan.segments.map((segment): WantedNetwork => {
      const subnet = present(options.subnets.get(segment.name), 'every segment has a subnet');
      const specification = {
        name: networkName(options.labId, segment.name),
        subnet,
        gateway: subnetGateway(subnet),
        options: {
          ...networkOptions,
          'com.docker.network.bridge.name': bridgeName(options.labId, segment.name),
          'com.docker.network.driver.mtu': String(segmentMtu(plan, segment.name)),
        },
      };
      const mark = fingerprint(specification);
      return {
        segment: segment.name,
        fingerprint: mark,
        bridge: bridgeName(options.labId, segment.name),
        specification: {
          ...specification,
          labels: { ...labels, [labelNames.segment]: segment.name, [labelNames.fingerprint]: mark },
        },
      };
    }),
    containers: plan.hosts.map((host) => wantedContainer(plan, host, options, labels)),
  };
}

function wantedContainer(
  plan: Plan,
  host: PlannedHost,
  options: WantedOptions,
  labels: Readonly<Record<string, string>>,
): WantedContainer {
  const configuration = agentConfiguration(plan, host, options);
  const specification = {
    name: containerName(options.labId, host.name),
    image: options.image,
    hostname: host.name,
    environment: writeConfiguration(configuration),
    endpoints: host.interfaces.map((attachment, index): ContainerEndpoint => ({
      network: networkName(options.labId, attachment.segment),
      address: present(configuration.attachments[index], 'one per interface').engineAddress,
    })),
    sysctls,
    capabilities,
    ...limits,
  };
  const mark = fingerprint([specification, configuration]);
  return {
    host: host.name,
    fingerprint: mark,
    segments: host.interfaces.map((attachment) => attachment.segment),
    specification: {
      ...specification,
      labels: {
        ...labels,
        [labelNames.host]: host.name,
        [labelNames.applier]: options.applier,
        [labelNames.startedAt]: String(options.startedAtMs),
        [labelNames.plan]: packPlan(plan),
        [labelNames.fingerprint]: mark,
      },
    },
  };
}

/** What the host's agent is told. */
export function agentConfiguration(
  plan: Plan,
  host: PlannedHost,
  options: Pick<WantedOptions, 'subnets' | 'applier'>,
): AgentConfiguration {
  return {
    host,
    seed: `${plan.seed}/${host.name}`,
    impairs: options.applier === 'agent model',
    attachments: host.interfaces.map((attachment) => {
      const segment = present(
        plan.segments.find((candidate) => candidate.name === attachment.segment),
        'a plan names only segments that it has',
      );
      const subnet = present(options.subnets.get(segment.name), 'every segment has a subnet');
      const index = segment.ends.findIndex((end) => end.host === host.name && end.interface === attachment.name);
      return {
        interface: attachment.name,
        engineAddress: subnetAddress(subnet, index),
        peers: segment.ends.filter((_, other) => other !== index).map((end) => macOf(plan, end.host, end.interface)),
      };
    }),
  };
}

function macOf(plan: Plan, hostName: string, interfaceName: string): string {
  const host = plan.hosts.find((candidate) => candidate.name === hostName);
  const attachment = host?.interfaces.find((candidate) => candidate.name === interfaceName);
  return present(attachment, 'a segment ends at interfaces that the plan has').mac;
}

function segmentMtu(plan: Plan, segment: string): number {
  const attached = plan.hosts.flatMap((host) => host.interfaces).filter((one) => one.segment === segment);
  return Math.max(1500, ...attached.map((one) => one.mtu));
}
