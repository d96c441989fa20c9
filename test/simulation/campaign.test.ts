// The campaign itself: it covers what it promises, and the same seed is the same run.
import { expect, test } from 'vitest';
import { drawRun, topologies } from './campaign.ts';
import { describeFailure, run, runSeed } from './run.ts';

const plans = Array.from({ length: 1000 }, (_, index) => drawRun(index + 1));
const ends = plans.flatMap((plan) => [plan.client, plan.server]);
const share = (holds: readonly boolean[]): number => holds.filter(Boolean).length / holds.length;

test('1,000 seeds cover every topology, shape and kind of trouble', () => {
  for (const topology of topologies)
    expect(share(plans.map((plan) => plan.topology === topology))).toBeGreaterThan(0.1);
  for (const shape of ['one-way', 'two-way', 'request-response']) {
    expect(share(plans.map((plan) => plan.shape === shape))).toBeGreaterThan(0.2);
  }
  for (const part of ['delay', 'loss', 'duplicate', 'corrupt', 'reorder', 'rateBitsPerSecond'] as const) {
    expect(share(ends.map((end) => end.egress[part] !== undefined)), part).toBeGreaterThan(0.1);
  }
  const losses = ends.map(({ egress }) => (egress.loss?.kind === 'random' ? egress.loss.share : 0));
  expect(Math.max(...losses)).toBeGreaterThan(0.29);
  expect(Math.max(...losses)).toBeLessThanOrEqual(0.3);
  for (const knob of ['sack', 'timestamps', 'window_scaling']) {
    expect(share(ends.map((end) => end.knobs[`net.ipv4.tcp_${knob}`] === '0')), knob).toBeGreaterThan(0.1);
  }
  expect(share(ends.map((end) => end.knobs['net.ipv4.tcp_congestion_control'] === 'reno'))).toBeGreaterThan(0.2);
  expect(share(ends.map((end) => end.slowReader !== undefined))).toBeGreaterThan(0.05);
  expect(share(ends.map((end) => end.bufferBytes !== undefined))).toBeGreaterThan(0.2);
});

test('sizes reach from nothing to 1 MB, small ones more often', () => {
  const sizes = plans.map((plan) => plan.rounds * plan.clientBytes);
  expect(Math.min(...sizes)).toBe(0);
  expect(Math.max(...sizes)).toBe(1_000_000);
  expect(share(sizes.map((size) => size < 1000))).toBeGreaterThan(0.4);
  expect(new Set(plans.flatMap((plan) => plan.mtus)).has(9000)).toBe(true);
  expect(Math.min(...plans.flatMap((plan) => plan.mtus))).toBeLessThan(600);
});

test('the same seed gives the same frames at the same times; another seed others', () => {
  for (const seed of [3, 10, 63, 117]) {
    const [first, second, other] = [seed, seed, seed + 1].map((each) => runSeed(each, { hash: true }));
    expect(first?.traceHash).toMatch(/^[0-9a-f]{64}$/);
    expect(second).toEqual(first);
    expect(other?.traceHash).not.toBe(first?.traceHash);
  }
});

test('a run that cannot end says so, with its seed, the command that replays it and its last packets', () => {
  const plan = drawRun(5);
  const cut = { loss: { kind: 'random', share: 1, correlation: 0 } } as const;
  const text = describeFailure(run({ ...plan, server: { ...plan.server, egress: cut } }));
  expect(text).toMatch(/^seed 5: [\d.]+ ms: client: /);
  expect(text).toContain('npx node test/simulation/replay.ts 5');
  expect(text).toMatch(/client out .*\n.*client out /);
});
