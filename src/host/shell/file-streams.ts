// Opening files and devices by name for redirections and for commands that read files.
import { randomBytes } from '../../base/random.ts';
import { absolutePath } from '../files.ts';
import { FileError, type ByteSink, type ByteSource, type HostServices } from './command.ts';
import { bytesSource, emptySource, nullSink, toBytes } from './pipe.ts';

const devicePieceBytes = 32 * 1024;

/** Device files: `ls /dev` and completion show them. */
export const deviceNames = ['/dev/null', '/dev/urandom', '/dev/zero'] as const;

/** Opens a file or device for reading. Throws `FileError`. */
export function openSource(host: HostServices, path: string): ByteSource {
  const name = absolutePath(path);
  if (name === '/dev/null') return emptySource;
  if (name === '/dev/zero') return { read: async () => new Uint8Array(devicePieceBytes) };
  if (name === '/dev/urandom' || name === '/dev/random') {
    return { read: async () => randomBytes(host.random, new Uint8Array(devicePieceBytes)) };
  }
  const bytes = host.files.read(name);
  if (bytes !== undefined) return bytesSource(bytes);
  throw new FileError(isDirectory(host, name) ? 'Is a directory' : 'No such file or directory');
}

/** Opens a file for writing: made empty, or continued. Throws `FileError`. */
export function openSink(host: HostServices, path: string, append: boolean): ByteSink {
  const name = absolutePath(path);
  if (name === '/dev/null' || name === '/dev/zero') return nullSink;
  if (name.startsWith('/dev/')) throw new FileError('Permission denied');
  if (append) host.files.append(name, new Uint8Array(0));
  else host.files.write(name, new Uint8Array(0));
  return { write: async (data) => host.files.append(name, toBytes(data)) };
}

/** True for a path that has files below it. */
export function isDirectory(host: HostServices, path: string): boolean {
  const name = absolutePath(path);
  if (name === '/' || name === '/dev' || name === '/root') return true;
  return host.files.list().some((file) => file.startsWith(`${name}/`));
}
