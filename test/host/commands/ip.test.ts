// ip, line for line as iproute2 6 prints it (the expectations were taken from real output).
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { smallLab, type SmallLab } from '../../support/net-world.ts';

let lab: SmallLab;

beforeEach(async () => {
  lab = await smallLab();
});

afterEach(async () => expect(await lab.world.end()).toEqual([]));

const out = async (line: string): Promise<string> => {
  const { status, stdout, stderr } = await lab.router.run(line);
  return status === 0 ? stdout : `${stderr}${status}`;
};

describe('ip address', () => {
  test('shows interfaces with addresses', async () => {
    expect(await out('ip a show eth0')).toBe(
      [
        '2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000',
        '    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff',
        '    inet 10.0.1.1/24 brd 10.0.1.255 scope global eth0',
        '       valid_lft forever preferred_lft forever',
        '',
      ].join('\n'),
    );
    expect(await out('ip addr show lo')).toBe(
      [
        '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000',
        '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00',
        '    inet 127.0.0.1/8 scope host lo',
        '       valid_lft forever preferred_lft forever',
        '',
      ].join('\n'),
    );
    expect(await out('ip -br a')).toBe(
      [
        'lo               UNKNOWN        127.0.0.1/8 ',
        'eth0             UP             10.0.1.1/24 ',
        'eth1             UP             10.0.2.1/24 ',
        '',
      ].join('\n'),
    );
    expect(await out('ip -4 -o addr show dev lo')).toBe(
      String.raw`1: lo    inet 127.0.0.1/8 scope host lo\       valid_lft forever preferred_lft forever` + '\n',
    );
  });

  test('adds and removes', async () => {
    expect(await out('ip addr add 10.0.9.1/24 dev eth0; ip -br a show eth0')).toBe(
      'eth0             UP             10.0.1.1/24 10.0.9.1/24 \n',
    );
    expect(await out('ip addr add 10.0.9.1/24 dev eth0')).toBe('RTNETLINK answers: File exists\n2');
    expect(await out('ip a d 10.0.9.1/24 dev eth0; ip route show dev eth0 10.0.9.0/24')).toBe('');
    expect(await out('ip addr del 10.0.9.1/24 dev eth0')).toBe('RTNETLINK answers: Cannot assign requested address\n2');
    expect(await out('ip addr add 10.0.9.1/24')).toBe('Not enough information: "dev" argument is required.\n1');
    expect(await out('ip addr add 10.0.9/24 dev eth0')).toBe(
      'Error: any valid prefix is expected rather than "10.0.9/24".\n1',
    );
    expect(await out('ip addr add 10.0.9.1/24 dev')).toBe('Command line is not complete. Try option "help"\n255');
  });
});

describe('ip link', () => {
  test('shows state and counters', async () => {
    expect(await out('ip link show eth0')).toBe(
      [
        '2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000',
        '    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff',
        '',
      ].join('\n'),
    );
    await lab.router.run('ping -c 1 127.0.0.1');
    const { rxBytes, rxFrames } = lab.router.host.stack.inspect().interfaces[0]?.counters ?? {
      rxBytes: 0,
      rxFrames: 0,
    };
    expect(rxFrames).toBe(2);
    const cells = `${String(rxBytes).padStart(10)} ${String(rxFrames).padStart(7)}      0       0       0       0 `;
    expect((await out('ip -s link show lo')).split('\n').slice(2)).toEqual([
      '    RX:  bytes packets errors dropped  missed   mcast           ',
      `    ${cells}`,
      '    TX:  bytes packets errors dropped carrier collsns           ',
      `    ${cells}`,
      '',
    ]);
    expect(await out('ip -br link show eth1')).toBe(
      'eth1             UP             02:00:00:00:00:03 <BROADCAST,MULTICAST,UP,LOWER_UP> \n',
    );
  });

  test('sets an interface down and up', async () => {
    await out('ip link set dev eth1 down');
    expect(await out('ip l show eth1')).toMatch(/^3: eth1: <BROADCAST,MULTICAST> mtu 1500 qdisc noqueue state DOWN /);
    expect((await lab.client.run('ping -c 1 -W 1 10.0.2.2')).status).toBe(1);
    await out('ip link set eth1 up');
    expect((await lab.client.run('ping -c 1 10.0.2.2')).status).toBe(0);
    lab.router.devices.get('eth1')?.setCarrier(false);
    expect(await out('ip -br l show eth1')).toBe(
      'eth1             DOWN           02:00:00:00:00:03 <NO-CARRIER,BROADCAST,MULTICAST,UP> \n',
    );
    expect(await out('ip link set eth9 up')).toBe('Cannot find device "eth9"\n1');
  });
});

