// A verification for programs: JUnit XML, TAP 14, JSON, and GitHub's annotations.
import type { Proof } from '../verify.ts';
import { labTitle, proofTitle, totalsOf, type LabReport } from './report.ts';

export const machineFormats = { junit: junitReport, tap: tapReport, json: jsonReport, github: githubReport } as const;
export type MachineFormat = keyof typeof machineFormats;

function junitReport(reports: readonly LabReport[]): string {
  const suites = reports.map((report) => {
    const cases = report.proofs.map((proof) => junitCase(report, proof));
    if (report.problem !== undefined)
      cases.push(
        `    <testcase classname="${xml(report.template)}" name="the lab itself"><error message="${xml(report.problem)}"/></testcase>`,
      );
    const { refuted } = totalsOf([report]);
    const time = (report.wallMs / 1000).toFixed(3);
    return `  <testsuite name="${xml(labTitle(report))}" tests="${cases.length}" failures="${refuted}" time="${time}">\n${cases.join('\n')}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('\n')}\n</testsuites>\n`;
}

function junitCase(report: LabReport, proof: Proof): string {
  const open = `    <testcase classname="${xml(report.template)}" name="${xml(proofTitle(proof))}"`;
  if (proof.result === 'refuted')
    return `${open}><failure message="${xml(proof.detail)}">${xml(proof.transcript)}</failure></testcase>`;
  if (proof.result === 'warning') return `${open}><system-out>${xml(proof.detail)}</system-out></testcase>`;
  return `${open}/>`;
}

function tapReport(reports: readonly LabReport[]): string {
  const lines = ['TAP version 14'];
  let number = 0;
  for (const report of reports) {
    for (const proof of report.proofs) {
      number += 1;
      lines.push(
        `${proof.result === 'refuted' ? 'not ok' : 'ok'} ${number} - ${tapText(`${labTitle(report)}: ${proofTitle(proof)}`)}`,
      );
      if (proof.detail !== '')
        lines.push(
          '  ---',
          `  message: ${JSON.stringify(proof.detail)}`,
          `  severity: ${proof.result === 'warning' ? 'comment' : 'fail'}`,
          '  ...',
        );
    }
    if (report.problem !== undefined) {
      number += 1;
      lines.push(
        `not ok ${number} - ${tapText(labTitle(report))}`,
        '  ---',
        `  message: ${JSON.stringify(report.problem)}`,
        '  ...',
      );
    }
  }
  return `${[...lines, `1..${number}`].join('\n')}\n`;
}

function jsonReport(reports: readonly LabReport[]): string {
  return `${JSON.stringify({ totals: totalsOf(reports), labs: reports }, null, 2)}\n`;
}

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
function githubReport(reports: readonly LabReport[]): string {
  const lines = reports.flatMap((report) => {
    const annotation = (level: string, title: string, message: string): string =>
      `::${level} file=${property(report.file)},title=${property(title)}::${data(message)}`;
    const problem = report.problem === undefined ? [] : [annotation('error', labTitle(report), report.problem)];
    return [
      ...problem,
      ...report.proofs
        .filter(({ result }) => result !== 'shown')
        .map((proof) => annotation(proof.result === 'refuted' ? 'error' : 'warning', proofTitle(proof), proof.detail)),
    ];
  });
  const { shown, warnings, refuted } = totalsOf(reports);
  return `${[...lines, `${shown} shown, ${warnings} warnings, ${refuted} refuted`].join('\n')}\n`;
}

const xmlNames: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Without what XML 1.0 can not say at all. */
function xml(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, (control) => (/\s/.test(control) ? control : ''))
    .replaceAll(/[&<>"']/g, (letter) => xmlNames[letter] ?? letter);
}

/** A # would begin a directive. */
function tapText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('#', '\\#');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
