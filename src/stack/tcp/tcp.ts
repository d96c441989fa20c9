// TCP as a whole: which segment goes to whom, opening and listening, ports, and the parts that all connections share.
// RFC 9293; see arrive.ts, open.ts, close.ts, send.ts, retransmit.ts for its sections. Left out:
// TCP Fast Open, authentication (RFC 5925), receive buffer autotuning.
import {
  isMulticastIp,
  isUnspecifiedIp,
  broadcastIpv4,
  isIpv4,
  loopbackIpv4,
  loopbackIpv6,
} from '../wire/ip-address.ts';
import type { IpAddress } from '../wire/ip-address.ts';
import { bindingOf, covers, overlaps, shownAddress } from '../binding.ts';
import type { TcpSocketInspection } from '../inspect.ts';
import type { ArrivedPacket, TransportHandler } from '../ip/internet-layer.ts';
import {
  SocketError,
  type Endpoint,
  type IcmpErrorReport,
  type TcpConnectOptions,
  type TcpListener,
  type TcpListenOptions,
  type TcpSocket,
} from '../sockets.ts';
import { checksum, pseudoHeaderSum } from '../wire/checksum.ts';
import { read16, read32 } from '../wire/field.ts';
import { parseTcp, tcpFlag, tcpOffset, tcpProtocol, TcpSegmentView } from '../wire/tcp.ts';
import { arriveSynchronized } from './arrive.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { Demux } from './demux.ts';
import { icmpErrorArrived } from './icmp.ts';
import { inspectConnection, inspectListener } from './inspection.ts';
import { hashPurpose, initialSequence, TupleHash } from './isn.ts';
import { TcpSettings } from './knobs.ts';
import { Listener } from './listener.ts';
import { answerWithCookie, arriveInSynSent, openActively, openFromCookie, openPassively } from './open.ts';
import { packetOptions } from './packet-options.ts';
import { sendResetFor } from './segment.ts';
import { output } from './send.ts';
import { seqOf, type Seq } from './sequence.ts';
import type { ConnectionServices, TcpOptions } from './services.ts';
import { ConnectionSocket } from './socket.ts';
import { checkCookie, cookieValidMs, makeCookie } from './syn-cookies.ts';
import { issAfter, mayReopen, mayTakeOver } from './time-wait.ts';
import { timerDue } from './timer-due.ts';

export class Tcp implements TransportHandler {
  readonly #services: ConnectionServices;
  readonly #settings: TcpSettings;
  readonly #demux = new Demux();
  /** By port; one without an address takes what no other does. */
  readonly #listeners = new Map<number, Listener[]>();
  readonly #hash: TupleHash;
  readonly #segment = new TcpSegmentView();
  #nextPortStep = 0;
  /** Challenge ACKs of the second that began at `#challengeSecondMs`. */
  #challengeSecondMs = -Infinity;
  #challenges = 0;

