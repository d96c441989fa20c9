// The lab's links as a list: both directions with their delay and loss, as a form shows and takes them. Pure.
import type { LabDetail } from '../../../src/messages/lab.ts';
import { formatImpairment, type Impairment } from '../../../src/wiring/impairment/impairment.ts';

export interface LinkEnd {
  readonly host: string;
  readonly interface: string;
  readonly egress: Impairment;
  /** In netem's words; empty on a perfect wire. */
  readonly words: string;
}

export interface LinkRow {
  readonly name: string;
  readonly isCut: boolean;
  readonly prefixes: readonly string[];
  readonly ends: readonly LinkEnd[];
}

export function selectLinks(detail: Pick<LabDetail, 'hosts' | 'segments'>): readonly LinkRow[] {
  return detail.segments.map((segment) => ({
    name: segment.name,
    isCut: segment.state === 'cut',
    prefixes: segment.prefixes,
    ends: segment.ends.map((end) => {
      const host = detail.hosts.find((candidate) => candidate.name === end.host);
      const egress = host?.interfaces.find((port) => port.name === end.interface)?.egress ?? {};
      return { host: end.host, interface: end.interface, egress, words: formatImpairment(egress) };
    }),
  }));
}

/** The impairment with another delay and loss; what the form does not show stays as it was. */
export function withDelayAndLoss(egress: Impairment, delayMs: number, lossPercent: number): Impairment {
  const { delay, loss, reorder, ...rest } = egress;
  const isSameLoss = loss !== undefined && lossPercentOf(egress) === lossPercent;
  return {
    ...rest,
    ...(delayMs > 0 && {
      delay: { ...(delay ?? { jitterMs: 0, correlation: 0, distribution: 'uniform' as const }), delayMs },
      ...(reorder !== undefined && { reorder }), // reordering needs a delay
    }),
    ...(lossPercent > 0 && {
      loss: isSameLoss ? loss : { kind: 'random' as const, share: lossPercent / 100, correlation: 0 },
    }),
  };
}

export function lossPercentOf(egress: Impairment): number {
  const { loss } = egress;
  if (loss === undefined) return 0;
  // Of a burst model the form shows the share lost while bad.
  return Math.round((loss.kind === 'random' ? loss.share : loss.lossBad) * 1e6) / 1e4;
}
