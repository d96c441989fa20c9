// What the browser keeps for the next visit: name, language, theme. A browser that keeps nothing is no error.

export function remembered(key: 'name' | 'language' | 'theme'): string | undefined {
  try {
    return localStorage.getItem(`ackademy.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(key: 'name' | 'language' | 'theme', value: string): void {
  try {
    localStorage.setItem(`ackademy.${key}`, value);
  } catch {
    // Private windows may refuse; the choice then lasts as long as the page.
  }
}