  constructor(options: TcpOptions) {
    this.#settings = new TcpSettings(options.knobs);
    this.#hash = new TupleHash(options.random);
    this.#services = {
      internet: options.internet,
      clock: options.clock,
      random: options.random,
      counters: options.counters,
      drop: options.drop,
      onEvent: options.onEvent,
      settings: this.#settings,
      fields: this.#settings.fields,
      timerDue,
      closed: (connection) => this.#demux.remove(connection),
      timeWaits: { count: 0 },
      mayChallenge: () => this.#mayChallenge(),
    };
    options.internet.register(tcpProtocol, this);
  }

  /** Active open. Throws `SocketError`: EINVAL, EADDRINUSE, EADDRNOTAVAIL, ENETUNREACH. */
  connect(remote: Endpoint, options: TcpConnectOptions = {}, owner = ''): TcpSocket {
    const { internet } = this.#services;
    const target = { address: internet.scoped(reachable(remote.address)), port: remote.port };
    requirePort(target.port, 1);
    if (isGroup(target.address)) throw new SocketError('ENETUNREACH', 'TCP speaks to one host only');
    const { localAddress } = options;
    if (localAddress !== undefined && !internet.isLocal(localAddress)) {
      throw new SocketError('EADDRNOTAVAIL', 'the local address is not one of ours');
    }
    const route = internet.route(target.address, localAddress);
    if (route === undefined) throw new SocketError('ENETUNREACH', 'no route leads there');
    const address = localAddress ?? route.source;
    const local = { address, port: this.#localPortFor(address, options.localPort ?? 0, target) };
    const fresh = initialSequence(this.#hash, local, target, this.#services.clock.now());
    const connection = this.#newConnection({
      local,
      remote: target,
      iss: this.#takeOver(local, target, fresh),
      owner,
      handlers: options.handlers ?? {},
      sendBufferBytes: options.sendBufferBytes ?? this.#settings.sendBufferBytes,
      receiveBufferBytes: options.receiveBufferBytes ?? this.#settings.receiveBufferBytes,
      receiveBufferMaximumBytes: options.receiveBufferBytes ?? this.#settings.receiveBufferMaximumBytes,
      maximumSegmentBytes: options.maximumSegmentBytes,
      noDelay: options.noDelay ?? false,
      parent: undefined,
    });
    if (options.trafficClass !== undefined) {
      [connection.packetOptions, connection.markableOptions] = packetOptions(options.trafficClass);
    }
    openActively(connection, route);
    return new ConnectionSocket(connection);
  }

  /** Passive open. Throws `SocketError`: EINVAL, EADDRINUSE, EADDRNOTAVAIL. */
  listen(options: TcpListenOptions, owner = ''): TcpListener {
    requirePort(options.port, 0);
    const binding = bindingOf(options.address, options.ipv6Only);
    if (binding.address !== undefined && !this.#services.internet.isLocal(binding.address)) {
      throw new SocketError('EADDRNOTAVAIL', 'the address is not one of ours');
    }
    const port = options.port === 0 ? this.#portToListenOn() : options.port;
    const others = this.#listeners.get(port) ?? [];
    if (others.some((other) => overlaps(other.binding, binding))) {
      throw new SocketError('EADDRINUSE', `TCP port ${port} is taken`);
    }
    const local = { address: options.address ?? shownAddress(binding, this.#services.internet.hasIpv6()), port };
    const listener = new Listener(this.#services.clock, local, binding, options, owner, (gone) => this.#forget(gone));
    this.#listeners.set(port, [...others, listener]);
    return listener;
  }

  inspect(): readonly TcpSocketInspection[] {
    const listeners = Array.from(this.#listeners.values()).flat();
    return [...listeners.map(inspectListener), ...this.#demux.list().map(inspectConnection)];
  }

  /** Closes everything without a word to the peers and stops every timer. */
  dispose(): void {
    for (const connection of this.#demux.list()) {
      connection.silence();
      connection.readingClosed = true;
      connection.end(connection.block.state === 'TIME_WAIT' ? 'two-msl' : 'reset', undefined);
    }
    this.#listeners.clear();
    this.#settings.dispose();
  }

  arrive(packet: ArrivedPacket): void {
    const { clock } = this.#services;
    const before = clock.enter();
    try {
      this.#arrive(packet);
    } finally {
      clock.leave(before);
    }
  }

  #arrive(packet: ArrivedPacket): void {
    const { counters, drop } = this.#services;
    const segment = this.#segment;
    const { bytes, transportOffset, transportLength } = packet;
    counters.TcpInSegs += 1;
    if (!parseTcp(bytes, transportOffset, transportLength, segment)) {
      counters.TcpInErrs += 1;
      return drop('tcp-malformed', packet.interface.name);
    }
    if (!packet.checksumTrusted && !isChecksumGood(packet)) {
      counters.TcpInErrs += 1;
      counters.TcpInCsumErrors += 1;
      return drop('tcp-checksum', packet.interface.name);
    }
    if (packet.toGroup) return drop('tcp-to-group', packet.interface.name); // RFC 9293 MUST-57
    const connection = this.#demux.find(packet.destination, segment.destinationPort, packet.source, segment.sourcePort);
    if (connection === undefined) return this.#arriveAtListener(packet, segment);
    if (mayReopen(connection, segment) && this.#listenerFor(packet.destination, segment.destinationPort)) {
      connection.end('two-msl', undefined);
      return this.#arriveAtListener(packet, segment);
    }
    this.#arriveAtConnection(connection, packet, segment);
  }

  icmpError(report: IcmpErrorReport, source: IpAddress, quoted: Uint8Array): void {
    if (quoted.length < tcpOffset.acknowledgment) return;
    const localPort = read16(quoted, tcpOffset.sourcePort);
    const remotePort = read16(quoted, tcpOffset.destinationPort);
    const connection = this.#demux.find(source, localPort, report.destination.address, remotePort);
    if (connection === undefined) return;
    icmpErrorArrived(connection, report, seqOf(read32(quoted, tcpOffset.sequence)));
  }

  #arriveAtConnection(connection: Connection, packet: ArrivedPacket, segment: TcpSegmentView): void {
    connection.arrivedClass = packet.trafficClass;
    connection.lastArrivalMs = this.#services.clock.now();
    connection.keepAliveProbes = 0;
    connection.tally.segmentsReceived += 1;
    if (segment.dataLength > 0) connection.tally.dataSegmentsReceived += 1;
    const from = packet.interface.name;
    const result =
      connection.block.state === 'SYN_SENT'
        ? arriveInSynSent(connection, segment, from)
        : arriveSynchronized(connection, segment, from);
    if (result === 'reset') sendResetFor(this.#services, packet, segment);
    connection.tellNews(); // first, so that the answer carries what the application sends and the window it has freed
    if (connection.block.state !== 'CLOSED') output(connection);
  }

  /** RFC 9293 section 3.10.7.2 (LISTEN) and, when nobody listens, 3.10.7.1 (CLOSED). */
  #arriveAtListener(packet: ArrivedPacket, segment: TcpSegmentView): void {
    const { counters, drop } = this.#services;
    const from = packet.interface.name;
    const listener = this.#listenerFor(packet.destination, segment.destinationPort);
    if (listener === undefined) {
      drop('tcp-no-socket', from);
      return sendResetFor(this.#services, packet, segment);
    }
    if ((segment.flags & tcpFlag.rst) !== 0) return drop('tcp-rst-invalid', from);
    if ((segment.flags & tcpFlag.ack) !== 0) {
      if (this.#openFromCookie(listener, packet, segment)) return;
      drop('tcp-ack-invalid', from);
      return sendResetFor(this.#services, packet, segment);
    }
    if ((segment.flags & tcpFlag.syn) === 0) return drop('tcp-no-ack', from);
    if (!listener.mayEstablish()) {
      counters.TcpExtListenOverflows += 1;
      counters.TcpExtListenDrops += 1;
      return drop('tcp-backlog-full', from);
    }
    this.#answerSyn(listener, packet, segment);
  }

  /** RFC 4987: while there is room a SYN is remembered, then it is answered with a cookie, or dropped. */
  #answerSyn(listener: Listener, packet: ArrivedPacket, segment: TcpSegmentView): void {
    const { counters, drop, internet, clock } = this.#services;
    const { fields } = this.#settings;
    const route = internet.route(packet.source, packet.destination);
    if (route === undefined) return drop('ip-no-route', packet.interface.name);
    const local = { address: packet.destination, port: segment.destinationPort };
    const remote = { address: packet.source, port: segment.sourcePort };
    const isFull = listener.halfOpenCount >= fields.synBacklog;
    if (fields.synCookies === 2 || (isFull && fields.synCookies === 1)) {
      if (isFull) counters.TcpExtTCPReqQFullDoCookies += 1;
      counters.TcpExtSyncookiesSent += 1;
      listener.lastCookieMs = clock.now();
      const mss = segment.options.maximumSegmentSize ?? 0;
      const cookie = makeCookie(this.#hash, local, remote, { sequence: segment.sequence, mss }, clock.now());
      const ghost = this.#makeConnection(childOptions(listener, this.#settings, { local, remote, iss: cookie }));
      return answerWithCookie(ghost, segment, route);
    }
    if (isFull) {
      counters.TcpExtTCPReqQFullDrop += 1;
      counters.TcpExtListenDrops += 1;
      return drop('tcp-backlog-full', packet.interface.name);
    }
    const iss = initialSequence(this.#hash, local, remote, clock.now());
    const child = this.#newConnection(childOptions(listener, this.#settings, { local, remote, iss }));
    counters.TcpPassiveOpens += 1;
    listener.addHalfOpen(child);
    openPassively(child, segment, route);
  }

  /** An ACK for nobody may bring back a cookie; false when it does not. */
  #openFromCookie(listener: Listener, packet: ArrivedPacket, segment: TcpSegmentView): boolean {
    const { counters, clock, internet } = this.#services;
    const nowMs = clock.now();
    const isPlain = (segment.flags & (tcpFlag.syn | tcpFlag.rst)) === 0;
    if (!isPlain || this.#settings.fields.synCookies === 0 || nowMs - listener.lastCookieMs > cookieValidMs)
      return false;
    const local = { address: packet.destination, port: segment.destinationPort };
    const remote = { address: packet.source, port: segment.sourcePort };
    const mss = checkCookie(this.#hash, local, remote, segment, nowMs);
    const route = internet.route(remote.address, local.address);
    if (mss === undefined || route === undefined) {
      counters.TcpExtSyncookiesFailed += 1;
      return false;
    }
    counters.TcpExtSyncookiesRecv += 1;
    counters.TcpPassiveOpens += 1;
    const iss = seqOf(segment.acknowledgment - 1);
    const child = this.#newConnection(childOptions(listener, this.#settings, { local, remote, iss }));
    listener.addHalfOpen(child);
    openFromCookie(child, segment, route, mss);
    this.#arriveAtConnection(child, packet, segment);
    if (child.block.state === 'SYN_RCVD') child.end('reset', undefined); // the accept queue is full: as if it never came
    return true;
  }

  #newConnection(options: ConnectionOptions): Connection {
    const connection = this.#makeConnection(options);
    this.#demux.add(connection);
    return connection;
  }

  #makeConnection(options: ConnectionOptions): Connection {
    const connection = new Connection(this.#services, options);
    const { local, remote } = options;
    connection.block.tsOffset = this.#hash.hash(
      hashPurpose.timestamp,
      local.address,
      local.port,
      remote.address,
      remote.port,
    );
    return connection;
  }

  #listenerFor(address: IpAddress, port: number): Listener | undefined {
    const listeners = this.#listeners.get(port);
    if (listeners === undefined) return undefined;
    return (
      listeners.find((each) => each.binding.address === address) ??
      listeners.find((each) => each.binding.address === undefined && covers(each.binding, address))
    );
  }

  #forget(listener: Listener): void {
    const rest = (this.#listeners.get(listener.local.port) ?? []).filter((other) => other !== listener);
    if (rest.length === 0) this.#listeners.delete(listener.local.port);
    else this.#listeners.set(listener.local.port, rest);
  }

  #localPortFor(address: IpAddress, wanted: number, remote: Endpoint): number {
    requirePort(wanted, 0);
    const isFree = (port: number): boolean => {
      const other = this.#demux.find(address, port, remote.address, remote.port);
      return other === undefined || mayTakeOver(other, this.#services.clock.now());
    };
    if (wanted === 0) {
      const offset = this.#hash.hash(hashPurpose.port, address, 0, remote.address, remote.port);
      return this.#ephemeralPort(offset, (port) => isFree(port) && !this.#listeners.has(port));
    }
    if (!isFree(wanted)) throw new SocketError('EADDRINUSE', `TCP port ${wanted} already speaks with that endpoint`);
    return wanted;
  }

  /** Ends what is left of an older connection with the same four-tuple; gives the ISS of the new one. */
  #takeOver(local: Endpoint, remote: Endpoint, fresh: Seq): Seq {
    const old = this.#demux.find(local.address, local.port, remote.address, remote.port);
    if (old === undefined) return fresh;
    this.#services.counters.TcpExtTWRecycled += 1;
    const iss = issAfter(old, fresh);
    old.end('two-msl', undefined);
    return iss;
  }

  #portToListenOn(): number {
    const isFree = (port: number): boolean => !this.#listeners.has(port) && !this.#demux.usesLocalPort(port);
    return this.#ephemeralPort(this.#services.random.uint32(), isFree);
  }

  /** RFC 6056 section 3.3.3: an offset that depends on the destination, and a counter. */
  #ephemeralPort(offset: number, isFree: (port: number) => boolean): number {
    const [first, last] = this.#settings.portRange;
    const count = last - first + 1;
    for (let tries = 0; tries < count; tries += 1) {
      const port = first + ((offset + this.#nextPortStep) % count);
      this.#nextPortStep = (this.#nextPortStep + 1) % count;
      if (isFree(port)) return port;
    }
    throw new SocketError('EADDRINUSE', 'every ephemeral port is taken');
  }

  #mayChallenge(): boolean {
    const nowMs = this.#services.clock.now();
    if (nowMs - this.#challengeSecondMs >= 1000) {
      this.#challengeSecondMs = nowMs;
      this.#challenges = 0;
    }
    this.#challenges += 1;
    return this.#challenges <= this.#settings.fields.challengeAckLimit;
  }
}

/** What the listener gives to the connections that it makes. */
function childOptions(
  listener: Listener,
  settings: TcpSettings,
  tuple: Pick<ConnectionOptions, 'local' | 'remote' | 'iss'>,
): ConnectionOptions {
  const { sendBufferBytes, receiveBufferBytes, maximumSegmentBytes } = listener.options;
  return {
    ...tuple,
    owner: listener.owner,
    handlers: {},
    sendBufferBytes: sendBufferBytes ?? settings.sendBufferBytes,
    receiveBufferBytes: receiveBufferBytes ?? settings.receiveBufferBytes,
    receiveBufferMaximumBytes: receiveBufferBytes ?? settings.receiveBufferMaximumBytes,
    maximumSegmentBytes,
    noDelay: false,
    parent: listener,
  };
}

function isChecksumGood(packet: ArrivedPacket): boolean {
  const { bytes, transportOffset, transportLength, family, source, destination } = packet;
  const pseudo = pseudoHeaderSum(family, source, destination, tcpProtocol, transportLength);
  return checksum(bytes, transportOffset, transportLength, pseudo) === 0;
}

function requirePort(port: number, least: number): void {
  if (!Number.isInteger(port) || port < least || port > 65_535) {
    throw new SocketError('EINVAL', `a port is ${least} .. 65535`);
  }
}

/** Connecting to the unspecified address means this host (RFC 1122 section 3.2.1.3, as BSD and Linux read it). */
function reachable(address: IpAddress): IpAddress {
  if (!isUnspecifiedIp(address)) return address;
  return isIpv4(address) ? loopbackIpv4 : loopbackIpv6;
}

function isGroup(address: IpAddress): boolean {
  return isMulticastIp(address) || address === broadcastIpv4;
}
