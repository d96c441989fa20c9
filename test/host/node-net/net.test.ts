// `node:net` between two lab hosts in virtual time: what Node's documents promise, on our stack.
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createNodeNet, type NodeNet } from '../../../src/host/node-net/node-net.ts';
import { NetWorld } from '../../support/net-world.ts';

interface Pair {
  readonly world: NetWorld;
  readonly client: NodeNet;
  readonly server: NodeNet;
}

function pair(): Pair {
  const world = new NetWorld();
  const wire = world.wire();
  const files = { '/etc/hosts': '10.0.0.2 server\n' };
  const one = world.host('client', { eth0: { wire, addresses: ['10.0.0.1/24'] } }, { files }).host;
  const two = world.host('server', { eth0: { wire, addresses: ['10.0.0.2/24'] } }).host;
  const clock = world.clock;
  return { world, client: createNodeNet(one.services, { clock }), server: createNodeNet(two.services, { clock }) };
}

async function listening(server: Server, ...args: [object] | [number]): Promise<number> {
  server.listen(...(args as [number]));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A connection from the client host to a server that allows half-open ones, with both ends. */
async function connected(hosts: Pair, options: object = {}): Promise<{ near: Socket; far: Socket; server: Server }> {
  const server = hosts.server.net.createServer({ allowHalfOpen: true });
  const port = await listening(server, 0);
  const near = hosts.client.net.connect({ host: '10.0.0.2', port, ...options });
  const [[far]] = (await hosts.world.finish(Promise.all([once(server, 'connection'), once(near, 'connect')]))) as [
    [Socket],
    unknown,
  ];
  return { near, far, server };
}

function failureOf(socket: Socket | Server): Promise<unknown> {
  return new Promise((resolve) => void socket.once('error', resolve));
}

test('a connection has the addresses of both hosts, by name too', async () => {
  const hosts = pair();
  const server = hosts.server.net.createServer();
  const port = await listening(server, { port: 8080, host: '10.0.0.2' });
  const near = hosts.client.net.connect({ port, host: 'server' });
  expect([near.connecting, near.pending, near.readyState]).toEqual([true, true, 'opening']);
  const [far] = (await hosts.world.finish(once(server, 'connection'))) as [Socket];
  expect(far).toBeInstanceOf(hosts.server.net.Socket);
  expect([far.remoteAddress, far.remoteFamily, far.localAddress, far.localPort]).toEqual([
    '10.0.0.1',
    'IPv4',
    '10.0.0.2',
    8080,
  ]);
  expect(near.address()).toEqual({ address: '10.0.0.1', family: 'IPv4', port: far.remotePort });
  expect([near.remoteAddress, near.remotePort, near.readyState]).toEqual(['10.0.0.2', 8080, 'open']);
});

test('after end() the other side may still speak, and both close without an error', async () => {
  const hosts = pair();
  const { near, far } = await connected(hosts, { allowHalfOpen: true });
  const order: string[] = [];
  far.on('end', () => far.end('answer'));
  far.resume();
  near.on('finish', () => order.push('near finished'));
  near.on('data', (bytes: Buffer) => order.push(bytes.toString()));
  near.on('end', () => order.push('near ended'));
  near.end('question');
  await hosts.world.finish(Promise.all([once(near, 'close'), once(far, 'close')]));
  expect(order).toEqual(['near finished', 'answer', 'near ended']);
  expect([near.bytesWritten, near.bytesRead, far.bytesRead]).toEqual([8, 6, 8]);
});

test('a reader that pauses holds the writer back, and every byte arrives in the end', async () => {
  const hosts = pair();
  const { near, far } = await connected(hosts);
  const sent = Buffer.alloc(3_000_000, 'abcdefg');
  expect(near.write(sent)).toBe(false);
  let drained = false;
  near.once('drain', () => {
    drained = true;
    near.end();
  });
  await hosts.world.finish(new Promise<void>((resolve) => void hosts.world.clock.schedule(5000, resolve)));
  expect(drained).toBe(false);
  expect(near.writableLength).toBe(sent.length);
  const received: Buffer[] = [];
  far.on('data', (bytes: Buffer) => received.push(bytes));
  await hosts.world.finish(once(far, 'end'));
  expect(drained).toBe(true);
  expect(Buffer.concat(received).equals(sent)).toBe(true);
});

test('the end comes in a turn of its own, after what the last bytes have put off by a tick', async () => {
  const hosts = pair();
  const { near, far } = await connected(hosts);
  const order: string[] = [];
  near.on('data', () => {
    order.push('data');
    process.nextTick(() => process.nextTick(() => order.push('two ticks')));
  });
  near.on('end', () => order.push('end'));
  far.end('bytes and FIN');
  await hosts.world.finish(once(near, 'end'));
  expect(order).toEqual(['data', 'two ticks', 'end']);
});

test('a port where nobody listens refuses, in the words of Node', async () => {
  const hosts = pair();
  const socket = hosts.client.net.connect(81, '10.0.0.2');
  expect(await hosts.world.finish(failureOf(socket))).toMatchObject({
    message: 'connect ECONNREFUSED 10.0.0.2:81',
    code: 'ECONNREFUSED',
    errno: -111,
    syscall: 'connect',
    address: '10.0.0.2',
    port: 81,
  });
});

test('a neighbour that does not exist is unreachable, a network without a route at once', async () => {
  const hosts = pair();
  const missing = hosts.client.net.connect(80, '10.0.0.9');
  expect(await hosts.world.finish(failureOf(missing))).toMatchObject({ code: 'EHOSTUNREACH', syscall: 'connect' });
  const beyond = hosts.client.net.connect(80, '192.0.2.1');
  expect(await hosts.world.finish(failureOf(beyond))).toMatchObject({
    message: 'connect ENETUNREACH 192.0.2.1:80 - Local (0.0.0.0:0)',
    code: 'ENETUNREACH',
  });
});

test('a port that is taken, and an address that is not ours, cannot be listened on', async () => {
  const hosts = pair();
  const { net } = hosts.server;
  const port = await listening(net.createServer(), { port: 80, host: '10.0.0.2' });
  const second = net.createServer().listen(port, '10.0.0.2');
  expect(await failureOf(second)).toMatchObject({
    message: 'listen EADDRINUSE: address already in use 10.0.0.2:80',
    code: 'EADDRINUSE',
    errno: -98,
    syscall: 'listen',
    address: '10.0.0.2',
    port: 80,
  });
  const foreign = net.createServer().listen(80, '10.0.0.7');
  expect(await failureOf(foreign)).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'listen', address: '10.0.0.7' });
});

