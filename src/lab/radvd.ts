// What a lab's router advertises, in the words of radvd.conf(5), which the router's own radvd reads.
import { formatIp, formatPrefix, type IpAddress, type Prefix } from '../stack/wire/ip-address.ts';

/** The text of /etc/radvd.conf; undefined when there is nothing to advertise. */
export function radvdConfiguration(
  links: readonly { readonly interface: string; readonly prefix: Prefix }[],
  nameservers: readonly IpAddress[],
): string | undefined {
  if (links.length === 0) return undefined;
  const servers = nameservers.map(formatIp).join(' ');
  return links
    .map(({ interface: name, prefix }) =>
      [
        `interface ${name}`,
        '{',
        '    AdvSendAdvert on;',
        '    MaxRtrAdvInterval 30;',
        `    prefix ${formatPrefix(prefix)}`,
        '    {',
        '    };',
        ...(servers === '' ? [] : [`    RDNSS ${servers}`, '    {', '    };']),
        '};',
        '',
      ].join('\n'),
    )
    .join('\n');
}
