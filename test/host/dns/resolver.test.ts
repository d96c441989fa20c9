// The stub resolver against a real name server over a real stack: caching by TTL, retries, search domain, TCP fallback.
import { afterEach, describe, expect, test } from 'vitest';
import type { Resolution } from '../../../src/host/shell/command.ts';
import { formatIp, parseIp, type IpAddress } from '../../../src/stack/wire/ip-address.ts';
import { smallLab, type SmallLab } from '../../support/net-world.ts';

let lab: SmallLab | undefined;

afterEach(async () => {
  expect(await lab?.world.end()).toEqual([]);
  lab = undefined;
});

/** A lab and a count of the queries that its name server has logged. */
async function start(): Promise<SmallLab & { resolve(name: string): Promise<string>; queries(): number }> {
  const made = await smallLab();
  lab = made;
  const { client, dns, world } = made;
  const text = (found: Resolution): string =>
    found.kind === 'failure' ? found.reason : `${found.name} ${found.addresses.map(formatIp).join(' ')}`;
  return {
    ...made,
    resolve: async (name) => text(await world.finish(client.host.services.resolver.resolve(name))),
    queries: () => {
      const log = new TextDecoder().decode(dns.host.services.files.read('/var/log/named.log'));
      return log.split('\n').filter((line) => line.includes(' query: ')).length;
    },
  };
}

const isUdp = (frame: Uint8Array): boolean => frame[12] === 8 && frame[13] === 0 && frame[23] === 17;

describe('a name is resolved', () => {
  test('by the name server, with the search domain, through aliases', async () => {
    const { resolve } = await start();
    expect(await resolve('server.lab')).toBe('server.lab 10.0.2.2');
    expect(await resolve('client')).toBe('client.lab 10.0.1.2');
    expect(await resolve('www')).toBe('server.lab 10.0.2.2');
    expect(await resolve('10.9.9.9')).toBe('10.9.9.9 10.9.9.9');
  });

  test('by the hosts file first', async () => {
    const { resolve, client, queries } = await start();
    client.host.services.files.append('/etc/hosts', new TextEncoder().encode('10.7.7.7 Server.lab other\n'));
    expect(await resolve('server.lab')).toBe('Server.lab 10.7.7.7');
    expect(await resolve('localhost')).toBe('localhost 127.0.0.1');
    expect(queries()).toBe(0);
  });

  test('or not, in the words of the tools', async () => {
    const { resolve } = await start();
    expect(await resolve('nobody.lab')).toBe('Name or service not known');
    expect(await resolve('lab')).toBe('No address associated with hostname');
    expect(await resolve('a..b')).toBe('Name or service not known');
    expect(await resolve('www.example.com')).toBe('Temporary failure in name resolution');
  });

  test('to a name, for an address', async () => {
    const { world, client } = await start();
    const reverse = (address: string): Promise<string | undefined> =>
      world.finish(client.host.services.resolver.reverse(parseIp(address) as IpAddress));
    expect(await reverse('10.0.2.2')).toBe('server.lab');
    expect(await reverse('10.0.2.99')).toBeUndefined();
    expect(await reverse('127.0.0.1')).toBe('localhost');
  });
});

describe('an answer is remembered', () => {
  test('until its TTL has run out', async () => {
    const { resolve, world, queries } = await start();
    await resolve('server.lab');
    await world.pass(59_000);
    await resolve('server.lab');
    expect(queries()).toBe(1);
    await world.pass(2000);
    await resolve('server.lab');
    expect(queries()).toBe(2);
  });

  test('also when it says that there is none, as long as the SOA allows', async () => {
    const { resolve, world, queries } = await start();
    await resolve('nobody.lab.');
    await resolve('nobody.lab.');
    expect(queries()).toBe(1);
    await world.pass(31_000);
    await resolve('nobody.lab.');
    expect(queries()).toBe(2);
  });

  test('until it is flushed', async () => {
    const { resolve, client, queries } = await start();
    await resolve('server.lab');
    expect(await client.run('resolvectl flush-caches')).toMatchObject({ status: 0, stdout: '' });
    await resolve('server.lab');
    expect(queries()).toBe(2);
  });

  test('so that a changed record is seen only later', async () => {
    const { resolve, dns, world } = await start();
    expect(await resolve('server')).toBe('server.lab 10.0.2.2');
    expect((await dns.run('zone set server 60 A 10.0.9.9')).stdout).toBe('zone lab/IN: serial 2\n');
    expect(await resolve('server')).toBe('server.lab 10.0.2.2');
    await world.pass(61_000);
    expect(await resolve('server')).toBe('server.lab 10.0.9.9');
  });
});

