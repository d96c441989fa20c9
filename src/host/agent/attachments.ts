// Finds the container's interfaces and opens a packet socket on each, then gives up every right that this took.
import { networkInterfaces } from 'node:os';
import { present } from '../../base/assert.ts';
import { Fault } from '../../base/fault.ts';
import { parseMac, type MacAddress } from '../../stack/wire/mac-address.ts';
import type { AgentConfiguration } from './configuration.ts';
import { CutDevice } from './cut-device.ts';
import { FencedDevice } from './fenced-device.ts';
import { PacketSocket } from './packet-socket.ts';

/** Whom the agent becomes once its sockets are open; nobody on the engine's machine has that number. */
const unprivilegedId = 65_532;

/**
 * The plan's name of each interface -> its device. The kernel's names are not the plan's: engines attach networks in
 * an order of their own, so each is found by the address that the engine gave it. Throws `Fault` runtime-unsupported.
 */
export function openDevices(configuration: AgentConfiguration): ReadonlyMap<string, CutDevice> {
  const kernelInterfaces = Object.entries(networkInterfaces());
  const devices = new Map<string, CutDevice>();
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
    devices.set(planned.name, new CutDevice(new FencedDevice(socket, attachment.peers.map(macOf))));
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
