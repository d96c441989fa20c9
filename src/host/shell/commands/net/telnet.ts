// telnet, as far as talking to text services by hand goes: RFC 854; every option the peer offers is refused.
import { SocketError } from '../../../../stack/sockets.ts';
import { formatIp } from '../../../../stack/wire/ip-address.ts';
import { servicePort } from '../../../../dissect/service-names.ts';
import { errorText } from '../../../error-text.ts';
import { TcpStream } from '../../../tcp-stream.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { concatBytes } from '../../../../base/bytes.ts';
import { findTarget } from './target.ts';

/** RFC 854: "interpret as command" and the commands that matter here. */
const iac = 255;
const [will, wont, doOption, dont, subStart, subEnd] = [251, 252, 253, 254, 250, 240];

export const telnet: CommandDefinition = {
  name: 'telnet',
  summary: 'talk to a TCP port, line by line',
  description: [
    'Connects to PORT (default 23) of HOST. What you type is sent line by line, as services that speak text want it: telnet server 80, then GET / HTTP/1.0 and an empty line. Ctrl-D ends.',
  ],
  options: [],
  operands: [
    { name: 'HOST', kind: 'host' },
    { name: 'PORT', kind: 'text', optional: true },
  ],
  examples: [{ line: 'telnet server 80', what: 'speak HTTP by hand' }],
  async run(context) {
    const { host, operands, stderr, stdout, signal } = context;
    const [hostText = '', portText = '23'] = operands;
    const port = /^\d{1,5}$/.test(portText) ? Number(portText) : servicePort(portText);
    if (port === undefined || port < 1 || port > 65_535) {
      await stderr.write(`telnet: could not resolve ${hostText}/${portText}: Servname not supported for ai_socktype\n`);
      return 1;
    }
    const target = await findTarget(context, hostText);
    if (target.kind === 'failure') {
      await stderr.write(`telnet: could not resolve ${hostText}/${portText}: ${target.reason}\n`);
      return 1;
    }
    await stdout.write(`Trying ${formatIp(target.address)}...\n`);
    let stream: TcpStream | undefined;
    try {
      stream = await TcpStream.connect(host.stack, { address: target.address, port }, { signal, owner: 'telnet' });
      await stdout.write(`Connected to ${target.name}.\nEscape character is '^]'.\n`);
      const typing = type(context, stream);
      await show(context, stream);
      await stdout.write('Connection closed by foreign host.\n');
      typing.catch(() => undefined);
      return 1;
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      const isConnected = stream !== undefined;
      await stderr.write(
        `telnet: ${isConnected ? '' : 'Unable to connect to remote host: '}${errorText(error.code)}\n`,
      );
      return 1;
    } finally {
      stream?.close();
    }
  },
};

/** Sends typed lines with the line end of the network. */
async function type({ stdin }: CommandContext, stream: TcpStream): Promise<void> {
  for (let bytes = await stdin.read(); bytes !== undefined; bytes = await stdin.read()) {
    const pieces: number[] = [];
    for (const byte of bytes) {
      if (byte === 10) pieces.push(13, 10);
      else if (byte === iac) pieces.push(iac, iac);
      else pieces.push(byte);
    }
    await stream.write(Uint8Array.from(pieces));
  }
  stream.finish();
}

async function show({ stdout }: CommandContext, stream: TcpStream): Promise<void> {
  const filter = new CommandFilter();
  for (let bytes = await stream.read(); bytes !== undefined; bytes = await stream.read()) {
    const { text, answers } = filter.take(bytes);
    if (text.length > 0) await stdout.write(text);
    if (answers.length > 0) await stream.write(answers);
  }
}

/** Takes telnet commands out of a stream; WILL and DO are answered with DONT and WONT. */
export class CommandFilter {
  #rest: Uint8Array = new Uint8Array(0);

  take(bytes: Uint8Array): { readonly text: Uint8Array; readonly answers: Uint8Array } {
    const all = concatBytes([this.#rest, bytes]);
    const text: number[] = [];
    const answers: number[] = [];
    let at = 0;
    while (at < all.length) {
      const byte = all[at] as number; // at < length
      if (byte !== iac) {
        if (byte !== 13 || all[at + 1] !== 0) text.push(byte);
        at += 1;
        continue;
      }
      const length = commandLength(all, at);
      if (length === undefined) break;
      const [, command, option = 0] = all.subarray(at, at + length);
      if (command === iac) text.push(iac);
      else if (command === will) answers.push(iac, dont, option);
      else if (command === doOption) answers.push(iac, wont, option);
      at += length;
    }
    this.#rest = all.slice(at);
    return { text: Uint8Array.from(text), answers: Uint8Array.from(answers) };
  }
}

/** Bytes of the command at `at`; undefined when it has not all come yet. */
function commandLength(bytes: Uint8Array, at: number): number | undefined {
  const command = bytes[at + 1];
  if (command === undefined) return undefined;
  if (command === subStart) {
    for (let end = at + 2; end + 1 < bytes.length; end += 1) {
      if (bytes[end] === iac && bytes[end + 1] === subEnd) return end + 2 - at;
    }
    return undefined;
  }
  const length = command >= will && command <= dont ? 3 : 2;
  return at + length <= bytes.length ? length : undefined;
}
