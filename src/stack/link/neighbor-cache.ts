// Who on this link has which address: one interface's neighbors, of both families, and the packets that wait for them.
// RFC 4861 section 7.3 (states, used for ARP as well, as RFC 1122 section 2.3.2.1 allows), RFC 1122 section 2.3.2.2
// (a packet queue), RFC 4861 section 7.2.5 (what an advertisement changes). Left out: confirmation by upper layers.
// IPv6 addresses have no zone here: a cache is one link's.
// Before editing: every way out of INCOMPLETE must empty the queue and stop the timer.
import type { Timer } from '../../base/clock.ts';
import { fraction } from '../../base/random.ts';
import type { FrameOffload } from '../device.ts';
import type { NeighborState } from '../events.ts';
import type { NeighborInspection } from '../inspect.ts';
import type { StackInterface } from '../interfaces.ts';
import type { StackServices } from '../services.ts';
import type { IpAddress } from '../wire/ip-address.ts';
import { ethernetOffset } from '../wire/ethernet.ts';
import { writeMac, type MacAddress } from '../wire/mac-address.ts';

/** Frames that may wait on one interface for all resolutions together, so that an address scan cannot eat the memory. */
const maximumWaitingFrames = 2048;

interface WaitingFrame {
  readonly frame: Uint8Array;
  readonly offload: FrameOffload | undefined;
}

interface NeighborEntry {
  readonly address: IpAddress;
  state: NeighborState;
  mac: MacAddress | undefined;
  /** Clock time at which REACHABLE becomes STALE. */
  reachableUntilMs: number;
  /** Requests sent in the present state. */
  probes: number;
  timer: Timer | undefined;
  queue: WaitingFrame[];
  queuedBytes: number;
  isRouter: boolean;
}

/** What the cache asks of the protocols around it. */
export interface NeighborCacheUses {
  /** Sends one request: to everybody, or to `mac` when the cache only wants to hear that it is still there. */
  solicit(target: StackInterface, address: IpAddress, mac: MacAddress | undefined): void;
  /** `frame` (with link header room) could not be sent since its next hop did not answer. */
  unreachable(target: StackInterface, frame: Uint8Array): void;
}

export class NeighborCache {
  readonly #services: StackServices;
  readonly #interface: StackInterface;
  readonly #uses: NeighborCacheUses;
  readonly #entries = new Map<IpAddress, NeighborEntry>();
  #waitingFrames = 0;

  constructor(services: StackServices, target: StackInterface, uses: NeighborCacheUses) {
    this.#services = services;
    this.#interface = target;
    this.#uses = uses;
  }

  /** Sends `frame`, complete but for its destination MAC address, to the neighbor as soon as that is known. */
  send(address: IpAddress, frame: Uint8Array, offload: FrameOffload | undefined): void {
    const entry = this.#entries.get(address) ?? this.#create(address, 'FAILED', undefined);
    if (entry.state === 'REACHABLE' && this.#services.clock.now() >= entry.reachableUntilMs) {
      this.#change(entry, 'STALE');
    }
    if (entry.state === 'FAILED') this.#startResolution(entry);
    if (entry.state === 'INCOMPLETE' || entry.mac === undefined) {
      this.#enqueue(entry, frame, offload);
      return;
    }
    if (entry.state === 'STALE') this.#startDelay(entry);
    this.#transmit(entry.mac, frame, offload);
  }

  /**
   * A neighbor has shown its hardware address. `solicited`: it answered us, so it hears us (REACHABLE). `create`: worth
   * a new entry (it is about to talk to us); otherwise an unknown neighbor is ignored, so that nobody can fill the cache.
   */
  observe(address: IpAddress, mac: MacAddress, how: { readonly solicited: boolean; readonly create: boolean }): void {
    const entry = this.#entries.get(address);
    if (entry === undefined) {
      if (how.create) this.#announce(this.#create(address, 'STALE', mac));
      return;
    }
    if (entry.state === 'PERMANENT') return;
    if (how.solicited) {
      this.#reach(entry, mac);
    } else if (entry.mac !== mac || entry.state === 'INCOMPLETE' || entry.state === 'FAILED') {
      this.#settle(entry, mac, 'STALE');
    }
  }

