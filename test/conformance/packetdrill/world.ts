// The world of one script: our stack on virtual time, with one device whose other side is the script. Addresses are
// packetdrill's defaults: 192.168.0.1 here, a gateway at 192.168.0.2, and 192.0.2.1 beyond it.
import { seededRandom } from '../../../src/base/random.ts';
import type { FrameReceiver, NetworkDevice } from '../../../src/stack/device.ts';
import { Stack } from '../../../src/stack/stack.ts';
import { parseIpv4Address, parsePrefix, type Ipv4Address } from '../../../src/stack/wire/ip-address.ts';
import { VirtualClock } from '../../../src/wiring/virtual-clock.ts';
import { Unsupported } from './kernel-socket.ts';
import { defaultKnobs, fixedKnob, parseCommand, type Setting } from './shell.ts';
import type { ScriptOption } from './script.ts';
import { gatewayMac, localMac, readFrame, type SeenPacket } from './wire.ts';

/** Options of a script (`--name=value`) as settings of the world and of the comparison. */
export interface WorldOptions {
  readonly toleranceUsecs: number;
  readonly timestampTickUsecs: number;
  /** Runs of segments may not stand for one larger packet. */
  readonly strictSegments: boolean;
  readonly localAddress: Ipv4Address;
  readonly remoteAddress: Ipv4Address;
  readonly gatewayAddress: Ipv4Address;
  readonly prefixLength: number;
  readonly bindPort: number;
  readonly connectPort: number;
  readonly mtu: number;
}

/** A command of the script that would exit with another status than 0. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

function requireAddress(text: string): Ipv4Address {
  const address = parseIpv4Address(text);
  if (address === undefined) throw new Unsupported(`the address ${text}`);
  return address;
}

function prefixLengthOf(mask: string): number {
  if (/^\/?\d{1,2}$/.test(mask)) return Number(mask.replace('/', ''));
  const bits = requireAddress(mask) >>> 0;
  return bits === 0 ? 0 : 32 - Math.log2(2 ** 32 - bits);
}

/** Options that say how to run packetdrill itself, or repeat a default. */
const withoutEffect =
  /^(init_scripts|non_fatal|mss|send_omit_free|verbose|debug|wire_.*|so_filename|so_flags|bin_path|wire_protocol)$/;

/** Throws `Unsupported` for an option that changes what the script means. */
export function readOptions(options: readonly ScriptOption[]): WorldOptions {
  const values = new Map(options.map(({ name, value }) => [name, value ?? '']));
  const take = (name: string, otherwise: string): string => {
    const value = values.get(name) ?? otherwise;
    values.delete(name);
    return value;
  };
  const version = take('ip_version', 'ipv4');
  if (version !== 'ipv4') throw new Unsupported(`--ip_version=${version}`);
  const read = {
    toleranceUsecs: Number(take('tolerance_usecs', '4000')),
    timestampTickUsecs: Number(take('tcp_ts_tick_usecs', '0')),
    strictSegments: take('strict_segments', 'false') !== 'false',
    localAddress: requireAddress(take('local_ip', '192.168.0.1')),
    remoteAddress: requireAddress(take('remote_ip', '192.0.2.1').replace(/\/.*$/, '')),
    gatewayAddress: requireAddress(take('gateway_ip', '192.168.0.2')),
    prefixLength: prefixLengthOf(take('netmask_ip', '255.255.0.0')),
    bindPort: Number(take('bind_port', '8080')),
    connectPort: Number(take('connect_port', '8080')),
    mtu: Number(take('mtu', '1500')),
  };
  for (const [name, value] of values) {
    if (!withoutEffect.test(name)) throw new Unsupported(`--${name}${value === '' ? '' : `=${value}`}`);
  }
  return read;
}

class ScriptDevice implements NetworkDevice {
  readonly macAddress = localMac;
  mtu: number;
  readonly carrier = true;
  readonly #sent: (frame: Uint8Array) => void;
  #receiver: FrameReceiver = () => undefined;

  constructor(mtu: number, sent: (frame: Uint8Array) => void) {
    this.mtu = mtu;
    this.#sent = sent;
  }

