// One terminal of a host, many people: everyone sees the same bytes, a slow one delays nobody, who types sets the pace.
import type { Clock, Timer } from '../../base/clock.ts';
import { DisposeStack, type Disposable } from '../../base/dispose.ts';
import type { PlayerId } from '../../messages/ids.ts';
import { creditBytes } from '../../messages/terminal.ts';
import type { HostTerminal } from '../../runtime/runtime.ts';
import { OutputLog } from './output-log.ts';
import { Screen } from './screen.ts';
import { Viewer, type ViewerIdentity, type ViewerSink } from './viewer.ts';

/** The host waits while whoever types has more than this to parse, bytes... */
const pauseAboveBytes = creditBytes;
/** ...until it is less than this... */
const resumeBelowBytes = creditBytes / 4;
/** ...or until nothing was acknowledged for this long: then that viewer gets a keyframe later, and the host goes on. */
const stalledAfterMs = 2_000;
/** The mirror may have this much to parse, bytes, before the host waits for it. */
const mirrorBacklogBytes = 256 * 1024;
/** Somebody counts as typing for this long after a key. */
export const typingForMs = 2_000;

interface Seat {
  readonly viewer: Viewer;
  size: { readonly columns: number; readonly rows: number };
  /** Clock time of the last key, or undefined. */
  typedAtMs: number | undefined;
}

/** One viewer's handle; disposing detaches. */
export interface Attachment extends Disposable {
  input(bytes: Uint8Array): void;
  acknowledge(offset: number): void;
  resize(columns: number, rows: number): void;
}

export class SharedTerminal implements Disposable {
  readonly #host: HostTerminal;
  readonly #clock: Clock;
  readonly #log = new OutputLog();
  readonly #screen: Screen;
  readonly #seats = new Set<Seat>();
  readonly #owned = new DisposeStack();
  /** Who decides the size and the pace: typed last, or came first while nobody has typed. */
  #driver: Seat | undefined;
  #wake: (() => void) | undefined;
  #typingTimer: Timer | undefined;
  #columns: number;
  #rows: number;
  #closed = false;
  /** Releases whoever waits when the terminal ends. */
  readonly #ended = Promise.withResolvers<void>();

