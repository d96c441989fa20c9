// A host under virtual time for tests of shells and commands: run lines, type at a terminal, look at its screen.
import xterm from '@xterm/headless';
import { assert } from '../../src/base/assert.ts';
import { seededRandom } from '../../src/base/random.ts';
import { Host, type HostReport } from '../../src/host/host.ts';
import { hostsFileResolver } from '../../src/host/hosts-file.ts';
import { hostCommands } from '../../src/host/shell/commands/index.ts';
import type { CommandDefinition } from '../../src/host/shell/command.ts';
import type { InteractiveShell } from '../../src/host/shell/interactive-shell.ts';
import { bytesSource, CollectingSink } from '../../src/host/shell/pipe.ts';
import type { PlannedHost } from '../../src/lab/plan.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';
import { idleStack } from './idle-stack.ts';

export interface RunResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const plainHost: PlannedHost = {
  name: 'client',
  role: 'client',
  interfaces: [],
  routes: [],
  forwarding: false,
  services: [],
  nameservers: [],
  searchDomain: '',
  knobs: {},
  files: {},
  zones: [],
};

/** Lets everything that waits for nothing but its turn have it. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export class HostWorld {
  readonly clock = new VirtualClock();
  readonly reports: HostReport[] = [];
  readonly host: Host;

  constructor(planned: Partial<PlannedHost> = {}, extraCommands: readonly CommandDefinition[] = []) {
    this.host = new Host({
      planned: { ...plainHost, ...planned },
      devices: new Map(),
      clock: this.clock,
      random: seededRandom(1),
      commands: [...hostCommands, ...extraCommands],
      createStack: idleStack,
      createResolver: ({ files }) => hostsFileResolver(files),
      report: (news) => this.reports.push(news),
    });
  }

  /** Moves virtual time on until `work` is done. */
  async finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const watched = work.finally(() => (done = true));
    watched.catch(() => undefined);
    for (let steps = 0; ; steps += 1) {
      await turn();
      if (done) return watched;
      if (!this.clock.step()) {
        await turn();
        if (done) return watched;
      }
      assert(steps < 20_000, 'the work never ends');
    }
  }

  /** Moves virtual time on by `durationMs`. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.clock.now() + durationMs;
    await turn();
    while ((this.clock.nextDueMs ?? Infinity) <= endMs) {
      this.clock.step();
      await turn();
    }
    this.clock.runUntil(endMs);
    await turn();
  }

  async run(line: string, stdin = ''): Promise<RunResult> {
    const stdout = new CollectingSink();
    const stderr = new CollectingSink();
    const input = bytesSource(new TextEncoder().encode(stdin));
    const status = await this.finish(this.host.run(line, { stdin: input, stdout, stderr }));
    return { status, stdout: stdout.text, stderr: stderr.text };
  }

  openTerminal(columns = 60, rows = 12): TestTerminal {
    return new TestTerminal(this, columns, rows);
  }
}

/** A terminal emulator in front of a shell of the host. */
export class TestTerminal {
  readonly #world: HostWorld;
  readonly #screen: InstanceType<typeof xterm.Terminal>;
  readonly #shell: InteractiveShell;
  #outputBytes = 0;
  #transcript = '';
  closed = false;

  constructor(world: HostWorld, columns: number, rows: number) {
    this.#world = world;
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    const decoder = new TextDecoder();
    this.#shell = world.host.openShell(
      { columns, rows },
      async (bytes) => {
        this.#outputBytes += bytes.length;
        this.#transcript = (this.#transcript + decoder.decode(bytes, { stream: true })).slice(-100_000);
        this.#screen.write(bytes.slice());
      },
      () => (this.closed = true),
    );
  }

  /** Everything printed so far (its last 100,000 characters). */
  get transcript(): string {
    return this.#transcript;
  }

  get outputBytes(): number {
    return this.#outputBytes;
  }

  /** Types, and lets what needs no time happen. */
  async type(text: string): Promise<void> {
    this.#shell.input(new TextEncoder().encode(text));
    await this.#world.pass(0);
    await turn();
  }

  send(bytes: Uint8Array): void {
    this.#shell.input(bytes);
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#shell.resize({ columns, rows });
  }

  hangUp(): void {
    this.#shell.close();
  }

  /** The lines on the screen, without blanks at their ends and empty lines at the bottom. */
  async screen(): Promise<string[]> {
    await new Promise<void>((resolve) => this.#screen.write('', resolve));
    const { active } = this.#screen.buffer;
    const lines = Array.from(
      { length: this.#screen.rows },
      (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '',
    );
    while (lines.at(-1) === '') lines.pop();
    return lines.map((line) => line.trimEnd());
  }

  /** Column and row of the cursor on the screen, from 0. */
  async cursor(): Promise<readonly [number, number]> {
    await new Promise<void>((resolve) => this.#screen.write('', resolve));
    return [this.#screen.buffer.active.cursorX, this.#screen.buffer.active.cursorY];
  }
}