describe('ip route', () => {
  test('shows the table in the order of the kernel', async () => {
    await out('ip route add 10.0.9.0/24 via 10.0.2.2 metric 50');
    await out('ip r add default via 10.0.1.2');
    await out('ip route add 10.0.8.8 dev eth1');
    expect(await out('ip route')).toBe(
      [
        'default via 10.0.1.2 dev eth0 ',
        '10.0.1.0/24 dev eth0 proto kernel scope link src 10.0.1.1 ',
        '10.0.2.0/24 dev eth1 proto kernel scope link src 10.0.2.1 ',
        '10.0.8.8 dev eth1 scope link ',
        '10.0.9.0/24 via 10.0.2.2 dev eth1 metric 50 ',
        '',
      ].join('\n'),
    );
    expect(await out('ip route show 10.0.8.8')).toBe('10.0.8.8 dev eth1 scope link \n');
  });

  test('adds, replaces and removes', async () => {
    await out('ip route add 10.0.9.0/24 via 10.0.2.2');
    expect(await out('ip route add 10.0.9.0/24 via 10.0.2.3')).toBe('RTNETLINK answers: File exists\n2');
    expect(await out('ip route replace 10.0.9.0/24 via 10.0.1.2; ip route show 10.0.9.0/24')).toBe(
      '10.0.9.0/24 via 10.0.1.2 dev eth0 \n',
    );
    expect(await out('ip route del 10.0.9.0/24; ip route show 10.0.9.0/24')).toBe('');
    expect(await out('ip route del 10.0.9.0/24')).toBe('RTNETLINK answers: No such process\n2');
    expect(await out('ip route add 10.0.9.0/24 via 11.0.0.1')).toBe('Error: Nexthop has invalid gateway.\n2');
    expect(await out('ip route add 10.0.9.1/24 via 10.0.1.2')).toBe(
      'Error: Invalid prefix for given prefix length.\n2',
    );
    expect(await out('ip route add 10.0.9.0/24')).toBe('RTNETLINK answers: No such device\n2');
    expect(await out('ip route change 10.0.9.0/24 via 10.0.1.2')).toBe(
      'RTNETLINK answers: No such file or directory\n2',
    );
    expect(await out('ip route add 10.0.9.0/24 by 10.0.1.2')).toBe(
      'Error: either "to" is duplicate, or "by" is a garbage.\n255',
    );
  });

  test('a replacement that fails leaves the old route', async () => {
    await out('ip route add 10.0.9.0/24 via 10.0.2.2');
    expect(await out('ip route replace 10.0.9.0/24 via 11.0.0.1')).toBe('Error: Nexthop has invalid gateway.\n2');
    expect(await out('ip route show 10.0.9.0/24')).toBe('10.0.9.0/24 via 10.0.2.2 dev eth1 \n');
  });

  test('get says which way a packet would go', async () => {
    await out('ip route add default via 10.0.1.2');
    expect(await out('ip route get 10.9.9.9')).toBe('10.9.9.9 via 10.0.1.2 dev eth0 src 10.0.1.1 uid 0 \n    cache \n');
    expect(await out('ip r g 10.0.2.2')).toBe('10.0.2.2 dev eth1 src 10.0.2.1 uid 0 \n    cache \n');
    expect(await out('ip route get 10.0.2.1')).toBe('local 10.0.2.1 dev lo src 10.0.2.1 uid 0 \n    cache <local> \n');
    await out('ip route del default');
    expect(await out('ip route get 10.9.9.9')).toBe('RTNETLINK answers: Network is unreachable\n2');
  });
});

describe('ip neigh', () => {
  test('shows, adds, removes and forgets neighbors', async () => {
    await lab.client.run('ping -c 1 10.0.2.2');
    expect(await out('ip neigh show dev eth0')).toMatch(
      /^10\.0\.1\.2 lladdr 02:00:00:00:00:01 (REACHABLE|STALE|DELAY) \n$/,
    );
    expect(await out('ip neigh add 10.0.1.50 lladdr 02:00:00:00:00:50 dev eth0; ip n show 10.0.1.50')).toBe(
      '10.0.1.50 dev eth0 lladdr 02:00:00:00:00:50 PERMANENT \n',
    );
    expect(await out('ip neigh add 10.0.1.50 lladdr 02:00:00:00:00:50 dev eth0')).toBe(
      'RTNETLINK answers: File exists\n2',
    );
    expect(await out('ip neigh del 10.0.1.50 dev eth0; ip neigh show 10.0.1.50')).toBe('');
    expect(await out('ip neigh del 10.0.1.50 dev eth0')).toBe('RTNETLINK answers: No such file or directory\n2');
    expect(await out('ip neigh flush all; ip neigh')).toBe('');
    expect(await out('ip neigh add 10.0.1.50 lladdr x dev eth0')).toBe('"x" is invalid lladdr.\n255');
    await lab.router.run('ping -c 1 -W 5 10.0.1.99');
    expect(await out('ip neigh show 10.0.1.99')).toBe('10.0.1.99 dev eth0 FAILED \n');
  });
});

test.each([
  ['ip foo', 'Object "foo" is unknown, try "ip help".\n1'],
  ['ip addr foo', 'Command "foo" is unknown, try "ip address help".\n255'],
  ['ip -x addr', 'Option "-x" is unknown, try "ip -help".\n255'],
  ['ip addr show eth9', 'Device "eth9" does not exist.\n1'],
  ['ip addr add 10.0.0.1/24 dev eth9', 'Cannot find device "eth9"\n1'],
])('%s is refused', async (line, expected) => expect(await out(line)).toBe(expected));

test('nstat shows what has happened since it was last asked', async () => {
  const { client } = lab;
  await client.run('nstat -n');
  await client.run('ping -c 2 10.0.1.1');
  const { stdout } = await client.run("nstat 'Icmp*Echo*'");
  expect(stdout).toBe(
    [
      '#kernel',
      'IcmpInEchoReps                  2                  0.0',
      'IcmpOutEchos                    2                  0.0',
      '',
    ].join('\n'),
  );
  expect((await client.run('nstat Icmp*')).stdout).toBe('#kernel\n');
  expect((await client.run('nstat -a IcmpOutEchos')).stdout).toContain('IcmpOutEchos                    2  ');
});
