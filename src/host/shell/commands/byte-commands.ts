// Commands about bytes: wc, sha256sum, base64, xxd, dd, ls, rm.
import { createHash } from 'node:crypto';
import { absolutePath } from '../../files.ts';
import type { CommandContext, CommandDefinition } from '../command.ts';
import { deviceNames, isDirectory, openSink, openSource } from '../file-streams.ts';
import { inColumns } from '../line-editor.ts';
import { readAll } from '../pipe.ts';
import { eachInput } from './inputs.ts';

const files = [{ name: 'FILE', kind: 'file', optional: true, repeated: true }] as const;

const wc: CommandDefinition = {
  name: 'wc',
  summary: 'count lines, words and bytes',
  description: [
    'Counts the lines, words and bytes of each FILE, or of standard input; with options, only what they name.',
  ],
  options: [
    { short: 'l', long: 'lines', key: 'lines', type: 'flag', description: 'count lines' },
    { short: 'w', long: 'words', key: 'words', type: 'flag', description: 'count words' },
    { short: 'c', long: 'bytes', key: 'bytes', type: 'flag', description: 'count bytes' },
  ],
  operands: files,
  examples: [{ line: 'wc -l /etc/hosts', what: 'how many lines' }],
  async run(context) {
    const chosen = (['lines', 'words', 'bytes'] as const).filter((key) => context.options[key] === true);
    const shown = chosen.length === 0 ? (['lines', 'words', 'bytes'] as const) : chosen;
    const total = { lines: 0, words: 0, bytes: 0 };
    const row = (counts: typeof total, name: string): string => {
      const width = shown.length === 1 && context.operands.length < 2 ? 0 : 7;
      const numbers = shown.map((key) => String(counts[key]).padStart(width)).join(' ');
      return `${numbers}${name === '-' ? '' : ` ${name}`}\n`;
    };
    const status = await eachInput(context, 'wc', context.operands, async ({ name, source }) => {
      const counts = { lines: 0, words: 0, bytes: 0 };
      let inWord = false;
      for (let bytes = await source.read(); bytes !== undefined; bytes = await source.read()) {
        counts.bytes += bytes.length;
        for (const byte of bytes) {
          if (byte === 0x0a) counts.lines += 1;
          const blank = byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
          if (!blank && !inWord) counts.words += 1;
          inWord = !blank;
        }
      }
      for (const key of ['lines', 'words', 'bytes'] as const) total[key] += counts[key];
      await context.stdout.write(row(counts, name));
    });
    if (context.operands.length > 1) await context.stdout.write(row(total, 'total'));
    return status;
  },
};

const sha256sum: CommandDefinition = {
  name: 'sha256sum',
  summary: 'print SHA-256 checksums',
  description: [
    'Prints the SHA-256 checksum of each FILE, or of standard input: the quickest way to see that a transfer lost nothing.',
  ],
  options: [],
  operands: files,
  examples: [{ line: 'sha256sum /etc/hosts', what: 'to compare a file with the one on another host' }],
  async run(context) {
    return eachInput(context, 'sha256sum', context.operands, async ({ name, source }) => {
      const hash = createHash('sha256');
      for (let bytes = await source.read(); bytes !== undefined; bytes = await source.read()) hash.update(bytes);
      await context.stdout.write(`${hash.digest('hex')}  ${name}\n`);
    });
  },
};

const base64: CommandDefinition = {
  name: 'base64',
  summary: 'encode or decode base64',
  description: ['Encodes FILE, or standard input, in base64 with lines of 76 characters; with -d, decodes.'],
  options: [{ short: 'd', long: 'decode', key: 'decode', type: 'flag', description: 'decode' }],
  operands: [{ name: 'FILE', kind: 'file', optional: true }],
  examples: [{ line: 'echo hello | base64', what: 'prints aGVsbG8K' }],
  async run(context) {
    return eachInput(context, 'base64', context.operands, async ({ source }) => {
      const bytes = await readAll(source);
      if (context.options['decode'] === true) {
        await context.stdout.write(Buffer.from(Buffer.from(bytes).toString('latin1'), 'base64'));
        return;
      }
      const text = Buffer.from(bytes).toString('base64');
      for (let at = 0; at < text.length; at += 76) await context.stdout.write(`${text.slice(at, at + 76)}\n`);
    });
  },
};

