// Watches a lab's frames for what an exercise asks about, from its beginning on, without keeping them.
import type { Check, SimpleCheck } from '../lab/exercise.ts';
import { judgePorts, parseDuration } from '../lab/exercise.ts';
import type { Plan } from '../lab/plan.ts';
import { compileFilter } from '../dissect/filter/display-filter.ts';
import { fieldsOf } from '../dissect/tree/fields.ts';
import { Dissector, type Dissection } from '../dissect/tree/dissector.ts';
import type { CapturedFrame } from '../runtime/runtime.ts';
import { fillIn } from './references.ts';

export type TrafficCheck = Extract<SimpleCheck, { readonly kind: 'packets' | 'sequence' | 'disorder' }>;

/** What was seen for one check. */
export interface Sighting {
  readonly count: number;
  /** For a sequence: how many of its packets were seen in order, at best; complete when it has them all in time. */
  readonly furthest: number;
  readonly isComplete: boolean;
}

type Matcher = (dissection: Dissection) => boolean;

class Watcher {
  readonly check: TrafficCheck;
  readonly #matchers: readonly Matcher[];
  /** For each packet of a sequence: when the latest run that reached it had begun, ms. */
  readonly #begunAt: (number | undefined)[];
  readonly #withinMs: number;
  /** For disorder: the highest number so far. */
  #highest = Number.NEGATIVE_INFINITY;
  #count = 0;
  #isComplete = false;

  constructor(check: TrafficCheck, matchers: readonly Matcher[]) {
    this.check = check;
    this.#matchers = matchers;
    this.#begunAt = matchers.map(() => undefined);
    const { within } = check.kind === 'sequence' ? check : { within: undefined };
    this.#withinMs = within === undefined ? Number.POSITIVE_INFINITY : parseDuration(within);
  }

  isAt(host: string, interfaceName: string): boolean {
    const [wantedHost, wantedInterface] = this.check.at.split(' ');
    return wantedHost === host && (wantedInterface === undefined || wantedInterface === interfaceName);
  }

  see(dissection: Dissection, direction: 'in' | 'out', atMs: number): void {
    if (this.check.kind === 'packets') {
      if (this.check.direction !== undefined && this.check.direction !== direction) return;
      if (this.#matchers[0]?.(dissection) === true) this.#count += 1;
      return;
    }
    if (this.check.kind === 'disorder') {
      if (this.#matchers[0]?.(dissection) === true) this.#seeNumber(dissection);
      return;
    }
    // From the last packet to the first, so that one frame does not count twice.
    for (let index = this.#matchers.length - 1; index >= 0; index -= 1) {
      const begun = index === 0 ? atMs : this.#begunAt[index - 1];
      if (begun === undefined || this.#matchers[index]?.(dissection) !== true) continue;
      this.#begunAt[index] = begun;
      if (index === this.#matchers.length - 1 && atMs - begun <= this.#withinMs) this.#isComplete = true;
    }
  }

  #seeNumber(dissection: Dissection): void {
    const [name] = this.check.kind === 'disorder' ? (fieldsOf(this.check.field) ?? []) : [];
    const value = name === undefined ? Number.NaN : Number(dissection.valuesOf(name)[0]);
    if (value < this.#highest) this.#count += 1;
    else if (value > this.#highest) this.#highest = value;
  }

  get sighting(): Sighting {
    const furthest = this.#begunAt.findLastIndex((begun) => begun !== undefined) + 1;
    return { count: this.#count, furthest, isComplete: this.#isComplete };
  }
}

export type TrafficWatch =
  | { readonly ok: true; readonly traffic: Traffic }
  /** A filter that means nothing: a fault of the template. */
  | { readonly ok: false; readonly problem: string };

export class Traffic {
  readonly #watchers: readonly Watcher[];
  readonly #dissectors = new Map<string, Dissector>();

  private constructor(watchers: readonly Watcher[]) {
    this.#watchers = watchers;
  }

  /** For every check of traffic within `check`. */
  static watch(check: Check, plan: Plan): TrafficWatch {
    const watchers: Watcher[] = [];
    for (const one of trafficChecksOf(check)) {
      const matchers: Matcher[] = [];
      if (one.kind === 'disorder' && fieldsOf(one.field) === undefined)
        return { ok: false, problem: `there is no field '${one.field}'` };
      for (const written of one.kind === 'sequence' ? one.of : [one.where]) {
        const filled = fillIn(written, plan);
        if (!filled.ok) return { ok: false, problem: `'${written}': ${filled.problem}` };
        const compiled = compileFilter(filled.text);
        if (!compiled.ok) {
          const { message, column } = compiled.fault;
          return { ok: false, problem: `'${written}': ${message} (at character ${column})` };
        }
        matchers.push(compiled.matches);
      }
      watchers.push(new Watcher(one, matchers));
    }
    return { ok: true, traffic: new Traffic(watchers) };
  }

  see({ host, interface: interfaceName, direction, atMs, frame }: CapturedFrame): void {
    const concerned = this.#watchers.filter((watcher) => watcher.isAt(host, interfaceName));
    if (concerned.length === 0) return;
    const name = `${host}/${interfaceName}`;
    let dissector = this.#dissectors.get(name);
    if (dissector === undefined) this.#dissectors.set(name, (dissector = new Dissector()));
    const dissection = dissector.dissect(frame, { timeSeconds: atMs / 1000, interfaceName: name });
    if (isOfJudge(dissection)) return;
    for (const watcher of concerned) watcher.see(dissection, direction, atMs);
  }

  sightingOf(check: TrafficCheck): Sighting | undefined {
    return this.#watchers.find((watcher) => watcher.check === check)?.sighting;
  }
}

export function trafficChecksOf(check: Check): readonly TrafficCheck[] {
  switch (check.kind) {
    case 'all':
    case 'any':
      return check.checks.flatMap(trafficChecksOf);
    case 'not':
    case 'eventually':
    case 'always':
      return trafficChecksOf(check.check);
    case 'packets':
    case 'sequence':
    case 'disorder':
      return [check];
    default:
      return [];
  }
}

/** Its packets are nobody's work. */
const portFields = [
  'tcp.srcport',
  'tcp.dstport',
  'udp.srcport',
  'udp.dstport',
  'icmp.ident',
  'icmpv6.echo.identifier',
] as const;

function isOfJudge(dissection: Dissection): boolean {
  return portFields.some((name) => dissection.valuesOf(name).some((port) => Number(port) >= judgePorts.first));
}
