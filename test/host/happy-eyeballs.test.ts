// Connecting to several addresses: turns of the families, the delay between attempts, one winner.
import { expect, test } from 'vitest';
import { attemptDelayMs, connectToAny } from '../../src/host/happy-eyeballs.ts';
import { SocketError } from '../../src/stack/sockets.ts';
import { formatIp } from '../../src/stack/wire/ip-address.ts';
import { VirtualClock } from '../../src/wiring/virtual-clock.ts';
import { turn } from '../support/host-world.ts';
import { anyIp } from '../support/stack-world.ts';

interface Plan {
  /** ms until it succeeds, or a failure after so many ms; never: undefined. */
  readonly [address: string]: { readonly afterMs: number; readonly fails?: true } | undefined;
}

/** Runs the attempts to their end. */
async function race(plan: Plan): Promise<{ readonly log: readonly string[]; readonly result: string }> {
  const clock = new VirtualClock();
  const log: string[] = [];
  const say = (text: string): number => log.push(`${clock.now()} ${text}`);
  const connecting = connectToAny({
    clock,
    addresses: Object.keys(plan).map(anyIp),
    signal: new AbortController().signal,
    connect: (address, signal) =>
      new Promise<string>((resolve, reject) => {
        const name = formatIp(address);
        say(`try ${name}`);
        signal.addEventListener('abort', () => {
          say(`stop ${name}`);
          reject(signal.reason);
        });
        const fate = plan[name];
        if (fate === undefined) return;
        clock.schedule(fate.afterMs, () => {
          if (fate.fails === true) reject(new SocketError('ECONNREFUSED', name));
          else resolve(name);
        });
      }),
    discard: (connection) => void say(`discard ${connection}`),
  });
  let result: string | undefined;
  connecting.then(
    ({ connection }) => (result = connection),
    (error: unknown) => (result = String(error)),
  );
  for (let steps = 0; steps < 100 && result === undefined; steps += 1) {
    await turn();
    if (result === undefined) clock.step();
  }
  await turn();
  expect(clock.pending).toBe(
    Object.values(plan).filter((fate) => fate !== undefined && fate.afterMs > clock.now()).length,
  );
  return { log, result: result ?? 'nothing' };
}

test('the first address wins when it answers soon', async () => {
  const { log, result } = await race({ '2001:db8::1': { afterMs: 50 }, '10.0.0.1': { afterMs: 1 } });
  expect(result).toBe('2001:db8::1');
  expect(log.filter((line) => line.includes('try'))).toEqual(['0 try 2001:db8::1']);
});

test('after 200 ms of silence the other family is tried, and the loser is stopped', async () => {
  const { log, result } = await race({
    '2001:db8::1': undefined,
    '2001:db8::2': undefined,
    '10.0.0.1': { afterMs: 30 },
  });
  expect(result).toBe('10.0.0.1');
  expect(log.slice(0, 2)).toEqual(['0 try 2001:db8::1', `${attemptDelayMs} try 10.0.0.1`]);
  expect(log).toContain('230 stop 2001:db8::1');
});

test('a failure starts the next attempt at once', async () => {
  const { log, result } = await race({ '2001:db8::1': { afterMs: 5, fails: true }, '10.0.0.1': { afterMs: 5 } });
  expect(result).toBe('10.0.0.1');
  expect(log.slice(0, 2)).toEqual(['0 try 2001:db8::1', '5 try 10.0.0.1']);
});

test('when all fail, the last failure is told', async () => {
  const { result } = await race({ '10.0.0.1': { afterMs: 5, fails: true }, '10.0.0.2': { afterMs: 5, fails: true } });
  expect(result).toContain('ECONNREFUSED: 10.0.0.2');
});
