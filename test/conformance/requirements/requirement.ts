// What an RFC asks for, one row each, and why we leave some of it. Rows are written as a table in text, so that a reader can
// run an eye down them; what is claimed of them comes from the tests that wear their ids in their names.
import { assert } from '../../../src/base/assert.ts';

export const levels = ['MUST', 'SHOULD', 'MAY'] as const;
export type Level = (typeof levels)[number];

export interface Requirement {
  /** What tests wear in brackets: `RFC9293-MUST-8`, `RFC6298-5.5`. */
  readonly id: string;
  /** `RFC 9293`. */
  readonly rfc: string;
  readonly section: string;
  readonly level: Level;
  /** In our own words. */
  readonly text: string;
  /** Why nothing shows it: a sentence. */
  readonly excuse: string | undefined;
}

const letters: Readonly<Record<string, Level>> = { M: 'MUST', S: 'SHOULD', O: 'MAY' };

/**
 * Reads a table of one RFC: `ID | LEVEL | SECTION | TEXT`, and behind ` ~ ` an excuse. LEVEL is M, S or O (optional). The
 * id is the part behind the number of the RFC.
 */
export function requirementsOf(rfc: number, table: string): readonly Requirement[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [cells = '', excuse] = line.split(' ~ ');
      const [id = '', letter = '', section = '', text = ''] = cells.split('|').map((cell) => cell.trim());
      const level = letters[letter];
      assert(level !== undefined && text !== '', `not a row: ${line}`);
      return { id: `RFC${rfc}-${id}`, rfc: `RFC ${rfc}`, section, level, text, excuse: excuse?.trim() };
    });
}
