// What a verification has shown, as data: each reporter writes it in another form.
import type { RuntimeKind } from '../../runtime/runtime.ts';
import { claimText, type Proof } from '../verify.ts';

/** One lab on one runtime with one seed. */
export interface LabReport {
  readonly template: string;
  /** Where the template is, for annotations. */
  readonly file: string;
  readonly runtime: RuntimeKind;
  readonly seed: string;
  readonly proofs: readonly Proof[];
  /** Why the lab itself could not be verified; undefined when it could. */
  readonly problem: string | undefined;
  /** Time on the clock on the wall, ms. */
  readonly wallMs: number;
}

export interface Totals {
  readonly shown: number;
  readonly warnings: number;
  readonly refuted: number;
}

export function totalsOf(reports: readonly LabReport[]): Totals {
  const proofs = reports.flatMap((report) => report.proofs);
  const count = (result: Proof['result']): number => proofs.filter((proof) => proof.result === result).length;
  const problems = reports.filter(({ problem }) => problem !== undefined).length;
  return { shown: count('shown'), warnings: count('warning'), refuted: count('refuted') + problems };
}

/** 0: everything was shown; 1: something was refuted; 2: there was nothing to show; 3: shown, with warnings. */
export function exitCodeOf(reports: readonly LabReport[]): 0 | 1 | 2 | 3 {
  const { shown, warnings, refuted } = totalsOf(reports);
  if (refuted > 0) return 1;
  if (shown + warnings === 0) return 2;
  return warnings > 0 ? 3 : 0;
}

/** `reach: solved by the solution`. */
export function proofTitle({ exercise, claim }: Proof): string {
  return `${exercise}: ${claimText(claim)}`;
}

/** `hello on embedded, seed 7`. */
export function labTitle({ template, runtime, seed }: LabReport): string {
  return `${template} on ${runtime}, seed ${seed}`;
}
