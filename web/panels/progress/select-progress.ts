// The steps of starting a lab, gathered into groups in the order in which they were told. Pure.
import type { LabProgress } from '../../../src/messages/lab.ts';

export interface ProgressGroup {
  readonly step: LabProgress['step'];
  readonly items: readonly LabProgress[];
}

export interface ProgressView {
  readonly groups: readonly ProgressGroup[];
  /** 0 .. 1: how many of the steps known so far are done. */
  readonly share: number;
}

export function selectProgress(progress: readonly LabProgress[]): ProgressView {
  const steps = [...new Set(progress.map((item) => item.step))];
  const groups = steps.map((step) => ({ step, items: progress.filter((item) => item.step === step) }));
  // A step says how many of its kind there will be, so the bar does not run ahead.
  const total = groups.reduce(
    (sum, group) => sum + Math.max(group.items.length, ...group.items.map((item) => item.total)),
    0,
  );
  const done = progress.filter((item) => item.state === 'done').length;
  return { groups, share: total === 0 ? 0 : Math.min(1, done / total) };
}
