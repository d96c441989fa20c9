// News about labs and people, pushed to pages; few requests: entering a lab, leaving it, looking at a host.
import type { Server, Socket } from 'socket.io';
import { unreachable } from '../../base/assert.ts';
import { DisposeStack } from '../../base/dispose.ts';
import { Fault } from '../../base/fault.ts';
import type { Entrance, LabSession, SessionNews } from '../../classroom/lab-session.ts';
import { authorise, may, type Member } from '../../classroom/policy.ts';
import { parseArgument, toFaultMessage } from '../../messages/faults.ts';
import {
  newsEvent,
  realtimeRequest,
  requestEvent,
  type RealtimeNews,
  type RealtimeReply,
  type RealtimeRequest,
} from '../../messages/realtime.ts';
import { detailFor, type ServerContext } from '../context.ts';
import { faultOf } from '../http/fault-handler.ts';
import { TokenBucket, type Rate } from '../rate-limit.ts';
import { admitSocket, memberOf } from './socket-admission.ts';

const requestRate: Rate = { burst: 50, perSecond: 10 };

export function openSessionGateway(io: Server, context: ServerContext): void {
  io.use(admitSocket(context));
  io.on('connection', (socket) => {
    const visit = new Visit(socket, memberOf(socket), context);
    socket.on('disconnect', () => visit.dispose());
  });
}

/** One page, from connection to disconnection. */
class Visit {
  readonly #socket: Socket;
  readonly #member: Member;
  readonly #context: ServerContext;
  readonly #owned = new DisposeStack();
  readonly #bucket: TokenBucket;
  #entered: { readonly entrance: Entrance; readonly owned: DisposeStack } | undefined;

  constructor(socket: Socket, member: Member, context: ServerContext) {
    this.#socket = socket;
    this.#member = member;
    this.#context = context;
    this.#bucket = new TokenBucket(requestRate, context.clock);
    this.#owned.add(context.registry.onChanged(() => this.#tellLabs()));
    this.#tellLabs();
    socket.on(requestEvent, (value: unknown, reply: unknown) => {
      const answer = this.#answer(value);
      if (typeof reply === 'function') (reply as (answer: RealtimeReply) => void)(answer); // socket.io's acknowledgement
    });
  }

  dispose(): void {
    this.#leave();
    this.#owned.dispose();
  }

  #answer(value: unknown): RealtimeReply {
    try {
      if (!this.#bucket.take())
        throw new Fault('limit-reached', 'Too many requests at once.', { nextStep: 'Wait a second.' });
      this.#handle(parseArgument(realtimeRequest, value, 'request'));
      return { kind: 'done' };
    } catch (error) {
      const fault = faultOf(error);
      if (fault.code === 'internal') this.#context.log.error({ err: error }, 'realtime request failed');
      return { kind: 'fault', fault: toFaultMessage(fault) };
    }
  }

  #handle(request: RealtimeRequest): void {
    switch (request.kind) {
      case 'enter-lab':
        authorise(this.#member, 'see a lab', request.lab);
        return this.#enter(this.#context.registry.get(request.lab));
      case 'leave-lab':
        return this.#leave();
      case 'look-at':
        if (this.#entered === undefined) throw new Fault('bad-argument', 'No lab was entered.');
        return this.#entered.entrance.lookAt(request.host);
      default:
        return unreachable(request);
    }
  }

  #enter(session: LabSession): void {
    this.#leave();
    const owned = new DisposeStack();
    owned.add(session.onNews((news) => this.#pass(session, news)));
    this.#tell({ kind: 'lab', detail: this.#detail(session) });
    const entrance = owned.add(session.enter(this.#member));
    this.#entered = { entrance, owned };
  }

  #leave(): void {
    const left = this.#entered;
    this.#entered = undefined;
    left?.owned.dispose();
  }

  #pass(session: LabSession, news: SessionNews): void {
    switch (news.kind) {
      case 'progress':
        return this.#tell({ kind: 'lab-progress', lab: session.id, progress: news.progress });
      case 'people':
        return this.#tell({ kind: 'people', lab: session.id, people: [...news.people] });
      case 'changed':
        return this.#tell({ kind: 'lab', detail: this.#detail(session) });
      case 'state':
        this.#tell({ kind: 'lab', detail: this.#detail(session) });
        if (session.state === 'stopped' || session.state === 'failed')
          this.#tell({ kind: 'lab-ended', lab: session.id, state: session.state, reason: session.reason });
        return undefined;
      default:
        return unreachable(news);
    }
  }

  #detail(session: LabSession) {
    return detailFor(this.#context, session, this.#member, this.#socket.handshake.headers.host ?? '');
  }

  #tellLabs(): void {
    const labs = this.#context.registry.list.filter((lab) => may(this.#member, 'see a lab', lab.id));
    this.#tell({ kind: 'labs', labs });
  }

  #tell(news: RealtimeNews): void {
    this.#socket.emit(newsEvent, news);
  }
}
