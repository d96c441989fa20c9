import { expect, test } from 'vitest';
import { netemWords, parseKernelNames, setNetem } from '../../../src/runtime/docker/traffic-control.ts';
import type { Impairment } from '../../../src/wiring/impairment/impairment.ts';

const cases: readonly [what: string, impairment: Impairment, words: string][] = [
  ['a perfect wire', {}, ''],
  ['a delay', { delay: { delayMs: 50, jitterMs: 0, correlation: 0, distribution: 'uniform' } }, 'delay 50ms'],
  [
    'a jitter with a distribution',
    { delay: { delayMs: 40, jitterMs: 10, correlation: 0.25, distribution: 'normal' } },
    'delay 40ms 10ms 25% distribution normal',
  ],
  [
    'netem’s own distribution has no name',
    { delay: { delayMs: 40, jitterMs: 10, correlation: 0, distribution: 'uniform' } },
    'delay 40ms 10ms',
  ],
  ['random loss', { loss: { kind: 'random', share: 0.2, correlation: 0 } }, 'loss random 20%'],
  [
    'loss in bursts',
    { loss: { kind: 'gilbert-elliott', p: 0.01, r: 0.3, lossBad: 1, lossGood: 0 } },
    'loss gemodel 1% 30% 100% 0%',
  ],
  [
    'everything else',
    {
      duplicate: { share: 0.01, correlation: 0 },
      corrupt: { share: 0.001, correlation: 0.5 },
      rateBitsPerSecond: 1e6,
      limitPackets: 20,
    },
    'duplicate 1% corrupt 0.1% 50% rate 1000000bit limit 20',
  ],
  [
    'reordering every fifth',
    {
      delay: { delayMs: 10, jitterMs: 0, correlation: 0, distribution: 'uniform' },
      reorder: { share: 0.25, correlation: 0.5, gap: 5 },
    },
    'delay 10ms reorder 25% 50% gap 5',
  ],
];

test.each(cases)('%s in netem’s words', (_, impairment, words) => {
  expect(netemWords(impairment).join(' ')).toBe(words);
});

test('netem is set in the namespace of the container, and taken away when nothing is wrong any more', async () => {
  const calls: string[] = [];
  const run = async (program: string, parameters: readonly string[]) => {
    calls.push([program, ...parameters].join(' '));
    return { status: 0, stdout: '', stderr: '' };
  };
  await setNetem(run, 4711, 'eth1', { loss: { kind: 'random', share: 0.5, correlation: 0 } });
  await setNetem(run, 4711, 'eth1', {});
  expect(calls).toEqual([
    'nsenter -t 4711 -n tc qdisc replace dev eth1 root netem loss random 50%',
    'nsenter -t 4711 -n tc qdisc del dev eth1 root',
  ]);
});

test('what tc says becomes a fault', async () => {
  const run = async () => ({ status: 2, stdout: '', stderr: 'Error: Specified qdisc kind is unknown.\n' });
  await expect(setNetem(run, 1, 'eth0', { rateBitsPerSecond: 1000 })).rejects.toMatchObject({
    code: 'engine-refused',
    message: expect.stringContaining('qdisc kind is unknown'),
  });
});

test('the kernel’s interface names are found by address', () => {
  const text = [
    '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever',
    '7: eth1    inet 198.18.0.2/29 brd 198.18.0.7 scope global eth1\\       valid_lft forever',
    '9: eth0@if10    inet 198.18.0.10/29 brd 198.18.0.15 scope global eth0\\       valid_lft forever',
  ].join('\n');
  expect([...parseKernelNames(text)]).toEqual([
    ['127.0.0.1', 'lo'],
    ['198.18.0.2', 'eth1'],
    ['198.18.0.10', 'eth0'],
  ]);
});