test('resetAndDestroy() is a reset for the peer', async () => {
  const hosts = pair();
  const { near, far } = await connected(hosts);
  far.resume();
  near.resetAndDestroy();
  expect(await hosts.world.finish(failureOf(far))).toMatchObject({
    message: 'read ECONNRESET',
    code: 'ECONNRESET',
    errno: -104,
    syscall: 'read',
  });
});

test('setTimeout() counts the idle time of the host’s clock, from the last byte', async () => {
  const hosts = pair();
  const { near, far } = await connected(hosts);
  const { clock } = hosts.world;
  near.setTimeout(1000);
  near.resume();
  const startMs = clock.now();
  clock.schedule(600, () => far.write('still here'));
  await hosts.world.finish(once(near, 'timeout'));
  expect(clock.now() - startMs).toBeGreaterThan(1590);
  expect(clock.now() - startMs).toBeLessThan(1700);
});

test('a signal aborts a connection and a listener', async () => {
  const hosts = pair();
  const controller = new AbortController();
  const { near } = await connected(hosts, { signal: controller.signal });
  const server = hosts.server.net.createServer();
  await listening(server, { port: 0, signal: controller.signal });
  const failed = failureOf(near);
  const closed = once(server, 'close');
  controller.abort();
  expect(await hosts.world.finish(failed)).toMatchObject({ name: 'AbortError' });
  await hosts.world.finish(closed);
});

test('a server drops what is over maxConnections and what its block list names', async () => {
  const hosts = pair();
  const { net } = hosts.server;
  const server = net.createServer();
  server.maxConnections = 0;
  const port = await listening(server, 0);
  hosts.client.net.connect(port, '10.0.0.2').on('error', () => undefined);
  const [dropped] = await hosts.world.finish(once(server, 'drop'));
  expect(dropped).toMatchObject({ remoteAddress: '10.0.0.1', remoteFamily: 'IPv4' });
  const blockList = new net.BlockList();
  blockList.addAddress('10.0.0.1');
  const guarded = net.createServer({ blockList });
  const guardedPort = await listening(guarded, 0);
  let connections = 0;
  guarded.on('connection', () => (connections += 1));
  const socket = hosts.client.net.connect(guardedPort, '10.0.0.2').on('error', () => undefined);
  await hosts.world.finish(once(socket.resume(), 'close'));
  expect(connections).toBe(0);
});

test('Happy Eyeballs goes on to the next address', async () => {
  const hosts = pair();
  const server = hosts.server.net.createServer();
  const port = await listening(server, 0);
  const attempts: string[] = [];
  const lookup = (_name: string, _options: object, done: (error: null, all: object[]) => void): void =>
    process.nextTick(done, null, [
      { address: '2001:db8::1', family: 6 },
      { address: '10.0.0.2', family: 4 },
    ]);
  const options = { host: 'two.example', port, autoSelectFamily: true, lookup: lookup as never };
  const socket = hosts.client.net.connect(options);
  socket.on('connectionAttempt', (address: string) => attempts.push(address));
  await hosts.world.finish(once(socket, 'connect'));
  expect(attempts).toEqual(['2001:db8::1', '10.0.0.2']);
  expect(socket.autoSelectFamilyAttemptedAddresses).toEqual([`2001:db8::1:${port}`, `10.0.0.2:${port}`]);
  expect(socket.remoteAddress).toBe('10.0.0.2');
});

test('old-style and new-style heirs of Socket and Server work', async () => {
  const { client, server } = pair();
  class Heir extends client.net.Socket {}
  const heir = new Heir();
  expect(heir).toBeInstanceOf(client.net.Socket);
  expect(new client.net.Socket()).not.toBeInstanceOf(Heir);
  expect((server.net.Server as unknown as () => Server)()).toBeInstanceOf(server.net.Server);
  expect(() => heir.connect({ port: 70_000 })).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_BAD_PORT' }));
});

test('close() waits for the connections, and says so when it was not listening', async () => {
  const hosts = pair();
  const { near, far, server } = await connected(hosts);
  let isClosed = false;
  server.close(() => (isClosed = true));
  await hosts.world.finish(new Promise<void>((resolve) => void hosts.world.clock.schedule(100, resolve)));
  expect(isClosed).toBe(false);
  expect(server.listening).toBe(false);
  far.end().resume();
  near.resume();
  await hosts.world.finish(once(server, 'close'));
  const again = new Promise<unknown>((resolve) => void server.close(resolve));
  expect(await again).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' });
});
