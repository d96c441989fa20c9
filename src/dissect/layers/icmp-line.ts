// An ICMP message in tcpdump's words; errors name what they are about.
import { checksum } from '../../stack/wire/checksum.ts';
import { read16 } from '../../stack/wire/field.ts';
import { icmpType, unreachableCode } from '../../stack/wire/icmpv4.ts';
import { readIpv4Address } from '../../stack/wire/ip-address.ts';
import { addressText, verbosityOf, type InnerPacket, type LineContext } from '../line-options.ts';

const headerBytes = 8;

/** `quoted` writes the line of the packet that an error quotes, for -v. */
export function icmpLine(context: LineContext, packet: InnerPacket, quoted: (bytes: Uint8Array) => string): string {
  const { bytes, length } = packet;
  if (bytes.length < 4) return 'ICMP [|icmp]';
  const type = bytes[0] as number; // 4 bytes are there
  const code = bytes[1] as number;
  const text = `ICMP ${messageText(context, type, code, bytes)}, length ${length}`;
  if (verbosityOf(context) === 0) return text;
  const sum = checksum(bytes, 0, Math.min(length, bytes.length));
  const wrong =
    sum === 0 || bytes.length < length || packet.isFragment
      ? ''
      : ` (wrong icmp cksum ${read16(bytes, 2).toString(16)}!)`;
  if (!isError(type) || bytes.length <= headerBytes) return `${text}${wrong}`;
  return `${text}${wrong}\n\t${quoted(bytes.subarray(headerBytes))}`;
}

function isError(type: number): boolean {
  return [
    icmpType.unreachable,
    icmpType.sourceQuench,
    icmpType.redirect,
    icmpType.timeExceeded,
    icmpType.parameterProblem,
  ].includes(type as 3);
}

function messageText(context: LineContext, type: number, code: number, bytes: Uint8Array): string {
  if (type === icmpType.echoRequest || type === icmpType.echoReply) {
    const name = type === icmpType.echoRequest ? 'echo request' : 'echo reply';
    return bytes.length < headerBytes ? `${name} [|icmp]` : `${name}, id ${read16(bytes, 4)}, seq ${read16(bytes, 6)}`;
  }
  switch (type) {
    case icmpType.unreachable:
      return unreachableText(context, code, bytes);
    case icmpType.sourceQuench:
      return 'source quench';
    case icmpType.redirect:
      return redirectText(context, code, bytes);
    case icmpType.timeExceeded:
      return code === 0
        ? 'time exceeded in-transit'
        : code === 1
          ? 'ip reassembly time exceeded'
          : `time exceeded-#${code}`;
    case icmpType.parameterProblem:
      return code === 0 ? `parameter problem - octet ${bytes[4] ?? 0}` : `parameter problem - code ${code}`;
    default:
      return `type-#${type}`;
  }
}

/** The quoted packet's header and first bytes, when they are there. */
function quotedPacket(bytes: Uint8Array): Uint8Array | undefined {
  const quoted = bytes.subarray(headerBytes);
  return quoted.length >= 20 ? quoted : undefined;
}

function unreachableText(context: LineContext, code: number, bytes: Uint8Array): string {
  const quoted = quotedPacket(bytes);
  if (quoted === undefined) return `unreachable-#${code} [|icmp]`;
  const destination = addressText(context, readIpv4Address(quoted, 16));
  switch (code) {
    case unreachableCode.network:
      return `net ${destination} unreachable`;
    case unreachableCode.host:
      return `host ${destination} unreachable`;
    case unreachableCode.protocol:
      return `${destination} protocol ${quoted[9] ?? 0} unreachable`;
    case unreachableCode.port:
      return portText(destination, quoted);
    case unreachableCode.fragmentationNeeded: {
      const mtu = read16(bytes, 6);
      return `${destination} unreachable - need to frag${mtu === 0 ? '' : ` (mtu ${mtu})`}`;
    }
    case unreachableCode.sourceRouteFailed:
      return `${destination} unreachable - source route failed`;
    case 9:
      return `net ${destination} unreachable - admin prohibited`;
    case 10:
      return `host ${destination} unreachable - admin prohibited`;
    case unreachableCode.prohibited:
      return `host ${destination} unreachable - admin prohibited filter`;
    default:
      return `${destination} unreachable - #${code}`;
  }
}

function portText(destination: string, quoted: Uint8Array): string {
  const offset = ((quoted[0] as number) & 15) * 4; // 20 bytes are there
  if (quoted.length < offset + 4) return `${destination} port unreachable`;
  const port = read16(quoted, offset + 2);
  const protocol = quoted[9];
  if (protocol === 6) return `${destination} tcp port ${port} unreachable`;
  if (protocol === 17) return `${destination} udp port ${port} unreachable`;
  return `${destination} protocol ${protocol ?? 0} port ${port} unreachable`;
}

function redirectText(context: LineContext, code: number, bytes: Uint8Array): string {
  const quoted = quotedPacket(bytes);
  if (quoted === undefined) return 'redirect [|icmp]';
  const gateway = addressText(context, readIpv4Address(bytes, 4));
  const kind = ['net', 'host', 'tos and net', 'tos and host'][code] ?? `-#${code}`;
  return `redirect ${addressText(context, readIpv4Address(quoted, 16))} to ${kind} ${gateway}`;
}
