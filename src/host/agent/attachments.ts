// Finds the container's interfaces and opens a packet socket on each, then gives up every right that this took.
import { networkInterfaces } from 'node:os';
import { present } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import { seededRandom } from '../../base/random.ts';
import { parseMac, type MacAddress } from '../../stack/wire/mac-address.ts';
import { ImpairedDevice } from '../../wiring/devices/impaired-device.ts';
import type { AgentConfiguration } from './configuration.ts';
import { FencedDevice } from './fenced-device.ts';
import { PacketSocket } from './packet-socket.ts';

/** Whom the agent becomes once its sockets are open; nobody on the engine's machine has that number. */
const unprivilegedId = 65_532;

/**
 * The plan's name of each interface -> its device. The kernel's names are not the plan's: engines attach networks in
 * an order of their own, so each is found by the address that the engine gave it. Where no netem of the kernel makes
 * impairments true, the devices do. Throws `Fault` runtime-unsupported.
 */
export function openDevices(configuration: AgentConfiguration, clock: Clock): ReadonlyMap<string, ImpairedDevice> {
  const kernelInterfaces = Object.entries(networkInterfaces());
  const devices = new Map<string, ImpairedDevice>();
  for (const attachment of configuration.attachments) {
    const planned = configuration.host.interfaces.find((one) => one.name === attachment.interface);
    const found = kernelInterfaces.find(([, addresses]) =>
      addresses?.some((one) => one.address === attachment.engineAddress),
    );
    if (planned === undefined || found === undefined) {
      throw new Fault(
        'runtime-unsupported',
        `no interface of the container has ${attachment.engineAddress}, which is to be ${attachment.interface}`,
      );
    }
    const socket = new PacketSocket({ kernelName: found[0], mac: macOf(planned.mac), mtu: planned.mtu });
    const fenced = new FencedDevice(socket, attachment.peers.map(macOf));
    const random = seededRandom(`${configuration.seed}/impairment/${planned.name}`);
    const impairment = configuration.impairs ? planned.egress : {};
    devices.set(planned.name, new ImpairedDevice(fenced, { clock, random, impairment }));
  }
  return devices;
}

/** From here on the process is nobody and holds no capability. Does nothing where it was not root to begin with. */
export function giveUpPrivileges(): void {
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(unprivilegedId);
  process.setuid?.(unprivilegedId);
}

function macOf(text: string): MacAddress {
  return present(parseMac(text), 'the MAC addresses of a plan are well-formed');
}