  constructor(
    host: HostTerminal,
    size: { readonly columns: number; readonly rows: number },
    clock: Clock,
    onClosed: () => void,
  ) {
    this.#host = host;
    this.#clock = clock;
    this.#columns = size.columns;
    this.#rows = size.rows;
    this.#screen = this.#owned.add(
      new Screen(size.columns, size.rows, (answer) => host.write(new TextEncoder().encode(answer))),
    );
    this.#owned.add(host.onOutput((bytes) => this.#take(bytes)));
    this.#owned.add(
      host.onClosed(() => {
        this.#end('the shell has ended');
        onClosed();
      }),
    );
  }

  get columns(): number {
    return this.#columns;
  }

  get rows(): number {
    return this.#rows;
  }

  get viewerCount(): number {
    return this.#seats.size;
  }

  /** Takes a seat: the sink hears a keyframe (or what is missing since `lastOffset`), then everything that follows. */
  attach(
    identity: ViewerIdentity,
    sink: ViewerSink,
    options: { readonly columns: number; readonly rows: number; readonly lastOffset?: number },
  ): Attachment {
    if (this.#closed) sink.closed('the shell has ended'); // while the way here was long
    const viewer = new Viewer(identity, sink, this.#log, () => this.#screen.keyframe());
    const seat: Seat = { viewer, size: { columns: options.columns, rows: options.rows }, typedAtMs: undefined };
    if (!this.#closed) this.#begin(seat, options.lastOffset);
    return {
      input: (bytes) => this.#input(seat, bytes),
      acknowledge: (offset) => {
        viewer.acknowledge(offset);
        if (seat === this.#driver) this.#wake?.();
      },
      resize: (columns, rows) => {
        seat.size = { columns, rows };
        if (seat === this.#driver) this.#fit(seat);
      },
      dispose: () => this.#leave(seat),
    };
  }

  #begin(seat: Seat, lastOffset: number | undefined): void {
    this.#seats.add(seat);
    if (this.#driver === undefined) this.#setDriver(seat);
    seat.viewer.start(lastOffset);
    this.#tellViewers();
  }

  /** Ends the shell; viewers are told why. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#end(reason);
    this.#host.close();
  }

  dispose(): void {
    this.close('the terminal was closed');
  }

  /** Resolves when the host may send more. */
  async #take(bytes: Uint8Array): Promise<void> {
    if (this.#closed) return;
    this.#log.append(bytes);
    const parsed = new Promise<void>((resolve) => this.#screen.write(bytes, resolve));
    for (const seat of this.#seats) seat.viewer.pump();
    if (this.#screen.backlogBytes > mirrorBacklogBytes) await Promise.race([parsed, this.#ended.promise]);
    if ((this.#driver?.viewer.lagBytes ?? 0) > pauseAboveBytes) await this.#waitForDriver();
  }

  async #waitForDriver(): Promise<void> {
    for (;;) {
      const driver = this.#driver?.viewer;
      if (driver === undefined || this.#closed || driver.lagBytes < resumeBelowBytes) return;
      const before = driver.acknowledgedOffset;
      const stalled = await new Promise<boolean>((resolve) => {
        const timer = this.#clock.schedule(stalledAfterMs, () => resolve(true));
        this.#wake = () => {
          timer.cancel();
          resolve(false);
        };
      });
      this.#wake = undefined;
      if (stalled && driver.acknowledgedOffset === before) driver.fallBehind();
    }
  }

  #input(seat: Seat, bytes: Uint8Array): void {
    if (this.#closed || !this.#seats.has(seat)) return;
    if (seat !== this.#driver) this.#setDriver(seat);
    const wasTyping = this.#isTyping(seat);
    seat.typedAtMs = this.#clock.now();
    this.#host.write(bytes);
    if (!wasTyping) this.#tellViewers();
    this.#typingTimer ??= this.#clock.schedule(typingForMs, () => this.#reviewTyping());
  }

  #setDriver(seat: Seat): void {
    this.#driver = seat;
    this.#wake?.();
    this.#fit(seat);
  }

  /** Gives the terminal the size of `seat`'s window; the others scale what they see. */
  #fit(seat: Seat): void {
    const { columns, rows } = seat.size;
    if (this.#closed || (columns === this.#columns && rows === this.#rows)) return;
    this.#columns = columns;
    this.#rows = rows;
    this.#screen.resize(columns, rows);
    this.#host.resize(columns, rows);
    for (const other of this.#seats) other.viewer.sink.size(columns, rows);
  }

  #leave(seat: Seat): void {
    if (!this.#seats.delete(seat)) return;
    seat.viewer.leave();
    if (this.#driver === seat) this.#driver = undefined;
    this.#wake?.();
    this.#tellViewers();
  }

  #isTyping(seat: Seat): boolean {
    return seat.typedAtMs !== undefined && this.#clock.now() - seat.typedAtMs < typingForMs;
  }

  #reviewTyping(): void {
    this.#typingTimer = undefined;
    const last = Math.max(...Array.from(this.#seats, (seat) => seat.typedAtMs ?? -Infinity));
    const leftMs = last + typingForMs - this.#clock.now();
    if (leftMs > 0) this.#typingTimer = this.#clock.schedule(leftMs, () => this.#reviewTyping());
    this.#tellViewers();
  }

  #tellViewers(): void {
    // Everybody once, however many pages they have open.
    const viewers = new Map<PlayerId, ViewerIdentity & { typing: boolean }>();
    for (const seat of this.#seats) {
      const { player, name } = seat.viewer.identity;
      viewers.set(player, { player, name, typing: this.#isTyping(seat) || viewers.get(player)?.typing === true });
    }
    for (const seat of this.#seats) seat.viewer.sink.viewers(Array.from(viewers.values()));
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#typingTimer?.cancel();
    for (const seat of this.#seats) {
      seat.viewer.leave();
      seat.viewer.sink.closed(reason);
    }
    this.#seats.clear();
    this.#driver = undefined;
    this.#wake?.();
    this.#ended.resolve();
    this.#owned.dispose();
  }
}
