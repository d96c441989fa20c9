// The shell commands of scripts as settings of our stack. Nothing is ignored in silence: what has no meaning here is a
// note with its reason, and what we cannot do is said to be unsupported.

import { parseExpressionText, SnippetError } from './snippet-expression.ts';

function noNames(name: string): never {
  throw new SnippetError(`$((...)) knows no variable ${name}`);
}

/** What a command asks for. */
export type Setting =
  | { readonly kind: 'knob'; readonly name: string; readonly value: string }
  | { readonly kind: 'mtu'; readonly bytes: number }
  | { readonly kind: 'route'; readonly mtu?: number; readonly advmss?: number; readonly initialWindow?: number }
  /** `nstat -n`: counters are counted from here; and what one of them must be. */
  | { readonly kind: 'counters-from-here' }
  | { readonly kind: 'counter'; readonly name: string; readonly value: number }
  /** Known, and without effect on what the script can see. */
  | { readonly kind: 'nothing' }
  /** `reason` says what differs when it is left out. */
  | { readonly kind: 'unsupported'; readonly text: string; readonly reason: string };

/** `../common/defaults.sh`: settings that every script of the collection starts from (Linux's names). */
export const defaultKnobs: readonly (readonly [name: string, value: string])[] = [
  ['net.core.rmem_max', '4194304'],
  ['net.core.wmem_max', '4194304'],
  ['net.ipv4.tcp_rmem', '4096 540000 15728640'],
  ['net.ipv4.tcp_wmem', '4096 4194304 4194304'], // 256 KiB growing to 4 MiB: we do not grow, so the end of it at once
  ['net.ipv4.tcp_timestamps', '1'],
  ['net.ipv4.tcp_syn_retries', '5'],
  ['net.ipv4.tcp_synack_retries', '5'],
  ['net.ipv4.tcp_sack', '1'],
  ['net.ipv4.tcp_dsack', '1'],
  ['net.ipv4.tcp_congestion_control', 'cubic'],
  ['net.ipv4.tcp_slow_start_after_idle', '0'],
  ['net.ipv4.tcp_early_retrans', '3'],
  ['net.ipv4.tcp_ecn', '0'],
  ['net.ipv4.tcp_syncookies', '1'],
  ['net.ipv4.tcp_window_scaling', '1'],
  // Where our stack keeps to the RFC and can be told to do as Linux does:
  ['net.ipv4.tcp_timestamps_required', '0'],
  ['net.ipv4.tcp_probe_bytes', '0'],
];

