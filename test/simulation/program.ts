// The program at one end of a run: sends its part as soon as it may, reads as its plan says, finishes after its last byte.
import type { TcpSocket } from '../../src/stack/sockets.ts';
import type { VirtualClock } from '../../src/wiring/virtual-clock.ts';
import type { EndPlan, RunPlan } from './campaign.ts';
import { firstDifference, otherSide, streams, type Side } from './stream.ts';

export class Program {
  readonly #clock: VirtualClock;
  readonly #side: Side;
  readonly #plan: RunPlan;
  readonly #own: EndPlan;
  readonly #report: (fault: string) => void;
  readonly #toSend: number;
  readonly #toReceive: number;
  socket: TcpSocket | undefined;
  sent = 0;
  received = 0;
  closed = false;
  peerFinished = false;
  #finished = false;
  #resting = false;

  constructor(clock: VirtualClock, side: Side, plan: RunPlan, report: (fault: string) => void) {
    this.#clock = clock;
    this.#side = side;
    this.#plan = plan;
    this.#own = plan[side];
    this.#report = (fault) => report(`${side}: ${fault}`);
    this.#toSend = plan.rounds * (side === 'client' ? plan.clientBytes : plan.serverBytes);
    this.#toReceive = plan.rounds * (side === 'client' ? plan.serverBytes : plan.clientBytes);
  }

  readonly handlers = {
    established: (): void => this.push(),
    writable: (): void => this.push(),
    readable: (): void => this.pull(),
    peerFinished: (): void => {
      if (this.peerFinished) this.#report('heard of the FIN twice');
      this.peerFinished = true;
      this.pull();
    },
    closed: (reason: Error | undefined): void => {
      if (this.closed) this.#report('closed twice');
      this.closed = true;
      if (reason !== undefined) this.#report(reason.message);
      this.pull();
    },
  };

  /** A connection that was accepted may have received bytes before its program did. */
  take(socket: TcpSocket): void {
    this.socket = socket;
    socket.handlers = this.handlers;
    this.push();
    this.pull();
  }

  push(): void {
    const { socket } = this;
    if (socket === undefined || this.#finished) return;
    const allowed = this.#allowed();
    while (this.sent < allowed) {
      const end = Math.min(this.sent + 16_384, allowed);
      const taken = socket.send(streams[this.#side].subarray(this.sent, end));
      this.sent += taken;
      if (this.sent < end) return;
    }
    if (this.sent < this.#toSend) return;
    this.#finished = true;
    socket.finish();
  }

  pull(): void {
    if (this.#resting) return;
    const slow = this.#own.slowReader;
    for (;;) {
      const bytes = this.socket?.receive(slow?.bytes);
      if (bytes === undefined) return;
      const at = firstDifference(otherSide(this.#side), this.received, bytes);
      if (at !== undefined) this.#report(`byte ${at} read differs from the one sent`);
      this.received += bytes.length;
      if (this.received > this.#toReceive) this.#report('read more than was sent');
      if (this.#plan.shape === 'request-response' && !this.closed) this.push();
      if (slow !== undefined) {
        this.#resting = true;
        this.#clock.schedule(slow.pauseMs, () => {
          this.#resting = false;
          this.pull();
        });
        return;
      }
    }
  }

  /** What is missing at the end of the run. */
  check(): void {
    if (!this.closed) this.#report(`not closed, in ${this.socket?.state ?? 'no state'}`);
    if (this.sent !== this.#toSend) this.#report(`sent ${this.sent} of ${this.#toSend} bytes`);
    if (this.received !== this.#toReceive) this.#report(`read ${this.received} of ${this.#toReceive} bytes`);
    if (!this.peerFinished) this.#report('never heard of the peer’s FIN');
  }

  /** Bytes of the stream that the program may have sent by now. */
  #allowed(): number {
    const { shape, rounds, clientBytes, serverBytes } = this.#plan;
    if (shape !== 'request-response') return this.#toSend;
    const isClient = this.#side === 'client';
    const [own, others] = isClient ? [clientBytes, serverBytes] : [serverBytes, clientBytes];
    const heard = others === 0 ? rounds : Math.floor(this.received / others);
    return own * Math.min(rounds, heard + (isClient ? 1 : 0));
  }
}
