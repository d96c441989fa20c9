// `node:dgram`, `node:dns` and `node:http` between two lab hosts in virtual time.
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createNodeNet, type NodeNet } from '../../../src/host/node-net/node-net.ts';
import { NetWorld } from '../../support/net-world.ts';

interface Hosts {
  readonly world: NetWorld;
  readonly near: NodeNet;
  readonly far: NodeNet;
}

const zone = {
  origin: 'lab',
  defaultTtl: 300,
  records: [
    '@ IN SOA ns root 1 3600 600 86400 60',
    '@ IN NS ns',
    '@ IN MX 10 ns',
    'ns IN A 10.0.0.2',
    'www IN A 10.0.0.2',
    'www IN TXT "hello" "world"',
    'alias IN CNAME www',
  ],
};

function hosts(): Hosts {
  const world = new NetWorld();
  const wire = world.wire();
  const client = world.host('client', { eth0: { wire, addresses: ['10.0.0.1/24'] } }, { nameservers: ['10.0.0.2'] });
  const server = world.host(
    'server',
    { eth0: { wire, addresses: ['10.0.0.2/24'] } },
    { zones: [zone], services: [{ name: 'named', command: 'named' }] },
  );
  return { world, near: createNodeNet(client.host.services), far: createNodeNet(server.host.services) };
}

test('datagrams go both ways, with who sent them', async () => {
  const { world, near, far } = hosts();
  const echo = far.dgram.createSocket('udp4', (message, from) => echo.send(message, from.port, from.address));
  echo.bind(7);
  await world.finish(once(echo, 'listening'));
  const socket = near.dgram.createSocket('udp4');
  socket.send(['he', Buffer.from('llo')], 7, '10.0.0.2');
  const [message, from] = (await world.finish(once(socket, 'message'))) as [Buffer, object];
  expect(message.toString()).toBe('hello');
  expect(from).toEqual({ address: '10.0.0.2', family: 'IPv4', port: 7, size: 5 });
});

test('a connected socket sends without an address, and disconnects', async () => {
  const { world, near, far } = hosts();
  const sink = far.dgram.createSocket('udp4').bind(9);
  const socket = near.dgram.createSocket('udp4');
  socket.connect(9, '10.0.0.2');
  await world.finish(once(socket, 'connect'));
  expect(socket.remoteAddress()).toEqual({ address: '10.0.0.2', family: 'IPv4', port: 9 });
  socket.send('x');
  await world.finish(once(sink, 'message'));
  socket.disconnect();
  expect(() => socket.remoteAddress()).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_DGRAM_NOT_CONNECTED' }));
});

test('a connected socket is told that nobody listens', async () => {
  const { world, near } = hosts();
  const socket = near.dgram.createSocket('udp4');
  socket.connect(9, '10.0.0.2', () => socket.send('x'));
  const failure = new Promise<unknown>((resolve) => void socket.once('error', resolve));
  expect(await world.finish(failure)).toMatchObject({ message: 'recvmsg ECONNREFUSED', code: 'ECONNREFUSED' });
});

test('a port in use, broadcast without leave, and groups are refused', async () => {
  const { world, near } = hosts();
  const first = near.dgram.createSocket('udp4').bind(53);
  await world.finish(once(first, 'listening'));
  const second = near.dgram.createSocket('udp4').bind(53);
  const [error] = (await world.finish(
    new Promise<unknown[]>((resolve) => void second.once('error', (...all) => resolve(all))),
  )) as [unknown];
  expect(error).toMatchObject({ message: 'bind EADDRINUSE 0.0.0.0:53', code: 'EADDRINUSE', syscall: 'bind' });
  const sent = new Promise<unknown>((resolve) => void first.send('x', 9, '255.255.255.255', resolve));
  expect(await world.finish(sent)).toMatchObject({ code: 'EACCES', syscall: 'send' });
  expect(() => first.addMembership('224.0.0.251')).toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
});

test('dns asks the host’s own name server', async () => {
  const { world, near } = hosts();
  const { promises } = near.dns;
  expect(await world.finish(promises.lookup('www.lab'))).toEqual({ address: '10.0.0.2', family: 4 });
  expect(await world.finish(promises.lookup('10.9.8.7', { all: true }))).toEqual([{ address: '10.9.8.7', family: 4 }]);
  expect(await world.finish(promises.resolve4('alias.lab', { ttl: true }))).toEqual([
    { address: '10.0.0.2', ttl: 300 },
  ]);
  expect(await world.finish(promises.resolveTxt('www.lab'))).toEqual([['hello', 'world']]);
  expect(await world.finish(promises.resolveMx('lab'))).toEqual([{ exchange: 'ns.lab', priority: 10 }]);
  await expect(world.finish(promises.resolve4('no.lab'))).rejects.toMatchObject({
    message: 'queryA ENOTFOUND no.lab',
    code: 'ENOTFOUND',
    syscall: 'queryA',
    hostname: 'no.lab',
  });
  await expect(world.finish(promises.resolve6('www.lab'))).rejects.toMatchObject({ code: 'ENODATA' });
  await expect(world.finish(promises.lookup('no.lab'))).rejects.toMatchObject({
    message: 'getaddrinfo ENOTFOUND no.lab',
    code: 'ENOTFOUND',
  });
});

test('http keeps one connection for two requests of an agent', async () => {
  const { world, near, far } = hosts();
  const ports = new Set<number | undefined>();
  const server = far.http.createServer((request, response) => {
    ports.add(request.socket.remotePort);
    request.pipe(response);
  });
  server.listen(80);
  await world.finish(once(server, 'listening'));
  const agent = new near.http.Agent({ keepAlive: true });
  const post = async (body: string): Promise<string> => {
    const request = near.http.request({ host: '10.0.0.2', method: 'POST', agent });
    request.end(body);
    const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>];
    let text = '';
    for await (const bytes of response) text += bytes.toString();
    return text;
  };
  expect(await world.finish(post('one'))).toBe('one');
  expect(await world.finish(post('two'))).toBe('two');
  expect(ports.size).toBe(1);
  agent.destroy();
});
