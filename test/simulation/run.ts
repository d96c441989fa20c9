// One run from its plan to the last timer: what was wrong, how to see it again, and the packets before it.
import { createHash, type Hash } from 'node:crypto';
import { formatTcpFlags, TcpSegmentView } from '../../src/stack/wire/tcp.ts';
import { drawRun, type RunPlan } from './campaign.ts';
import { findSegment, Invariants } from './invariants.ts';
import { Network } from './network.ts';
import { Program } from './program.ts';
import type { Side } from './stream.ts';

export interface RunResult {
  readonly plan: RunPlan;
  /** What is wrong, in words, with the virtual time; empty when nothing is. */
  readonly faults: readonly string[];
  /** Virtual ms until both programs had heard that the connection is closed. */
  readonly durationMs: number;
  /** Frames that the two hosts sent. */
  readonly frames: number;
  /** SHA-256 of every frame that a host sent or received and when; empty unless asked for. */
  readonly traceHash: string;
  /** The last packets of the two hosts, one line each. */
  readonly lastPackets: readonly string[];
}

export interface RunOptions {
  readonly hash?: boolean;
  /** Packets that are kept for the report. */
  readonly keep?: number;
}

const monthMs = 30 * 24 * 3_600_000;
/** Longer than TIME_WAIT, a neighbor's probes, and every timer of an idle stack. */
const aftermathMs = 900_000;
const port = 80;
/** More would say the same again. */
const faultsMaximum = 10;

interface Kept {
  readonly atMs: number;
  readonly side: Side;
  readonly direction: 'in' | 'out';
  readonly frame: Uint8Array;
}

class Trace {
  readonly #keep: number;
  readonly #hash: Hash | undefined;
  readonly #kept: Kept[] = [];
  frames = 0;

  constructor(options: RunOptions) {
    this.#keep = options.keep ?? 40;
    this.#hash = options.hash === true ? createHash('sha256') : undefined;
  }

  add(entry: Kept): void {
    if (entry.direction === 'out') this.frames += 1;
    this.#kept.push(entry);
    if (this.#kept.length > 4 * this.#keep) this.#kept.splice(0, this.#kept.length - this.#keep);
    this.#hash?.update(`${entry.atMs} ${entry.side} ${entry.direction} `).update(entry.frame);
  }

  get hash(): string {
    return this.#hash?.digest('hex') ?? '';
  }

  lines(): readonly string[] {
    return this.#kept.slice(-this.#keep).map(lineOf);
  }
}

export function runSeed(seed: number, options: RunOptions = {}): RunResult {
  return run(drawRun(seed), options);
}

export function run(plan: RunPlan, options: RunOptions = {}): RunResult {
  const network = new Network(plan);
  const { clock } = network;
  const faults: string[] = [];
  const report = (fault: string): void => {
    if (faults.length < faultsMaximum) faults.push(`${clock.now().toFixed(3)} ms: ${fault}`);
  };
  const trace = new Trace(options);
  const hosts = {
    client: { stack: network.client, bufferBytes: plan.client.bufferBytes },
    server: { stack: network.server, bufferBytes: plan.server.bufferBytes },
  };
  const invariants = new Invariants(hosts, () => network.pendingTimers, report);
  for (const side of ['client', 'server'] as const) {
    hosts[side].stack.tap('eth0', ({ frame, direction, atMs }) => {
      trace.add({ atMs, side, direction, frame });
      if (direction === 'out') invariants.leaves(side, frame);
    });
  }
  const client = new Program(clock, 'client', plan, report);
  const server = new Program(clock, 'server', plan, report);
  connect(network, plan, client, server);
  clock.runUntilCondition(() => (client.closed && server.closed) || faults.length > 0, monthMs);
  const durationMs = clock.now();
  if (faults.length === 0) {
    clock.runFor(aftermathMs);
    client.check();
    server.check();
    const left = [...network.client.inspect().tcp, ...network.server.inspect().tcp].filter(
      ({ state }) => state !== 'LISTEN',
    );
    if (left.length > 0) report(`left behind: ${left.map(({ state }) => state).join(', ')}`);
    if (clock.pending > 0) report(`${clock.pending} timers left before the end`);
  }
  network.dispose();
  if (faults.length === 0 && clock.pending > 0) report(`${clock.pending} timers left after the end`);
  return { plan, faults, durationMs, frames: trace.frames, traceHash: trace.hash, lastPackets: trace.lines() };
}

/** The result as a person wants it: what, how to see it again, and what went before. */
export function describeFailure({ plan, faults, lastPackets }: RunResult): string {
  return [
    `seed ${plan.seed}: ${faults.join('\n  ')}`,
    `replay: npx node test/simulation/replay.ts ${plan.seed}`,
    'last packets:',
    ...lastPackets,
  ].join('\n');
}

function connect(network: Network, plan: RunPlan, client: Program, server: Program): void {
  const buffersOf = (bytes: number | undefined): { sendBufferBytes?: number; receiveBufferBytes?: number } =>
    bytes === undefined ? {} : { sendBufferBytes: bytes, receiveBufferBytes: bytes };
  const listener = network.server.listenTcp({
    port,
    ...buffersOf(plan.server.bufferBytes),
    acceptable: () => {
      const socket = listener.accept();
      if (socket === undefined) return;
      socket.setNoDelay(plan.server.noDelay);
      server.take(socket);
    },
  });
  client.socket = network.client.connectTcp(
    { address: network.serverAddress, port },
    { handlers: client.handlers, noDelay: plan.client.noDelay, ...buffersOf(plan.client.bufferBytes) },
  );
}

const view = new TcpSegmentView();

function lineOf({ atMs, side, direction, frame }: Kept): string {
  const head = `${atMs.toFixed(3).padStart(14)} ${side} ${direction.padEnd(3)}`;
  if (!findSegment(frame, view)) {
    return `${head} ${Buffer.from(frame.subarray(12, 48)).toString('hex')} (${frame.length} bytes)`;
  }
  const { options } = view;
  const edges = Array.from(options.sackEdges.subarray(0, 2 * options.sackBlockCount)).join(' ');
  const sack = edges === '' ? '' : ` sack ${edges}`;
  const numbers = `seq ${view.sequence} len ${view.dataLength} ack ${view.acknowledgment} win ${view.window}`;
  return `${head} ${formatTcpFlags(view.flags)} ${numbers}${sack}`;
}
