// Runs one script: its events in order, in virtual time. Times of relative events count from when the event before took
// place, as in packetdrill; a packet that the script does not expect is left alone until the next one that it does.
import type { Ipv4Address } from '../../../src/stack/wire/ip-address.ts';
import { tcpFlag } from '../../../src/stack/wire/tcp.ts';
import { differences, formatExpected, formatSegment } from './comparison.ts';
import { constantNamed } from './constants.ts';
import { numberOf } from './evaluation.ts';
import { Flow } from './flow.ts';
import { Kernel, type Attempt } from './kernel.ts';
import { Unsupported, type CallOutcome } from './kernel-socket.ts';
import { ScriptSyntaxError, type Place } from './lexer.ts';
import { parseScript } from './parser.ts';
import type { CallSpec, IcmpPacketSpec, PacketSpec, ScriptEvent, TcpPacketSpec, UdpPacketSpec } from './script.ts';
import { SnippetError } from './snippet-expression.ts';
import { SnippetAssertion, SnippetRunner } from './snippet.ts';
import { tcpInfoField } from './tcp-info.ts';
import { ecnName, icmpFrame, tcpFrame, udpFrame, type Ends, type SeenPacket, type SeenTcp } from './wire.ts';
import { CommandFailure, readOptions, World } from './world.ts';

export interface ScriptResult {
  readonly name: string;
  readonly outcome: 'ok' | 'failed' | 'unsupported' | 'unreadable';
  /** Where it went wrong, and how; empty when ok. */
  readonly message: string;
  readonly place: Place | undefined;
  /** What the script asked of its host and did not get. */
  readonly shortfalls: readonly string[];
  readonly printed: readonly string[];
}

/** The stack does other than the script says. */
class Disagreement extends Error {}

/** Each means that the script and the stack do not agree. */
const expectedFailures = [Disagreement, SnippetAssertion, SnippetError, CommandFailure];

/** Ms that a late packet is waited for, so that a failure can show it. */
const patienceMs = 3000;
/** Ms after which `*` and a call that never returns give up. */
const longestWaitMs = 600_000;
const firstRemotePort = 33_000;

interface PendingCall {
  readonly call: CallSpec;
  readonly attempt: Attempt;
  readonly place: Place;
  readonly dueMs: number;
}

/** Parses and runs `text`; `defines` as of `-D`. Never throws for anything that a script can say. */
export function runScript(name: string, text: string, defines?: ReadonlyMap<string, string>): ScriptResult {
  const result = { name, shortfalls: [], printed: [] };
  try {
    const script = parseScript(text, defines);
    const run = new Run(new World(readOptions(script.options), name));
    const failure = run.all(script.events);
    return {
      ...result,
      outcome: failure?.outcome ?? 'ok',
      message: failure?.message ?? '',
      place: failure?.place,
      shortfalls: run.world.shortfalls,
      printed: run.printed,
    };
  } catch (error) {
    if (error instanceof ScriptSyntaxError) {
      return { ...result, outcome: 'unreadable', message: error.message, place: error.place };
    }
    if (error instanceof Unsupported) {
      return { ...result, outcome: 'unsupported', message: error.message, place: undefined };
    }
    throw error;
  }
}

class Run {
  readonly world: World;
  readonly printed: string[] = [];
  readonly #kernel: Kernel;
  readonly #snippets: SnippetRunner;
  readonly #flows: Flow[] = [];
  /** The connection that packets without ports are about. */
  #flow: Flow | undefined;
  #pending: PendingCall | undefined;
  #previousMs = 0;
  #writtenBytes = 0;
  readonly #dialogue: string[] = [];