describe('a name server', () => {
  test('that is silent is asked twice for five seconds each', async () => {
    const { resolve, world, right } = await start();
    right.lose = isUdp;
    const startMs = world.clock.now();
    expect(await resolve('server.lab')).toBe('Temporary failure in name resolution');
    expect(world.clock.now() - startMs).toBe(10_000);
  });

  test('whose first answer is lost gets the question again', async () => {
    const { resolve, world, right } = await start();
    let lost = 0;
    right.lose = (frame) => isUdp(frame) && lost++ === 0;
    const startMs = world.clock.now();
    expect(await resolve('server.lab')).toBe('server.lab 10.0.2.2');
    expect(world.clock.now() - startMs).toBeGreaterThan(5000);
  });

  test('that does not run makes the resolver turn to the next at once', async () => {
    const { resolve, world, client } = await start();
    client.host.services.files.write(
      '/etc/resolv.conf',
      new TextEncoder().encode('search lab\nnameserver 10.0.2.2\nnameserver 10.0.2.3\n'),
    );
    const startMs = world.clock.now();
    expect(await resolve('server.lab')).toBe('server.lab 10.0.2.2');
    expect(world.clock.now() - startMs).toBeLessThan(100);
  });

  test('sends what does not fit over TCP', async () => {
    const { resolve, dns, queries } = await start();
    for (let index = 0; index < 40; index += 1) await dns.run(`zone add pool A 10.0.6.${index}`);
    expect((await resolve('pool')).split(' ')).toHaveLength(41);
    expect(queries()).toBe(2);
  });
});

describe('zone', () => {
  test('shows, adds, replaces and removes records, and says what it will not do', async () => {
    const { dns } = await start();
    expect((await dns.run('zone list -z lab')).stdout).toBe('');
    expect((await dns.run('zone --zone lab list')).stdout).toMatch(
      /^\$ORIGIN lab\.\n@ 300 IN SOA dns\.lab\. admin\.lab\. 1 /,
    );
    expect((await dns.run('zone add server 30 A 10.0.2.77')).stdout).toBe('zone lab/IN: serial 2\n');
    expect((await dns.run('zone list')).stdout).toContain('server 30 IN A 10.0.2.2\n'); // one TTL for the set
    expect((await dns.run('zone add server A 10.0.2.77')).stderr).toBe(
      "zone: 'server 300 IN A 10.0.2.77' is there already\n",
    );
    expect((await dns.run('zone remove server A 10.0.2.2')).status).toBe(0);
    expect((await dns.run('zone list')).stdout).not.toContain('A 10.0.2.2\n');
    expect((await dns.run('zone remove server MX')).stderr).toBe('zone: there is no such record: server MX\n');
    expect((await dns.run('zone remove lab. NS')).stderr).toBe('zone: there is no NS record for lab.\n');
    expect((await dns.run('zone add server CNAME www')).stderr).toBe(
      'zone: server.lab. has a CNAME record and other data\n',
    );
    expect((await dns.run('zone add 9.2.0.10.in-addr.arpa. PTR new.lab.')).stdout).toBe(
      'zone 2.0.10.in-addr.arpa/IN: serial 2\n',
    );
    expect((await dns.run('zone explode')).status).toBe(2);
  });

  test('file that was broken by hand leaves the zone as it was', async () => {
    const { dns, resolve } = await start();
    expect((await dns.run('echo "x A 1.2" >> /etc/named/lab.zone')).status).toBe(0);
    expect(await resolve('client')).toBe('client.lab 10.0.1.2');
    expect((await dns.run('cat /var/log/named.log')).stdout).toContain(
      "/etc/named/lab.zone:10: '1.2' is no IPv4 address",
    );
  });
});
