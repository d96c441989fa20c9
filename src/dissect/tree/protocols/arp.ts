// ARP (RFC 826) for Ethernet and IPv4.
import { read16 } from '../../../stack/wire/field.ts';
import { formatIp, readIpv4Address } from '../../../stack/wire/ip-address.ts';
import { formatMac, readMac } from '../../../stack/wire/mac-address.ts';
import { hex, layerField, LayerBuilder, malformedLayer, type DissectedLayers } from '../tree.ts';

const operationNames: Readonly<Record<number, string>> = { 1: 'request', 2: 'reply' };

export function dissectArp(bytes: Uint8Array, start: number, end: number): DissectedLayers {
  if (end - start < 28 || read16(bytes, start + 2) !== 0x0800 || bytes[start + 4] !== 6 || bytes[start + 5] !== 4) {
    return malformedLayer('arp', start, end);
  }
  const builder = new LayerBuilder(bytes);
  const operation = read16(bytes, start + 6);
  const [sender, target] = [readIpv4Address(bytes, start + 14), readIpv4Address(bytes, start + 24)];
  const senderMac = readMac(bytes, start + 8);
  const isGratuitous = sender === target;
  builder.add('arp.hw.type', start, 2, read16(bytes, start), `Ethernet (${read16(bytes, start)})`);
  builder.add('arp.proto.type', start + 2, 2, 0x0800, `IPv4 (${hex(0x0800, 4)})`);
  builder.add('arp.hw.size', start + 4, 1, 6);
  builder.add('arp.proto.size', start + 5, 1, 4);
  builder.add('arp.opcode', start + 6, 2, operation, `${operationNames[operation] ?? 'unknown'} (${operation})`);
  if (isGratuitous) builder.note('arp.isgratuitous', true);
  builder.add('arp.src.hw_mac', start + 8, 6, senderMac);
  builder.add('arp.src.proto_ipv4', start + 14, 4, sender);
  builder.add('arp.dst.hw_mac', start + 18, 6, readMac(bytes, start + 18));
  builder.add('arp.dst.proto_ipv4', start + 24, 4, target);
  const title = `Address Resolution Protocol (${operationNames[operation] ?? operation})`;
  return {
    layers: [layerField('arp', start, start + 28, title, builder.children)],
    protocol: 'ARP',
    info: describe(operation, formatIp(sender), formatIp(target), formatMac(senderMac), isGratuitous),
  };
}

function describe(operation: number, sender: string, target: string, mac: string, isGratuitous: boolean): string {
  if (operation === 2) return `${sender} is at ${mac}`;
  if (sender === '0.0.0.0') return `Who has ${target}? (ARP Probe)`;
  return isGratuitous ? `ARP Announcement for ${sender}` : `Who has ${target}? Tell ${sender}`;
}
