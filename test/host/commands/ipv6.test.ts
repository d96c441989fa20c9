// The commands of a host that speaks both families, line for line as on Linux.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { templateWorld, type NetHost, type NetWorld } from '../../support/net-world.ts';

const template = (ipv6: string): string => `
name: two-families
title: { en: Two families }
summary: { en: Two families }
ipv6: ${ipv6}
hosts:
  client:
  r1: { role: router }
  server: { role: server, services: [httpd -p 80] }
  dns: { role: dns }
links:
  - { ends: [client, r1], mtu: 1500 }
  - { ends: [r1, server], mtu: 1400 }
  - r1 -- dns
dns: { server: dns, records: [only6 AAAA 2001:db8:2::2, only4 A 10.0.2.2] }
`;

let world: NetWorld;
let client: NetHost;
let router: NetHost;
let server: NetHost;

async function boot(ipv6: 'static' | 'auto'): Promise<void> {
  const made = templateWorld(template(ipv6));
  ({ world } = made);
  const host = (name: string): NetHost => {
    const found = made.hosts.get(name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  [client, router, server] = [host('client'), host('r1'), host('server')];
  await world.pass(20_000);
}

afterEach(async () => expect(await world.end()).toEqual([]));

describe('with addresses written down', () => {
  beforeEach(async () => {
    await boot('static');
    await client.run('ping -c 1 server'); // neighbors and names are known after this
  });

  test('ping prefers IPv6 and prints it as iputils does', async () => {
    const { status, stdout } = await client.run('ping -c 2 server');
    expect(stdout).toBe(`PING server.lab(server.lab (2001:db8:2::2)) 56 data bytes
64 bytes from server.lab (2001:db8:2::2): icmp_seq=1 ttl=63 time=4.00 ms
64 bytes from server.lab (2001:db8:2::2): icmp_seq=2 ttl=63 time=4.00 ms

--- server.lab ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time 1000ms
rtt min/avg/max/mdev = 4.000/4.000/4.000/0.000 ms
`);
    expect(status).toBe(0);
  });

  test('ping -4 and -6 take one family, or say that there is none', async () => {
    expect((await client.run('ping -4 -c 1 server')).stdout).toContain(
      'PING server.lab (10.0.2.2) 56(84) bytes of data.',
    );
    expect((await client.run('ping -6 -c 1 only4')).stderr).toBe('ping: only4: No address associated with hostname\n');
    expect((await client.run('ping -4 -c 1 2001:db8:2::2')).stderr).toBe(
      'ping: 2001:db8:2::2: Address family for hostname not supported\n',
    );
  });

  test('ping prints ICMPv6 errors', async () => {
    const error = async (line: string): Promise<string | undefined> =>
      (await client.run(line)).stdout.split('\n').find((each) => each.startsWith('From'));
    expect(await error('ping -c 1 -t 1 server')).toBe(
      'From r1.lab (2001:db8:1::1) icmp_seq=1 Time exceeded: Hop limit',
    );
    expect(await error('ping -c 1 2001:db8:99::1')).toBe(
      'From 2001:db8:1::1 icmp_seq=1 Destination unreachable: No route',
    );
    expect(await error('ping -c 1 2001:db8:2::77')).toBe(
      'From 2001:db8:1::1 icmp_seq=1 Destination unreachable: Address unreachable',
    );
    expect(await error('ping -c 1 -s 1400 2001:db8:2::2')).toBe(
      'From 2001:db8:1::1 icmp_seq=1 Packet too big: mtu=1400',
    );
  });

  test('ping -I names an address or an interface; link-local addresses need a zone', async () => {
    const by = await client.run('ping -c 1 -I eth0 2001:db8:2::2');
    expect(by.stdout).toContain('PING 2001:db8:2::2(2001:db8:2::2) from 2001:db8:1::2 56 data bytes');
    const { stdout } = await router.run('ip -6 -o addr show dev eth0');
    const linkLocal = /fe80::[0-9a-f:]+/.exec(stdout)?.[0] ?? '';
    const near = await client.run(`ping -c 1 ${linkLocal}%eth0`);
    expect(near.stdout).toContain(`64 bytes from ${linkLocal}%eth0: icmp_seq=1 ttl=64`);
    const nowhere = await client.run(`ping -c 1 ${linkLocal}%eth7`);
    expect(nowhere).toMatchObject({ status: 2, stderr: 'ping: connect: Network is unreachable\n' });
  });

  test('traceroute names the routers, in packets of 80 bytes', async () => {
    const { stdout } = await client.run('traceroute -q 1 server');
    expect(stdout).toBe(`traceroute to server (2001:db8:2::2), 30 hops max, 80 byte packets
 1  r1.lab (2001:db8:1::1)  2.000 ms
 2  server.lab (2001:db8:2::2)  4.000 ms
`);
    expect((await client.run('traceroute -q 1 -n 2001:db8:99::1')).stdout).toContain(' 1  2001:db8:1::1  2.000 ms !N');
  });

  test('ip -6 shows addresses, routes and neighbors', async () => {
    const { stdout } = await client.run('ip -6 addr show dev eth0');
    expect(stdout.replaceAll(/fe80::[0-9a-f:]+/g, 'fe80::x')).toBe(
      `2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    inet6 2001:db8:1::2/64 scope global 
       valid_lft forever preferred_lft forever
    inet6 fe80::x/64 scope link 
       valid_lft forever preferred_lft forever
`,
    );
    expect((await client.run('ip -6 route')).stdout).toBe(`2001:db8:1::/64 dev eth0 proto kernel metric 256 pref medium 
fe80::/64 dev eth0 proto kernel metric 256 pref medium 
default via 2001:db8:1::1 dev eth0 metric 1024 pref medium 
`);
    expect((await client.run('ip route get 2001:db8:2::2')).stdout).toBe(
      '2001:db8:2::2 from :: via 2001:db8:1::1 dev eth0 src 2001:db8:1::2 metric 1024 pref medium\n',
    );
    expect((await client.run('ip -6 neigh show 2001:db8:1::1')).stdout).toMatch(
      /^2001:db8:1::1 dev eth0 lladdr [0-9a-f:]{17} router (REACHABLE|STALE|DELAY) \n$/,
    );
  });

  test('ip -6 changes addresses and routes', async () => {
    expect((await client.run('ip addr add 2001:db8:1::9/64 dev eth0')).status).toBe(0);
    expect((await client.run('ip -6 addr show dev eth0')).stdout).toContain('2001:db8:1::9/64 scope global tentative ');
    expect((await client.run('ip addr add 2001:db8:1::9/64 dev eth0')).stderr).toBe('RTNETLINK answers: File exists\n');
    expect((await client.run('ip addr del 2001:db8:1::9/64 dev eth0')).status).toBe(0);
    expect((await client.run('ip -6 route del default')).status).toBe(0);
    expect((await client.run('ping -c 1 2001:db8:2::2')).stderr).toBe('ping: connect: Network is unreachable\n');
    expect((await client.run('ping -c 1 server')).stdout).toContain('PING server.lab (10.0.2.2)'); // the way that is left
    expect((await client.run('ip -6 route add default via 2001:db8:1::1')).status).toBe(0);
    expect((await client.run('ip -6 route add default via 2001:db8:1::1')).stderr).toBe(
      'RTNETLINK answers: File exists\n',
    );
    expect((await client.run('ip -6 route add 2001:db8:77::/64 via fe80::1')).stderr).toBe(
      'RTNETLINK answers: Invalid argument\n',
    );
    expect((await client.run('ip -6 route add 2001:db8:77::/64 via fe80::1 dev eth0')).status).toBe(0);
  });

  test('dig and host find both families and the way back', async () => {
    expect((await client.run('dig +short AAAA server.lab')).stdout).toBe('2001:db8:2::2\n');
    expect((await client.run('dig +short -x 2001:db8:2::2')).stdout).toBe('server.lab.\n');
    expect((await client.run('dig +short @2001:db8:3::2 server.lab')).stdout).toBe('10.0.2.2\n');
    expect((await client.run('host server')).stdout).toBe(
      'server.lab has address 10.0.2.2\nserver.lab has IPv6 address 2001:db8:2::2\n',
    );
  });

  test('curl takes IPv6 first, literals in brackets, and falls back without waiting', async () => {
    const verbose = await client.run('curl -sv http://server/');
    expect(verbose.stderr).toContain(
      '*   Trying [2001:db8:2::2]:80...\n* Connected to server (2001:db8:2::2) port 80 (#0)\n',
    );
    expect((await client.run('curl -s http://[2001:db8:2::2]/')).stdout).toBe('Hello, world\n');
    expect((await client.run('curl -s -4 -w %{remote_ip} -o /dev/null http://server/')).stdout).toBe('10.0.2.2');
    await router.run('ip -6 route add 2001:db8:2::2 via 2001:db8:3::77'); // IPv6 to the server ends in silence
    const started = world.clock.now();
    const fallen = await client.run('curl -sv http://server/');
    expect(fallen.stderr).toContain(
      '*   Trying [2001:db8:2::2]:80...\n*   Trying 10.0.2.2:80...\n* Connected to server (10.0.2.2)',
    );
    expect(world.clock.now() - started).toBeLessThan(1000);
  });

  test('nc and ss show both families', async () => {
    const listener = server.start('nc -l 5000');
    await world.pass(10);
    expect((await server.run('ss -ltn')).stdout).toContain('*:5000');
    expect((await server.run('ss -ltn -4')).stdout).not.toContain(':5000');
    expect((await client.run('nc -6 server 5000', 'hello\n')).status).toBe(0);
    await world.finish(listener.status);
    expect(listener.stdout).toBe('hello\n');
    expect((await client.run('nc -zv -6 server 81')).stderr).toBe(
      'nc: connect to server (2001:db8:2::2) port 81 (tcp) failed: Connection refused\n',
    );
    expect((await client.run('ss -tan -6')).stdout).toContain('[2001:db8:1::2]:');
  });

  test('sysctl switches IPv6 off', async () => {
    expect((await client.run('sysctl -w net.ipv6.conf.all.disable_ipv6=1')).status).toBe(0);
    expect((await client.run('ip -6 addr')).stdout).toBe('');
    expect((await client.run('ip addr add 2001:db8:1::9/64 dev eth0')).stderr).toBe(
      'RTNETLINK answers: Permission denied\n',
    );
    expect((await client.run('ping -c 1 server')).stdout).toContain('PING server.lab (10.0.2.2)');
  });
});

describe('with routers that advertise', () => {
  beforeEach(() => boot('auto'));

  test('a client has its address, default route and DNS server from the router, with their lives', async () => {
    const addresses = await client.run('ip -6 addr show dev eth0 scope global');
    expect(addresses.stdout).toMatch(
      /inet6 2001:db8:1:0:[0-9a-f:]+\/64 scope global dynamic mngtmpaddr \n {7}valid_lft 86\d{3}sec preferred_lft 14\d{3}sec/,
    );
    expect((await client.run('ip -6 route')).stdout).toMatch(
      /^2001:db8:1::\/64 dev eth0 proto kernel metric 256 expires 86\d{3}sec pref medium \n(.*\n)*default via fe80::[0-9a-f:]+ dev eth0 proto ra metric 1024 expires \d{2}sec pref medium \n$/,
    );
    expect((await client.run('ping -c 1 server')).stdout).toContain('PING server.lab(server.lab (2001:db8:2::2))');
    await client.run('rm /etc/resolv.conf');
    expect((await client.run('resolvectl dns')).stdout).toContain('2001:db8:3::2');
  });

  test('the server finds the client by the name of the address that it made for itself', async () => {
    expect((await server.run('ping -6 -c 1 client')).stdout).toContain('64 bytes from client.lab (2001:db8:1:0:');
  });

  test('when radvd ends, it says good-bye', async () => {
    const [pid = ''] = /\d+(?=.* radvd)/.exec((await router.run('ps')).stdout) ?? [];
    expect((await router.run(`kill ${pid}`)).status).toBe(0);
    await world.pass(100);
    expect((await client.run('ip -6 route')).stdout).not.toContain('default');
  });

  test('radvd says what is wrong with its file', async () => {
    await router.run("echo 'interface eth0 { AdvSendAdvert maybe; };' > /etc/radvd.conf");
    expect(await router.run('radvd -c')).toMatchObject({
      status: 1,
      stderr: "radvd: /etc/radvd.conf:1: 'maybe' is neither on nor off\n",
    });
    expect(await router.run('radvd -C /nowhere')).toMatchObject({
      status: 1,
      stderr: "radvd: can't open /nowhere: No such file or directory\n",
    });
  });
});
