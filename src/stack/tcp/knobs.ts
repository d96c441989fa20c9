// TCP's settings: one table with Linux's sysctl names, and the plain object of numbers that the hot path reads.
// A name of ours (`..._ms` where Linux compiles a constant in) says in its meaning which constant it replaces.

/** The values in force. Mutable: a change concerns what happens from then on. */
export interface TcpKnobs {
  ephemeralPortFirst: number;
  ephemeralPortLast: number;
  timeWaitMs: number;
  finTimeoutSeconds: number;
  synRetries: number;
  synAckRetries: number;
  retries2: number;
  orphanRetries: number;
  rtoMinMs: number;
  rtoMaxMs: number;
  delayedAckMs: number;
  keepAliveTimeSeconds: number;
  keepAliveIntervalSeconds: number;
  keepAliveProbes: number;
  sack: number;
  dsack: number;
  timestamps: number;
  windowScaling: number;
  /** 0: Reno, 1: CUBIC; the text form is the algorithm's name. */
  congestionControl: number;
  initialWindowSegments: number;
  slowStartAfterIdle: number;
  /** Bytes of receive buffer unless the socket says otherwise. */
  receiveBufferBytes: number;
  /** Bytes of send buffer unless the socket says otherwise. */
  sendBufferBytes: number;
  synBacklog: number;
  challengeAckLimit: number;
  invalidRateLimitMs: number;
  rfc1337: number;
  earlyLossProbes: number;
  mssFloorBytes: number;
}

interface NumericKnob {
  readonly field: keyof TcpKnobs;
  readonly initial: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly meaning: string;
}

const megabyte = 1 << 20;

function numeric(
  field: keyof TcpKnobs,
  initial: number,
  minimum: number,
  maximum: number,
  meaning: string,
): NumericKnob {
  return { field, initial, minimum, maximum, meaning };
}

/** Every knob that is one whole number, by the name that `sysctl` prints. */
export const tcpNumericKnobs: Readonly<Record<string, NumericKnob>> = {
  'net.ipv4.tcp_time_wait_ms': numeric(
    'timeWaitMs',
    60_000,
    0,
    240_000,
    'length of TIME_WAIT, 2 MSL, in ms (Linux compiles TCP_TIMEWAIT_LEN in)',
  ),
  'net.ipv4.tcp_fin_timeout': numeric(
    'finTimeoutSeconds',
    60,
    1,
    3600,
    'seconds an orphan may stay in FIN_WAIT_2 (RFC 9293 section 3.10.7 leaves it open)',
  ),
  'net.ipv4.tcp_syn_retries': numeric('synRetries', 6, 1, 127, 'times a SYN is sent again before ETIMEDOUT'),
  'net.ipv4.tcp_synack_retries': numeric('synAckRetries', 5, 1, 255, 'times a SYN-ACK is sent again'),
  'net.ipv4.tcp_retries2': numeric('retries2', 15, 1, 255, 'times data is sent again before ETIMEDOUT (R2)'),
  'net.ipv4.tcp_orphan_retries': numeric(
    'orphanRetries',
    8,
    0,
    255,
    'as tcp_retries2, for connections that the application has closed',
  ),
  'net.ipv4.tcp_rto_min_ms': numeric('rtoMinMs', 200, 1, 120_000, 'the least that RTO exceeds SRTT by, in ms'),
  'net.ipv4.tcp_rto_max_ms': numeric('rtoMaxMs', 120_000, 1000, 120_000, 'upper bound of RTO in ms'),
  'net.ipv4.tcp_delack_ms': numeric(
    'delayedAckMs',
    40,
    0,
    500,
    'longest delay of an ACK in ms (Linux: TCP_DELACK_MIN; RFC 9293 MUST-40: below 500)',
  ),
  'net.ipv4.tcp_keepalive_time': numeric('keepAliveTimeSeconds', 7200, 1, 32_767, 'idle seconds before a probe'),
  'net.ipv4.tcp_keepalive_intvl': numeric('keepAliveIntervalSeconds', 75, 1, 32_767, 'seconds between probes'),
  'net.ipv4.tcp_keepalive_probes': numeric('keepAliveProbes', 9, 1, 127, 'unanswered probes before ETIMEDOUT'),
  'net.ipv4.tcp_sack': numeric('sack', 1, 0, 1, 'offer selective acknowledgements (RFC 2018)'),
  'net.ipv4.tcp_dsack': numeric('dsack', 1, 0, 1, 'report duplicates in SACK blocks (RFC 2883)'),
  'net.ipv4.tcp_timestamps': numeric('timestamps', 1, 0, 1, 'offer timestamps (RFC 7323)'),
  'net.ipv4.tcp_window_scaling': numeric('windowScaling', 1, 0, 1, 'offer window scaling (RFC 7323)'),
  'net.ipv4.tcp_initial_cwnd': numeric(
    'initialWindowSegments',
    10,
    1,
    1000,
    'segments of the initial congestion window (RFC 6928; Linux: TCP_INIT_CWND)',
  ),
  'net.ipv4.tcp_slow_start_after_idle': numeric('slowStartAfterIdle', 1, 0, 1, 'restart slow start after an idle RTO'),
  'net.ipv4.tcp_max_syn_backlog': numeric('synBacklog', 256, 1, 65_536, 'half-open connections per listener'),
  'net.ipv4.tcp_challenge_ack_limit': numeric(
    'challengeAckLimit',
    1000,
    1,
    2_147_483_647,
    'challenge ACKs per second of the whole host (RFC 5961 section 7)',
  ),
  'net.ipv4.tcp_invalid_ratelimit': numeric(
    'invalidRateLimitMs',
    500,
    0,
    60_000,
    'least ms between answers to empty out-of-window segments of a connection',
  ),
  'net.ipv4.tcp_rfc1337': numeric('rfc1337', 0, 0, 1, 'ignore RST in TIME_WAIT (RFC 1337)'),
  'net.ipv4.tcp_early_retrans': numeric('earlyLossProbes', 3, 0, 4, '0: no tail loss probes (RFC 8985 section 7)'),
  'net.ipv4.tcp_min_snd_mss': numeric('mssFloorBytes', 48, 48, 65_535, 'smallest send MSS in bytes'),
};

