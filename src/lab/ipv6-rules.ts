// What a template must fulfil when it speaks of IPv6: prefixes of 64 bits that do not meet, addresses inside them, and
// links that are wide enough.
import { isMulticastIp, isUnspecifiedIp, parseIpv6Address, prefixContains } from '../stack/wire/ip-address.ts';
import { ipv6MinimumMtu } from '../stack/wire/ipv6.ts';
import { writtenPrefix } from './ipv6-addressing.ts';
import type { Contradiction } from './rules.ts';
import type { Template, TemplateSegment } from './template.ts';

export function checkIpv6(template: Template): readonly Contradiction[] {
  const seen = new Map<string, string>();
  return template.segments.flatMap((segment) => {
    if (template.ipv6 === undefined) return unwanted(segment);
    const found: Contradiction[] = [...checkAddresses(segment)];
    const { mtu, prefix6, path, name } = segment;
    if (mtu !== undefined && mtu < ipv6MinimumMtu) {
      found.push({ message: `IPv6 needs an MTU of at least ${ipv6MinimumMtu} bytes`, path: [...path, 'mtu'] });
    }
    if (prefix6 === undefined) return found;
    const prefix = writtenPrefix(prefix6);
    const other = prefix && seen.get(prefix.address);
    if (prefix === undefined) {
      const message = `'${prefix6}' is not an IPv6 prefix of 64 bits such as 2001:db8:1::/64`;
      found.push({ message, path: [...path, 'prefix6'] });
    } else if (other !== undefined) {
      found.push({ message: `${prefix6} is the prefix of '${other}' already`, path: [...path, 'prefix6'] });
    } else seen.set(prefix.address, name);
    return found;
  });
}

function unwanted(segment: TemplateSegment): readonly Contradiction[] {
  const key = segment.prefix6 === undefined ? 'addresses6' : 'prefix6';
  if (segment.prefix6 === undefined && Object.keys(segment.addresses6).length === 0) return [];
  return [{ message: `this lab has no IPv6: say 'ipv6: static' or 'ipv6: auto'`, path: [...segment.path, key] }];
}

function checkAddresses(segment: TemplateSegment): readonly Contradiction[] {
  const prefix = writtenPrefix(segment.prefix6);
  const seen = new Map<string, string>();
  return Object.entries(segment.addresses6).flatMap(([host, text]): readonly Contradiction[] => {
    const path = [...segment.path, 'addresses6', host];
    const address = parseIpv6Address(text);
    if (!segment.hosts.includes(host)) return [{ message: `'${host}' is not on '${segment.name}'`, path }];
    if (address === undefined || isMulticastIp(address) || isUnspecifiedIp(address)) {
      return [{ message: `'${text}' is not an IPv6 address of a host`, path }];
    }
    if (prefix === undefined) return [{ message: 'written addresses need a written prefix6', path }];
    if (!prefixContains(prefix, address)) return [{ message: `${text} is not inside ${segment.prefix6}`, path }];
    if (address === prefix.address) return [{ message: `${text} means every router of the link`, path }];
    const other = seen.get(address);
    seen.set(address, host);
    return other === undefined ? [] : [{ message: `${text} is '${other}'’s address already`, path }];
  });
}