/** Linux knobs that our stack has not, with the values for which it behaves as Linux does; any other is unsupported. */
const fixedKnobs: Readonly<Record<string, { readonly values: readonly string[]; readonly why: string }>> = {
  'net.core.rmem_max': { values: ['*'], why: 'socket buffers are not bounded here' },
  'net.core.wmem_max': { values: ['*'], why: 'socket buffers are not bounded here' },
  'net.core.default_qdisc': { values: ['pfifo', 'pfifo_fast'], why: 'nothing queues between the stack and its device' },
  'net.ipv4.tcp_min_tso_segs': { values: ['*'], why: 'runs of segments are compared whatever their batches' },
  'net.ipv4.tcp_tso_win_divisor': { values: ['*'], why: 'sending is never deferred for larger batches' },
  'net.ipv4.tcp_tso_rtt_log': { values: ['*'], why: 'sending is never deferred for larger batches' },
  'net.ipv4.tcp_autocorking': { values: ['0', '1'], why: 'nothing queues between the stack and its device' },
  'net.ipv4.tcp_limit_output_bytes': { values: ['*'], why: 'nothing queues between the stack and its device' },
  'net.ipv4.tcp_syncookies': { values: ['0', '1'], why: 'only when the backlog overflows' },
  'net.ipv4.tcp_recovery': { values: ['1'], why: 'RACK is always on' },
  'net.ipv4.tcp_reordering': { values: ['3'], why: 'RFC 5681’s threshold' },
  'net.ipv4.tcp_fack': { values: ['0'], why: 'RACK stands in for FACK' },
  'net.ipv4.tcp_frto': { values: ['0'], why: 'no F-RTO' },
  'net.ipv4.tcp_mtu_probing': { values: ['0'], why: 'no packetization-layer path MTU discovery (RFC 4821)' },
  'net.ipv4.tcp_no_metrics_save': { values: ['*'], why: 'no metrics are kept between connections' },
  'net.ipv4.tcp_no_ssthresh_metrics_save': { values: ['*'], why: 'no metrics are kept between connections' },
  'net.ipv4.tcp_moderate_rcvbuf': { values: ['*'], why: 'no receive buffer autotuning' },
  'net.ipv4.tcp_adv_win_scale': { values: ['*'], why: 'buffers are counted in bytes of data' },
  'net.ipv4.tcp_app_win': { values: ['*'], why: 'buffers are counted in bytes of data' },
  'net.ipv4.tcp_abc': { values: ['*'], why: 'gone from Linux' },
  'net.ipv4.tcp_min_rtt_wlen': { values: ['*'], why: 'the least RTT is kept for good' },
  'net.ipv4.tcp_probe_interval': { values: ['*'], why: 'no packetization-layer path MTU discovery (RFC 4821)' },
  'net.ipv4.tcp_probe_threshold': { values: ['*'], why: 'no packetization-layer path MTU discovery (RFC 4821)' },
  'net.ipv4.tcp_fwmark_accept': { values: ['0'], why: 'no marks' },
  'net.ipv4.tcp_tw_reuse': { values: ['0', '2'], why: 'TIME_WAIT is not reused for outgoing connections' },
  'net.ipv4.tcp_stdurg': { values: ['0'], why: 'urgent data is delivered in line' },
  'net.ipv4.tcp_shrink_window': { values: ['0'], why: 'a window never shrinks' },
  'net.ipv4.tcp_comp_sack_nr': { values: ['0'], why: 'SACKs are not compressed' },
  'net.ipv4.tcp_comp_sack_delay_ns': { values: ['*'], why: 'SACKs are not compressed' },
  'net.ipv4.tcp_pacing_ss_ratio': { values: ['*'], why: 'no pacing' },
  'net.ipv4.tcp_pacing_ca_ratio': { values: ['*'], why: 'no pacing' },
  'net.ipv4.tcp_plb_enabled': { values: ['0'], why: 'no PLB' },
  'net.ipv4.tcp_fastopen': { values: ['0'], why: 'no TCP Fast Open' },
};

/** True when `value` is what our stack does anyway; the reason why not, else. */
export function fixedKnob(name: string, value: string): true | string {
  const known = fixedKnobs[name];
  if (known === undefined) return 'our stack has no such knob';
  return known.values.includes('*') || known.values.includes(value) ? true : known.why;
}

