// Signals that ask this process to end, as commands hear of them.

/** Registers for Ctrl-C, a closed terminal, and a polite kill; returns what stops listening. */
export function onInterrupt(listener: (signal: string) => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
