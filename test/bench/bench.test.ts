// The benchmarks run and say their ratios; how fast this machine is today is no test.
import { expect, test } from 'vitest';
import { quickBench } from '../support/bench-process.ts';

test(
  'tcp-throughput compares two stacks with node:net and with the floor, at two MTUs',
  { timeout: 120_000 },
  async () => {
    const { lines } = await quickBench('tcp-throughput');
    for (const mtu of [1500, 9000]) {
      expect(lines).toContainEqual(
        expect.stringMatching(
          new RegExp(
            `^MTU ${mtu}: stacks [\\d.]+ Gbit/s, node:net [\\d.]+, floor [\\d.]+, floor in one reused frame [\\d.]+$`,
          ),
        ),
      );
      for (const other of ['node:net', 'the floor', 'the floor in one reused frame']) {
        expect(lines).toContainEqual(
          expect.stringMatching(new RegExp(`^ratio tcp-throughput-${mtu}: \\d+\\.\\d{3} of ${other}$`)),
        );
      }
    }
  },
);

test('embedded-start starts 10 and 100 hosts, cold and warm', { timeout: 120_000 }, async () => {
  const { lines } = await quickBench('embedded-start');
  for (const hosts of [10, 100]) {
    for (const other of ['warm \\d+\\.\\d{3} of cold', 'cold \\d+\\.\\d{3} of the limit']) {
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^ratio embedded-start-${hosts}: ${other}$`)));
    }
  }
});

test(
  'stack prints every row beside Node’s own sockets and, but for memory, beside the floor',
  { timeout: 120_000 },
  async () => {
    const { lines } = await quickBench('stack');
    const streams = ['bulk-1500', 'bulk-9000', 'bulk-65535', 'round-trips', 'connections'];
    for (const [name, peer] of [
      ...[...streams, 'idle-memory'].map((row) => [row, 'node:net'] as const),
      ...['router', 'dns'].map((row) => [row, 'node:dgram'] as const),
      ...[...streams, 'router', 'dns'].map((row) => [row, 'the floor'] as const),
    ]) {
      expect(lines).toContainEqual(
        expect.stringMatching(new RegExp(`^ratio stack-${name}: \\d+\\.\\d{3} of ${peer}$`)),
      );
    }
  },
);
