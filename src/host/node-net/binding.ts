// What of Node's inside `node-net` stands on: the native stream that is written in JavaScript, and errno numbers.
// Node's own lib/net.js, dgram.js, http and tls run unchanged above "handles"; ours move bytes through the lab's stack
// instead of libuv. `js_stream` is the binding that Node itself uses to run tls over any Duplex (js_stream_socket.js).
import util from 'node:util';
import { assert } from '../../base/assert.ts';
import { SocketError } from '../../stack/sockets.ts';

/** The native half of a stream whose transport is JavaScript; what Node's C++ calls are the `on...` methods of a subclass. */
export interface NativeStream {
  /** Bytes for whoever reads: a `Socket`, a TLS layer, an HTTP parser. */
  readBuffer(bytes: Uint8Array): void;
  emitEOF(): void;
  /** What is read goes into `buffer` instead of fresh ones. */
  useUserBuffer(buffer: Uint8Array): void;
  finishWrite(request: object, status: number): void;
  finishShutdown(request: object, status: number): void;
}

interface Bindings {
  binding(name: 'js_stream'): { JSStream: new () => NativeStream };
  binding(name: 'udp_wrap'): { UDP: new () => { close(closed: () => void): void } };
}

// `process.binding` is deprecated in Node's documents but is the only door to the bindings without a command-line flag.
const node = process as unknown as Bindings;
const { JSStream } = node.binding('js_stream');
const { UDP } = node.binding('udp_wrap');
export const NativeStreamBase = JSStream;

const numbers = new Map<string, number>();
for (const [number, [name]] of util.getSystemErrorMap()) numbers.set(name, number);

/** libuv's negative number of an errno name. */
export function errnoOf(name: string): number {
  const number = numbers.get(name);
  assert(number !== undefined, `no such errno: ${name}`);
  return number;
}

/** The errno of what a stack call threw; anything else is a bug and goes on. */
export function errnoOfThrown(error: unknown): number {
  if (error instanceof SocketError) return errnoOf(error.code);
  throw error;
}

/** Node's error for a failed system call: `read ECONNRESET` with code, errno and syscall. */
export const errnoException = (util as unknown as { _errnoException(errno: number, syscall: string): Error })[
  '_errnoException'
];

/** The symbol-keyed property of `subject` (or of what it inherits) that Node's own code calls `description`. */
export function innerSymbol(subject: object, description: string): symbol {
  for (let at: object | null = subject; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertySymbols(at).find((each) => each.description === description);
    if (found !== undefined) return found;
  }
  throw new Error(`this version of Node (${process.version}) has no inner property "${description}"`);
}

/**
 * Calls back where libuv tells that a handle is closed: in the closing phase of this turn of the event loop, after its
 * immediates and before its timers. Programs see the order of 'close' and their own timers by it. A native handle that
 * was never opened is the ticket.
 */
export function inClosingPhase(callback: () => void): void {
  new UDP().close(callback);
}
