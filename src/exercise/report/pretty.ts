// A verification for people: one line a lab, and everything about what was not shown.
import { exitCodeOf, labTitle, proofTitle, totalsOf, type LabReport } from './report.ts';

/** One lab, as soon as it is known. */
export function prettyLab(report: LabReport): string {
  const { proofs, problem, wallMs } = report;
  const unshown = proofs.filter(({ result }) => result !== 'shown');
  const isRefuted = problem !== undefined || unshown.some(({ result }) => result === 'refuted');
  const mark = isRefuted ? 'FAIL' : unshown.length > 0 ? 'warn' : 'ok  ';
  const exercises = new Set(proofs.map(({ exercise }) => exercise)).size;
  const labSeconds = proofs.reduce((sum, { labMs }) => sum + labMs, 0) / 1000;
  const head = `${mark} ${labTitle(report)}: ${exercises} exercises, ${proofs.length} proofs, ${labSeconds.toFixed(0)} s of lab time in ${(wallMs / 1000).toFixed(2)} s`;
  const details = unshown.flatMap((proof) => [
    `     ${proof.result === 'refuted' ? 'FAIL' : 'warn'} ${proofTitle(proof)}`,
    `          ${proof.detail}`,
    ...(proof.result === 'refuted' && proof.transcript !== '' ? indented(proof.transcript) : []),
  ]);
  return [head, ...(problem === undefined ? [] : [`     ${problem}`]), ...details].join('\n');
}

export function prettySummary(reports: readonly LabReport[]): string {
  const { shown, warnings, refuted } = totalsOf(reports);
  if (exitCodeOf(reports) === 2) return 'Nothing to verify: no lab has an exercise.';
  const parts = [`${shown} shown`, ...(warnings > 0 ? [`${warnings} warnings`] : []), `${refuted} refuted`];
  return `${reports.length} labs: ${parts.join(', ')}`;
}

function indented(text: string): readonly string[] {
  return text.split('\n').map((line) => `          | ${line}`);
}