  transmit(frame: Uint8Array): void {
    this.#sent(frame);
  }

  setReceiver(receiver: FrameReceiver): void {
    this.#receiver = receiver;
  }

  setCarrierListener(): void {
    // The carrier never changes.
  }

  arrive(frame: Uint8Array): void {
    this.#receiver(frame);
  }
}

export class World {
  readonly clock = new VirtualClock();
  readonly stack: Stack;
  readonly options: WorldOptions;
  /** Sent by the stack and not yet expected by anybody. */
  readonly sent: SeenPacket[] = [];
  /** What the script asked for and did not get, with the reason. */
  readonly shortfalls: string[] = [];
  readonly #device: ScriptDevice;
  #countersBefore: Readonly<Record<string, number>> = {};

  constructor(options: WorldOptions, seed: string) {
    this.options = options;
    this.stack = new Stack({ clock: this.clock, random: seededRandom(seed), hostName: 'script' });
    this.#device = new ScriptDevice(options.mtu, (frame) => {
      const packet = readFrame(frame, this.clock.now());
      if (packet !== undefined) this.sent.push(packet);
    });
    const { localAddress, prefixLength, gatewayAddress } = options;
    this.stack.addInterface('tun0', this.#device, [{ address: localAddress, length: prefixLength }]);
    this.stack.addNeighbor('tun0', gatewayAddress, gatewayMac);
    const everywhere = parsePrefix('0.0.0.0/0');
    if (everywhere !== undefined) this.stack.addRoute({ destination: everywhere, gateway: gatewayAddress });
    for (const [name, value] of defaultKnobs) this.apply({ kind: 'knob', name, value });
  }

  arrive(frame: Uint8Array): void {
    this.#device.arrive(frame);
  }

  run(command: string): void {
    for (const setting of parseCommand(command)) this.apply(setting);
  }

  apply(setting: Setting): void {
    switch (setting.kind) {
      case 'knob':
        return this.#setKnob(setting.name, setting.value);
      case 'mtu':
        this.#device.mtu = setting.bytes;
        return;
      case 'route':
        return this.#setRoute(setting);
      case 'unsupported':
        this.shortfalls.push(`${setting.text} (${setting.reason})`);
        return;
      case 'counters-from-here':
        this.#countersBefore = this.stack.inspect().counters;
        return;
      case 'counter':
        return this.#checkCounter(setting.name, setting.value);
      case 'nothing':
    }
  }

  #checkCounter(name: string, wanted: number): void {
    const now = this.stack.inspect().counters[name];
    if (now === undefined) {
      this.shortfalls.push(`the counter ${name} (our stack has none of that name)`);
      return;
    }
    const seen = now - (this.#countersBefore[name] ?? 0);
    if (seen !== wanted) throw new CommandFailure(`${name}: expected ${wanted}, seen ${seen}`);
  }

  #setKnob(name: string, value: string): void {
    if (this.stack.readKnob(name) === undefined) {
      const answer = fixedKnob(name, value);
      if (answer !== true) this.shortfalls.push(`${name}=${value} (${answer})`);
      return;
    }
    const refusal = this.stack.writeKnob(name, value);
    if (refusal !== undefined) this.shortfalls.push(`${name}=${value} (${refusal})`);
  }

  #setRoute(setting: Extract<Setting, { kind: 'route' }>): void {
    if (setting.initialWindow !== undefined) {
      this.#setKnob('net.ipv4.tcp_initial_cwnd', `${setting.initialWindow}`);
    }
    // The script's one route leads over the whole device: its MTU is the device's.
    if (setting.mtu !== undefined) this.#device.mtu = setting.mtu;
    const mssOfMtu = (setting.mtu ?? this.#device.mtu) - 40;
    if (setting.advmss !== undefined && setting.advmss !== mssOfMtu) {
      this.shortfalls.push(`advmss ${setting.advmss} (the MSS follows the MTU here)`);
    }
  }

  /** Ends the stack; says how many timers it has left behind, which must be none. */
  end(): number {
    this.stack.dispose();
    return this.clock.pending;
  }
}