const xxd: CommandDefinition = {
  name: 'xxd',
  summary: 'show bytes in hexadecimal',
  description: ['Shows FILE, or standard input, sixteen bytes a line, with their offset and as text.'],
  options: [
    { short: 'l', long: 'len', key: 'length', type: 'integer', value: 'COUNT', description: 'stop after COUNT bytes' },
  ],
  operands: [{ name: 'FILE', kind: 'file', optional: true }],
  examples: [{ line: 'echo hello | xxd', what: 'the bytes behind the text' }],
  async run(context) {
    const limit = Number(context.options['length'] ?? Infinity);
    return eachInput(context, 'xxd', context.operands, async ({ source }) => {
      let row = new Uint8Array(0);
      let offset = 0;
      while (offset + row.length < limit) {
        const piece = await source.read();
        if (piece === undefined) break;
        row = new Uint8Array([...row, ...piece.subarray(0, limit - offset - row.length)]);
        for (; row.length >= 16; row = row.slice(16)) {
          await context.stdout.write(hexRow(offset, row.subarray(0, 16)));
          offset += 16;
        }
      }
      if (row.length > 0) await context.stdout.write(hexRow(offset, row));
    });
  },
};

function hexRow(offset: number, bytes: Uint8Array): string {
  const hex = Array.from(
    bytes,
    (byte, index) => byte.toString(16).padStart(2, '0') + (index % 2 === 1 ? ' ' : ''),
  ).join('');
  const text = Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
  return `${offset.toString(16).padStart(8, '0')}: ${hex.padEnd(40)} ${text}\n`;
}

const dd: CommandDefinition = {
  name: 'dd',
  summary: 'copy a given number of bytes',
  description: [
    'Copies COUNT blocks of BS bytes from if= (default standard input) to of= (default standard output), then says how much and how fast. Sizes take the suffixes k, M and G (powers of 1024).',
  ],
  options: [],
  operands: [{ name: 'if=FILE of=FILE bs=BYTES count=N', kind: 'text', optional: true, repeated: true }],
  words: ['if=', 'of=', 'bs=', 'count=', 'if=/dev/urandom', 'if=/dev/zero'],
  examples: [{ line: 'dd if=/dev/urandom of=data bs=1M count=2', what: 'make a file of 2 MiB of chance' }],
  async run(context) {
    const settings = new Map(
      context.operands.map((word) => [word.split('=')[0] ?? '', word.slice(word.indexOf('=') + 1)]),
    );
    const unknown = context.operands.find((word) => !/^(if|of|bs|count)=./.test(word));
    const blockBytes = parseSize(settings.get('bs') ?? '512');
    const count = settings.has('count') ? parseSize(settings.get('count') ?? '') : Infinity;
    if (unknown !== undefined || blockBytes === undefined || blockBytes === 0 || count === undefined) {
      await context.stderr.write(`dd: unrecognized operand '${unknown ?? context.operands.join(' ')}'\n`);
      return 1;
    }
    return copyBlocks(context, settings.get('if'), settings.get('of'), blockBytes * count, blockBytes);
  },
};

function parseSize(text: string): number | undefined {
  const match = /^(\d{1,12})([kKMG])?B?$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * 1024 ** ['', 'K', 'M', 'G'].indexOf((match[2] ?? '').toUpperCase());
}

async function copyBlocks(
  context: CommandContext,
  from: string | undefined,
  to: string | undefined,
  limit: number,
  blockBytes: number,
): Promise<number> {
  const { clock } = context.host;
  const startedAtMs = clock.now();
  const source = from === undefined ? context.stdin : openSource(context.host, from);
  const sink = to === undefined ? context.stdout : openSink(context.host, to, false);
  let copied = 0;
  while (copied < limit && !context.signal.aborted) {
    const piece = await source.read();
    if (piece === undefined) break;
    const bytes = piece.subarray(0, Math.min(piece.length, limit - copied));
    await sink.write(bytes);
    copied += bytes.length;
    if (from !== undefined && to !== undefined) await context.host.sleep(0);
  }
  const seconds = (clock.now() - startedAtMs) / 1000;
  const [whole, part] = [Math.floor(copied / blockBytes), copied % blockBytes === 0 ? 0 : 1];
  const rate = seconds > 0 ? `, ${(copied / seconds / 1e6).toFixed(1)} MB/s` : '';
  const records = `${whole}+${part} records in\n${whole}+${part} records out\n`;
  await context.stderr.write(`${records}${copied} bytes copied, ${seconds.toPrecision(3)} s${rate}\n`);
  return 0;
}

