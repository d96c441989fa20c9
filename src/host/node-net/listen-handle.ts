// A listening socket as Node's lib/net.js holds it: what libuv's `uv_tcp_t` does after `listen`, over the lab's stack.
import type { TcpListener } from '../../stack/sockets.ts';
import { isUnspecifiedIp, type IpAddress } from '../../stack/wire/ip-address.ts';
import { addressOfText, describe, hasIpv6, isBindable, type AddressRecord } from './address.ts';
import { errnoOf, errnoOfThrown, inClosingPhase } from './binding.ts';
import { HandleReference, type NodeNetContext } from './context.ts';
import { TcpHandle } from './tcp-handle.ts';

export class ListenHandle {
  /** Set by lib/net.js; called on this handle. */
  onconnection: ((status: number, connection: TcpHandle) => void) | undefined;
  readonly fd = -1;
  readonly #context: NodeNetContext;
  readonly #reference: HandleReference;
  readonly #address: string;
  readonly #family: 4 | 6;
  readonly #port: number;
  #listener: TcpListener | undefined;

  /** Checked by `bindError`; bound for good by `listen`, which tells what is wrong, as lib/net.js expects. */
  constructor(context: NodeNetContext, address: string, family: 4 | 6, port: number) {
    this.#context = context;
    this.#reference = new HandleReference(context.hold);
    this.#address = address;
    this.#family = family;
    this.#port = port;
  }

  /** 0, or the errno that `bind` would give at once (libuv leaves EADDRINUSE to `listen`). */
  get bindError(): number {
    const address = addressOfText(this.#address);
    if (address === undefined) return errnoOf('EINVAL');
    if (this.#family === 6 && typeof address !== 'number' && !hasIpv6(this.#context.stack))
      return errnoOf('EAFNOSUPPORT');
    return isBindable(this.#context.stack, address) ? 0 : errnoOf('EADDRNOTAVAIL');
  }

  listen(backlog: number): number {
    if (this.bindError !== 0) return this.bindError;
    const address = addressOfText(this.#address) as IpAddress; // `bindError` has read it
    // "::" takes both families, as with Linux's bindv6only=0; the stack says so by leaving the address out.
    const bound = this.#isWild ? {} : { address };
    const options = { ...bound, port: this.#port, backlog, acceptable: () => this.#accept() };
    try {
      this.#listener = this.#context.stack.listenTcp(options, this.#context.owner);
    } catch (error) {
      return errnoOfThrown(error);
    }
    this.#reference.activate();
    return 0;
  }

  getsockname(out: AddressRecord): number {
    if (this.#listener === undefined) return errnoOf('EBADF');
    out.address = this.#address;
    out.family = this.#family === 4 ? 'IPv4' : 'IPv6';
    out.port = this.#listener.local.port;
    if (!this.#isWild) describe(this.#listener.local, out, false);
    return 0;
  }

  ref(): void {
    this.#reference.set(true);
  }

  unref(): void {
    this.#reference.set(false);
  }

  hasRef(): boolean {
    return this.#reference.referenced;
  }

  close(closed?: () => void): void {
    this.#listener?.close();
    this.#listener = undefined;
    inClosingPhase(() => {
      this.#reference.close();
      closed?.call(this);
    });
  }

  get #isWild(): boolean {
    const address = addressOfText(this.#address);
    return this.#family === 6 && address !== undefined && isUnspecifiedIp(address);
  }

  #accept(): void {
    for (let socket = this.#listener?.accept(); socket !== undefined; socket = this.#listener?.accept()) {
      const connection = new TcpHandle(this.#context, socket, this.#isWild);
      // In a turn of its own: what a program throws in its handlers must not unwind through the stack.
      process.nextTick(() => {
        if (this.#listener === undefined) connection.reset();
        else this.onconnection?.(0, connection);
      });
    }
  }
}
