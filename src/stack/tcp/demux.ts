// Which connection a segment belongs to: a hash table over the four-tuple, keyed by numbers; and the ports in use.
import type { IpAddress } from '../wire/ip-address.ts';
import type { Connection } from './connection.ts';

/** All connections of a stack. Buckets hold the few whose hashes agree. */
export class Demux {
  readonly #buckets = new Map<number, Connection[]>();
  readonly #byLocalPort = new Map<number, number>();
  readonly #all = new Set<Connection>();

  get size(): number {
    return this.#all.size;
  }

  /** In the order in which they were added. */
  list(): Connection[] {
    return Array.from(this.#all);
  }

  find(local: IpAddress, localPort: number, remote: IpAddress, remotePort: number): Connection | undefined {
    const bucket = this.#buckets.get(tupleHash(local, localPort, remote, remotePort));
    if (bucket === undefined) return undefined;
    for (const connection of bucket) {
      if (
        connection.remote.port === remotePort &&
        connection.local.port === localPort &&
        connection.remote.address === remote &&
        connection.local.address === local
      ) {
        return connection;
      }
    }
    return undefined;
  }

  add(connection: Connection): void {
    const { local, remote } = connection;
    const hash = tupleHash(local.address, local.port, remote.address, remote.port);
    const bucket = this.#buckets.get(hash);
    if (bucket === undefined) this.#buckets.set(hash, [connection]);
    else bucket.push(connection);
    this.#all.add(connection);
    this.#byLocalPort.set(local.port, (this.#byLocalPort.get(local.port) ?? 0) + 1);
  }

  remove(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    const { local, remote } = connection;
    const hash = tupleHash(local.address, local.port, remote.address, remote.port);
    const rest = (this.#buckets.get(hash) ?? []).filter((other) => other !== connection);
    if (rest.length === 0) this.#buckets.delete(hash);
    else this.#buckets.set(hash, rest);
    const users = (this.#byLocalPort.get(local.port) ?? 1) - 1;
    if (users === 0) this.#byLocalPort.delete(local.port);
    else this.#byLocalPort.set(local.port, users);
  }

  usesLocalPort(port: number): boolean {
    return this.#byLocalPort.has(port);
  }
}

function tupleHash(local: IpAddress, localPort: number, remote: IpAddress, remotePort: number): number {
  const ports = ((localPort << 16) | remotePort) ^ 0x9e37_79b9;
  return Math.imul(ports ^ Math.imul(addressHash(remote), 0x85eb_ca6b) ^ (addressHash(local) << 7), 0xc2b2_ae35) | 0;
}

function addressHash(address: IpAddress): number {
  if (typeof address === 'number') return address | 0;
  let hash = 0;
  for (let index = 0; index < address.length; index += 1) hash = Math.imul(hash, 31) + address.charCodeAt(index);
  return hash | 0;
}