/** The settings of a back-quoted command, line by line. */
export function parseCommand(text: string): readonly Setting[] {
  return text
    .replaceAll(/\\\n/g, ' ')
    .replaceAll(/\$\(\(([^()]*)\)\)/g, (_, sum: string) => String(parseExpressionText(sum, noNames)))
    .split(/\n|;|&&/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
    .flatMap(parseLine);
}

/** `nstat | grep NAME | grep -q " 3 "`: the command fails when the counter is another. */
const counterCheck = /^nstat\b[^|]*\|\s*grep\s+(\w+)\s*\|\s*grep\s+-q\s+["']\s*(\d+)\s*["']$/;

function parseLine(line: string): readonly Setting[] {
  const [, counter, value] = counterCheck.exec(line) ?? [];
  if (counter !== undefined) return [{ kind: 'counter', name: counter, value: Number(value) }];
  const words = (line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) => word.replaceAll(/["']/g, ''));
  while (words[0] === 'sudo' || words[0] === 'sh' || words[0] === 'bash' || words[0] === 'python') words.shift();
  const program = (words[0] ?? '').replace(/^.*\//, '');
  const rest = words.slice(1);
  if (program === 'defaults.sh') return defaultKnobs.map(([name, value]) => ({ kind: 'knob', name, value }));
  if (program === 'set_sysctls.py') return rest.map(parseAssignment);
  if (program.startsWith('sysctl_restore_')) return [{ kind: 'nothing' }];
  if (program === 'sysctl') return parseSysctl(rest, line);
  if (program === 'echo') return parseEcho(rest, line);
  if (program === 'ip') return [parseIpCommand(rest, line)];
  if (program === 'ifconfig') return [parseIfconfig(rest, line)];
  if (program === 'ethtool') return [{ kind: 'nothing' }]; // the device has no offloads
  if (program === 'tc') return [parseTc(rest, line)];
  if (program === 'sync' || program === 'true' || program === ':' || program === 'exit') return [{ kind: 'nothing' }];
  if (/^(rm|dd|touch|truncate|mkdir)$/.test(program)) return [{ kind: 'nothing' }]; // files hold zeros, see `open`
  if (program === 'modprobe') return [{ kind: 'nothing' }];
  if (program === 'nstat' && rest.join(' ') === '-n') return [{ kind: 'counters-from-here' }];
  return [{ kind: 'unsupported', text: line, reason: 'no such command here' }];
}

function parseAssignment(word: string): Setting {
  const [path = '', value = ''] = word.split(/=(.*)/s);
  return knobSetting(path, value);
}

function knobSetting(path: string, value: string): Setting {
  const name = path.replace(/^\/proc\/sys\//, '').replaceAll('/', '.');
  return { kind: 'knob', name, value: value.trim().replaceAll(/\s+/g, ' ') };
}

/** `sysctl -q a=b c=d`, and `sysctl -w a = b`. */
function parseSysctl(words: readonly string[], line: string): readonly Setting[] {
  const settings: Setting[] = [];
  const rest = words.filter((word) => !word.startsWith('-') && !/^>|^2>|\/dev\/null/.test(word));
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] as string; // at < length
    if (rest[at + 1] === '=') {
      settings.push(knobSetting(word, rest[at + 2] ?? ''));
      at += 2;
    } else if (word.includes('=')) {
      settings.push(parseAssignment(word));
    } else {
      settings.push({ kind: 'unsupported', text: line, reason: 'reading a knob into a script' });
    }
  }
  return settings;
}

function parseEcho(words: readonly string[], line: string): readonly Setting[] {
  const at = words.findIndex((word) => word.startsWith('>'));
  if (at < 0) return [{ kind: 'nothing' }];
  const path = (words[at] ?? '').slice(1) || (words[at + 1] ?? '');
  if (path.startsWith('/proc/sys/')) return [knobSetting(path, words.slice(0, at).join(' '))];
  return [{ kind: 'unsupported', text: line, reason: 'no such file here' }];
}

function parseIpCommand(words: readonly string[], line: string): Setting {
  const [object = '', verb = ''] = words.filter((word) => !word.startsWith('-'));
  const after = (name: string): string | undefined => {
    const at = words.indexOf(name);
    if (at < 0) return undefined;
    return words[at + 1] === 'lock' ? words[at + 2] : words[at + 1];
  };
  if (object === 'tcp_metrics' && verb === 'flush') return { kind: 'nothing' };
  if (/^(r|ro|route)$/.test(object) && verb === 'flush') return { kind: 'nothing' };
  if (/^(l|li|link)$/.test(object) && after('mtu') !== undefined) return { kind: 'mtu', bytes: Number(after('mtu')) };
  if (/^(r|ro|route)$/.test(object) && /^(change|replace|add|append)$/.test(verb)) {
    const known = ['mtu', 'advmss', 'initcwnd', 'via', 'dev', 'src', 'proto', 'scope', 'table'];
    const strange = words.filter((word) =>
      /^(features|rto_min|congctl|quickack|window|ssthresh|cwnd|initrwnd)$/.test(word),
    );
    if (strange.length > 0 && !known.includes(strange[0] ?? '')) {
      return { kind: 'unsupported', text: line, reason: `routes have no ${strange.join(', ')} here` };
    }
    return {
      kind: 'route',
      ...(after('mtu') === undefined ? {} : { mtu: Number(after('mtu')) }),
      ...(after('advmss') === undefined ? {} : { advmss: Number(after('advmss')) }),
      ...(after('initcwnd') === undefined ? {} : { initialWindow: Number(after('initcwnd')) }),
    };
  }
  return { kind: 'unsupported', text: line, reason: 'no such use of ip here' };
}

function parseIfconfig(words: readonly string[], line: string): Setting {
  const at = words.indexOf('mtu');
  if (at < 0) return { kind: 'unsupported', text: line, reason: 'no such use of ifconfig here' };
  return { kind: 'mtu', bytes: Number(words[at + 1]) };
}

function parseTc(words: readonly string[], line: string): Setting {
  if (words.some((word) => /^(pfifo|pfifo_fast|noqueue|del)$/.test(word))) return { kind: 'nothing' };
  return { kind: 'unsupported', text: line, reason: 'no queueing discipline and no pacing here' };
}
