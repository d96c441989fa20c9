// ping and traceroute, line for line as iputils and traceroute 2 print them.
import { afterEach, describe, expect, test } from 'vitest';
import { smallLab, type SmallLab } from '../../support/net-world.ts';

let lab: SmallLab;

afterEach(async () => expect(await lab.world.end()).toEqual([]));

describe('ping', () => {
  test('prints a line for every answer, with names, and statistics', async () => {
    lab = await smallLab();
    const { client } = lab;
    await client.run('ping -c 1 server'); // addresses and names are known after this
    const { status, stdout } = await client.run('ping -c 3 server');
    expect(stdout).toBe(`PING server.lab (10.0.2.2) 56(84) bytes of data.
64 bytes from server.lab (10.0.2.2): icmp_seq=1 ttl=63 time=4.00 ms
64 bytes from server.lab (10.0.2.2): icmp_seq=2 ttl=63 time=4.00 ms
64 bytes from server.lab (10.0.2.2): icmp_seq=3 ttl=63 time=4.00 ms

--- server.lab ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time 2000ms
rtt min/avg/max/mdev = 4.000/4.000/4.000/0.000 ms
`);
    expect(status).toBe(0);
  });

  test('asks for no names when it was given an address', async () => {
    lab = await smallLab();
    const { stdout } = await lab.client.run('ping -c 1 -i 0.2 -s 4 10.0.2.2');
    expect(stdout).toContain(
      'PING 10.0.2.2 (10.0.2.2) 4(32) bytes of data.\n12 bytes from 10.0.2.2: icmp_seq=1 ttl=63\n',
    );
  });

  test('prints what routers answer, and ends with 1', async () => {
    lab = await smallLab();
    const { status, stdout } = await lab.client.run('ping -c 2 -t 1 server');
    expect(stdout).toBe(`PING server.lab (10.0.2.2) 56(84) bytes of data.
From r1.lab (10.0.1.1) icmp_seq=1 Time to live exceeded
From r1.lab (10.0.1.1) icmp_seq=2 Time to live exceeded

--- server.lab ping statistics ---
2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 1000ms

`);
    expect(status).toBe(1);
  });

  test('says when its own host does not find the neighbor', async () => {
    lab = await smallLab();
    const { status, stdout } = await lab.client.run('ping -c 1 10.0.1.77');
    expect(stdout).toContain('From 10.0.1.2 icmp_seq=1 Destination Host Unreachable\n');
    expect(stdout).toContain('1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n');
    expect(status).toBe(1);
  });

  test('waits ten seconds for a single answer, or as long as -W says', async () => {
    lab = await smallLab();
    const { world, client, server } = lab;
    await client.run('ping -c 1 10.0.2.2');
    server.host.stack.writeKnob('net.ipv4.icmp_echo_ignore_all', '1');
    let startMs = world.clock.now();
    expect((await client.run('ping -c 1 10.0.2.2')).status).toBe(1);
    expect(world.clock.now() - startMs).toBe(10_000);
    startMs = world.clock.now();
    await client.run('ping -c 1 -W 0.5 10.0.2.2');
    expect(world.clock.now() - startMs).toBe(500);
    startMs = world.clock.now();
    expect((await client.run('ping -w 3 10.0.2.2')).stdout).toContain(
      '3 packets transmitted, 0 received, 100% packet loss',
    );
    expect(world.clock.now() - startMs).toBe(3000);
  });

  test('knows what does not fit when it must not be fragmented', async () => {
    lab = await smallLab();
    const { status, stdout, stderr } = await lab.client.run('ping -c 1 -M do -s 1473 10.0.2.2');
    expect(stderr).toBe('ping: local error: message too long, mtu=1500\n');
    expect(stdout).toContain('1473(1501) bytes of data.\n\n--- 10.0.2.2 ping statistics ---\n');
    expect(stdout).toContain('1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n');
    expect(status).toBe(1);
    expect((await lab.client.run('ping -c 1 -M do -s 1472 10.0.2.2')).status).toBe(0);
    expect((await lab.client.run('ping -c 1 -s 4000 10.0.2.2')).stdout).toContain('4008 bytes from 10.0.2.2');
  });

  test('counts answers that come twice', async () => {
    lab = await smallLab();
    const { client } = lab;
    await client.run('ping -c 1 10.0.2.2');
    const device = client.devices.get('eth0');
    const deliver = device?.deliver.bind(device);
    if (device === undefined || deliver === undefined) throw new Error('no eth0');
    device.deliver = (frame) => {
      deliver(frame);
      if (frame[23] === 1) deliver(frame);
    };
    const { stdout } = await client.run('ping -c 2 10.0.2.2');
    expect(stdout).toContain('icmp_seq=1 ttl=63 time=4.00 ms (DUP!)\n');
    expect(stdout).toContain('2 packets transmitted, 2 received, +1 duplicates, 0% packet loss');
  });

  test.each([
    ['ping nobody', 'ping: nobody: Name or service not known\n'],
    ['ping -M maybe server', 'ping: invalid -M argument: maybe\n'],
    ['ping -I eth9 server', 'ping: unknown iface: eth9\n'],
    ['ip route del default; ping -c 1 10.9.9.9', 'ping: connect: Network is unreachable\n'],
  ])('%s ends with 2 and %j', async (line, stderr) => {
    lab = await smallLab();
    expect(await lab.client.run(line)).toEqual({ status: 2, stdout: '', stderr });
  });

  test('prints its statistics when it is interrupted', async () => {
    lab = await smallLab();
    const { world } = lab;
    const terminal = lab.client.host;
    let output = '';
    const shell = terminal.openShell(
      { columns: 80, rows: 24 },
      async (bytes) => void (output += new TextDecoder().decode(bytes)),
      () => undefined,
    );
    shell.input(new TextEncoder().encode('ping 10.0.2.2\r'));
    await world.pass(2500);
    shell.input(new TextEncoder().encode('\x03'));
    await world.pass(100);
    shell.input(new TextEncoder().encode('echo status $?\r'));
    await world.pass(100);
    expect(output).toMatch(/3 packets transmitted, 3 received, 0% packet loss, time 2000ms/);
    expect(output).toContain('status 0');
  });
});

