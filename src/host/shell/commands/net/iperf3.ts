// iperf3: measures what a path carries, between a server (-s) and a client (-c), over TCP; speaks iperf3's own protocol.
import { formatIp } from '../../../../stack/wire/ip-address.ts';
import { SocketError } from '../../../../stack/sockets.ts';
import { errorText } from '../../../error-text.ts';
import {
  ControlReader,
  cookieBytes,
  IperfError,
  iperfState,
  newCookie,
  parametersMessage,
  readParameters,
  readResults,
  resultsMessage,
  sendJson,
  sendState,
  type IperfParameters,
  type StreamResult,
} from '../../../iperf/control.ts';
import { headLine, intervalLine, separator } from '../../../iperf/report.ts';
import { Transfer } from '../../../iperf/transfer.ts';
import { TcpAcceptor, TcpStream } from '../../../tcp-stream.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { findTarget } from './target.ts';

const usualPort = 5201;

export const iperf3: CommandDefinition = {
  name: 'iperf3',
  summary: 'measure how much a path carries',
  description: [
    'iperf3 -s waits for tests; iperf3 -c HOST runs one: it sends as fast as TCP lets it for ten seconds and prints how much that was, second by second, how often it had to send again, and its congestion window. -R: the server sends.',
    'Only TCP. It speaks the protocol of the real iperf3.',
  ],
  options: [
    { short: 's', long: 'server', key: 'server', type: 'flag', description: 'wait for tests' },
    {
      short: 'c',
      long: 'client',
      key: 'client',
      type: 'text',
      value: 'HOST',
      description: 'run a test with the server on HOST',
    },
    {
      short: 'p',
      long: 'port',
      key: 'port',
      type: 'port',
      value: 'PORT',
      description: `port of the server (default ${usualPort})`,
    },
    {
      short: 't',
      long: 'time',
      key: 'time',
      type: 'seconds',
      value: 'SECONDS',
      description: 'how long to send (default 10)',
    },
    {
      short: 'n',
      long: 'bytes',
      key: 'bytes',
      type: 'text',
      value: 'BYTES',
      description: 'how much to send instead, such as 10M',
    },
    {
      short: 'P',
      long: 'parallel',
      key: 'parallel',
      type: 'integer',
      minimum: 1,
      maximum: 32,
      value: 'N',
      description: 'streams at once',
    },
    {
      short: 'l',
      long: 'length',
      key: 'length',
      type: 'text',
      value: 'BYTES',
      description: 'bytes of one write (default 128K)',
    },
    {
      short: 'i',
      long: 'interval',
      key: 'interval',
      type: 'seconds',
      value: 'SECONDS',
      description: 'between two lines (default 1; 0: only the sum)',
    },
    { short: 'R', long: 'reverse', key: 'reverse', type: 'flag', description: 'the server sends' },
    { short: '1', long: 'one-off', key: 'once', type: 'flag', description: 'with -s: end after one test' },
  ],
  operands: [],
  examples: [
    { line: 'iperf3 -s &', what: 'a server in the background' },
    { line: 'iperf3 -c server -t 5', what: 'five seconds to the server' },
    { line: 'iperf3 -c server -R -P 2', what: 'from the server, two streams' },
  ],
  async run(context) {
    const { options, stderr } = context;
    try {
      if (options['server'] === true) return await serve(context);
      if (typeof options['client'] === 'string') return await test(context, options['client']);
      await stderr.write('iperf3: parameter error - must either be a client (-c) or server (-s)\n');
      return 1;
    } catch (error) {
      if (error instanceof SocketError) await stderr.write(`iperf3: error - ${errorText(error.code)}\n`);
      else if (error instanceof IperfError) await stderr.write(`iperf3: error - ${error.message}\n`);
      else throw error;
      return 1;
    }
  },
};

const portOf = ({ options }: CommandContext): number =>
  typeof options['port'] === 'number' ? options['port'] : usualPort;
