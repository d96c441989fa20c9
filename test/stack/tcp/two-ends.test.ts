// Two TCPs over a pipe that loses, delays, reorders, duplicates and corrupts: the stream never changes, both sides close,
// nothing is left behind. Each seed draws its own pipe and load; a seed that fails once becomes a test of its own.
import { describe, expect, test } from 'vitest';
import { randomTransfer, transfer } from '../../support/tcp-transfer.ts';

const seedsPerTest = 60;

describe('whatever the network does', () => {
  for (let first = 0; first < 5 * seedsPerTest; first += seedsPerTest) {
    test(`both streams arrive unchanged and both ends close (seeds ${first} to ${first + seedsPerTest - 1})`, () => {
      for (let seed = first; seed < first + seedsPerTest; seed += 1) {
        expect(transfer(seed, randomTransfer(seed)).faults, `seed ${seed}`).toEqual([]);
      }
    }, 60_000);
  }

  test('the same seed gives the same packets', () => {
    const run = (): readonly unknown[] => {
      const { pair, durationMs } = transfer(11, { ...randomTransfer(11), loss: 0.2 });
      return [durationMs, pair.client.sent, pair.server.sent, pair.client.counters, pair.server.counters];
    };
    expect(run()).toEqual(run());
  });
});

describe('throughput', () => {
  test('1 MB over a clean path of 100 ms takes slow start and no more', () => {
    const { durationMs, faults, pair } = transfer(1, { delayMs: 50, clientBytes: 1_000_000, serverBytes: 0 });
    expect(faults).toEqual([]);
    expect(durationMs).toBeLessThan(1200);
    expect(pair.client.counters.TcpRetransSegs).toBe(0);
  });

  test('20 % loss each way and 100 ms: steady progress, without long back-offs', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const options = { delayMs: 50, loss: 0.2, clientBytes: 200_000, serverBytes: 0 };
      const { durationMs, faults } = transfer(seed, options);
      expect(faults, `seed ${seed}`).toEqual([]);
      expect(durationMs, `seed ${seed}`).toBeLessThan(60_000);
    }
  });

  test('reordering alone causes few retransmissions', () => {
    const options = { delayMs: 50, reorder: 0.05, clientBytes: 1_000_000, serverBytes: 0 };
    const { faults, pair } = transfer(7, options);
    expect(faults).toEqual([]);
    expect(pair.client.counters.TcpRetransSegs).toBeLessThan(80);
  });
});
