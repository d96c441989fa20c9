// What a seed stands for: one transfer between two hosts, with all that is wrong on its way. A pure function of the seed.
import { fraction, integerBelow, seededRandom, type SeededRandom } from '../../src/base/random.ts';
import type { Impairment } from '../../src/wiring/impairment/impairment.ts';

export const topologies = ['link', 'switch', 'router', 'two-routers'] as const;
export type Topology = (typeof topologies)[number];
export type Shape = 'one-way' | 'two-way' | 'request-response';

/** One end's part of the transfer. */
export interface EndPlan {
  /** Bytes of the receive and of the send buffer; undefined: the stack's default. */
  readonly bufferBytes: number | undefined;
  /** Reads at most so many bytes at a time, and waits so long between; undefined: at once, all. */
  readonly slowReader: { readonly bytes: number; readonly pauseMs: number } | undefined;
  readonly noDelay: boolean;
  /** What leaves this host. */
  readonly egress: Impairment;
  readonly knobs: Readonly<Record<string, string>>;
}

export interface RunPlan {
  readonly seed: number;
  readonly topology: Topology;
  /** MTU of each segment from the client to the server. */
  readonly mtus: readonly number[];
  readonly shape: Shape;
  /** Exchanges of a request and its response; 1 for the other shapes. */
  readonly rounds: number;
  /** Bytes per round. */
  readonly clientBytes: number;
  readonly serverBytes: number;
  readonly client: EndPlan;
  readonly server: EndPlan;
  /** What leaves a router, towards either side. */
  readonly routerEgress: Impairment;
}

const largestBytes = 1_000_000;

/** Nobody gives up for bad luck: every run has a right result, however long it takes. */
const patience: Readonly<Record<string, string>> = {
  'net.ipv4.tcp_retries2': '60',
  'net.ipv4.tcp_orphan_retries': '60',
  'net.ipv4.tcp_syn_retries': '60',
  'net.ipv4.tcp_synack_retries': '60',
  'net.ipv4.neigh.default.mcast_solicit': '60',
};

export function drawRun(seed: number): RunPlan {
  const random = seededRandom(seed).fork('campaign');
  const topology = pick(random, topologies);
  const shape = pick<Shape>(random, ['one-way', 'two-way', 'request-response']);
  const rounds = shape === 'request-response' ? 1 + integerBelow(random, 20) : 1;
  const size = (): number => Math.floor(drawSize(random) / rounds);
  const segments = { link: 1, switch: 1, router: 2, 'two-routers': 3 }[topology];
  return {
    seed,
    topology,
    shape,
    rounds,
    mtus: Array.from({ length: segments }, () => drawMtu(random)),
    clientBytes: size(),
    serverBytes: shape === 'one-way' ? 0 : size(),
    client: drawEnd(random),
    server: drawEnd(random),
    routerEgress: drawWay(random),
  };
}

/** 0 in 8 % of the draws, 1 MB exactly in 5 %, else log-uniform between. */
function drawSize(random: SeededRandom): number {
  const kind = integerBelow(random, 100);
  if (kind < 8) return 0;
  if (kind < 13) return largestBytes;
  return Math.floor(largestBytes ** fraction(random));
}

function drawMtu(random: SeededRandom): number {
  const kind = integerBelow(random, 10);
  if (kind === 0) return 9000;
  if (kind < 5) return 1500;
  return 576 + integerBelow(random, 925);
}

function drawEnd(random: SeededRandom): EndPlan {
  const chance = (share: number): boolean => fraction(random) < share;
  return {
    bufferBytes: chance(0.4) ? Math.floor(2048 * 64 ** fraction(random)) : undefined,
    slowReader: chance(0.15)
      ? { bytes: 200 + integerBelow(random, 8000), pauseMs: 0.1 + fraction(random) * 30 }
      : undefined,
    noDelay: chance(0.2),
    egress: {
      ...drawWay(random),
      ...(chance(0.75) && { loss: { kind: 'random' as const, share: 0.3 * fraction(random), correlation: 0 } }),
      // On one wire per direction only: two flipped bits can cancel in a checksum, one cannot.
      ...(chance(0.5) && { corrupt: { share: 0.05 * fraction(random), correlation: 0 } }),
    },
    knobs: {
      ...patience,
      'net.ipv4.tcp_sack': chance(0.25) ? '0' : '1',
      'net.ipv4.tcp_timestamps': chance(0.25) ? '0' : '1',
      'net.ipv4.tcp_window_scaling': chance(0.2) ? '0' : '1',
      'net.ipv4.tcp_congestion_control': chance(0.4) ? 'reno' : 'cubic',
    },
  };
}

/** Delay, jitter, overtaking, doubles and a rate limit; nothing is lost but at a full queue. */
function drawWay(random: SeededRandom): Impairment {
  const chance = (share: number): boolean => fraction(random) < share;
  const delayMs = 0.1 + 100 * fraction(random) ** 2;
  return {
    ...(chance(0.85) && {
      delay: {
        delayMs,
        jitterMs: chance(0.5) ? delayMs * fraction(random) : 0,
        correlation: 0,
        distribution: 'uniform' as const,
      },
      ...(chance(0.5) && { reorder: { share: 0.3 * fraction(random), correlation: 0, gap: 0 } }),
    }),
    ...(chance(0.5) && { duplicate: { share: 0.1 * fraction(random), correlation: 0 } }),
    ...(chance(0.25) && {
      rateBitsPerSecond: Math.floor(200_000 * 500 ** fraction(random)),
      limitPackets: 10 + integerBelow(random, 500),
    }),
  };
}

function pick<T>(random: SeededRandom, choices: readonly T[]): T {
  return choices[integerBelow(random, choices.length)] as T; // below the length
}
