// What a terminal's frame says and how large its letters are. Pure.
import type { TerminalViewer } from '../../../src/messages/terminal.ts';

interface Size {
  readonly columns: number;
  readonly rows: number;
}

const smallestFontSize = 6;

/** The font at which `shared` fits where `fitting` would fit at `base`; never larger than `base`. */
export function fontSizeFor(base: number, fitting: Size, shared: Size): number {
  const share = Math.min(1, fitting.columns / shared.columns, fitting.rows / shared.rows);
  return Math.max(smallestFontSize, Math.floor(base * share * 2) / 2);
}

/** A person's colour, the same on every page: a number in 0 .. 7. */
export function colourOf(player: string): number {
  let sum = 0;
  for (const letter of player) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 4_093;
  return sum % 8;
}

/** The others, who types first. */
export function selectViewers(viewers: readonly TerminalViewer[]): readonly TerminalViewer[] {
  return viewers.toSorted((a, b) => Number(b.typing) - Number(a.typing) || a.name.localeCompare(b.name));
}
