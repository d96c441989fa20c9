// What each command of the shell room prints.
import { describe, expect, test } from 'vitest';
import { hostCommands } from '../../../../src/host/shell/commands/index.ts';
import { HostWorld } from '../../../support/host-world.ts';

const files = {
  '/root/poem': 'Roses are red\nviolets are Blue\nsugar is sweet\n',
  '/root/dir/inner': 'x',
  '/root/numbers': Array.from({ length: 20 }, (_, index) => `${index + 1}\n`).join(''),
};

const cases: readonly (readonly [line: string, stdout: string, status?: number])[] = [
  ['echo', '\n'],
  ['echo -n a b', 'a b'],
  [String.raw`echo -e 'a\tb\x41\\'`, 'a\tbA\\\n'],
  ['echo -x --help', '-x --help\n'],
  ['seq 3', '1\n2\n3\n'],
  ['seq 2 2 6', '2\n4\n6\n'],
  ['seq 3 -1 1', '3\n2\n1\n'],
  ['seq 1 0.5 2', '1.0\n1.5\n2.0\n'],
  ['seq -s , 3', '1,2,3\n'],
  ['seq -s, 3', '1,2,3\n'],
  ['seq --separator=: 3', '1:2:3\n'],
  ['yes no | head -2', 'no\nno\n'],
  ['hostname', 'client\n'],
  ['date', 'Thu Jan  1 00:00:00 UTC 2026\n'],
  ['date +%s', '1767225600\n'],
  ["date '+%F %T'", '2026-01-01 00:00:00\n'],
  ['cat poem | head -n 1', 'Roses are red\n'],
  ['cat -n dir/inner', '     1\tx\n'],
  ['cat - poem < dir/inner | wc -c', '47\n'],
  ['grep re poem', 'Roses are red\nviolets are Blue\n'],
  ['grep -i blue poem', 'violets are Blue\n'],
  ['grep -v are poem', 'sugar is sweet\n'],
  ['grep -c are poem', '2\n'],
  ['grep -n sweet poem', '3:sugar is sweet\n'],
  ["grep -E 'red|sweet' poem", 'Roses are red\nsugar is sweet\n'],
  ["grep 'red|sweet' poem", '', 1],
  [String.raw`grep 'red\|sweet' poem`, 'Roses are red\nsugar is sweet\n'],
  ["grep -o '[[:upper:]][a-z]*' poem", 'Roses\nBlue\n'],
  ['grep -q red poem', ''],
  ['grep -F . poem', '', 1],
  ['grep are poem dir/inner', 'poem:Roses are red\npoem:violets are Blue\n'],
  ["grep -E '(' poem", '', 2],
  ['head -n 2 numbers', '1\n2\n'],
  ['head -c 5 poem', 'Roses'],
  ['tail -n 2 numbers', '19\n20\n'],
  ['tail -2 numbers', '19\n20\n'],
  ['head -n 1 poem dir/inner', '==> poem <==\nRoses are red\n\n==> dir/inner <==\nx'],
  ['wc poem', '      3       9      46 poem\n'],
  ['wc -l < numbers', '20\n'],
  ['wc -l poem numbers', '      3 poem\n     20 numbers\n     23 total\n'],
  ['echo -n abc | sha256sum', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  -\n'],
  ['echo -n hello | base64', 'aGVsbG8=\n'],
  ['echo aGVsbG8= | base64 -d', 'hello'],
  [
    'echo -n 0123456789abcdefXY | xxd',
    '00000000: 3031 3233 3435 3637 3839 6162 6364 6566  0123456789abcdef\n00000010: 5859                                     XY\n',
  ],
  ['dd if=/dev/zero bs=1k count=3 | wc -c', '3072\n'],
  ['dd if=/dev/urandom of=data bs=1M count=1; ls -l data', '   1048576 data\n'],
  ['ls', 'dir/\nnumbers\npoem\n'],
  ['ls -l dir', '         1 inner\n'],
  ['ls missing', '', 2],
  ['rm poem; ls', 'dir/\nnumbers\n'],
  ['rm dir', '', 1],
  ['rm -r dir; ls', 'numbers\npoem\n'],
  ['rm -f missing', ''],
  ['sysctl net.ipv4.ip_default_ttl', 'net.ipv4.ip_default_ttl = 64\n'],
  ['sysctl -w net.ipv4.ip_default_ttl=9; sysctl -n net/ipv4/ip_default_ttl', 'net.ipv4.ip_default_ttl = 9\n9\n'],
  ['sysctl -a | wc -l', '2\n'],
  ['sysctl net.nothing', '', 1],
  ['which ls nothing', '/usr/bin/ls\n', 1],
  ['sleep 1x', '', 1],
  ['sleep 1 2m', ''],
  ['kill 999', '', 1],
  ['kill -l | grep -c SIGTERM', '1\n'],
  ['unset HOME; echo "[$HOME]"', '[]\n'],
  ['set | grep USER', "USER='root'\n"],
  ['man nothing', '', 16],
];
test.each(cases.map(([line, stdout, status = 0]) => [line, stdout, status] as const))(
  '%s',
  async (line, stdout, status) => {
    const result = await new HostWorld({ files }).run(line);
    expect({ stdout: result.stdout, status: result.status }, result.stderr).toEqual({ stdout, status });
  },
);

test('dd says how much it copied', async () => {
  const { stderr } = await new HostWorld().run('dd if=/dev/zero of=/dev/null bs=1000 count=3');
  expect(stderr).toMatch(/^3\+0 records in\n3\+0 records out\n3000 bytes copied, /);
});

test('ps lists what runs, with its pid, and kill by pid ends it', async () => {
  const world = new HostWorld();
  const { stdout } = await world.run('sleep 100 & ps');
  const pid = /(\d+) \? +00:00:00 sleep 100/.exec(stdout)?.[1];
  expect(pid).toBeDefined();
  expect((await world.run(`kill ${pid ?? ''}; ps`)).stdout).not.toContain('sleep');
});

test('tail -f follows a file until it is interrupted', async () => {
  const world = new HostWorld({ files });
  const terminal = world.openTerminal();
  await terminal.type('tail -n 1 -f poem\r');
  await world.run('echo more >> poem');
  await world.pass(1500);
  expect((await terminal.screen()).slice(-2)).toEqual(['sugar is sweet', 'more']);
  await terminal.type('\x03');
  expect((await terminal.screen()).at(-1)).toBe('root@client:~#');
});

describe('every command', () => {
  test.each(hostCommands.map((command) => [command.name, command] as const))(
    '%s explains itself',
    async (name, command) => {
      const world = new HostWorld();
      expect(command.summary).toMatch(/^[a-z].*[^.]$/);
      expect(command.description.length).toBeGreaterThan(0);
      const manual = await world.run(`man ${name}`);
      expect(manual).toMatchObject({ status: 0, stderr: '' });
      expect(manual.stdout).toContain(`${name} - ${command.summary}`);
      if (name !== 'echo') expect((await world.run(`${name} --help`)).stdout).toContain(`Usage: ${name}`);
      expect((await world.run('help')).stdout).toContain(command.summary);
    },
  );

  test('has a name of its own', () => {
    const names = hostCommands.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
