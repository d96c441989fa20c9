// A host as the plan describes it: files, knobs, services, and what is wrong with a plan.
import { expect, test } from 'vitest';
import { HostWorld } from '../support/host-world.ts';

test('the plan’s files, name servers and knobs are there', async () => {
  const world = new HostWorld({
    nameservers: ['10.0.4.53'],
    searchDomain: 'lab',
    files: { '/etc/motd': 'hello\n' },
    knobs: { 'net.ipv4.ip_default_ttl': '32' },
    forwarding: true,
  });
  expect((await world.run('cat /etc/motd /etc/resolv.conf /etc/hostname')).stdout).toBe(
    'hello\nsearch lab\nnameserver 10.0.4.53\nclient\n',
  );
  expect((await world.run('sysctl -n net.ipv4.ip_default_ttl net.ipv4.ip_forward')).stdout).toBe('32\n1\n');
});

test('a knob or address that makes no sense is refused with its place', () => {
  expect(() => new HostWorld({ knobs: { 'net.nothing': '1' } })).toThrow(/net\.nothing=1: there is no such knob/);
  expect(() => new HostWorld({ knobs: { 'net.ipv4.ip_forward': 'x' } })).toThrow(/Invalid argument/);
});

test('a service runs from the start, and its output is in its log', async () => {
  const world = new HostWorld({ services: [{ name: 'beat', command: 'echo up; sleep 100' }] });
  await world.pass(1);
  expect((await world.run('cat /var/log/beat.log; ps')).stdout).toMatch(/^up\n[^]*sleep 100/);
  expect(world.host.serviceStates).toMatchObject([{ name: 'beat', status: undefined }]);
  world.host.dispose();
  await world.pass(0);
  expect(world.clock.pending).toBe(0);
});

test('a service that fails is reported, and whoever opens a shell is told', async () => {
  const world = new HostWorld({ services: [{ name: 'web', command: 'nosuch -p 80' }] });
  await world.pass(1);
  expect(world.reports).toMatchObject([{ kind: 'service-ended', service: { name: 'web', status: 127 } }]);
  expect((await world.openTerminal(100).screen()).join('\n')).toContain('Service web has ended with status 127');
  expect((await world.run('cat /var/log/web.log')).stdout).toBe('nosuch: command not found\n');
});

test('a service’s log keeps its newest part', async () => {
  const world = new HostWorld({ services: [{ name: 'loud', command: 'yes | head -c 600000; echo last' }] });
  await world.pass(1000);
  const { stdout } = await world.run('wc -c < /var/log/loud.log; tail -n 1 /var/log/loud.log');
  expect(Number(stdout.split('\n')[0])).toBeLessThanOrEqual(256 * 1024);
  expect(stdout.split('\n')[1]).toBe('last');
});

test('a host that is gone runs nothing', async () => {
  const world = new HostWorld();
  world.host.dispose();
  await expect(world.run('true')).rejects.toMatchObject({ code: 'host-down' });
});
