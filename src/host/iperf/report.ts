// The lines that iperf3 prints, in its columns.

export const separator = '- - - - - - - - - - - - - - - - - - - - - - - - -';

export interface Interval {
  readonly id: number;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly bytes: number;
  readonly retransmits?: number;
  readonly cwndBytes?: number;
  /** At the end of a summary's line. */
  readonly role?: 'sender' | 'receiver';
}

export function headLine(isSender: boolean, withWindow: boolean): string {
  return `[ ID] Interval           Transfer     Bitrate${isSender ? `         Retr${withWindow ? '  Cwnd' : ''}` : ''}`;
}

/** `[  5]   0.00-1.00   sec   112 MBytes   940 Mbits/sec    0    396 KBytes       ` */
export function intervalLine(interval: Interval): string {
  const { id, fromSeconds, toSeconds, bytes, retransmits, cwndBytes, role } = interval;
  const seconds = toSeconds - fromSeconds;
  const range = `${fromSeconds.toFixed(2).padStart(6)}-${toSeconds.toFixed(2).padEnd(6)}`;
  const rate = seconds > 0 ? (bytes * 8) / seconds : 0;
  const parts = [`[${String(id).padStart(3)}] ${range} sec  ${byteText(bytes)}  ${rateText(rate)}`];
  if (retransmits !== undefined) parts.push(String(retransmits).padStart(5));
  else if (role !== undefined) parts.push(' '.repeat(5));
  if (cwndBytes !== undefined) parts.push(`   ${byteText(cwndBytes)}       `);
  if (role !== undefined) parts.push(`             ${role}`);
  return parts.join('');
}

/** Binary units, as iperf3 counts bytes. */
function byteText(bytes: number): string {
  const [value, unit] = scaled(bytes, 1024, [' Bytes', 'KBytes', 'MBytes', 'GBytes']);
  return `${value} ${unit}`;
}

/** Decimal units, as everybody counts bits. */
function rateText(bitsPerSecond: number): string {
  const [value, unit] = scaled(bitsPerSecond, 1000, [' bits/sec', 'Kbits/sec', 'Mbits/sec', 'Gbits/sec']);
  return `${value} ${unit}`;
}

function scaled(amount: number, step: number, units: readonly string[]): readonly [string, string] {
  let [value, unit] = [amount, 0];
  while (value >= step && unit < units.length - 1) [value, unit] = [value / step, unit + 1];
  const text = value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
  return [text.padStart(4), units[unit] ?? ''];
}
