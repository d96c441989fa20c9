// Parses impairments as people write them to tc: the OPTIONS of tc-netem(8), word by word, with the place of a mistake.
// Left out: `loss state`, `ecn`, `slot`, and the packet overhead of `rate`. A time without a unit is refused: tc would
// read microseconds, its manual page says milliseconds.
import { parseDurationMs, parseRateBitsPerSecond } from '../../base/units.ts';
import { impairmentProblem, type DelayDistribution, type Impairment, type LossModel } from './impairment.ts';

/** What is wrong with the text, and where: `column` counts characters from 1. */
export interface ImpairmentTextFault {
  readonly message: string;
  readonly column: number;
}

export type ImpairmentText =
  { readonly ok: true; readonly impairment: Impairment } | { readonly ok: false; readonly fault: ImpairmentTextFault };

/** Parses `delay 50ms 10ms 25% loss 1%`; empty text is a perfect wire. */
export function parseImpairment(text: string): ImpairmentText {
  const words = new Words(text);
  try {
    const impairment = parseOptions(words);
    const problem = impairmentProblem(impairment);
    if (problem === undefined) return { ok: true, impairment };
    return { ok: false, fault: { message: problem.message, column: words.columnOf(problem.part) } };
  } catch (error) {
    if (error instanceof Misspelt) return { ok: false, fault: { message: error.message, column: error.column } };
    throw error;
  }
}

/** Thrown inside this file only. */
class Misspelt extends Error {
  readonly column: number;

  constructor(message: string, column: number) {
    super(message);
    this.column = column;
  }
}

interface Word {
  readonly text: string;
  readonly column: number;
}

/** The words with a place in them: each parameter takes the next one or leaves it. */
class Words {
  readonly #words: readonly Word[];
  readonly #end: number;
  #next = 0;

  constructor(text: string) {
    this.#words = Array.from(text.matchAll(/\S+/g), (match) => ({ text: match[0], column: match.index + 1 }));
    this.#end = text.trimEnd().length + 1;
  }

  take(): Word | undefined {
    const word = this.#words[this.#next];
    if (word !== undefined) this.#next += 1;
    return word;
  }

  /** The next word's value, if it has one: an optional parameter. */
  optional<T>(read: (text: string) => T | undefined): T | undefined {
    const word = this.#words[this.#next];
    const value = word === undefined ? undefined : read(word.text);
    if (value !== undefined) this.#next += 1;
    return value;
  }

  required<T>(read: (text: string) => T | undefined, wanted: string): T {
    const word = this.#words[this.#next];
    const value = this.optional(read);
    if (value !== undefined) return value;
    throw new Misspelt(
      word === undefined ? `${wanted} is missing` : `'${word.text}' is not ${wanted}`,
      word?.column ?? this.#end,
    );
  }

  /** Where `text` stands; 1 when it does not. */
  columnOf(text: string): number {
    return this.#words.find((word) => word.text === text)?.column ?? 1;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What has been read so far; `distribution` and `gap` are words of their own that belong to others. */
interface Draft extends Mutable<Impairment> {
  distribution?: DelayDistribution;
  gap?: number;
}

const percentWanted = 'a percentage such as 20%';
const timeWanted = 'a time with its unit, such as 50ms';
const countWanted = 'a whole number';

const options: Readonly<Record<string, (draft: Draft, words: Words) => void>> = {
  limit: (draft, words) => void (draft.limitPackets = words.required(readCount, countWanted)),
  delay: readDelay,
  latency: readDelay,
  distribution: (draft, words) =>
    void (draft.distribution = words.required(readDistribution, 'uniform, normal, pareto or paretonormal')),
  loss: readLoss,
  drop: readLoss,
  duplicate: (draft, words) => void (draft.duplicate = readShare(words)),
  corrupt: (draft, words) => void (draft.corrupt = readShare(words)),
  reorder: (draft, words) => void (draft.reorder = { ...readShare(words), gap: 0 }),
  gap: (draft, words) => void (draft.gap = words.required(readCount, countWanted)),
  rate: (draft, words) => void (draft.rateBitsPerSecond = words.required(readRate, 'a rate such as 10mbit')),
};

function parseOptions(words: Words): Impairment {
  const draft: Draft = {};
  const seen = new Set<string>();
  for (let word = words.take(); word !== undefined; word = words.take()) {
    const read = Object.hasOwn(options, word.text) ? options[word.text] : undefined;
    if (read === undefined) {
      throw new Misspelt(`'${word.text}' is none of ${Object.keys(options).join(', ')}`, word.column);
    }
    if (seen.has(word.text)) throw new Misspelt(`'${word.text}' is there twice`, word.column);
    seen.add(word.text);
    read(draft, words);
  }
  return finish(draft, words);
}

/** Gives `distribution` and `gap` to the delay and the reordering that they belong to. */
function finish({ distribution, gap, ...impairment }: Draft, words: Words): Impairment {
  if (distribution !== undefined) {
    const { delay } = impairment;
    if (delay === undefined || delay.jitterMs === 0) {
      throw new Misspelt('a distribution needs a delay with jitter', words.columnOf('distribution'));
    }
    impairment.delay = { ...delay, distribution };
  }
  if (gap !== undefined) {
    const { reorder } = impairment;
    if (reorder === undefined) throw new Misspelt('gap needs a reorder', words.columnOf('gap'));
    impairment.reorder = { ...reorder, gap };
  }
  return impairment;
}

function readDelay(draft: Draft, words: Words): void {
  const delayMs = words.required(readTime, timeWanted);
  const jitterMs = words.optional(readTime);
  const correlation = jitterMs === undefined ? undefined : words.optional(readPercent);
  draft.delay = { delayMs, jitterMs: jitterMs ?? 0, correlation: correlation ?? 0, distribution: 'uniform' };
}

function readLoss(draft: Draft, words: Words): void {
  const model = words.optional((text) => (text === 'random' || text === 'gemodel' ? text : undefined));
  draft.loss = model === 'gemodel' ? readGilbertElliott(words) : { kind: 'random', ...readShare(words) };
}

/** `gemodel p [ r [ 1-h [ 1-k ] ] ]`: what is left out makes it a Gilbert, then a Bernoulli model. */
function readGilbertElliott(words: Words): LossModel {
  const p = words.required(readPercent, percentWanted);
  const r = words.optional(readPercent);
  const lossBad = r === undefined ? undefined : words.optional(readPercent);
  const lossGood = lossBad === undefined ? undefined : words.optional(readPercent);
  return { kind: 'gilbert-elliott', p, r: r ?? 1 - p, lossBad: lossBad ?? 1, lossGood: lossGood ?? 0 };
}

function readShare(words: Words): { readonly share: number; readonly correlation: number } {
  const share = words.required(readPercent, percentWanted);
  return { share, correlation: words.optional(readPercent) ?? 0 };
}

/** tc's own percentage: the sign may be left out. */
function readPercent(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)%?$/.exec(text);
  if (match?.[1] === undefined) return undefined;
  const share = Number(match[1]) / 100;
  return share <= 1 ? share : undefined;
}

function readTime(text: string): number | undefined {
  if (!/^\d+(\.\d+)?(us|usecs?|ms|msecs?|s|secs?)$/.test(text)) return undefined;
  return parseDurationMs(text.replace(/ecs?$/, ''));
}

function readRate(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : parseRateBitsPerSecond(text);
}

function readCount(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function readDistribution(text: string): DelayDistribution | undefined {
  return text === 'uniform' || text === 'normal' || text === 'pareto' || text === 'paretonormal' ? text : undefined;
}
