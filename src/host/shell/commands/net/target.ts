// From what somebody typed to an address, and from an address to what is printed.
import { formatIp, type IpAddress, type IpFamily } from '../../../../stack/wire/ip-address.ts';
import { parseScopedIp, withoutZone } from '../../../../stack/wire/ipv6-scope.ts';
import type { CommandContext, OptionDefinition } from '../../command.ts';

export type Target =
  | {
      readonly kind: 'target';
      /** The canonical name, or the address as text when an address was typed. */
      readonly name: string;
      readonly address: IpAddress;
      readonly all: readonly IpAddress[];
      readonly isNumeric: boolean;
    }
  | { readonly kind: 'failure'; readonly reason: string };

/** -4 and -6, for commands that take names. */
export const familyOptions: readonly OptionDefinition[] = [
  { short: '4', long: 'ipv4', key: 'ipv4', type: 'flag', description: 'IPv4 only' },
  { short: '6', long: 'ipv6', key: 'ipv6', type: 'flag', description: 'IPv6 only' },
];

/** What -4 and -6 ask for. */
export function wantedFamily({ options }: CommandContext): IpFamily | undefined {
  if (options['ipv4'] === true) return 4;
  return options['ipv6'] === true ? 6 : undefined;
}

/** The address of a host, the way getaddrinfo(3) finds it. */
export async function findTarget(context: CommandContext, text: string, family?: IpFamily): Promise<Target> {
  const found = await context.host.resolver.resolve(text, family, context.signal);
  if (found.kind === 'failure') return found;
  const [address] = found.addresses;
  if (address === undefined) return { kind: 'failure', reason: 'Name or service not known' };
  const isNumeric = parseScopedIp(text) !== undefined;
  return { kind: 'target', name: isNumeric ? text : found.name, address, all: found.addresses, isNumeric };
}

/** `10.0.2.2:80`, `[2001:db8::1]:80`. */
export function endpointText(address: IpAddress, port: number | string): string {
  const text = formatIp(address);
  return text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`;
}

/** Names of addresses for output, each asked for once. */
export class ReverseNames {
  readonly #context: CommandContext;
  readonly #known = new Map<IpAddress, Promise<string | undefined>>();

  constructor(context: CommandContext) {
    this.#context = context;
  }

  find(address: IpAddress): Promise<string | undefined> {
    const { host, signal } = this.#context;
    const asked = typeof address === 'string' ? withoutZone(address) : address;
    const found = this.#known.get(address) ?? host.resolver.reverse(asked, signal).catch(() => undefined);
    this.#known.set(address, found);
    return found;
  }
}