const algorithms = ['reno', 'cubic'] as const;

/** The values of a fresh host. */
export function defaultTcpKnobs(): TcpKnobs {
  const knobs: Partial<TcpKnobs> = {
    ephemeralPortFirst: 32_768,
    ephemeralPortLast: 60_999,
    congestionControl: 1,
    receiveBufferBytes: 262_144,
    sendBufferBytes: 262_144,
  };
  for (const knob of Object.values(tcpNumericKnobs)) knobs[knob.field] = knob.initial;
  return knobs as TcpKnobs; // the table names every remaining field: checked by knobs.test.ts
}

/** Names of all TCP knobs, sorted. */
export function tcpKnobNames(): readonly string[] {
  return [...Object.keys(tcpNumericKnobs), ...Object.keys(textKnobs)].sort();
}

/** The value as `sysctl -n` prints it; undefined for an unknown name. */
export function readTcpKnob(knobs: TcpKnobs, name: string): string | undefined {
  const knob = tcpNumericKnobs[name];
  if (knob !== undefined) return String(knobs[knob.field]);
  return textKnobs[name]?.read(knobs);
}

/** Sets a knob; a sentence that says why not, or undefined when it was set. */
export function writeTcpKnob(knobs: TcpKnobs, name: string, text: string): string | undefined {
  const knob = tcpNumericKnobs[name];
  if (knob === undefined) return textKnobs[name]?.write(knobs, text) ?? (textKnobs[name] ? undefined : 'no such knob');
  const value = wholeNumber(text);
  if (value === undefined || value < knob.minimum || value > knob.maximum) {
    return `${name} takes a whole number from ${knob.minimum} to ${knob.maximum}`;
  }
  knobs[knob.field] = value;
  return undefined;
}

interface TextKnob {
  read(knobs: TcpKnobs): string;
  write(knobs: TcpKnobs, text: string): string | undefined;
}

const textKnobs: Readonly<Record<string, TextKnob>> = {
  'net.ipv4.ip_local_port_range': {
    read: (knobs) => `${knobs.ephemeralPortFirst} ${knobs.ephemeralPortLast}`,
    write(knobs, text) {
      const [first, last] = text.trim().split(/\s+/).map(wholeNumber);
      if (first === undefined || last === undefined || first < 1 || last > 65_535 || first > last) {
        return 'net.ipv4.ip_local_port_range takes two ports, the lower one first';
      }
      knobs.ephemeralPortFirst = first;
      knobs.ephemeralPortLast = last;
      return undefined;
    },
  },
  'net.ipv4.tcp_congestion_control': {
    read: (knobs) => algorithms[knobs.congestionControl] ?? 'reno',
    write(knobs, text) {
      const index = algorithms.findIndex((name) => name === text.trim());
      if (index < 0) return `net.ipv4.tcp_congestion_control takes one of: ${algorithms.join(', ')}`;
      knobs.congestionControl = index;
      return undefined;
    },
  },
  'net.ipv4.tcp_rmem': bufferKnob('net.ipv4.tcp_rmem', 'receiveBufferBytes'),
  'net.ipv4.tcp_wmem': bufferKnob('net.ipv4.tcp_wmem', 'sendBufferBytes'),
};

/** Linux's three numbers are minimum, default, maximum; there is no autotuning here, so the default is what counts. */
function bufferKnob(name: string, field: 'receiveBufferBytes' | 'sendBufferBytes'): TextKnob {
  return {
    read: (knobs) => `4096 ${knobs[field]} ${knobs[field]}`,
    write(knobs, text) {
      const numbers = text.trim().split(/\s+/).map(wholeNumber);
      const bytes = numbers.length === 3 ? numbers[1] : numbers[0];
      if (bytes === undefined || numbers.includes(undefined) || bytes < 2048 || bytes > 16 * megabyte) {
        return `${name} takes bytes (2048 to ${16 * megabyte}), or minimum, default and maximum`;
      }
      knobs[field] = bytes;
      return undefined;
    },
  };
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,10}$/.test(text.trim()) ? Number(text) : undefined;
}
