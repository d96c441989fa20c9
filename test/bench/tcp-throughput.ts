// Bulk TCP between two stacks at two MTUs, in detail; `stack.ts` prints it among all other rows.
//   npx node test/bench/tcp-throughput.ts [--quick]
import { bulkBetweenStacks, bulkFloor, bulkOverNodeNet, headerBytes } from './bulk.ts';
import { benchOptions, inTurn } from './measure.ts';

const { quick } = benchOptions();
const bulkBytes = quick ? 8e6 : 400e6;
const rounds = quick ? 1 : 5;

for (const mtu of [1500, 9000]) {
  const payloadBytes = mtu - headerBytes;
  if (!quick) await bulkBetweenStacks(mtu, bulkBytes); // warm
  const { stacks, net, least, cached } = await inTurn(rounds, {
    stacks: () => bulkBetweenStacks(mtu, bulkBytes),
    net: () => bulkOverNodeNet(bulkBytes),
    least: () => bulkFloor(payloadBytes, false, bulkBytes),
    cached: () => bulkFloor(payloadBytes, true, bulkBytes),
  });
  const floors = `floor ${least.toFixed(2)}, floor in one reused frame ${cached.toFixed(2)}`;
  console.log(`MTU ${mtu}: stacks ${stacks.toFixed(2)} Gbit/s, node:net ${net.toFixed(2)}, ${floors}`);
  for (const [name, value] of [
    ['node:net', net],
    ['the floor', least],
    ['the floor in one reused frame', cached],
  ] as const) {
    console.log(`ratio tcp-throughput-${mtu}: ${(stacks / value).toFixed(3)} of ${name}`);
  }
}
