// Intents on disk: what we were about to do when we were killed. Labels tell what there is; the journal tells whether
// it was finished, so that a lab in the middle of starting is not mistaken for one that was damaged, nor the reverse.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface JournalEntry {
  readonly labId: string;
  readonly planHash: string;
  /** `starting` and `stopping` are intents; `running` says that the start was finished. */
  readonly intent: 'starting' | 'running' | 'stopping';
}

/** `$XDG_STATE_HOME/ackademy`, by default under the home directory. */
export function defaultStateDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment['XDG_STATE_HOME'] ?? '';
  return join(base === '' ? join(homedir(), '.local', 'state') : base, 'ackademy');
}

export class Journal {
  readonly #directory: string;

  constructor(stateDirectory: string) {
    this.#directory = join(stateDirectory, 'docker-labs');
  }

  /** Replaces the lab's entry; on disk when this resolves. */
  async write(entry: JournalEntry): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const path = this.#path(entry.labId);
    await writeFile(`${path}.new`, `${JSON.stringify(entry)}\n`, { mode: 0o600, flush: true });
    await rename(`${path}.new`, path); // a reader sees the old entry or the new one, never half of one
  }

  async forget(labId: string): Promise<void> {
    await rm(this.#path(labId), { force: true });
  }

  /** Every entry that can be read; what is damaged counts as absent. */
  async entries(): Promise<readonly JournalEntry[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const entries = await Promise.all(names.filter((name) => name.endsWith('.json')).map((name) => this.#read(name)));
    return entries.filter((entry) => entry !== undefined);
  }

  async #read(name: string): Promise<JournalEntry | undefined> {
    try {
      const value = JSON.parse(await readFile(join(this.#directory, name), 'utf8')) as Partial<JournalEntry>;
      const { labId, planHash, intent } = value;
      const known = intent === 'starting' || intent === 'running' || intent === 'stopping';
      if (typeof labId !== 'string' || typeof planHash !== 'string' || !known) return;
      return { labId, planHash, intent };
    } catch {
      return undefined;
    }
  }

  #path(labId: string): string {
    return join(this.#directory, `${labId}.json`);
  }
}