  /**
   * A neighbor has advertised itself (RFC 4861 section 7.2.5); `mac` undefined: without its hardware address. Unknown
   * neighbors stay unknown.
   */
  advertised(
    address: IpAddress,
    mac: MacAddress | undefined,
    how: { readonly solicited: boolean; readonly override: boolean; readonly router: boolean },
  ): void {
    const entry = this.#entries.get(address);
    if (entry === undefined || entry.state === 'PERMANENT') return;
    if (entry.mac === undefined) {
      if (mac === undefined) return;
      entry.isRouter = how.router;
      if (how.solicited) this.#reach(entry, mac);
      else this.#settle(entry, mac, 'STALE');
      return;
    }
    const moved = mac !== undefined && mac !== entry.mac;
    if (moved && !how.override) {
      if (entry.state === 'REACHABLE') this.#change(entry, 'STALE');
      return;
    }
    entry.isRouter = how.router;
    if (how.solicited) this.#reach(entry, mac ?? entry.mac);
    else if (moved) this.#settle(entry, mac, 'STALE');
  }

  /** Somebody above gets no answers by way of the neighbor: what was believed reachable is to be probed again. */
  doubt(address: IpAddress): void {
    const entry = this.#entries.get(address);
    if (entry?.state === 'REACHABLE') this.#change(entry, 'STALE');
  }

  /** The neighbor has shown to be a router. */
  noteRouter(address: IpAddress): void {
    const entry = this.#entries.get(address);
    if (entry !== undefined) entry.isRouter = true;
  }

  isRouter(address: IpAddress): boolean {
    return this.#entries.get(address)?.isRouter === true;
  }

  /** Enters what an operator says; nothing that comes from the link changes it. */
  setPermanent(address: IpAddress, mac: MacAddress): void {
    this.#settle(this.#entries.get(address) ?? this.#create(address, 'INCOMPLETE', undefined), mac, 'PERMANENT');
  }

  remove(address: IpAddress): boolean {
    const entry = this.#entries.get(address);
    if (entry !== undefined) this.#forget(entry);
    return entry !== undefined;
  }

