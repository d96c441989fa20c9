// TCP's settings: one table with Linux's sysctl names, and the plain object of numbers that the hot path reads.
// A name of ours (`..._ms` where Linux compiles a constant in) says in its description which constant it replaces.
import { DisposeStack } from '../../base/dispose.ts';
import type { KnobDefinition, KnobReader } from '../knobs.ts';

interface FieldKnob {
  readonly name: string;
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly doc: string;
}

function knob(name: string, initial: number, minimum: number, maximum: number, doc: string): FieldKnob {
  return { name: `net.ipv4.${name}`, default: initial, minimum, maximum, doc };
}

/** Knobs that are one whole number each, by the field that holds their value. */
const fieldKnobs = {
  maximumTimeWaits: knob('tcp_max_tw_buckets', 8192, 0, 1_000_000, 'connections in TIME_WAIT; more are closed at once'),
  timeWaitReuse: knob(
    'tcp_tw_reuse',
    2,
    0,
    2,
    'take over a four-tuple in TIME_WAIT for a new connection when timestamps make it safe: 0 never, 1 always, 2 on the loopback',
  ),
  timeWaitMs: knob(
    'tcp_time_wait_ms',
    60_000,
    0,
    240_000,
    'length of TIME_WAIT, 2 MSL, in ms (Linux compiles TCP_TIMEWAIT_LEN in)',
  ),
  finTimeoutSeconds: knob(
    'tcp_fin_timeout',
    60,
    1,
    3600,
    'seconds an orphan may stay in FIN_WAIT_2 (RFC 9293 section 3.10.7 leaves it open)',
  ),
  synCookies: knob(
    'tcp_syncookies',
    1,
    0,
    2,
    'SYN cookies (RFC 4987): 0 never, 1 when the SYN queue is full, 2 always',
  ),
  abortOnOverflow: knob('tcp_abort_on_overflow', 0, 0, 1, 'RST for a handshake that the accept queue has no room for'),
  synRetries: knob('tcp_syn_retries', 6, 1, 127, 'times a SYN is sent again before ETIMEDOUT'),
  synAckRetries: knob('tcp_synack_retries', 5, 1, 255, 'times a SYN-ACK is sent again'),
  retries1: knob('tcp_retries1', 3, 0, 255, 'times data is sent again before the next hop is doubted (R1)'),
  retries2: knob('tcp_retries2', 15, 1, 255, 'times data is sent again before ETIMEDOUT (R2)'),
  orphanRetries: knob(
    'tcp_orphan_retries',
    8,
    0,
    255,
    'as tcp_retries2, for connections that the application has closed',
  ),
  rtoMinMs: knob('tcp_rto_min_ms', 200, 1, 120_000, 'the least that RTO exceeds SRTT by, in ms'),
  rtoMaxMs: knob('tcp_rto_max_ms', 120_000, 1000, 120_000, 'upper bound of RTO in ms'),
  delayedAckMs: knob(
    'tcp_delack_ms',
    40,
    0,
    500,
    'longest delay of an ACK in ms (Linux: TCP_DELACK_MIN; RFC 9293 MUST-40: below 500)',
  ),
  maximumQuickAcks: knob(
    'tcp_max_quickacks',
    16,
    0,
    1000,
    'ACKs sent without delay when data begins to come (Linux: TCP_MAX_QUICKACKS; 0: delay from the first)',
  ),
  keepAliveTimeSeconds: knob('tcp_keepalive_time', 7200, 1, 32_767, 'idle seconds before a probe'),
  keepAliveIntervalSeconds: knob('tcp_keepalive_intvl', 75, 1, 32_767, 'seconds between probes'),
  keepAliveProbes: knob('tcp_keepalive_probes', 9, 1, 127, 'unanswered probes before ETIMEDOUT'),
  ecn: knob(
    'tcp_ecn',
    2,
    0,
    2,
    'explicit congestion notification (RFC 3168): 0 never, 1 ask for it, 2 agree when asked',
  ),
  ecnFallback: knob(
    'tcp_ecn_fallback',
    1,
    0,
    1,
    'a SYN that is sent again does not ask for ECN (RFC 3168 section 6.1.1.1)',
  ),
  sack: knob('tcp_sack', 1, 0, 1, 'offer selective acknowledgements (RFC 2018)'),
  dsack: knob('tcp_dsack', 1, 0, 1, 'report duplicates in SACK blocks (RFC 2883)'),
  timestamps: knob('tcp_timestamps', 1, 0, 1, 'offer timestamps (RFC 7323)'),
  timestampsRequired: knob(
    'tcp_timestamps_required',
    1,
    0,
    1,
    'drop segments without timestamps where they were agreed on (RFC 7323 section 3.2; Linux takes them)',
  ),
  windowProbeBytes: knob(
    'tcp_probe_bytes',
    1,
    0,
    1,
    'new bytes in a window probe (RFC 9293 section 3.8.6.1 asks for one; Linux sends an empty segment with an old number)',
  ),
  windowScaling: knob('tcp_window_scaling', 1, 0, 1, 'offer window scaling (RFC 7323)'),
  initialWindowSegments: knob(
    'tcp_initial_cwnd',
    10,
    1,
    1000,
    'segments of the initial congestion window (RFC 6928; Linux: TCP_INIT_CWND)',
  ),
  slowStartAfterIdle: knob('tcp_slow_start_after_idle', 1, 0, 1, 'restart slow start after an idle RTO'),
  synBacklog: knob('tcp_max_syn_backlog', 256, 1, 65_536, 'half-open connections per listener'),
  challengeAckLimit: knob(
    'tcp_challenge_ack_limit',
    1000,
    1,
    2_147_483_647,
    'challenge ACKs per second of the whole host (RFC 5961 section 7)',
  ),
  invalidRateLimitMs: knob(
    'tcp_invalid_ratelimit',
    500,
    0,
    60_000,
    'least ms between answers to empty out-of-window segments of a connection',
  ),
  rfc1337: knob('tcp_rfc1337', 0, 0, 1, 'ignore RST in TIME_WAIT (RFC 1337)'),
  earlyLossProbes: knob('tcp_early_retrans', 3, 0, 4, '0: no tail loss probes (RFC 8985 section 7)'),
  thinLinearTimeouts: knob(
    'tcp_thin_linear_timeouts',
    0,
    0,
    1,
    'no back-off for the first 6 timeouts while fewer than 4 segments are in flight (against RFC 6298 section 5.5)',
  ),
  mssFloorBytes: knob('tcp_min_snd_mss', 48, 48, 65_535, 'smallest send MSS in bytes'),
};

