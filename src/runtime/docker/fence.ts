// Keeps labs apart from the engine's machine. Inside, the agent only speaks to MAC addresses of its own segment
// (fenced-device.ts). Where we are root on the machine, two measures more: nothing that a lab's bridge would hand up to
// the machine gets past the bridge's ingress (nor down), and lab frames are kept out of connection tracking, so that
// labs with the same addresses do not meet in one table and no rule for another network translates them.
import { bridgePrefix } from './labels.ts';
import type { RunTool } from './machine-tools.ts';
import { dropFilterWords, type Probe } from './probe.ts';

const untrackedRule = ['PREROUTING', '-i', `${bridgePrefix}+`, '-j', 'CT', '--notrack'];

export class Fence {
  readonly #probe: Probe;
  readonly #run: RunTool;
  #untracked = false;

  constructor(probe: Probe, run: RunTool) {
    this.#probe = probe;
    this.#run = run;
  }

  /** For `doctor`. */
  describe(): string {
    if (this.#probe.dropFilter === undefined) {
      return 'by the agents alone: this process is not root on the engine’s machine, or tc is missing there';
    }
    return `by the agents and by a filter on every bridge (tc ${this.#probe.dropFilter})`;
  }

  /** Before the first host joins the network. Says what failed, or undefined. */
  async raise(bridge: string): Promise<string | undefined> {
    const kind = this.#probe.dropFilter;
    if (kind === undefined) return undefined;
    await this.#keepUntracked();
    await this.#run('tc', ['qdisc', 'add', 'dev', bridge, 'clsact']);
    for (const direction of ['ingress', 'egress']) {
      const words = ['filter', 'replace', 'dev', bridge, direction, ...dropFilterWords(kind)];
      const result = await this.#run('tc', words);
      if (result.status !== 0) return `tc ${words.join(' ')}: ${result.stderr.trim()}`;
    }
    return undefined;
  }

  /** When no network of ours is left: takes back what was not a bridge's own. */
  async lower(): Promise<void> {
    if (!this.#probe.untracked) return;
    this.#untracked = false;
    await this.#run('iptables', ['-w', '-t', 'raw', '-D', ...untrackedRule]);
  }

  async #keepUntracked(): Promise<void> {
    if (!this.#probe.untracked || this.#untracked) return;
    this.#untracked = true;
    const rule = ['-w', '-t', 'raw'];
    const present = await this.#run('iptables', [...rule, '-C', ...untrackedRule]);
    if (present.status !== 0) await this.#run('iptables', [...rule, '-I', ...untrackedRule]);
  }
}
