// What the engine's machine can do for us: decides who makes impairments true and how strong the fence is.
import { hostname, release, userInfo } from 'node:os';
import type { EngineFacts } from './engine.ts';
import type { RunTool } from './machine-tools.ts';

/** A tc filter that matches every frame and drops it; which kinds a kernel has differs. */
export type DropFilter = 'bpf' | 'matchall';

export interface Probe {
  /** We run on the engine's machine, as root. */
  readonly onMachine: boolean;
  /** The kernel has sch_netem, and we may use it. */
  readonly netem: boolean;
  readonly dropFilter: DropFilter | undefined;
  /** Lab frames can be kept out of connection tracking and address translation. */
  readonly untracked: boolean;
}

const nothing: Probe = { onMachine: false, netem: false, dropFilter: undefined, untracked: false };

/** The words after `tc filter add dev DEVICE DIRECTION` that drop everything. */
export function dropFilterWords(kind: DropFilter): readonly string[] {
  const match = ['protocol', 'all', 'pref', '1', 'handle', '1']; // with a handle, `replace` replaces
  return kind === 'bpf'
    ? [...match, 'bpf', 'da', 'bytecode', '1,6 0 0 2'] // one instruction: return 2, TC_ACT_SHOT
    : [...match, 'matchall', 'action', 'drop'];
}

/** Tries things out in a network namespace of its own; changes nothing. */
export async function probeMachine(facts: EngineFacts, run: RunTool): Promise<Probe> {
  const isOurs = hostname() === facts.machine && release() === facts.kernel && userInfo().uid === 0;
  if (!isOurs) return nothing;
  const alone = async (script: string): Promise<boolean> =>
    (await run('unshare', ['--net', 'sh', '-c', script])).status === 0;
  if (!(await alone('command -v tc && command -v nsenter && ip link set lo up'))) return nothing;
  const drops = async (kind: DropFilter): Promise<boolean> => {
    const words = dropFilterWords(kind)
      .map((word) => `'${word}'`)
      .join(' ');
    return await alone(`tc qdisc add dev lo clsact && tc filter add dev lo ingress ${words}`);
  };
  const [netem, bpf, matchall, untracked] = await Promise.all([
    alone('tc qdisc add dev lo root netem delay 1ms'),
    drops('bpf'),
    drops('matchall'),
    alone('iptables -w -t raw -A PREROUTING -i ack+ -j CT --notrack'),
  ]);
  const dropFilter = bpf ? 'bpf' : matchall ? 'matchall' : undefined;
  return { onMachine: true, netem, dropFilter, untracked };
}
