// How long a connection has had something to send, and how much of that the peer's window kept it waiting: Linux's
// tcpi_busy_time and tcpi_rwnd_limited. To be told whenever something was queued, sent or acknowledged.

/** idle: nothing queued or in flight; busy: something; window: and the peer's window is what holds it back. */
export type SendingPhase = 'idle' | 'busy' | 'window';

export class Chronograph {
  #phase: SendingPhase = 'idle';
  #sinceMs = 0;
  #busyMs = 0;
  #windowMs = 0;

  get phase(): SendingPhase {
    return this.#phase;
  }

  /** The phase has changed at `nowMs`. */
  begin(phase: SendingPhase, nowMs: number): void {
    this.#busyMs = this.busyMs(nowMs);
    this.#windowMs = this.windowMs(nowMs);
    this.#phase = phase;
    this.#sinceMs = nowMs;
  }

  /** Ms with something to send, up to now. */
  busyMs(nowMs: number): number {
    return this.#busyMs + (this.#phase === 'idle' ? 0 : nowMs - this.#sinceMs);
  }

  /** Ms in which the peer's window held it back, up to now. */
  windowMs(nowMs: number): number {
    return this.#windowMs + (this.#phase === 'window' ? nowMs - this.#sinceMs : 0);
  }
}