const intervalOf = ({ options }: CommandContext): number =>
  1000 * (typeof options['interval'] === 'number' ? options['interval'] : 1);

/** `10M`: bytes, by powers of 1024. Undefined when it is no amount. */
function amountOf(text: unknown): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([KMG]?)$/i.exec(String(text)) ?? [];
  if (digits === undefined) return undefined;
  return Math.round(Number(digits) * 1024 ** ['', 'K', 'M', 'G'].indexOf(unit.toUpperCase()));
}

async function test(context: CommandContext, hostText: string): Promise<number> {
  const { options, stdout, stderr, host, signal } = context;
  const target = await findTarget(context, hostText);
  if (target.kind === 'failure') throw new IperfError(`unable to connect to server: ${target.reason}`);
  const num = options['bytes'] === undefined ? 0 : amountOf(options['bytes']);
  const len = options['length'] === undefined ? 131_072 : amountOf(options['length']);
  if (num === undefined || len === undefined || len < 1)
    throw new IperfError('an amount is a number with K, M or G behind it');
  const time = num > 0 ? 0 : typeof options['time'] === 'number' ? options['time'] : 10;
  const parallel = typeof options['parallel'] === 'number' ? options['parallel'] : 1;
  const parameters: IperfParameters = { time, num, parallel, len, reverse: options['reverse'] === true };
  const remote = { address: target.address, port: portOf(context) };
  const setting = { signal, owner: 'iperf3' };
  const control = await TcpStream.connect(host.stack, remote, setting).catch((error: unknown) => {
    if (error instanceof SocketError) throw new IperfError(`unable to connect to server: ${errorText(error.code)}`);
    throw error;
  });
  const streams: TcpStream[] = [];
  try {
    await stdout.write(`Connecting to host ${hostText}, port ${remote.port}\n`);
    if (parameters.reverse) await stdout.write(`Reverse mode, remote host ${hostText} is sending\n`);
    const reader = new ControlReader(control);
    const cookie = newCookie(host.random);
    await control.write(cookie);
    await reader.expect(iperfState.parameterExchange);
    await sendJson(control, parametersMessage(parameters));
    await reader.expect(iperfState.createStreams);
    for (let index = 0; index < parallel; index += 1) {
      const stream = await TcpStream.connect(host.stack, remote, setting);
      streams.push(stream);
      await stream.write(cookie);
      await stdout.write(connectedLine(index, stream));
    }
    await reader.expect(iperfState.testStart);
    await reader.expect(iperfState.testRunning);
    const isSender = !parameters.reverse;
    await stdout.write(`${headLine(isSender, true)}\n`);
    const transfer = startTransfer(context, streams, parameters, isSender);
    const isOver = new AbortController();
    await Promise.race([
      transfer.finished(),
      ...(time > 0 ? [host.sleep(time * 1000, isOver.signal)] : []),
      aborted(signal),
    ]);
    isOver.abort();
    signal.throwIfAborted();
    await sendState(control, iperfState.testEnd);
    const own = await transfer.stop();
    await reader.expect(iperfState.exchangeResults);
    await sendJson(control, resultsMessage(own, isSender));
    const theirs = readResults(await reader.json());
    await reader.expect(iperfState.displayResults);
    await sendState(control, iperfState.iperfDone);
    await stdout.write(summary(own, theirs, isSender));
    await stdout.write('\niperf Done.\n');
    return 0;
  } catch (error) {
    if (signal.aborted) await sendState(control, iperfState.clientTerminate).catch(() => undefined);
    if (signal.aborted) await stderr.write('iperf3: interrupt - the client has terminated\n').catch(() => undefined);
    throw error;
  } finally {
    for (const stream of streams) stream.close();
    control.close();
  }
}

