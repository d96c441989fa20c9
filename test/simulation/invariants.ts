// What must hold at every step of a run, seen from outside: on the wire as each host sends, and in what it shows of itself.
import type { Stack } from '../../src/stack/stack.ts';
import { windowSlackBytes } from '../../src/stack/tcp/receive-buffer.ts';
import { parseTcp, tcpFlag, tcpProtocol, TcpSegmentView } from '../../src/stack/wire/tcp.ts';
import { isFragment, readHeaderLength, readProtocol, readTotalLength } from '../../src/stack/wire/ipv4.ts';
import { otherSide, firstDifference, type Side } from './stream.ts';

const headerBytes = 14;
const ipv4Type = 0x0800;
/** A run has two hosts, two routers and a bystander, with a handful of timers each. */
const timersMaximum = 60;
/** RTO's upper bound (RFC 6298 section 2.5, as our knob has it), and every other timer is shorter. */
const timerMaximumMs = 120_001; // sums of ms are not exact
/** Looking inside is slow: every so many segments. */
const inspectEvery = 16;

/** What one host has put on the wire; numbers are relative to its initial sequence number, or to the peer's. */
interface Sender {
  iss: number | undefined;
  shift: number;
  /** One past the last sequence number sent. */
  sentTo: number;
  finAt: number | undefined;
  ackedTo: number;
  /** Right edge of the window that it offers. */
  edge: number;
  segments: number;
}

const newSender = (): Sender => ({
  iss: undefined,
  shift: 0,
  sentTo: 0,
  finAt: undefined,
  ackedTo: 0,
  edge: 0,
  segments: 0,
});

export interface WatchedHost {
  readonly stack: Stack;
  /** Bytes; undefined: the stack's default. */
  readonly bufferBytes: number | undefined;
}

/** The segment in an Ethernet frame, in `view`; false when there is none. */
export function findSegment(frame: Uint8Array, view: TcpSegmentView): boolean {
  if (((frame[12] as number) << 8) + (frame[13] as number) !== ipv4Type) return false;
  if (readProtocol(frame, headerBytes) !== tcpProtocol || isFragment(frame, headerBytes)) return false;
  const header = readHeaderLength(frame, headerBytes);
  return parseTcp(frame, headerBytes + header, readTotalLength(frame, headerBytes) - header, view);
}

export class Invariants {
  readonly #hosts: Readonly<Record<Side, WatchedHost>>;
  readonly #senders: Readonly<Record<Side, Sender>> = { client: newSender(), server: newSender() };
  readonly #scaled: boolean;
  readonly #pendingTimers: () => number;
  readonly #report: (fault: string) => void;
  readonly #view = new TcpSegmentView();

  constructor(
    hosts: Readonly<Record<Side, WatchedHost>>,
    pendingTimers: () => number,
    report: (fault: string) => void,
  ) {
    this.#hosts = hosts;
    this.#scaled = [hosts.client, hosts.server].every(
      ({ stack }) => stack.readKnob('net.ipv4.tcp_window_scaling') === '1',
    );
    this.#pendingTimers = pendingTimers;
    this.#report = report;
  }

  /** A frame leaves `side`, before anything can happen to it. */
  leaves(side: Side, frame: Uint8Array): void {
    const view = this.#view;
    if (!findSegment(frame, view)) return;
    const sender = this.#senders[side];
    sender.segments += 1;
    if (sender.segments % inspectEvery === 0) this.look(side);
    if ((view.flags & tcpFlag.rst) !== 0) return;
    const report = (fault: string): void => this.#report(`${side}, segment ${sender.segments}: ${fault}`);
    const isSyn = (view.flags & tcpFlag.syn) !== 0;
    if (isSyn) {
      if (sender.iss !== undefined && sender.iss !== view.sequence) report('the initial sequence number has changed');
      sender.iss = view.sequence;
      sender.shift = view.options.windowScale ?? 0;
    }
    this.#checkSequence(side, sender, report);
    if ((view.flags & tcpFlag.ack) !== 0) this.#checkWindow(side, sender, isSyn, report);
  }

  /** Looks at the control block and at what the host holds. */
  look(side: Side): void {
    const { stack, bufferBytes = 262_144 } = this.#hosts[side];
    const report = (fault: string): void => this.#report(`${side}: ${fault}`);
    for (const { state, control, receiveQueue, sendQueue } of stack.inspect().tcp) {
      if (control === undefined) continue;
      if (((control.sndNxt - control.sndUna) | 0) < 0) report(`${state}: SND.UNA is beyond SND.NXT`);
      const held = receiveQueue + control.outOfOrderBytes;
      if (held > bufferBytes + windowSlackBytes) report(`${state}: ${held} bytes in a buffer of ${bufferBytes}`);
      if (sendQueue > bufferBytes) report(`${state}: ${sendQueue} bytes to send in a buffer of ${bufferBytes}`);
      if (!(control.cwnd > 0) && state !== 'SYN_SENT' && state !== 'SYN_RCVD') report(`${state}: no congestion window`);
      for (const { name, leftMs } of control.timers) {
        if (!(leftMs <= timerMaximumMs)) report(`${state}: the ${name} timer is ${leftMs} ms away`);
      }
    }
    if (this.#pendingTimers() > timersMaximum) report(`${this.#pendingTimers()} timers at once`);
  }

  #checkSequence(side: Side, sender: Sender, report: (fault: string) => void): void {
    const view = this.#view;
    if (sender.iss === undefined) {
      report('a segment before any SYN');
      return;
    }
    const at = (view.sequence - sender.iss) | 0;
    const end = at + view.sequenceLength;
    if (at < 0) report('a sequence number before the SYN');
    if (at > sender.sentTo) report(`sequence number ${at} leaves a gap after ${sender.sentTo}`);
    if (view.dataLength > 0) {
      const data = view.bytes.subarray(view.dataOffset, view.dataOffset + view.dataLength);
      const difference = firstDifference(side, at - 1, data);
      if (difference !== undefined) report(`byte ${difference} on the wire is not the one of the stream`);
    }
    const isFin = (view.flags & tcpFlag.fin) !== 0;
    if (isFin && sender.finAt !== undefined && sender.finAt !== end) report('the FIN has moved');
    if (sender.finAt !== undefined && end > sender.finAt) report('data after the FIN');
    if (isFin) sender.finAt = end;
    const peer = this.#senders[otherSide(side)];
    // One byte beyond the window is a probe's (RFC 9293 section 3.8.6.1).
    if (peer.iss !== undefined && view.dataLength > 0 && end > peer.edge + 1) report('data beyond the offered window');
    sender.sentTo = Math.max(sender.sentTo, end);
  }

  #checkWindow(side: Side, sender: Sender, isSyn: boolean, report: (fault: string) => void): void {
    const view = this.#view;
    const peer = this.#senders[otherSide(side)];
    if (peer.iss === undefined) {
      report('an acknowledgment of nothing');
      return;
    }
    const acknowledged = (view.acknowledgment - peer.iss) | 0;
    if (acknowledged > peer.sentTo) report('acknowledges what was never sent');
    if (acknowledged < sender.ackedTo) report('the acknowledgment has moved back');
    sender.ackedTo = Math.max(sender.ackedTo, acknowledged);
    const unit = !isSyn && this.#scaled ? 2 ** sender.shift : 1;
    const edge = acknowledged + view.window * unit;
    // What the scaled field cannot say is no shrinking (RFC 7323 section 2.4).
    if (edge <= sender.edge - unit) report(`the window's right edge has moved from ${sender.edge} back to ${edge}`);
    sender.edge = Math.max(sender.edge, edge);
  }
}
