// A host's command as the user gave it: words that the host's shell will read the same way.

/** One word is a command line of the host's shell; several are its words, quoted so that they stay what they are. */
export function commandLine(words: readonly string[]): string {
  if (words.length === 1) return words[0] ?? '';
  return words
    .map((word) => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
