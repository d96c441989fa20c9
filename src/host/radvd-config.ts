// radvd.conf(5) as far as our routers can follow it: interfaces with prefixes and DNS servers. Unknown words are faults with
// their line, since a setting that is silently ignored teaches the wrong thing.
import type { RouterAdvertising } from '../stack/ip/v6/router-advertiser.ts';
import { isIpv4, networkOf, parseIpv6Address, parsePrefix, type Ipv6Address } from '../stack/wire/ip-address.ts';
import { infiniteSeconds, type AdvertisedDnsServers, type AdvertisedPrefix } from '../stack/wire/ndp.ts';

export interface RadvdInterface {
  readonly name: string;
  readonly settings: RouterAdvertising;
}

export type RadvdConfig =
  | { readonly kind: 'config'; readonly interfaces: readonly RadvdInterface[] }
  | { readonly kind: 'fault'; readonly line: number; readonly message: string };

/** The interfaces that are to be advertised on, or what is wrong and where. */
export function parseRadvdConfig(text: string): RadvdConfig {
  try {
    const words = new Words(text);
    const interfaces: RadvdInterface[] = [];
    while (!words.isAtEnd) {
      words.expect('interface');
      const name = words.next('an interface');
      const settings = readInterface(words);
      if (settings !== undefined) interfaces.push({ name, settings });
    }
    return { kind: 'config', interfaces };
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    return { kind: 'fault', line: error.line, message: error.message };
  }
}

class ConfigFault extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

interface Word {
  readonly text: string;
  readonly line: number;
}

class Words {
  readonly #words: readonly Word[];
  readonly #lastLine: number;
  #at = 0;

  constructor(text: string) {
    const lines = text.split('\n');
    this.#lastLine = lines.length;
    this.#words = lines.flatMap((line, index) =>
      Array.from(line.replace(/#.*/, '').matchAll(/[{};]|[^\s{};]+/g), ([word]) => ({ text: word, line: index + 1 })),
    );
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#words.length;
  }

  get line(): number {
    return this.#words[Math.max(0, this.#at - 1)]?.line ?? this.#lastLine;
  }

  next(what: string): string {
    const word = this.#words[this.#at];
    if (word === undefined) throw new ConfigFault(this.#lastLine, `the file ends where ${what} is expected`);
    this.#at += 1;
    return word.text;
  }

  expect(text: string): void {
    const found = this.next(`'${text}'`);
    if (found !== text) throw new ConfigFault(this.line, `syntax error: '${found}' where '${text}' is expected`);
  }

  fault(message: string): ConfigFault {
    return new ConfigFault(this.line, message);
  }
}

/** The settings in `{ ... };`; undefined when they do not ask to advertise. */
function readInterface(words: Words): RouterAdvertising | undefined {
  let sends = false;
  let maximumIntervalSeconds = 600;
  let lifetimeSeconds: number | undefined;
  let mtu: number | undefined;
  const prefixes: AdvertisedPrefix[] = [];
  const dns: { readonly servers: readonly Ipv6Address[]; readonly lifetimeSeconds: number | undefined }[] = [];
  readBlock(words, (key) => {
    switch (key) {
      case 'AdvSendAdvert':
        sends = readSwitch(words);
        return true;
      case 'MaxRtrAdvInterval':
        maximumIntervalSeconds = readNumber(words, 4, 1800);
        return true;
      case 'AdvDefaultLifetime':
        lifetimeSeconds = readNumber(words, 0, 9000);
        return true;
      case 'AdvLinkMTU':
        mtu = readNumber(words, 0, 65_535);
        return true;
      case 'prefix':
        prefixes.push(readPrefix(words));
        return false;
      case 'RDNSS':
        dns.push(readDnsServers(words));
        return false;
      default:
        throw words.fault(`syntax error: '${key}' is unknown here`);
    }
  });
  if (!sends) return undefined;
  return {
    maximumIntervalSeconds,
    lifetimeSeconds: lifetimeSeconds ?? 3 * maximumIntervalSeconds,
    prefixes,
    dnsServers: dns.map((each): AdvertisedDnsServers => ({
      servers: each.servers,
      lifetimeSeconds: each.lifetimeSeconds ?? 3 * maximumIntervalSeconds, // RFC 8106 section 5.1
    })),
    mtu: mtu === 0 ? undefined : mtu,
  };
}

/** Reads `{ KEY VALUE; ... };`. `take` reads a value and says whether a semicolon follows. */
function readBlock(words: Words, take: (key: string) => boolean): void {
  words.expect('{');
  for (let key = words.next("'}'"); key !== '}'; key = words.next("'}'")) {
    if (take(key)) words.expect(';');
  }
  words.expect(';');
}

function readPrefix(words: Words): AdvertisedPrefix {
  const text = words.next('a prefix');
  const prefix = parsePrefix(text);
  if (prefix === undefined || isIpv4(prefix.address)) throw words.fault(`'${text}' is not an IPv6 prefix`);
  const network = networkOf(prefix).address;
  if (isIpv4(network)) throw words.fault(`'${text}' is not an IPv6 prefix`);
  let [onLink, autonomous] = [true, true];
  let [validSeconds, preferredSeconds] = [86_400, 14_400];
  readBlock(words, (key) => {
    if (key === 'AdvOnLink') onLink = readSwitch(words);
    else if (key === 'AdvAutonomous') autonomous = readSwitch(words);
    else if (key === 'AdvValidLifetime') validSeconds = readLifetime(words);
    else if (key === 'AdvPreferredLifetime') preferredSeconds = readLifetime(words);
    else throw words.fault(`syntax error: '${key}' is unknown here`);
    return true;
  });
  if (preferredSeconds > validSeconds) throw words.fault('AdvPreferredLifetime must not exceed AdvValidLifetime');
  return { prefix: network, length: prefix.length, onLink, autonomous, validSeconds, preferredSeconds };
}

function readDnsServers(words: Words): {
  readonly servers: readonly Ipv6Address[];
  readonly lifetimeSeconds: number | undefined;
} {
  const servers: Ipv6Address[] = [];
  let word = words.next('an address');
  for (; word !== '{'; word = words.next("'{'")) {
    const address = parseIpv6Address(word);
    if (address === undefined) throw words.fault(`'${word}' is not an IPv6 address`);
    servers.push(address);
  }
  if (servers.length === 0) throw words.fault('RDNSS needs an address');
  let lifetimeSeconds: number | undefined;
  for (let key = words.next("'}'"); key !== '}'; key = words.next("'}'")) {
    if (key !== 'AdvRDNSSLifetime') throw words.fault(`syntax error: '${key}' is unknown here`);
    lifetimeSeconds = readLifetime(words);
    words.expect(';');
  }
  words.expect(';');
  return { servers, lifetimeSeconds };
}

function readSwitch(words: Words): boolean {
  const text = words.next("'on' or 'off'");
  if (text !== 'on' && text !== 'off') throw words.fault(`'${text}' is neither on nor off`);
  return text === 'on';
}

function readLifetime(words: Words): number {
  const text = words.next('a number of seconds');
  if (text === 'infinity') return infiniteSeconds;
  if (!/^\d{1,10}$/.test(text) || Number(text) > infiniteSeconds)
    throw words.fault(`'${text}' is no number of seconds`);
  return Number(text);
}

function readNumber(words: Words, minimum: number, maximum: number): number {
  const text = words.next('a number');
  const value = Number(text);
  if (!/^\d{1,6}$/.test(text) || value < minimum || value > maximum) {
    throw words.fault(`'${text}' is not a number from ${minimum} to ${maximum}`);
  }
  return value;
}
