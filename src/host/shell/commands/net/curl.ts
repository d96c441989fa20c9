// curl, HTTP only: one request, the response to standard output, curl's messages and exit codes.
import { SocketError } from '../../../../stack/sockets.ts';
import { formatIp, type IpAddress } from '../../../../stack/wire/ip-address.ts';
import { errorText } from '../../../error-text.ts';
import { BodyCutOff, HttpError, HttpReader, responseFraming, type HttpHead } from '../../../http/message.ts';
import { parseUrl, resolveUrl, type HttpUrl } from '../../../http/url.ts';
import { connectToAny } from '../../../happy-eyeballs.ts';
import { TcpStream } from '../../../tcp-stream.ts';
import { TimeIsUp, timeLimit } from '../../../time-limit.ts';
import type { ByteSink, CommandContext, CommandDefinition } from '../../command.ts';
import { openSink } from '../../file-streams.ts';
import { readAll } from '../../pipe.ts';
import { endpointText, familyOptions, findTarget, wantedFamily } from './target.ts';
import { concatBytes } from '../../../../base/bytes.ts';

const version = '7.88.1';
const redirectLimit = 50;

/** What curl ends with: its number and words. */
class CurlError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const curl: CommandDefinition = {
  name: 'curl',
  summary: 'fetch a web page',
  description: [
    'Sends an HTTP/1.1 request to URL and writes the body of the response to standard output. -v shows what is going on: the address, the connection, the request (>) and the head of the response (<).',
    'Exit status: 6 the host is not known, 7 no connection, 22 an HTTP error with -f, 28 a time limit was reached, 52 the server closed without an answer, 56 the connection failed while receiving.',
    '-w prints FORMAT at the end, with %{http_code}, %{size_download}, %{time_namelookup}, %{time_connect}, %{time_starttransfer}, %{time_total}, %{remote_ip}, %{remote_port}, %{local_port}.',
  ],
  options: [
    { short: 'v', long: 'verbose', key: 'verbose', type: 'flag', description: 'show the dialogue' },
    { short: 'i', long: 'include', key: 'include', type: 'flag', description: 'print the head of the response too' },
    { short: 'I', long: 'head', key: 'head', type: 'flag', description: 'HEAD request' },
    { short: 's', long: 'silent', key: 'silent', type: 'flag', description: 'no progress, no messages' },
    { short: 'S', long: 'show-error', key: 'showError', type: 'flag', description: 'messages even with -s' },
    { short: 'f', long: 'fail', key: 'fail', type: 'flag', description: 'HTTP errors are failures' },
    { short: 'L', long: 'location', key: 'follow', type: 'flag', description: 'follow redirections' },
    { short: 'o', long: 'output', key: 'output', type: 'text', value: 'FILE', description: 'write the body to FILE' },
    {
      short: 'O',
      long: 'remote-name',
      key: 'remoteName',
      type: 'flag',
      description: 'write to a file named like the remote one',
    },
    {
      short: 'd',
      long: 'data',
      key: 'data',
      type: 'text',
      repeated: true,
      value: 'DATA',
      description: 'POST DATA (@FILE: what is in it)',
    },
    { long: 'data-binary', key: 'binary', type: 'text', value: 'DATA', description: 'as -d, line ends included' },
    { short: 'X', long: 'request', key: 'method', type: 'text', value: 'METHOD', description: 'another method' },
    {
      short: 'H',
      long: 'header',
      key: 'fields',
      type: 'text',
      repeated: true,
      value: 'FIELD',
      description: 'add or replace a field of the request',
    },
    { short: 'A', long: 'user-agent', key: 'agent', type: 'text', value: 'NAME', description: 'name of the program' },
    {
      short: 'w',
      long: 'write-out',
      key: 'format',
      type: 'text',
      value: 'FORMAT',
      description: 'print this at the end',
    },
    {
      short: 'm',
      long: 'max-time',
      key: 'maximum',
      type: 'seconds',
      value: 'SECONDS',
      description: 'no longer than that',
    },
    {
      long: 'connect-timeout',
      key: 'connectTimeout',
      type: 'seconds',
      value: 'SECONDS',
      description: 'time limit for the connection',
    },
    { short: '0', long: 'http1.0', key: 'http10', type: 'flag', description: 'HTTP/1.0' },
    ...familyOptions,
    { short: 'g', long: 'globoff', key: 'globoff', type: 'flag', description: 'no globbing of URLs (never done here)' },
    { short: 'N', long: 'no-buffer', key: 'unbuffered', type: 'flag', description: 'write at once (as always here)' },
  ],
  operands: [{ name: 'URL', kind: 'host', optional: true }],
  examples: [
    { line: 'curl -v http://server/', what: 'the whole exchange' },
    { line: 'curl -s -o /dev/null -w "%{time_total}\\n" server', what: 'how long does it take?' },
  ],
  async run(context) {
    const { options, stderr } = context;
    const [text] = context.operands;
    if (text === undefined) {
      await stderr.write("curl: try 'curl --help' or 'curl --manual' for more information\n");
      return 2;
    }
    const transfer = new Transfer(context);
    let status = 0;
    try {
      await transfer.run(text);
    } catch (error) {
      const failure = await transfer.explain(error);
      status = failure.status;
      if (options['silent'] !== true || options['showError'] === true) {
        await stderr.write(`curl: (${status}) ${failure.message}\n`);
      }
    }
    if (typeof options['format'] === 'string') await context.stdout.write(transfer.report(options['format']));
    return status;
  },
};

