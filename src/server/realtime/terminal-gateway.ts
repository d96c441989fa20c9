// Terminals over sockets: reads what pages send, asks the policy, and feeds each page through its viewer's credit.
import type { Server, Socket } from 'socket.io';
import { unreachable } from '../../base/assert.ts';
import { Fault } from '../../base/fault.ts';
import { authorise, may, type Member } from '../../classroom/policy.ts';
import type { Attachment } from '../../classroom/terminal/shared-terminal.ts';
import type { ViewerSink } from '../../classroom/terminal/viewer.ts';
import { parseArgument, toFaultMessage } from '../../messages/faults.ts';
import type { LabId } from '../../messages/ids.ts';
import { terminalEvent, terminalRequest, type TerminalNews, type TerminalRequest } from '../../messages/terminal.ts';
import type { ServerContext } from '../context.ts';
import { faultOf } from '../http/fault-handler.ts';
import { TokenBucket, type Rate } from '../rate-limit.ts';
import { admitSocket, memberOf } from './socket-admission.ts';

/** Acknowledgements come every 16 KiB of output, keys as fast as people type. */
const messageRate: Rate = { burst: 4_000, perSecond: 2_000 };
/** Bytes of input: nobody types so fast; a paste of a page fits. */
const inputRate: Rate = { burst: 256 * 1024, perSecond: 64 * 1024 };
/** Terminals on one page at a time. */
const maximumChannels = 32;

type AttachRequest = Extract<TerminalRequest, { kind: 'attach' }>;

/** A channel of a page: `attachment` is absent while the terminal opens; what comes meanwhile waits. */
interface Channel {
  readonly lab: LabId;
  readonly waiting: ((attachment: Attachment) => void)[];
  attachment: Attachment | undefined;
  left: boolean;
}

export function openTerminalGateway(io: Server, context: ServerContext): void {
  io.use(admitSocket(context));
  io.on('connection', (socket) => {
    const line = new TerminalLine(socket, memberOf(socket), context);
    socket.on('disconnect', () => line.dispose());
  });
}

/** One page's socket. */
class TerminalLine {
  readonly #socket: Socket;
  readonly #member: Member;
  readonly #context: ServerContext;
  readonly #messages: TokenBucket;
  readonly #input: TokenBucket;
  readonly #channels = new Map<number, Channel>();

  constructor(socket: Socket, member: Member, context: ServerContext) {
    this.#socket = socket;
    this.#member = member;
    this.#context = context;
    this.#messages = new TokenBucket(messageRate, context.clock);
    this.#input = new TokenBucket(inputRate, context.clock);
    socket.on(terminalEvent, (value: unknown) => this.#receive(value));
  }

  dispose(): void {
    for (const number of Array.from(this.#channels.keys())) this.#detach(number);
  }

  #receive(value: unknown): void {
    let request: TerminalRequest | undefined;
    try {
      if (!this.#messages.take())
        throw new Fault('limit-reached', 'Too many messages at once.', { nextStep: 'Slow down.' });
      request = parseArgument(terminalRequest, value, 'message');
      this.#handle(request);
    } catch (error) {
      this.#refuse(request?.channel, error);
    }
  }

  #handle(request: TerminalRequest): void {
    switch (request.kind) {
      case 'attach':
        return this.#attach(request);
      case 'detach':
        return this.#detach(request.channel);
      case 'input': {
        const channel = this.#channel(request.channel);
        authorise(this.#member, 'type into a terminal', channel.lab);
        if (!this.#input.take(request.bytes.length))
          throw new Fault('limit-reached', 'Too much input at once: it was left out.', {
            nextStep: 'Paste less at a time.',
          });
        return this.#whenAttached(channel, (attachment) => attachment.input(request.bytes));
      }
      case 'acknowledge':
        // A terminal that has just ended may still be acknowledged.
        return this.#channels.get(request.channel)?.attachment?.acknowledge(request.offset);
      case 'resize': {
        const channel = this.#channels.get(request.channel);
        if (channel === undefined) return undefined;
        return this.#whenAttached(channel, (attachment) => attachment.resize(request.columns, request.rows));
      }
      default:
        return unreachable(request);
    }
  }

  #whenAttached(channel: Channel, use: (attachment: Attachment) => void): void {
    if (channel.attachment === undefined) channel.waiting.push(use);
    else use(channel.attachment);
  }

  #attach(request: AttachRequest): void {
    authorise(this.#member, 'watch a terminal', request.lab);
    this.#detach(request.channel);
    if (this.#channels.size >= maximumChannels)
      throw new Fault('limit-reached', `A page may show ${maximumChannels} terminals at a time.`, {
        nextStep: 'Close one.',
      });
    const channel: Channel = { lab: request.lab, waiting: [], attachment: undefined, left: false };
    this.#channels.set(request.channel, channel);
    void this.#open(request, channel);
  }

  async #open(request: AttachRequest, channel: Channel): Promise<void> {
    const { lab, host, terminal: number, columns, rows, lastOffset } = request;
    try {
      const terminal = await this.#context.registry.get(lab).terminal(host, number, { columns, rows });
      if (channel.left) return;
      const mayType = may(this.#member, 'type into a terminal', lab);
      this.#tell({
        kind: 'attached',
        channel: request.channel,
        mayType,
        columns: terminal.columns,
        rows: terminal.rows,
      });
      const attachment = terminal.attach(this.#member, this.#sink(request.channel), { columns, rows, lastOffset });
      channel.attachment = attachment;
      for (const use of channel.waiting.splice(0)) use(attachment);
    } catch (error) {
      if (this.#channels.get(request.channel) === channel) this.#channels.delete(request.channel);
      if (!channel.left) this.#refuse(request.channel, error);
    }
  }

  #detach(number: number): void {
    const channel = this.#channels.get(number);
    if (channel === undefined) return;
    this.#channels.delete(number);
    channel.left = true;
    channel.attachment?.dispose();
  }

  #sink(channel: number): ViewerSink {
    return {
      keyframe: ({ offset, columns, rows, data }) =>
        this.#tell({ kind: 'keyframe', channel, offset, columns, rows, data }),
      output: (offset, bytes) => this.#tell({ kind: 'output', channel, offset, bytes }),
      size: (columns, rows) => this.#tell({ kind: 'size', channel, columns, rows }),
      viewers: (viewers) => this.#tell({ kind: 'viewers', channel, viewers: [...viewers] }),
      closed: (reason) => {
        this.#channels.delete(channel);
        this.#tell({ kind: 'closed', channel, reason });
      },
    };
  }

  #channel(number: number): Channel {
    const channel = this.#channels.get(number);
    if (channel !== undefined) return channel;
    throw new Fault('bad-argument', `No terminal is attached to channel ${number}.`, { nextStep: 'Attach one first.' });
  }

  #refuse(channel: number | undefined, error: unknown): void {
    const fault = faultOf(error);
    if (fault.code === 'internal') this.#context.log.error({ err: error }, 'terminal message failed');
    this.#tell({ kind: 'fault', ...(channel !== undefined && { channel }), fault: toFaultMessage(fault) });
  }

  #tell(news: TerminalNews): void {
    this.#socket.emit(terminalEvent, news);
  }
}