const ls: CommandDefinition = {
  name: 'ls',
  summary: 'list files',
  description: ['Lists the files of a directory, by default /root. The files live in memory and end with the host.'],
  options: [
    { short: 'l', long: 'long', key: 'long', type: 'flag', description: 'one a line, with sizes' },
    { short: '1', key: 'single', type: 'flag', description: 'one a line' },
    { short: 'a', long: 'all', key: 'all', type: 'flag', description: 'also names that start with a dot' },
  ],
  operands: files,
  examples: [{ line: 'ls -l /etc', what: 'the files in /etc with their sizes' }],
  async run(context) {
    let status = 0;
    const names = context.operands.length === 0 ? ['.'] : context.operands;
    for (const [index, name] of names.entries()) {
      const entries = entriesOf(context, name);
      if (entries === undefined) {
        await context.stderr.write(`ls: cannot access '${name}': No such file or directory\n`);
        status = 2;
        continue;
      }
      const visible = entries.filter((entry) => context.options['all'] === true || !entry.startsWith('.'));
      const isListing = names.length > 1 && isDirectory(context.host, name);
      if (isListing) await context.stdout.write(`${index > 0 ? '\n' : ''}${name}:\n`);
      await context.stdout.write(listing(context, name, visible));
    }
    return status;
  },
};

function entriesOf(context: CommandContext, name: string): string[] | undefined {
  const path = absolutePath(name);
  const { host } = context;
  if (host.files.read(path) !== undefined || deviceNames.some((device) => device === path)) return [name];
  if (!isDirectory(host, path)) return undefined;
  const prefix = path === '/' ? '/' : `${path}/`;
  const below = [...host.files.list(), ...deviceNames].filter((file) => file.startsWith(prefix));
  const entries = below.map((file) => file.slice(prefix.length).replace(/\/.*/s, '/'));
  return Array.from(new Set(entries)).sort();
}

function listing(context: CommandContext, directory: string, entries: readonly string[]): string {
  if (entries.length === 0) return '';
  if (context.options['long'] === true) {
    const sizeOf = (entry: string): string => {
      const path = entry === directory ? entry : `${absolutePath(directory)}/${entry}`;
      return entry.endsWith('/') ? '-' : String(context.host.files.read(path)?.length ?? 0);
    };
    return entries.map((entry) => `${sizeOf(entry).padStart(10)} ${entry}\n`).join('');
  }
  if (!context.isTerminal || context.options['single'] === true) return `${entries.join('\n')}\n`;
  return inColumns(entries, context.columns).replaceAll('\r\n', '\n');
}

const rm: CommandDefinition = {
  name: 'rm',
  summary: 'remove files',
  description: ['Removes each FILE; with -r, everything below a directory.'],
  options: [
    {
      short: 'f',
      long: 'force',
      key: 'force',
      type: 'flag',
      description: 'say nothing about files that are not there',
    },
    {
      short: 'r',
      long: 'recursive',
      key: 'recursive',
      type: 'flag',
      description: 'remove directories with what is in them',
    },
  ],
  operands: [{ name: 'FILE', kind: 'file', repeated: true }],
  examples: [{ line: 'rm -r /tmp/data', what: 'the directory and all that is in it' }],
  async run(context) {
    let status = 0;
    const { files: fileSystem } = context.host;
    for (const name of context.operands) {
      if (fileSystem.remove(name)) continue;
      const path = absolutePath(name);
      const below = fileSystem.list().filter((file) => file.startsWith(`${path}/`));
      if (below.length > 0 && context.options['recursive'] === true) {
        for (const file of below) fileSystem.remove(file);
      } else if (below.length > 0 || context.options['force'] !== true) {
        const why = below.length > 0 ? 'Is a directory' : 'No such file or directory';
        await context.stderr.write(`rm: cannot remove '${name}': ${why}\n`);
        status = 1;
      }
    }
    return status;
  },
};

export const byteCommands: readonly CommandDefinition[] = [wc, sha256sum, base64, xxd, dd, ls, rm];
