// The words behind `ip OBJECT`: taken one by one, with iproute2's complaints.
import type { NetworkStack } from '../../../../stack/network-stack.ts';
import {
  familyOf,
  parseIp,
  parsePrefix,
  type IpAddress,
  type IpFamily,
  type Prefix,
} from '../../../../stack/wire/ip-address.ts';
import { parseScopedIp } from '../../../../stack/wire/ipv6-scope.ts';

/** What `ip` complains about, and its exit status: 1 by itself, 2 from the kernel, 255 for bad usage. */
export class IpFault extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export interface IpOptions {
  readonly brief: boolean;
  readonly statistics: boolean;
  readonly oneLine: boolean;
  readonly family: 4 | 6 | undefined;
}

/** Does what the words say and gives the lines to print. */
export type IpObject = (stack: NetworkStack, words: IpWords, options: IpOptions) => readonly string[];

export class IpWords {
  readonly #words: string[];

  constructor(words: readonly string[]) {
    this.#words = Array.from(words);
  }

  get isEmpty(): boolean {
    return this.#words.length === 0;
  }

  /** The next word; a complaint when there is none. */
  next(): string {
    const word = this.#words.shift();
    if (word === undefined) throw new IpFault('Command line is not complete. Try option "help"', 255);
    return word;
  }

  /** The verb among `verbs` that the next word is short for; the first one when there is no word. */
  verb(verbs: readonly string[], object: string): string {
    const word = this.#words.shift();
    if (word === undefined) return verbs[0] ?? '';
    const found = verbs.find((verb) => verb.startsWith(word));
    if (found === undefined) throw new IpFault(`Command "${word}" is unknown, try "ip ${object} help".`, 255);
    return found;
  }

  /** Takes `keyword VALUE` when it comes next. */
  valueOf(keyword: string): string | undefined {
    if (this.#words[0] !== keyword) return undefined;
    this.#words.shift();
    return this.next();
  }

  /** Takes the next word when it is `keyword`. */
  has(keyword: string): boolean {
    if (this.#words[0] !== keyword) return false;
    this.#words.shift();
    return true;
  }
}

/** `10.0.0.0/8`, an address alone as a prefix of full length, `default`. */
export function requirePrefix(text: string, family: IpFamily = 4): Prefix {
  if (text === 'default' || text === 'all' || text === 'any') {
    const address = parseIp(family === 6 ? '::' : '0.0.0.0');
    if (address !== undefined) return { address, length: 0 };
  }
  const address = parseIp(text);
  const prefix = address === undefined ? parsePrefix(text) : { address, length: familyOf(address) === 4 ? 32 : 128 };
  if (prefix === undefined) throw new IpFault(`Error: any valid prefix is expected rather than "${text}".`, 1);
  return prefix;
}

export function requireAddress(text: string): IpAddress {
  const address = parseScopedIp(text);
  if (address === undefined) throw new IpFault(`Error: any valid address is expected rather than "${text}".`, 1);
  return address;
}

/** The interface's name, known to exist. */
export function requireInterface(stack: NetworkStack, name: string): string {
  if (!stack.interfaces.some((each) => each.name === name)) throw new IpFault(`Cannot find device "${name}"`, 1);
  return name;
}

/** As `requireInterface`, in the words of the commands that only show. */
export function shownInterface(stack: NetworkStack, name: string): string {
  if (!stack.interfaces.some((each) => each.name === name)) throw new IpFault(`Device "${name}" does not exist.`, 1);
  return name;
}
