// Names from the hosts file (hosts(5)) and numeric addresses: the resolver of a host that has no name servers.
import { familyOf, parseIp, type IpAddress, type IpFamily } from '../stack/wire/ip-address.ts';
import { parseScopedIp } from '../stack/wire/ipv6-scope.ts';
import type { HostFiles, NameResolver, Resolution } from './shell/command.ts';

export interface HostsEntry {
  readonly address: IpAddress;
  /** The first is the canonical one. */
  readonly names: readonly string[];
}

/** The entries of a hosts file; lines that make no sense are skipped, as everywhere. */
export function parseHostsFile(text: string): HostsEntry[] {
  return text.split('\n').flatMap((line) => {
    const [addressText = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const address = parseIp(addressText);
    return address === undefined || names.length === 0 ? [] : [{ address, names }];
  });
}

/** Answers from numbers and the hosts file as it is at the moment; names compare without case. */
export function hostsFileResolver(files: HostFiles): NameResolver {
  const entries = (): HostsEntry[] =>
    parseHostsFile(new TextDecoder().decode(files.read('/etc/hosts') ?? new Uint8Array(0)));
  return {
    nameservers: [],
    searchDomain: '',
    flushCache: () => undefined,
    async resolve(name: string, family?: IpFamily): Promise<Resolution> {
      const numeric = parseScopedIp(name);
      const wanted = name.toLowerCase().replace(/\.$/, '');
      const all =
        numeric === undefined
          ? entries().filter(({ names }) => names.some((other) => other.toLowerCase() === wanted))
          : [{ address: numeric, names: [name] }];
      const found = all.filter(({ address }) => family === undefined || familyOf(address) === family);
      if (found.length === 0) return { kind: 'failure', reason: 'Name or service not known' };
      return {
        kind: 'addresses',
        name: found[0]?.names[0] ?? name,
        addresses: found.map(({ address }) => address),
      };
    },
    reverse: async (address) => entries().find((entry) => entry.address === address)?.names[0],
  };
}