describe('traceroute', () => {
  test('names every hop and stops at the target', async () => {
    lab = await smallLab();
    await lab.client.run('ping -c 1 server');
    const { stdout, status } = await lab.client.run('traceroute server');
    expect(stdout).toBe(`traceroute to server (10.0.2.2), 30 hops max, 60 byte packets
 1  r1.lab (10.0.1.1)  2.000 ms  2.000 ms  2.000 ms
 2  server.lab (10.0.2.2)  4.000 ms  4.000 ms  4.000 ms
`);
    expect(status).toBe(0);
  });

  test('works with ICMP, without names, with other numbers of probes and hops', async () => {
    lab = await smallLab();
    await lab.client.run('ping -c 1 server');
    expect((await lab.client.run('traceroute -I -n -q 1 server')).stdout.split('\n').slice(1)).toEqual([
      ' 1  10.0.1.1  2.000 ms',
      ' 2  10.0.2.2  4.000 ms',
      '',
    ]);
    expect((await lab.client.run('traceroute -n -m 1 -q 2 server')).stdout.split('\n').slice(1)).toEqual([
      ' 1  10.0.1.1  2.000 ms  2.000 ms',
      '',
    ]);
  });

  test('prints stars for what is silent', async () => {
    lab = await smallLab();
    const { client } = lab;
    lab.right.lose = () => true;
    const { stdout } = await client.run('traceroute -n -m 3 -w 1 10.0.2.2');
    expect(stdout.split('\n').slice(2)).toEqual([' 2  * * *', ' 3  * * *', '']);
  });

  test('marks what routers refuse', async () => {
    lab = await smallLab();
    const { stdout } = await lab.client.run('traceroute -n -q 1 10.77.0.1');
    expect(stdout).toMatch(/ {2}10\.0\.1\.1 {2}\d+\.000 ms !N\n$/);
  });

  test('complains about names that nobody knows', async () => {
    lab = await smallLab();
    expect(await lab.client.run('traceroute nobody')).toEqual({
      status: 2,
      stdout: '',
      stderr: `nobody: Name or service not known\nCannot handle "host" cmdline arg \`nobody' on position 1 (argc 1)\n`,
    });
  });
});
