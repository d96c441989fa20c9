// The small in-memory file system of a host: whole files by absolute path; directories exist by having files in them.
import { concatBytes } from '../base/bytes.ts';
import { FileError, type HostFiles } from './shell/command.ts';

/** What all files of a host may hold together, in bytes: `yes > file` meets "No space left on device". */
export const fileSpaceBytes = 64 * 1024 * 1024;

/** The absolute path without `.`, `..` and doubled slashes; relative paths start at `/root`, and `~` is `/root`. */
export function absolutePath(path: string): string {
  const full = path === '~' || path.startsWith('~/') ? `/root${path.slice(1)}` : path;
  const parts: string[] = [];
  for (const part of (full.startsWith('/') ? full : `/root/${full}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

export class MemoryFiles implements HostFiles {
  /** Pieces are joined when the file is read, so that appending costs what is appended. */
  readonly #files = new Map<string, Uint8Array[]>();
  readonly #limitBytes: number;
  #usedBytes = 0;

  constructor(limitBytes = fileSpaceBytes) {
    this.#limitBytes = limitBytes;
  }

  read(path: string): Uint8Array | undefined {
    const pieces = this.#files.get(absolutePath(path));
    if (pieces === undefined) return undefined;
    if (pieces.length > 1) pieces.splice(0, pieces.length, concatBytes(pieces));
    return pieces[0] ?? new Uint8Array(0);
  }

  write(path: string, bytes: Uint8Array): void {
    const name = this.#writable(path);
    this.#take(bytes.length - this.#size(name));
    this.#files.set(name, bytes.length === 0 ? [] : [bytes.slice()]);
  }

  append(path: string, bytes: Uint8Array): void {
    const name = this.#writable(path);
    this.#take(bytes.length);
    const pieces = this.#files.get(name);
    if (pieces === undefined) this.#files.set(name, [bytes.slice()]);
    else if (bytes.length > 0) pieces.push(bytes.slice());
  }

  remove(path: string): boolean {
    const name = absolutePath(path);
    this.#usedBytes -= this.#size(name);
    return this.#files.delete(name);
  }

  list(): readonly string[] {
    return Array.from(this.#files.keys()).sort();
  }

  #writable(path: string): string {
    const name = absolutePath(path);
    if (path.endsWith('/') || name === '/' || this.list().some((other) => other.startsWith(`${name}/`))) {
      throw new FileError('Is a directory');
    }
    const parents = name.split('/').slice(1, -1);
    if (parents.some((_, index) => this.#files.has(`/${parents.slice(0, index + 1).join('/')}`))) {
      throw new FileError('Not a directory');
    }
    return name;
  }

  #take(bytes: number): void {
    if (this.#usedBytes + bytes > this.#limitBytes) throw new FileError('No space left on device');
    this.#usedBytes += bytes;
  }

  #size(name: string): number {
    return (this.#files.get(name) ?? []).reduce((sum, piece) => sum + piece.length, 0);
  }
}
