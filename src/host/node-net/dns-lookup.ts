// `dns.lookup` of one host: getaddrinfo over the host's own resolver (hosts file, cache, name servers).
import nodeDns, { type LookupAddress, type LookupOptions } from 'node:dns';
import net from 'node:net';
import { familyOf, formatIp, loopbackIpv4, loopbackIpv6, type IpAddress } from '../../stack/wire/ip-address.ts';
import { hasIpv6 } from './address.ts';
import type { NodeNetContext } from './context.ts';
import { argumentError, dnsError } from './dns-error.ts';

type LookupDone = (error: Error | null, address?: string | LookupAddress[] | null, family?: number) => void;
export type Lookup = (
  hostname: string,
  options: LookupOptions | number | LookupDone | undefined | null,
  callback?: LookupDone,
) => object;

interface Wanted {
  readonly family: 0 | 4 | 6;
  readonly all: boolean;
  readonly order: string;
}

export function createLookup(context: NodeNetContext): Lookup {
  return (hostname, options, callback) => {
    const done = typeof options === 'function' ? options : callback;
    const wanted = readOptions(typeof options === 'function' ? undefined : options);
    if (typeof done !== 'function')
      throw argumentError('ERR_INVALID_ARG_TYPE', 'The "callback" argument must be of type function.');
    if (hostname && typeof (hostname as unknown) !== 'string')
      throw argumentError('ERR_INVALID_ARG_TYPE', 'The "hostname" argument must be of type string.');
    if (!hostname) {
      process.nextTick(done, null, wanted.all ? [] : null, wanted.family === 6 ? 6 : 4);
    } else if (net.isIP(hostname) !== 0) {
      const family = net.isIP(hostname);
      process.nextTick(done, null, wanted.all ? [{ address: hostname, family }] : hostname, family);
    } else {
      void find(context, hostname, wanted).then(
        (found) => process.nextTick(() => answer(found, hostname, wanted, done)),
        (error: unknown) => process.nextTick(done, error),
      );
    }
    return { family: wanted.family, hostname };
  };
}

type Found = readonly IpAddress[] | { readonly failure: string };

function answer(found: Found, hostname: string, wanted: Wanted, done: LookupDone): void {
  if ('failure' in found) {
    done(dnsError(found.failure, 'getaddrinfo', hostname));
    return;
  }
  const entries = found.map((address) => ({ address: formatIp(address), family: familyOf(address) }));
  const [first] = entries;
  if (wanted.all) done(null, entries);
  else done(null, first?.address, first?.family);
}

async function find(context: NodeNetContext, hostname: string, wanted: Wanted): Promise<Found> {
  const family = wanted.family === 0 ? undefined : wanted.family;
  const found = await context.services.resolver.resolve(hostname, family);
  let addresses = found.kind === 'addresses' ? found.addresses : localAddresses(context, hostname, wanted);
  if (addresses.length === 0) {
    const isTemporary = found.kind === 'failure' && found.reason.startsWith('Temporary');
    return { failure: isTemporary ? 'EAI_AGAIN' : 'ENOTFOUND' };
  }
  const v4 = addresses.filter((address) => familyOf(address) === 4);
  const v6 = addresses.filter((address) => familyOf(address) === 6);
  if (wanted.order === 'ipv4first') addresses = [...v4, ...v6];
  if (wanted.order === 'ipv6first') addresses = [...v6, ...v4];
  return addresses;
}

/** RFC 6761 section 6.3: `localhost` is this host even when no file says so. */
function localAddresses(context: NodeNetContext, hostname: string, { family }: Wanted): readonly IpAddress[] {
  if (!/^(.+\.)?localhost\.?$/i.test(hostname)) return [];
  const both: IpAddress[] = hasIpv6(context.stack) ? [loopbackIpv4, loopbackIpv6] : [loopbackIpv4];
  return both.filter((address) => family === 0 || familyOf(address) === family);
}

function readOptions(options: LookupOptions | number | undefined | null): Wanted {
  const given: LookupOptions = typeof options === 'number' ? { family: options } : (options ?? {});
  if (typeof given !== 'object')
    throw argumentError('ERR_INVALID_ARG_TYPE', 'The "options" argument must be of type object or integer.');
  const hints = given.hints ?? 0;
  const known = nodeDns.ADDRCONFIG | nodeDns.ALL | nodeDns.V4MAPPED;
  if ((hints & ~known) !== 0)
    throw argumentError('ERR_INVALID_ARG_VALUE', `The argument 'hints' is invalid. Received ${hints}`);
  const family = given.family === 'IPv4' ? 4 : given.family === 'IPv6' ? 6 : (given.family ?? 0);
  if (family !== 0 && family !== 4 && family !== 6)
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property 'options.family' must be one of: 0, 4, 6. Received ${String(family)}`,
    );
  const verbatim = given.verbatim === undefined ? undefined : given.verbatim ? 'verbatim' : 'ipv4first';
  const order = given.order ?? verbatim ?? nodeDns.getDefaultResultOrder();
  return { family, all: given.all === true, order };
}