  constructor(world: World) {
    this.world = world;
    const { options, clock, stack } = world;
    this.#kernel = new Kernel(
      stack,
      {
        local: { address: options.localAddress, port: options.bindPort },
        remote: { address: options.remoteAddress, port: options.connectPort },
      },
      () => clock.now(),
      {
        socketOpened: () => {
          this.#flow = undefined;
        },
        written: (bytes) => {
          this.#writtenBytes += bytes;
        },
        shortfall: (line) => this.world.shortfalls.push(line),
      },
    );
    this.#snippets = new SnippetRunner({
      lookup: (name) => this.#lookup(name),
      print: (line) => this.printed.push(line),
    });
  }

  /** Undefined: everything is as the script says. */
  all(
    events: readonly ScriptEvent[],
  ): { readonly outcome: 'failed' | 'unsupported'; readonly message: string; readonly place: Place } | undefined {
    let place: Place = { line: 1, column: 1 };
    try {
      for (const event of events) {
        ({ place } = event);
        this.#runEvent(event);
      }
      if (this.#pending !== undefined) {
        ({ place } = this.#pending);
        this.#finishPending();
      }
      const left = this.world.end();
      if (left > 0) throw new Disagreement(`the stack has left ${left} timers behind`);
      return undefined;
    } catch (error) {
      if (error instanceof Unsupported)
        return { outcome: 'unsupported', message: `not supported: ${error.message}`, place };
      if (expectedFailures.some((kind) => error instanceof kind) && error instanceof Error) {
        return { outcome: 'failed', message: [error.message, ...this.#recent()].join('\n'), place };
      }
      const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return {
        outcome: 'failed',
        message: [`the stack or the runner has thrown: ${trace}`, ...this.#recent()].join('\n'),
        place,
      };
    }
  }

  #runEvent(event: ScriptEvent): void {
    const { time, action } = event;
    const { clock } = this.world;
    const baseMs = time.kind === 'relative' ? this.#previousMs : 0;
    if (action.kind === 'packet' && action.packet.direction === 'out') {
      const [fromMs, toMs] = time.kind === 'any' ? [0, Infinity] : [baseMs + time.ms, baseMs + (time.endMs ?? time.ms)];
      this.#expectPacket(action.packet, fromMs, toMs);
      this.#previousMs = clock.now();
      return;
    }
    const dueMs = time.kind === 'any' ? clock.now() : Math.max(baseMs + time.ms, clock.now());
    this.#runUntil(dueMs);
    if (action.kind === 'packet') this.#arrive(action.packet);
    else if (action.kind === 'call') this.#call(action.call, event.place, baseMs);
    else if (action.kind === 'code') this.#snippets.run(action.text);
    else this.world.run(action.text);
    this.#previousMs = dueMs;
    this.#runUntil(clock.now());
  }

  // --- Time ---

  #runUntil(timeMs: number): void {
    const { clock } = this.world;
    for (let due = this.#nextDueMs(); due <= timeMs; due = this.#nextDueMs()) {
      if (clock.nextDueMs === due) clock.step();
      else clock.runUntil(due);
      this.#afterStep();
      if (this.#pending !== undefined && this.#kernel.wakeAtMs <= due) break; // it has been asked and still waits
    }
    clock.runUntil(timeMs);
    this.#afterStep();
  }

  /** When anything happens next: a timer of the stack, or the end of a call's patience. */
  #nextDueMs(): number {
    const wakeMs = this.#pending === undefined ? Infinity : this.#kernel.wakeAtMs;
    return Math.min(this.world.clock.nextDueMs ?? Infinity, wakeMs);
  }

  #afterStep(): void {
    this.#kernel.observe();
    const pending = this.#pending;
    if (pending === undefined) return;
    const outcome = pending.attempt();
    if (outcome !== undefined) this.#settle(pending, outcome);
  }

  // --- System calls ---

  #call(call: CallSpec, place: Place, baseMs: number): void {
    const { clock } = this.world;
    if (this.#pending !== undefined) this.#finishPending();
    const attempt = this.#kernel.prepare(call);
    const isTimed = call.returnMs !== undefined;
    const pending = { call, attempt, place, dueMs: isTimed ? baseMs + (call.returnMs ?? 0) : Infinity };
    const outcome = attempt();
    if (outcome !== undefined) return this.#settle(pending, outcome);
    this.#pending = pending;
    if (isTimed) return;
    // The script gives no time for it to block: it may wait for time to pass, but not for the script.
    this.#finishPending();
    this.#previousMs = clock.now();
  }

  /** Lets time pass until the blocked call returns. */
  #finishPending(): void {
    const { clock } = this.world;
    const pending = this.#pending;
    const limitMs = clock.now() + longestWaitMs;
    while (this.#pending !== undefined && this.#pending === pending) {
      const nextMs = clock.nextDueMs ?? Infinity;
      const stepMs = Math.min(nextMs, clock.now() + 100);
      if (stepMs > limitMs) throw new Disagreement(`${pending.call.name} blocks for ever`);
      this.#runUntil(stepMs);
    }
  }

  #settle(pending: PendingCall, outcome: CallOutcome): void {
    if (this.#pending === pending) this.#pending = undefined;
    const { call, dueMs } = pending;
    const at = `line ${pending.place.line}: ${call.name}`;
    const nowMs = this.world.clock.now();
    this.#note(`${call.name} = ${outcome.errno === undefined ? outcome.value : `-1 ${outcome.errno}`}`);
    const expected = this.#expectedResult(call);
    if (expected !== undefined) {
      const isNamed =
        outcome.errno !== undefined && (call.errno !== undefined || outcome.value !== numberOf(call.result));
      const seen = isNamed ? `-1 ${outcome.errno ?? ''}` : `${outcome.value}`;
      if (seen !== expected) throw new Disagreement(`${at}: expected ${expected}, returned ${seen}`);
    }
    const [mismatch] = outcome.mismatches ?? [];
    if (mismatch !== undefined) throw new Disagreement(`${at}: ${mismatch}`);
    const toleranceMs = this.world.options.toleranceUsecs / 1000;
    if (dueMs !== Infinity && Math.abs(nowMs - dueMs) > toleranceMs) {
      throw new Disagreement(`${at}: expected to return at ${seconds(dueMs)}, returned at ${seconds(nowMs)}`);
    }
  }

  #expectedResult(call: CallSpec): string | undefined {
    if (call.result.kind === 'ellipsis') return undefined;
    const value = numberOf(call.result);
    return call.errno === undefined ? `${value}` : `${value} ${call.errno}`;
  }

  // --- Packets that arrive ---

  #arrive(packet: PacketSpec): void {
    const { world } = this;
    if (packet.kind === 'tcp') return this.#arriveTcp(packet);
    const flow = this.#flow;
    if (flow === undefined) throw new Unsupported(`${packet.kind} before there is a connection`);
    const frame = packet.kind === 'udp' ? udpOf(packet, flow) : icmpOf(packet, flow);
    if (frame === undefined) throw new Unsupported(`this ICMP message`);
    this.#note(`< ${packet.kind}`);
    world.arrive(frame);
  }

  #arriveTcp(packet: TcpPacketSpec): void {
    const flow = this.#flowOfArrival(packet);
    const segment = flow.toWire({ ...packet, window: packet.window ?? 0, options: packet.options ?? [] });
    this.#note(`< ${formatExpected(packet)}`);
    this.world.arrive(tcpFrame(flow.ends, segment, packet.ip));
  }

  #flowOfArrival(packet: TcpPacketSpec): Flow {
    const { ports, flags } = packet;
    const isOpening = (flags & (tcpFlag.syn | tcpFlag.ack)) === tcpFlag.syn;
    if (ports !== undefined) {
      const known = this.#flows.find(
        ({ ends }) => ends.remote.port === ports.source && ends.local.port === ports.destination,
      );
      return known ?? this.#newFlow(this.#ends(ports.destination, ports.source));
    }
    if (this.#flow !== undefined) return this.#flow;
    if (!isOpening && this.#flows.length > 0) return this.#flows.at(-1) ?? this.#newFlow(this.#ends());
    return this.#newFlow(this.#ends());
  }

  #ends(
    localPort: number = this.world.options.bindPort,
    remotePort: number = firstRemotePort + this.#flows.length,
  ): Ends {
    const { localAddress, remoteAddress } = this.world.options;
    return {
      local: { address: localAddress, port: localPort },
      remote: { address: remoteAddress as Ipv4Address, port: remotePort },
    };
  }

  #newFlow(ends: Ends): Flow {
    const flow = new Flow(ends, this.world.options.timestampTickUsecs);
    this.#flows.push(flow);
    this.#flow = flow;
    return flow;
  }

  // --- Packets that the stack sends ---

  #expectPacket(expected: PacketSpec, fromMs: number, toMs: number): void {
    const first = this.#nextSent(expected, toMs);
    const wanted = expected.kind === 'tcp' ? formatExpected(expected) : expected.kind;
    if (first === undefined) throw new Disagreement(`expected > ${wanted}\nseen     nothing`);
    if (expected.kind !== 'tcp' || first.kind !== 'tcp') {
      if (expected.kind !== first.kind) throw new Disagreement(diff(wanted, show(first, undefined), []));
      if (expected.kind !== 'tcp' && 'payloadBytes' in expected && expected.payloadBytes !== first.payloadBytes) {
        throw new Disagreement(diff(`${wanted} (${expected.payloadBytes})`, show(first, undefined), []));
      }
      return this.#checkTime(wanted, first, fromMs, toMs);
    }
    const flow = this.#flowOfSent(first);
    flow.noteSyn(first, expected.sequence);
    noteTimestamp(flow, expected, first);
    const whole = this.#joinRun(expected, first, flow, toMs);
    this.#note(`> ${show(whole, flow)}`);
    const asScript = flow.toScript(whole);
    const found = differences(expected, whole, asScript, {
      toleranceUsecs: this.world.options.toleranceUsecs,
      timestampTickUsecs: this.world.options.timestampTickUsecs,
      endsWrite: asScript.sequence + asScript.payloadBytes === this.#writtenBytes + 1,
    });
    if (found.length > 0) throw new Disagreement(diff(wanted, show(whole, flow), found));
    this.#checkTime(wanted, first, fromMs, toMs);
  }

  #checkTime(wanted: string, seen: SeenPacket, fromMs: number, toMs: number): void {
    const toleranceMs = this.world.options.toleranceUsecs / 1000;
    if (seen.atMs >= fromMs - toleranceMs && seen.atMs <= toMs + toleranceMs) return;
    const range = fromMs === toMs ? seconds(fromMs) : `${seconds(fromMs)} .. ${seconds(toMs)}`;
    throw new Disagreement(`> ${wanted}\nexpected at ${range}, sent at ${seconds(seen.atMs)}`);
  }

  /** The oldest packet that nobody has expected yet; waits for one until well after `toMs`. */
  #nextSent(expected: PacketSpec, toMs: number): SeenPacket | undefined {
    const { clock, sent } = this.world;
    const limitMs = toMs === Infinity ? clock.now() + longestWaitMs : Math.max(toMs, clock.now()) + patienceMs;
    for (;;) {
      while (sent.length === 0) {
        const nextMs = clock.nextDueMs;
        if (nextMs === undefined || nextMs > limitMs) return undefined;
        this.#runUntil(nextMs);
      }
      const next = sent.shift();
      if (next?.kind !== 'tcp' || expected.kind !== 'tcp' || expected.ports !== undefined) return next;
      // Without ports the script speaks of its present connection; what others send is not compared.
      const known = this.#flows.find(({ ends }) => isSameEnds(ends, next.ends));
      if (known === undefined || this.#flow === undefined || known === this.#flow) return next;
    }
  }

  /**
   * Linux hands a large segment down whole; on the wire it is a run of segments of one size. Joins the run that stands
   * for what the script expects.
   */
  #joinRun(expected: TcpPacketSpec, first: SeenTcp, flow: Flow, toMs: number): SeenTcp {
    const { sent, options, clock } = this.world;
    let whole = first;
    if (options.strictSegments || first.payloadBytes === 0) return whole;
    if (flow.toScript(first).sequence !== expected.sequence) return whole;
    const limitMs = Math.min(Math.max(toMs, clock.now()), 1e15) + options.toleranceUsecs / 1000;
    while (whole.payloadBytes < expected.payloadBytes) {
      for (let next = clock.nextDueMs; sent.length === 0 && next !== undefined && next <= limitMs;) {
        this.#runUntil(next);
        next = clock.nextDueMs;
      }
      const [next] = sent;
      if (next?.kind !== 'tcp' || !continuesRun(whole, first, next)) return whole;
      const total = whole.payloadBytes + next.payloadBytes;
      if (total > expected.payloadBytes) return whole;
      if (next.payloadBytes !== first.payloadBytes && total < expected.payloadBytes) return whole;
      sent.shift();
      whole = { ...whole, payloadBytes: total, flags: next.flags };
    }
    return whole;
  }

  #flowOfSent(seen: SeenTcp): Flow {
    const known = this.#flows.find(({ ends }) => isSameEnds(ends, seen.ends));
    return known ?? this.#newFlow(seen.ends);
  }

  // --- Snippets and reports ---

  #lookup(name: string): number | undefined {
    const constant = constantNamed(name);
    if (constant !== undefined || !name.startsWith('tcpi_')) return constant;
    const info = this.#kernel.current?.tcp?.info();
    if (info === undefined) throw new SnippetError(`${name}: there is no connection`);
    const value = tcpInfoField(info, name.slice('tcpi_'.length));
    if (value === undefined) throw new Unsupported(`${name}: our connection keeps no such number`);
    return value;
  }

  #note(line: string): void {
    this.#dialogue.push(`${seconds(this.world.clock.now())} ${line}`);
    if (this.#dialogue.length > 8) this.#dialogue.shift();
  }

  #recent(): readonly string[] {
    if (this.#dialogue.length === 0) return [];
    const later = this.world.sent
      .slice(0, 4)
      .map((packet) => `${seconds(packet.atMs)} > ${show(packet, this.#flow)} (not yet expected)`);
    return ['so far:', ...[...this.#dialogue, ...later].map((line) => `  ${line}`)];
  }
}

function isSameEnds(a: Ends, b: Ends): boolean {
  return a.local.port === b.local.port && a.remote.port === b.remote.port && a.remote.address === b.remote.address;
}

function continuesRun(whole: SeenTcp, first: SeenTcp, next: SeenTcp): boolean {
  const startsThere = next.sequence === (whole.sequence + whole.payloadBytes) >>> 0;
  const isLike = next.ack === first.ack && next.ends.local.port === first.ends.local.port && next.payloadBytes > 0;
  return startsThere && isLike && (whole.flags & (tcpFlag.syn | tcpFlag.fin | tcpFlag.rst)) === 0;
}

function noteTimestamp(flow: Flow, expected: TcpPacketSpec, seen: SeenTcp): void {
  const wanted = expected.options?.find((option) => option.kind === 'TS');
  const got = seen.options.find((option) => option.kind === 'TS');
  if (wanted?.kind === 'TS' && got?.kind === 'TS') flow.noteTimestamp(got.value, wanted.value);
}

function udpOf(packet: UdpPacketSpec, flow: Flow): Uint8Array {
  return udpFrame(flow.ends, packet.payloadBytes, packet.ip);
}

function icmpOf(packet: IcmpPacketSpec, flow: Flow): Uint8Array | undefined {
  const { type, code, mtu, quoted } = packet;
  const { protocol, payloadBytes } = quoted;
  const sequence = flow.sequenceToWire(quoted.sequence);
  return icmpFrame(flow.ends, { type, code, mtu, protocol, sequence, payloadBytes }, packet.ip);
}

function show(packet: SeenPacket, flow: Flow | undefined): string {
  if (packet.kind !== 'tcp') return packet.text;
  const ecn = ecnName(packet.trafficClass);
  const segment = flow === undefined ? packet : flow.toScript(packet);
  return formatSegment(segment, { win: true, ...(ecn === 'noecn' ? {} : { ip: ecn }) });
}

function diff(wanted: string, got: string, found: readonly string[]): string {
  return [`expected > ${wanted}`, `seen     > ${got}`, ...found.map((line) => `  ${line}`)].join('\n');
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(6);
}
