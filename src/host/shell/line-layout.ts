// Where each character of a prompt and its line falls on a screen of a given width: wide characters wrap whole.
import { textWidth } from './text-width.ts';

export interface Position {
  readonly row: number;
  readonly column: number;
}

/** What a terminal shows of text without controls other than line feeds, and where the cursor then is. */
export interface Layout {
  /** Before each character, and after the last. */
  readonly positions: readonly Position[];
  /** The bytes that draw it, from its first column. */
  readonly text: string;
}

/** Lays out `characters` behind a prompt of `promptColumns` columns on a screen `columns` wide. */
export function layOut(promptColumns: number, characters: readonly string[], columns: number): Layout {
  let row = Math.floor(promptColumns / columns);
  let column = promptColumns % columns;
  let text = promptColumns > 0 && column === 0 ? ' \r' : '';
  const positions: Position[] = [];
  for (const character of characters) {
    const width = textWidth(character);
    if (character !== '\n' && column + width > columns) [row, column] = [row + 1, 0]; // the terminal wraps by itself
    positions.push({ row, column });
    if (character === '\n') {
      text += '\r\n';
      [row, column] = [row + 1, 0];
      continue;
    }
    text += character;
    column += width;
    if (column === columns) {
      text += ' \r'; // a full row leaves the cursor hanging at its edge: a blank on the next row takes it there
      [row, column] = [row + 1, 0];
    }
  }
  positions.push({ row, column });
  return { positions, text };
}