/** The values in force, kept current; of the buffer sizes and algorithms see `TcpSettings`. */
export type TcpFields = { -readonly [Field in keyof typeof fieldKnobs]: number };

export const portRangeKnob = 'net.ipv4.ip_local_port_range'; // the internet layer's table defines it
const receiveMemoryKnob = 'net.ipv4.tcp_rmem';
const sendMemoryKnob = 'net.ipv4.tcp_wmem';
const congestionKnob = 'net.ipv4.tcp_congestion_control';

/** All of TCP's knobs, for the stack's `Knobs`. */
export const tcpKnobs: readonly KnobDefinition[] = [
  ...Object.values(fieldKnobs).map((field): KnobDefinition => ({ ...field, type: 'integer' })),
  {
    name: receiveMemoryKnob,
    type: 'integers',
    default: [4096, 262_144, 262_144],
    minimum: 2048,
    maximum: 1_073_741_824,
    doc: 'bytes of receive buffer: minimum, default, maximum; no autotuning: the second counts, the third only for the window scale',
  },
  {
    name: sendMemoryKnob,
    type: 'integers',
    default: [4096, 262_144, 262_144],
    minimum: 2048,
    maximum: 16_777_216,
    doc: 'bytes of send buffer: minimum, default, maximum; there is no autotuning, so the second one counts',
  },
  {
    name: congestionKnob,
    type: 'choice',
    default: 'cubic',
    choices: ['reno', 'cubic'],
    doc: 'congestion control of new connections (RFC 5681, RFC 9438)',
  },
];

/** What TCP reads: fields for every segment, methods for every connection. */
export class TcpSettings {
  readonly #reader: KnobReader;
  readonly #watches = new DisposeStack();
  readonly fields: TcpFields;

  constructor(reader: KnobReader) {
    this.#reader = reader;
    const fields: Record<string, number> = {};
    for (const [field, { name }] of Object.entries(fieldKnobs)) {
      this.#watches.add(
        reader.watch(name, (value) => {
          fields[field] = value;
        }),
      );
    }
    this.fields = fields as TcpFields; // the loop has set every key of the table
  }

  get receiveBufferBytes(): number {
    return this.#reader.numbers(receiveMemoryKnob)[1] ?? 262_144;
  }

  /** The third number: Linux's buffer may grow to it, and its window scale allows for that from the start. */
  get receiveBufferMaximumBytes(): number {
    return this.#reader.numbers(receiveMemoryKnob)[2] ?? 262_144;
  }

  get sendBufferBytes(): number {
    return this.#reader.numbers(sendMemoryKnob)[1] ?? 262_144;
  }

  get congestionControl(): string {
    return this.#reader.choice(congestionKnob);
  }

  /** First and last ephemeral port. */
  get portRange(): readonly [number, number] {
    const [first = 32_768, last = first] = this.#reader.numbers(portRangeKnob);
    return [first, last];
  }

  dispose(): void {
    this.#watches.dispose();
  }
}
