// A small web server: HTTP/1.1 with keep-alive over the stack, files of the host, an access log.
import { SocketError } from '../../../../stack/sockets.ts';
import { formatIp } from '../../../../stack/wire/ip-address.ts';
import { errorText } from '../../../error-text.ts';
import { absolutePath } from '../../../files.ts';
import { HttpError, HttpReader, requestFraming, type HttpHead } from '../../../http/message.ts';
import { TcpAcceptor, type TcpStream } from '../../../tcp-stream.ts';
import { TimeIsUp, timeLimit } from '../../../time-limit.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { concatBytes } from '../../../../base/bytes.ts';
import { httpDateText, logDateText } from './date-text.ts';

const greeting = 'Hello, world\n';
const defaultFolder = '/var/www';
/** An idle connection is closed after this time. */
const idleMs = 15_000;
const maximumBodyBytes = 16 * 1024 * 1024;

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css',
  js: 'text/javascript',
  json: 'application/json',
  txt: 'text/plain; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
};

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  501: 'Not Implemented',
  505: 'HTTP Version Not Supported',
};

export const httpd: CommandDefinition = {
  name: 'httpd',
  summary: 'serve web pages',
  description: [
    'An HTTP/1.1 server. It serves the files below FOLDER (default /var/www), / being index.html; where there is none, / says "Hello, world". POST /echo sends back what it was sent. A line for each request is written in the Common Log Format.',
  ],
  options: [
    { short: 'p', long: 'port', key: 'port', type: 'port', value: 'PORT', description: 'listen on PORT (default 80)' },
    {
      short: 'd',
      long: 'docroot',
      key: 'folder',
      type: 'text',
      value: 'FOLDER',
      description: 'serve the files below FOLDER',
    },
    { short: 'q', long: 'quiet', key: 'quiet', type: 'flag', description: 'no access log' },
  ],
  operands: [],
  examples: [
    { line: 'httpd &', what: 'serve on port 80 in the background' },
    { line: 'httpd -p 8090 -d /root', what: 'the files of /root on port 8090' },
  ],
  async run(context) {
    const { host, options, signal } = context;
    let acceptor: TcpAcceptor;
    try {
      acceptor = new TcpAcceptor(host.stack, { port: Number(options['port'] ?? 80) }, { signal, owner: 'httpd' });
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      await context.stderr.write(
        `httpd: could not bind to port ${Number(options['port'] ?? 80)}: ${errorText(error.code)}\n`,
      );
      return 1;
    }
    const live = new Set<Promise<void>>();
    try {
      for (let stream = await acceptor.accept(); stream !== undefined; stream = await acceptor.accept()) {
        const serving = serve(context, stream).finally(() => live.delete(serving));
        live.add(serving);
      }
    } finally {
      acceptor.close();
      await Promise.all(live);
    }
    return 0;
  },
};

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
  readonly fields?: readonly string[];
}

async function serve(context: CommandContext, stream: TcpStream): Promise<void> {
  const reader = new HttpReader(stream);
  try {
    for (let goesOn = true; goesOn;) {
      const head = await nextHead(context, stream, reader);
      if (head === undefined) break;
      goesOn = await respond(context, stream, { reader, head });
    }
  } catch (error) {
    if (error instanceof HttpError) await refuse(context, stream).catch(() => undefined);
    else if (
      !(error instanceof SocketError) &&
      !(error instanceof TimeIsUp) &&
      !isCutOff(error) &&
      !context.signal.aborted
    )
      throw error;
  } finally {
    stream.close();
  }
}

const isCutOff = (error: unknown): boolean => error instanceof Error && error.name === 'BodyCutOff';

/** The next request; undefined when the client has finished or keeps silent. */
async function nextHead(
  { host, signal }: CommandContext,
  stream: TcpStream,
  reader: HttpReader,
): Promise<HttpHead | undefined> {
  const limit = timeLimit(host.clock, idleMs, signal);
  const hangUp = (): void => stream.close();
  limit.signal.addEventListener('abort', hangUp);
  try {
    return await reader.head();
  } finally {
    limit.signal.removeEventListener('abort', hangUp);
    limit.dispose();
  }
}

