// What `ss` and the page may see of a connection or a listener.
import type { TcpSocketInspection } from '../inspect.ts';
import type { Connection } from './connection.ts';
import type { Listener } from './listener.ts';
import { rtoMs } from './send.ts';
import { timerNames, type TimerKind } from './timers.ts';

/** What Linux shows for "no loss yet" (TCP_INFINITE_SSTHRESH); the value must survive JSON. */
const infiniteSsthresh = 0x7fff_ffff;

export function inspectListener(listener: Listener): TcpSocketInspection {
  return {
    protocol: 'tcp',
    state: 'LISTEN',
    local: listener.local,
    remote: undefined,
    receiveQueue: listener.pending,
    sendQueue: listener.backlog,
    owner: listener.owner,
    control: undefined,
  };
}

export function inspectConnection(connection: Connection): TcpSocketInspection {
  const { block, rtt, timers } = connection;
  return {
    protocol: 'tcp',
    state: block.state,
    local: connection.local,
    remote: connection.remote,
    receiveQueue: connection.receiveBuffer.readable,
    sendQueue: connection.sendBuffer.length,
    owner: connection.owner,
    control: {
      sndUna: block.sndUna,
      sndNxt: block.sndNxt,
      sndWnd: block.sndWnd,
      rcvNxt: block.rcvNxt,
      rcvWnd: block.rcvWnd,
      iss: block.iss,
      irs: block.irs,
      mss: block.sndMss,
      cwnd: Math.floor(block.cwnd),
      ssthresh: Math.min(Math.floor(block.ssthresh), infiniteSsthresh),
      srttMs: rtt.srttMs,
      rttvarMs: rtt.srttMs === undefined ? undefined : rtt.rttvarMs,
      rtoMs: rtoMs(connection),
      flightBytes: block.flightSize,
      outOfOrderBytes: connection.receiveBuffer.outOfOrder.bytes,
      retransmits: connection.totalRetransmits,
      timers: timerNames.flatMap((name, kind) => {
        const isSet = timers.isSet(kind as TimerKind); // an index of timerNames is a kind
        return isSet ? [{ name, leftMs: timers.leftMs(kind as TimerKind) }] : [];
      }),
    },
  };
}
