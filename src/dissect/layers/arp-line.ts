// An ARP packet in tcpdump's words.
import { arpLength, arpOperation, parseArp } from '../../stack/wire/arp.ts';
import { formatMac } from '../../stack/wire/mac-address.ts';
import { addressText, verbosityOf, type LineContext } from '../line-options.ts';

export function arpLine(context: LineContext, bytes: Uint8Array, withName: boolean): string {
  const name = withName ? 'ARP, ' : '';
  const length = `, length ${bytes.length}`;
  if (bytes.length < arpLength) return `${name}[|arp]${length}`;
  const packet = parseArp(bytes);
  if (packet === undefined) return `${name}unknown hardware or protocol type${length}`;
  const kind = verbosityOf(context) > 0 ? 'Ethernet (len 6), IPv4 (len 4), ' : '';
  const [sender, target] = [addressText(context, packet.senderAddress), addressText(context, packet.targetAddress)];
  if (packet.operation === arpOperation.reply) {
    return `${name}${kind}Reply ${sender} is-at ${formatMac(packet.senderMac)}${length}`;
  }
  const guess = packet.targetMac === 0 ? '' : ` (${formatMac(packet.targetMac)})`;
  return `${name}${kind}Request who-has ${target}${guess} tell ${sender}${length}`;
}
