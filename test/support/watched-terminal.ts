// A terminal that a test types at and reads: everything it said, and a way to wait for what it says next.
import type { HostTerminal, RunningHost } from '../../src/runtime/runtime.ts';

export class WatchedTerminal {
  readonly terminal: HostTerminal;
  readonly closed: Promise<void>;
  readonly #decoder = new TextDecoder();
  #text = '';
  #heard: () => void = () => undefined;

  constructor(terminal: HostTerminal) {
    this.terminal = terminal;
    this.closed = new Promise((resolve) => void terminal.onClosed(resolve));
    terminal.onOutput((bytes) => {
      this.#text += this.#decoder.decode(bytes, { stream: true });
      this.#heard();
    });
  }

  static async open(host: RunningHost, columns = 80, rows = 24): Promise<WatchedTerminal> {
    const watched = new WatchedTerminal(await host.openTerminal({ columns, rows }));
    await watched.until(/# $/);
    return watched;
  }

  /** What was said since the last `until`. */
  get text(): string {
    return this.#text;
  }

  type(text: string): void {
    this.terminal.write(new TextEncoder().encode(text));
  }

  /** Resolves with everything up to the match, which is then forgotten. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match !== null) {
        const end = match.index + match[0].length;
        const before = this.#text.slice(0, end);
        this.#text = this.#text.slice(end);
        return before;
      }
      await new Promise<void>((resolve) => (this.#heard = resolve));
    }
  }
}