/** One call of curl, redirections included. */
class Transfer {
  readonly #context: CommandContext;
  readonly #startMs: number;
  readonly #encoder = new TextEncoder();
  #url: HttpUrl | undefined;
  #stream: TcpStream | undefined;
  #phase: 'resolve' | 'connect' | 'transfer' = 'resolve';
  #phaseStartMs = 0;
  #status = 0;
  #received = 0;
  #expected: number | undefined;
  #timesMs = { lookup: 0, connect: 0, firstByte: 0, total: 0 };

  constructor(context: CommandContext) {
    this.#context = context;
    this.#startMs = context.host.clock.now();
  }

  async run(text: string): Promise<void> {
    const { host, options, signal } = this.#context;
    const maximum = options['maximum'];
    const limit = timeLimit(host.clock, typeof maximum === 'number' ? 1000 * maximum : undefined, signal);
    try {
      let url: HttpUrl | undefined = parseUrl(text);
      for (let hops = 0; url !== undefined; hops += 1) {
        if (hops > redirectLimit) throw new CurlError(47, `Maximum (${redirectLimit}) redirects followed`);
        url = await this.#fetch(url, limit.signal);
      }
      if (this.#url === undefined) throw new CurlError(3, 'URL using bad/illegal format or missing URL');
    } finally {
      this.#timesMs.total = host.clock.now() - this.#startMs;
      limit.dispose();
      this.#stream?.close();
    }
  }

  /** Fetches one URL; gives the next one when the response redirects and -L is set. */
  async #fetch(url: HttpUrl, signal: AbortSignal): Promise<HttpUrl | undefined> {
    this.#url = url;
    if (url.scheme !== 'http') {
      throw new CurlError(1, `Protocol "${url.scheme}" not supported or disabled in libcurl`);
    }
    const stream = await this.#connect(url, signal);
    this.#phase = 'transfer';
    const { method, bytes } = await this.#request(url);
    await stream.write(bytes);
    const reader = new HttpReader(stream);
    const head = await this.#responseHead(reader);
    const framing = responseFraming(this.#status, method, head.fields);
    this.#expected = framing.kind === 'length' ? framing.bytes : undefined;
    const { options } = this.#context;
    if (options['fail'] === true && this.#status >= 400) {
      await this.#say(`* The requested URL returned error: ${this.#status}`);
      throw new CurlError(22, `The requested URL returned error: ${this.#status}`);
    }
    const location = head.fields.get('location');
    const next = options['follow'] === true && this.#status >= 300 && this.#status < 400 && location !== undefined;
    if (options['include'] === true || options['head'] === true) {
      await this.#context.stdout.write(`${head.lines.join('\r\n')}\r\n\r\n`);
    }
    const sink = this.#bodySink(url);
    let first = true;
    for await (const piece of reader.body(framing)) {
      if (first && !this.#context.isTerminal) await this.#say(`{ [${piece.length} bytes data]`);
      first = false;
      this.#received += piece.length;
      if (!next) await sink.write(piece);
    }
    await this.#progress();
    const staysOpen = framing.kind !== 'until-close' && !head.fields.has('connection', 'close');
    await this.#say(staysOpen ? `* Connection #0 to host ${url.host} left intact` : '* Closing connection 0');
    stream.close();
    return next ? resolveUrl(url, location) : undefined;
  }

  async #connect(url: HttpUrl, signal: AbortSignal): Promise<TcpStream> {
    const { host, options } = this.#context;
    this.#phase = 'resolve';
    this.#phaseStartMs = host.clock.now();
    const seconds = options['connectTimeout'];
    const limit = timeLimit(host.clock, typeof seconds === 'number' ? 1000 * seconds : undefined, signal);
    try {
      const context = { ...this.#context, signal: limit.signal };
      const target = await findTarget(context, url.host, wantedFamily(context));
      if (target.kind === 'failure') throw new CurlError(6, `Could not resolve host: ${url.host}`);
      this.#timesMs.lookup = host.clock.now() - this.#startMs;
      this.#phase = 'connect';
      return await this.#connectTo(url, target.all, { signal, connectSignal: limit.signal });
    } catch (error) {
      if (!(error instanceof TimeIsUp) || signal.aborted) throw error; // not --connect-timeout
      if (this.#phase === 'resolve') throw await this.#timeout();
      throw await this.#noConnection(url, 'Timeout was reached', 28);
    } finally {
      limit.dispose();
    }
  }

  async #connectTo(
    url: HttpUrl,
    addresses: readonly IpAddress[],
    signals: { readonly signal: AbortSignal; readonly connectSignal: AbortSignal },
  ): Promise<TcpStream> {
    const { host } = this.#context;
    try {
      const { address, connection } = await connectToAny({
        clock: host.clock,
        addresses,
        signal: signals.connectSignal,
        connect: async (each, connectSignal) => {
          await this.#say(`*   Trying ${endpointText(each, url.port)}...`);
          const setting = { signal: signals.signal, connectSignal, owner: 'curl' };
          try {
            return await TcpStream.connect(host.stack, { address: each, port: url.port }, setting);
          } catch (error) {
            if (error instanceof SocketError && error.code !== 'ECONNABORTED') {
              await this.#say(`* connect to ${formatIp(each)} port ${url.port} failed: ${errorText(error.code)}`);
            }
            throw error;
          }
        },
        discard: (stream) => stream.abort(),
      });
      this.#stream = connection;
      this.#timesMs.connect = host.clock.now() - this.#startMs;
      await this.#say(`* Connected to ${url.host} (${formatIp(address)}) port ${url.port} (#0)`);
      return connection;
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      throw await this.#noConnection(url, "Couldn't connect to server", error.code === 'ETIMEDOUT' ? 28 : 7);
    }
  }

  async #noConnection(url: HttpUrl, why: string, status: number): Promise<CurlError> {
    const afterMs = Math.floor(this.#context.host.clock.now() - this.#phaseStartMs);
    const message = `Failed to connect to ${url.host} port ${url.port} after ${afterMs} ms: ${why}`;
    await this.#say(`* ${message}`);
    await this.#say('* Closing connection 0');
    return new CurlError(status, message);
  }

  async #request(url: HttpUrl): Promise<{ readonly method: string; readonly bytes: Uint8Array }> {
    const { options } = this.#context;
    const body = await this.#body();
    const method =
      typeof options['method'] === 'string'
        ? options['method']
        : options['head'] === true
          ? 'HEAD'
          : body === undefined
            ? 'GET'
            : 'POST';
    const given = typeof options['fields'] === 'string' ? options['fields'].split('\n') : [];
    const usual: readonly (readonly [string, string])[] = [
      ['Host', url.authority],
      ['User-Agent', typeof options['agent'] === 'string' ? options['agent'] : `curl/${version}`],
      ['Accept', '*/*'],
      ...(body === undefined
        ? []
        : ([
            ['Content-Length', String(body.length)],
            ['Content-Type', 'application/x-www-form-urlencoded'],
          ] as const)),
    ];
    const isGiven = (name: string): boolean =>
      given.some((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
    const lines = [
      `${method} ${url.target} HTTP/${options['http10'] === true ? '1.0' : '1.1'}`,
      ...usual.filter(([name]) => !isGiven(name)).map(([name, value]) => `${name}: ${value}`),
      ...given.filter((line) => !/:\s*$/.test(line)), // "Name:" without a value takes the field away
    ];
    for (const line of [...lines, '']) await this.#say(`> ${line}`);
    const head = this.#encoder.encode(`${lines.join('\r\n')}\r\n\r\n`);
    return { method, bytes: body === undefined ? head : concatBytes([head, body]) };
  }

  async #body(): Promise<Uint8Array | undefined> {
    const { options, host, stdin } = this.#context;
    const { data, binary } = options;
    const text =
      typeof binary === 'string' ? binary : typeof data === 'string' ? data.split('\n').join('&') : undefined;
    if (text === undefined) return undefined;
    if (!text.startsWith('@')) return this.#encoder.encode(text);
    const bytes = text === '@-' ? await readAll(stdin) : host.files.read(text.slice(1));
    if (bytes === undefined) throw new CurlError(26, `Failed to open ${text.slice(1)}`);
    return typeof binary === 'string' ? bytes : bytes.filter((byte) => byte !== 10 && byte !== 13);
  }

  /** The head of the final response; interim ones (100 Continue) are shown and passed over. */
  async #responseHead(reader: HttpReader): Promise<HttpHead> {
    for (;;) {
      const head = await reader.head();
      if (head === undefined) {
        await this.#say('* Empty reply from server');
        await this.#say('* Closing connection 0');
        throw new CurlError(52, 'Empty reply from server');
      }
      const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(head.startLine)?.[1];
      if (status === undefined) throw new CurlError(1, 'Received HTTP/0.9 when not allowed');
      this.#timesMs.firstByte ||= this.#context.host.clock.now() - this.#startMs;
      for (const line of [...head.lines, '']) await this.#say(`< ${line}`);
      this.#status = Number(status);
      if (this.#status >= 200) return head;
    }
  }

  #bodySink(url: HttpUrl): ByteSink {
    const { options, host, stdout } = this.#context;
    const remote = options['remoteName'] === true ? /([^/?]*)(\?.*)?$/.exec(url.target)?.[1] : undefined;
    if (remote === '') throw new CurlError(23, 'Remote file name has no length!');
    const path = remote ?? options['output'];
    return typeof path === 'string' && path !== '-' ? openSink(host, path, false) : stdout;
  }

  /** The progress meter's two lines of heading and its final state: when the body does not go to the terminal. */
  async #progress(): Promise<void> {
    const { options, isTerminal, stderr, host } = this.#context;
    const isToFile = options['output'] !== undefined || options['remoteName'] === true;
    if (options['silent'] === true || (isTerminal && !isToFile)) return;
    const seconds = Math.max(0.001, (host.clock.now() - this.#startMs) / 1000);
    const size = String(this.#received).padStart(5);
    const speed = String(Math.round(this.#received / seconds)).padStart(6);
    await stderr.write(
      `  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n` +
        `                                 Dload  Upload   Total   Spent    Left  Speed\n` +
        `100 ${size}  100 ${size}    0     0 ${speed}      0 --:--:-- --:--:-- --:--:-- ${speed.padStart(5)}\n`,
    );
  }

  async #say(line: string): Promise<void> {
    if (this.#context.options['verbose'] === true) await this.#context.stderr.write(`${line}\n`);
  }

  /** What an error means in curl's words; what is no failure of the transfer is thrown on. */
  async explain(error: unknown): Promise<CurlError> {
    if (error instanceof CurlError) return error;
    if (error instanceof TimeIsUp) return this.#timeout();
    if (error instanceof BodyCutOff) {
      const rest =
        error.missing === undefined ? 'outstanding read data remaining' : `${error.missing} bytes remaining to read`;
      return new CurlError(18, `transfer closed with ${rest}`);
    }
    if (error instanceof HttpError) return new CurlError(8, `Weird server reply: ${error.message}`);
    if (error instanceof SocketError) {
      const sending = error.code === 'EPIPE' || error.code === 'ENOTCONN';
      return sending
        ? new CurlError(55, `Send failure: ${errorText(error.code)}`)
        : new CurlError(56, `Recv failure: ${errorText(error.code)}`);
    }
    throw error;
  }

  async #timeout(): Promise<CurlError> {
    const ms = Math.floor(this.#context.host.clock.now() - this.#startMs);
    const words = {
      resolve: `Resolving timed out after ${ms} milliseconds`,
      connect: `Connection timed out after ${ms} milliseconds`,
      transfer: `Operation timed out after ${ms} milliseconds with ${this.#received}${this.#expected === undefined ? '' : ` out of ${this.#expected}`} bytes received`,
    };
    await this.#say(`* ${words[this.#phase]}`);
    await this.#say('* Closing connection 0');
    return new CurlError(28, words[this.#phase]);
  }

  /** -w. */
  report(format: string): string {
    const seconds = (ms: number): string => (ms / 1000).toFixed(6);
    const stream = this.#stream;
    const values: Readonly<Record<string, string>> = {
      http_code: String(this.#status).padStart(3, '0'),
      response_code: String(this.#status).padStart(3, '0'),
      size_download: String(this.#received),
      time_namelookup: seconds(this.#timesMs.lookup),
      time_connect: seconds(this.#timesMs.connect),
      time_starttransfer: seconds(this.#timesMs.firstByte),
      time_total: seconds(this.#timesMs.total),
      speed_download: String(Math.round((1000 * this.#received) / Math.max(1, this.#timesMs.total))),
      remote_ip: stream === undefined ? '' : formatIp(stream.remote.address),
      remote_port: stream === undefined ? '0' : String(stream.remote.port),
      local_ip: stream === undefined ? '' : formatIp(stream.local.address),
      local_port: stream === undefined ? '0' : String(stream.local.port),
    };
    return format
      .replaceAll(/\\([ntr\\])/g, (_, letter: string) => ({ n: '\n', t: '\t', r: '\r' })[letter] ?? '\\')
      .replaceAll(/%\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
      .replaceAll('%%', '%');
  }
}