async function serve(context: CommandContext): Promise<number> {
  const { host, signal, stdout, stderr, options } = context;
  const port = portOf(context);
  const acceptor = new TcpAcceptor(host.stack, { port }, { signal, owner: 'iperf3' });
  const line = '-----------------------------------------------------------';
  try {
    for (let number = 1; ; number += 1) {
      await stdout.write(`${line}\nServer listening on ${port} (test #${number})\n${line}\n`);
      const control = await acceptor.accept();
      if (control === undefined) return 0;
      try {
        await serveOne(context, acceptor, control);
      } catch (error) {
        if (!(error instanceof IperfError || error instanceof SocketError)) throw error;
        await stderr.write(`iperf3: error - ${error.message}\n`);
      } finally {
        control.close();
      }
      if (options['once'] === true) return 0;
    }
  } finally {
    acceptor.close();
  }
}

async function serveOne(context: CommandContext, acceptor: TcpAcceptor, control: TcpStream): Promise<void> {
  const { stdout } = context;
  const reader = new ControlReader(control);
  await reader.bytes(cookieBytes);
  await stdout.write(`Accepted connection from ${formatIp(control.remote.address)}, port ${control.remote.port}\n`);
  await sendState(control, iperfState.parameterExchange);
  const parameters = readParameters(await reader.json());
  await sendState(control, iperfState.createStreams);
  const streams: TcpStream[] = [];
  try {
    while (streams.length < parameters.parallel) {
      const stream = await acceptor.accept();
      if (stream === undefined) return;
      streams.push(stream);
      await new ControlReader(stream).bytes(cookieBytes); // data comes only after the test was started
      await stdout.write(connectedLine(streams.length - 1, stream));
    }
    await sendState(control, iperfState.testStart);
    await sendState(control, iperfState.testRunning);
    await stdout.write(`${headLine(parameters.reverse, true)}\n`);
    const transfer = startTransfer(context, streams, parameters, parameters.reverse);
    const ended = await reader.state();
    const own = await transfer.stop();
    if (ended !== iperfState.testEnd) throw new IperfError('the client has terminated');
    await sendState(control, iperfState.exchangeResults);
    const theirs = readResults(await reader.json());
    await sendJson(control, resultsMessage(own, parameters.reverse));
    await sendState(control, iperfState.displayResults);
    await stdout.write(summary(own, theirs, parameters.reverse));
    await reader.state().catch(() => undefined); // IPERF_DONE, or the client has gone already
  } finally {
    for (const stream of streams) stream.close();
  }
}

function startTransfer(
  context: CommandContext,
  streams: readonly TcpStream[],
  parameters: IperfParameters,
  isSender: boolean,
): Transfer {
  return new Transfer({
    host: context.host,
    streams,
    isSender,
    blockBytes: parameters.len,
    limitBytes: parameters.num > 0 ? parameters.num : Number.POSITIVE_INFINITY,
    intervalMs: intervalOf(context),
    print: async (line) => await context.stdout.write(`${line}\n`),
  });
}

function connectedLine(index: number, { local, remote }: TcpStream): string {
  return `[${String(5 + 2 * index).padStart(3)}] local ${formatIp(local.address)} port ${local.port} connected to ${formatIp(remote.address)} port ${remote.port}\n`;
}

/** Two lines for each stream: what the sender has sent, what the receiver has got. */
function summary(
  own: readonly StreamResult[],
  theirs: readonly Pick<StreamResult, 'bytes' | 'retransmits'>[],
  isSender: boolean,
): string {
  const lines = [separator, headLine(true, false)];
  for (const [index, result] of own.entries()) {
    const other = theirs[index] ?? { bytes: 0, retransmits: 0 };
    const [sent, received] = isSender ? [result, other] : [other, result];
    const range = { id: 5 + 2 * index, fromSeconds: 0, toSeconds: result.seconds };
    lines.push(
      intervalLine({ ...range, bytes: sent.bytes, retransmits: Math.max(0, sent.retransmits), role: 'sender' }),
    );
    lines.push(intervalLine({ ...range, bytes: received.bytes, role: 'receiver' }));
  }
  return `${lines.join('\n')}\n`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
