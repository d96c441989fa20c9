// Impairments as tc-netem(8) takes them, set in a host's network namespace from outside: the host itself may not.
import { Fault } from '../../base/fault.ts';
import type { Impairment, LossModel } from '../../wiring/impairment/impairment.ts';
import type { RunTool } from './machine-tools.ts';

/** netem's words for `impairment`; empty when nothing is wrong with the wire. */
export function netemWords(impairment: Impairment): readonly string[] {
  const { delay, loss, duplicate, corrupt, reorder } = impairment;
  const words: string[] = [];
  if (delay !== undefined) {
    words.push('delay', milliseconds(delay.delayMs));
    if (delay.jitterMs > 0) {
      words.push(milliseconds(delay.jitterMs), ...percentUnlessZero(delay.correlation));
      if (delay.distribution !== 'uniform') words.push('distribution', delay.distribution); // uniform: netem's own
    }
  }
  if (loss !== undefined) words.push('loss', ...lossWords(loss));
  if (duplicate !== undefined) {
    words.push('duplicate', percent(duplicate.share), ...percentUnlessZero(duplicate.correlation));
  }
  if (corrupt !== undefined) words.push('corrupt', percent(corrupt.share), ...percentUnlessZero(corrupt.correlation));
  if (reorder !== undefined) {
    words.push('reorder', percent(reorder.share), ...percentUnlessZero(reorder.correlation));
    if (reorder.gap > 0) words.push('gap', String(reorder.gap));
  }
  if (impairment.rateBitsPerSecond !== undefined) words.push('rate', `${Math.round(impairment.rateBitsPerSecond)}bit`);
  if (words.length > 0 && impairment.limitPackets !== undefined) words.push('limit', String(impairment.limitPackets));
  return words;
}

/** Replaces what is set on an interface of the container whose first process is `processId`. Throws `Fault`. */
export async function setNetem(
  run: RunTool,
  processId: number,
  kernelName: string,
  impairment: Impairment,
): Promise<void> {
  const words = netemWords(impairment);
  const inside = ['-t', String(processId), '-n', 'tc', 'qdisc'];
  if (words.length === 0) {
    await run('nsenter', [...inside, 'del', 'dev', kernelName, 'root']); // fails when none was set: then all is well
    return;
  }
  const result = await run('nsenter', [...inside, 'replace', 'dev', kernelName, 'root', 'netem', ...words]);
  if (result.status === 0) return;
  throw new Fault('engine-refused', `tc did not take "netem ${words.join(' ')}": ${result.stderr.trim()}`);
}

/** Address -> the kernel's name of the interface that has it, in that container. */
export async function kernelNames(run: RunTool, processId: number): Promise<ReadonlyMap<string, string>> {
  const result = await run('nsenter', ['-t', String(processId), '-n', 'ip', '-oneline', '-4', 'address']);
  return parseKernelNames(result.stdout);
}

/** Lines such as `7: eth0    inet 198.18.0.2/29 brd ...`. */
export function parseKernelNames(text: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\d+:\s+(\S+?)(?:@\S+)?\s+inet\s+([\d.]+)/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) names.set(match[2], match[1]);
  }
  return names;
}

function lossWords(loss: LossModel): readonly string[] {
  if (loss.kind === 'random') return ['random', percent(loss.share), ...percentUnlessZero(loss.correlation)];
  // netem: gemodel p [r [1-h [1-k]]], where 1-h is the loss while bad and 1-k the loss while good.
  return ['gemodel', ...[loss.p, loss.r, loss.lossBad, loss.lossGood].map(percent)];
}

function percentUnlessZero(share: number): readonly string[] {
  return share > 0 ? [percent(share)] : [];
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(6))}%`;
}

function milliseconds(value: number): string {
  return `${Number(value.toFixed(6))}ms`;
}