  /** Forgets everything that was learned; with `permanentToo`, really everything. */
  flush(permanentToo = false): void {
    for (const entry of Array.from(this.#entries.values())) {
      if (permanentToo || entry.state !== 'PERMANENT') this.#forget(entry);
    }
  }

  inspect(): readonly NeighborInspection[] {
    const now = this.#services.clock.now();
    return Array.from(this.#entries.values(), (entry) => ({
      interface: this.#interface.name,
      address: entry.address,
      mac: entry.mac,
      state: entry.state === 'REACHABLE' && now >= entry.reachableUntilMs ? 'STALE' : entry.state,
      router: entry.isRouter,
    }));
  }

  #create(address: IpAddress, state: NeighborState, mac: MacAddress | undefined): NeighborEntry {
    if (this.#entries.size >= this.#knob(address, 'gc_thresh3')) this.#evictOne();
    const entry: NeighborEntry = {
      address,
      state,
      mac,
      reachableUntilMs: 0,
      probes: 0,
      timer: undefined,
      queue: [],
      queuedBytes: 0,
      isRouter: false,
    };
    this.#entries.set(address, entry);
    return entry;
  }

  /** Makes room: the oldest entry that no operator made, rather one that nobody waits for. */
  #evictOne(): void {
    let victim: NeighborEntry | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.state === 'PERMANENT') continue;
      victim ??= entry;
      if (entry.state !== 'INCOMPLETE') {
        victim = entry;
        break;
      }
    }
    if (victim !== undefined) this.#forget(victim);
  }

  #startResolution(entry: NeighborEntry): void {
    entry.mac = undefined;
    entry.probes = 0;
    this.#change(entry, 'INCOMPLETE');
    this.#probe(entry);
  }

  #startDelay(entry: NeighborEntry): void {
    this.#change(entry, 'DELAY');
    entry.timer = this.#services.clock.schedule(this.#knob(entry.address, 'delay_first_probe_time') * 1000, () => {
      entry.probes = 0;
      this.#change(entry, 'PROBE');
      this.#probe(entry);
    });
  }

  /** One request, and a timer for the next one or for giving up. */
  #probe(entry: NeighborEntry): void {
    const limit = this.#knob(entry.address, entry.state === 'PROBE' ? 'ucast_solicit' : 'mcast_solicit');
    if (entry.probes >= limit) {
      this.#fail(entry);
      return;
    }
    entry.probes += 1;
    const said = typeof entry.address === 'number' ? undefined : this.#interface.advertised.retransMs;
    const retransMs = said ?? this.#knob(entry.address, 'retrans_time_ms');
    entry.timer = this.#services.clock.schedule(retransMs, () => this.#probe(entry));
    this.#uses.solicit(this.#interface, entry.address, entry.state === 'PROBE' ? entry.mac : undefined);
  }

  #fail(entry: NeighborEntry): void {
    entry.mac = undefined;
    this.#change(entry, 'FAILED');
    for (const { frame } of this.#takeQueue(entry)) {
      this.#services.drop('neighbor-unresolved', this.#interface.name);
      this.#uses.unreachable(this.#interface, frame);
    }
  }

  /** The neighbor hears us: for a while nobody needs to ask again. */
  #reach(entry: NeighborEntry, mac: MacAddress): void {
    const said = typeof entry.address === 'number' ? undefined : this.#interface.advertised.reachableMs;
    const baseMs = said ?? this.#knob(entry.address, 'base_reachable_time_ms');
    entry.reachableUntilMs = this.#services.clock.now() + baseMs * (0.5 + fraction(this.#services.random));
    this.#settle(entry, mac, 'REACHABLE');
  }

  /** The hardware address is known: whoever waited is sent. */
  #settle(entry: NeighborEntry, mac: MacAddress, state: NeighborState): void {
    const moved = entry.mac !== mac;
    entry.mac = mac;
    this.#change(entry, state, moved);
    const waiting = this.#takeQueue(entry);
    if (waiting.length > 0 && entry.state === 'STALE') this.#startDelay(entry);
    for (const { frame, offload } of waiting) this.#transmit(mac, frame, offload);
  }

  #enqueue(entry: NeighborEntry, frame: Uint8Array, offload: FrameOffload | undefined): void {
    entry.queue.push({ frame, offload });
    entry.queuedBytes += frame.length;
    this.#waitingFrames += 1;
    const maximumFrames = this.#knob(entry.address, 'unres_qlen');
    const maximumBytes = this.#knob(entry.address, 'unres_qlen_bytes');
    while (
      entry.queue.length > maximumFrames ||
      (entry.queuedBytes > maximumBytes && entry.queue.length > 1) ||
      this.#waitingFrames > maximumWaitingFrames
    ) {
      entry.queuedBytes -= entry.queue.shift()?.frame.length ?? 0; // the oldest goes, as in Linux
      this.#waitingFrames -= 1;
      this.#services.drop('neighbor-queue-full', this.#interface.name);
    }
  }

  #takeQueue(entry: NeighborEntry): readonly WaitingFrame[] {
    const waiting = entry.queue;
    this.#waitingFrames -= waiting.length;
    entry.queue = [];
    entry.queuedBytes = 0;
    return waiting;
  }

  #forget(entry: NeighborEntry): void {
    entry.timer?.cancel();
    this.#entries.delete(entry.address);
    for (const _ of this.#takeQueue(entry)) this.#services.drop('neighbor-unresolved', this.#interface.name);
  }

  #change(entry: NeighborEntry, state: NeighborState, macMoved = false): void {
    entry.timer?.cancel();
    entry.timer = undefined;
    if (entry.state === state && !macMoved) return;
    entry.state = state;
    this.#announce(entry);
  }

  #announce(entry: NeighborEntry): void {
    const { address, mac, state } = entry;
    this.#services.emit({ kind: 'neighbor', interface: this.#interface.name, address, mac, state });
  }

  #transmit(mac: MacAddress, frame: Uint8Array, offload: FrameOffload | undefined): void {
    writeMac(frame, ethernetOffset.destination, mac);
    this.#interface.transmit(frame, offload);
  }

  #knob(address: IpAddress, name: string): number {
    const family = typeof address === 'number' ? 'ipv4' : 'ipv6';
    return this.#services.knobs.number(`net.${family}.neigh.default.${name}`);
  }
}