/** Answers one request; true when the connection stays open. */
async function respond(
  context: CommandContext,
  stream: TcpStream,
  { reader, head }: { readonly reader: HttpReader; readonly head: HttpHead },
): Promise<boolean> {
  const [, method = '', target = '', version = ''] = /^(\S+) (\S+) HTTP\/(\d\.\d)$/.exec(head.startLine) ?? [];
  if (method === '' || (version === '1.1' && head.fields.get('host') === undefined)) throw new HttpError('bad request');
  const framing = requestFraming(head.fields);
  if (head.fields.has('expect', '100-continue')) await stream.write(latin('HTTP/1.1 100 Continue\r\n\r\n'));
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of reader.body(framing)) {
    size += piece.length;
    if (size <= maximumBodyBytes) pieces.push(piece);
  }
  const reply = size > maximumBodyBytes ? plain(413) : replyTo(context, method, target, concatBytes(pieces));
  const staysOpen =
    version === '1.1' ? !head.fields.has('connection', 'close') : head.fields.has('connection', 'keep-alive');
  await send(context, stream, reply, { method, staysOpen });
  await log(context, stream, head.startLine, reply);
  return staysOpen;
}

function replyTo(context: CommandContext, method: string, targetText: string, body: Uint8Array): Reply {
  const path = decodePath(targetText.replace(/[?#].*/, ''));
  if (path === undefined) return plain(400);
  if (method === 'POST' && path === '/echo') return { status: 200, type: 'application/octet-stream', body };
  if (method !== 'GET' && method !== 'HEAD') return { ...plain(405), fields: ['Allow: GET, HEAD'] };
  const folder = absolutePath(String(context.options['folder'] ?? defaultFolder));
  const name = absolutePath(`${folder === '/' ? '' : folder}${path}${path.endsWith('/') ? 'index.html' : ''}`);
  const file = name.startsWith(folder === '/' ? '/' : `${folder}/`) ? context.host.files.read(name) : undefined;
  if (file !== undefined) return { status: 200, type: contentType(name), body: file };
  if (path === '/') return { status: 200, type: 'text/plain; charset=utf-8', body: latin(greeting) };
  return plain(404);
}

function contentType(name: string): string {
  return contentTypes[/\.([a-z]+)$/.exec(name)?.[1] ?? ''] ?? 'application/octet-stream';
}

function decodePath(path: string): string | undefined {
  try {
    return path.startsWith('/') ? decodeURIComponent(path) : undefined;
  } catch {
    return undefined; // a percent sign that starts no escape
  }
}

function plain(status: number): Reply {
  const body = latin(`${status} ${reasons[status] ?? ''}\n`);
  return { status, type: 'text/plain; charset=utf-8', body };
}

async function send(
  { host }: CommandContext,
  stream: TcpStream,
  { status, type, body, fields = [] }: Reply,
  { method, staysOpen }: { readonly method: string; readonly staysOpen: boolean },
): Promise<void> {
  const head = [
    `HTTP/1.1 ${status} ${reasons[status] ?? ''}`,
    `Date: ${httpDateText(host.clock.wallClock())}`,
    'Server: ackademy',
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
    ...fields,
    `Connection: ${staysOpen ? 'keep-alive' : 'close'}`,
    '',
    '',
  ].join('\r\n');
  await stream.write(concatBytes([latin(head), ...(method === 'HEAD' ? [] : [body])]));
}

async function refuse(context: CommandContext, stream: TcpStream): Promise<void> {
  const reply = plain(400);
  await send(context, stream, reply, { method: 'GET', staysOpen: false });
  await log(context, stream, '-', reply);
}

async function log(
  context: CommandContext,
  stream: TcpStream,
  request: string,
  { status, body }: Reply,
): Promise<void> {
  if (context.options['quiet'] === true) return;
  const when = logDateText(context.host.clock.wallClock());
  const line = `${formatIp(stream.remote.address)} - - [${when}] "${request}" ${status} ${body.length}\n`;
  await context.stdout.write(line).catch(() => undefined); // nobody reads the log: go on serving
}

const latin = (text: string): Uint8Array => new TextEncoder().encode(text);
