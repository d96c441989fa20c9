// How many columns text takes on a terminal: two for Korean, Chinese, Japanese and emoji, none for combining marks.
// The classes of Unicode Standard Annex 11 (East Asian Width W and F), as xterm.js counts them.

/** Inclusive ranges of code points that take two columns. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], // Hangul leading consonants
  [0x2329, 0x232a],
  [0x2e80, 0x303e], // CJK radicals, punctuation
  [0x3041, 0xa4cf], // kana, Hangul compatibility jamo, CJK
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3], // Hangul syllables
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60], // full-width forms
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

/** Columns of one code point: 0, 1 or 2. */
export function codePointWidth(codePoint: number): number {
  if (codePoint < 0x300) return codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0) ? 0 : 1;
  if (codePoint >= 0x1160 && codePoint <= 0x11ff) return 0; // Hangul vowels and final consonants join the leading one
  if (wideRanges.some(([first, last]) => codePoint >= first && codePoint <= last)) return 2;
  return /^[\p{Mn}\p{Me}\p{Cf}]$/u.test(String.fromCodePoint(codePoint)) ? 0 : 1;
}

/** Columns of a whole text without escape sequences. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += codePointWidth(character.codePointAt(0) ?? 0);
  return width;
}

/** What a person takes for one character each: a syllable with its marks moves and is erased as a whole. */
export function splitCharacters(text: string): string[] {
  const characters: string[] = [];
  for (const codePoint of text) {
    const joins = codePoint !== '\n' && codePointWidth(codePoint.codePointAt(0) ?? 0) === 0;
    const last = characters.at(-1);
    if (joins && last !== undefined && last !== '\n') characters[characters.length - 1] = last + codePoint;
    else characters.push(codePoint);
  }
  return characters;
}
