// Small messages and short connections over TCP: between two of our stacks, through node:net on loopback, and the least
// work with the same frames.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { TcpSocket } from '../../src/stack/sockets.ts';
import { checksum } from '../../src/stack/wire/checksum.ts';
import { secondsOf } from './measure.ts';
import { receiverAddress, twoStacks, type TwoStacks } from './two-stacks.ts';

/** Bytes of a small message. */
export const messageBytes = 64;
const message = new Uint8Array(messageBytes).fill(7);
/** Ethernet, IPv4 and TCP headers with timestamps. */
const frameHeaderBytes = 66;

/** One connection between our stacks, its server's side made by `serve`. */
async function withConnection<T>(
  serve: (socket: TcpSocket) => void,
  use: (client: TcpSocket, stacks: TwoStacks) => Promise<T>,
): Promise<T> {
  const stacks = twoStacks(1500);
  listenAt(stacks, serve);
  const client = await new Promise<TcpSocket>((resolve, reject) => {
    const handlers = { established: () => resolve(socket), closed: reject };
    const socket = stacks.sender.connectTcp({ address: receiverAddress, port: 80 }, { handlers, noDelay: true });
  });
  const result = await use(client, stacks);
  stacks.dispose();
  return result;
}

function listenAt(stacks: TwoStacks, serve: (socket: TcpSocket) => void): void {
  const listener = stacks.receiver.listenTcp({
    port: 80,
    backlog: 1024,
    acceptable: () => {
      for (let socket = listener.accept(); socket !== undefined; socket = listener.accept()) serve(socket);
    },
  });
}

/** Round trips per second of small messages, one at a time. */
export function roundTripsBetweenStacks(count: number): Promise<number> {
  const atServer = new Uint8Array(messageBytes);
  const echo = (socket: TcpSocket): void => {
    socket.setNoDelay(true);
    socket.handlers = {
      readable: () => {
        for (let size = socket.receiveInto(atServer); size > 0; size = socket.receiveInto(atServer)) {
          socket.send(atServer.subarray(0, size));
        }
      },
    };
  };
  return withConnection(echo, async (client) => {
    const atClient = new Uint8Array(messageBytes);
    const seconds = await secondsOf(
      () =>
        new Promise<void>((resolve, reject) => {
          let left = count;
          let received = 0;
          const readable = (): void => {
            received += client.receiveInto(atClient);
            if (received < messageBytes) return;
            received = 0;
            left -= 1;
            if (left === 0) resolve();
            else client.send(message);
          };
          client.handlers = { readable, closed: reject };
          client.send(message);
        }),
    );
    return count / seconds;
  });
}

async function listening(serve: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer({ noDelay: true }, serve);
  server.listen(0, '127.0.0.1', 1024);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { server, port };
}

const closed = (server: Server): Promise<unknown> => new Promise((resolve) => server.close(resolve));

export async function roundTripsOverNodeNet(count: number): Promise<number> {
  const { server, port } = await listening((socket) => socket.on('data', (bytes) => socket.write(bytes)));
  const client = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(client, 'connect');
  const seconds = await secondsOf(
    () =>
      new Promise<void>((resolve, reject) => {
        let left = count;
        let received = 0;
        client.on('data', (bytes) => {
          received += bytes.length;
          if (received < messageBytes) return;
          received = 0;
          left -= 1;
          if (left === 0) resolve();
          else client.write(message);
        });
        client.on('error', reject);
        client.write(message);
      }),
  );
  client.destroy();
  await closed(server);
  return count / seconds;
}

/** Copies and sums `frames` frames of `payloadBytes` for each thing; things per second. */
export async function framesFloor(count: number, frames: number, payloadBytes: number): Promise<number> {
  const source = new Uint8Array(payloadBytes).fill(7);
  const target = new Uint8Array(payloadBytes);
  let sum = 0;
  const seconds = await secondsOf(() => {
    for (let each = 0; each < count * frames; each += 1) {
      const frame = new Uint8Array(frameHeaderBytes + payloadBytes);
      frame.set(source, frameHeaderBytes);
      sum += checksum(frame, 0, frame.length) + checksum(frame, 0, frame.length);
      target.set(frame.subarray(frameHeaderBytes));
    }
  });
  if (!(sum > 0)) throw new Error('nothing was summed');
  return count / seconds;
}

/** Connections per second that are opened, accepted and closed by both sides, `abreast` at a time. */
export async function connectionsBetweenStacks(count: number, abreast: number): Promise<number> {
  const stacks = twoStacks(1500);
  stacks.sender.writeKnob('net.ipv4.ip_local_port_range', '1024 65535');
  listenAt(stacks, (socket) => {
    socket.handlers = { peerFinished: () => socket.close() };
    if (socket.endOfStream) socket.close();
  });
  const seconds = await secondsOf(() =>
    inLanes(count, abreast, (done, fail) => {
      const handlers = {
        established: () => socket.close(),
        closed: (reason?: Error) => (reason === undefined ? done() : fail(reason)),
      };
      const socket = stacks.sender.connectTcp({ address: receiverAddress, port: 80 }, { handlers });
    }),
  );
  stacks.dispose();
  return count / seconds;
}

export async function connectionsOverNodeNet(count: number, abreast: number): Promise<number> {
  const { server, port } = await listening((socket) => {
    socket.resume();
    socket.on('error', () => undefined);
  });
  const seconds = await secondsOf(() =>
    inLanes(count, abreast, (done, fail) => {
      const client = connect(port, '127.0.0.1', () => client.end());
      client.resume();
      client.on('error', fail);
      client.on('close', done);
    }),
  );
  await closed(server);
  return count / seconds;
}

/** Does `count` things, `abreast` at any time. */
function inLanes(
  count: number,
  abreast: number,
  start: (done: () => void, fail: (reason: Error) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let begun = 0;
    let ended = 0;
    const next = (): void => {
      if (begun >= count) return;
      begun += 1;
      start(() => {
        ended += 1;
        if (ended === count) resolve();
        else next();
      }, reject);
    };
    for (let lane = 0; lane < Math.min(abreast, count); lane += 1) next();
  });
}

/** Bytes of memory that one idle connection costs, both of its ends together. */
export async function idleBytesBetweenStacks(count: number): Promise<number> {
  const stacks = twoStacks(1500);
  stacks.sender.writeKnob('net.ipv4.ip_local_port_range', '1024 65535');
  const servers: TcpSocket[] = [];
  const everyoneAccepted = Promise.withResolvers<void>();
  listenAt(stacks, (socket) => {
    if (servers.push(socket) === count) everyoneAccepted.resolve();
  });
  const before = usedBytes();
  const clients: TcpSocket[] = [];
  await inLanes(count, 64, (done, fail) => {
    const handlers = { established: done, closed: () => fail(new Error('a connection has ended')) };
    clients.push(stacks.sender.connectTcp({ address: receiverAddress, port: 80 }, { handlers }));
  });
  await everyoneAccepted.promise;
  const used = usedBytes() - before;
  if (clients.length !== count) throw new Error('the clients must live until here');
  stacks.dispose();
  return used / count;
}

export async function idleBytesOverNodeNet(count: number): Promise<number> {
  const servers: Socket[] = [];
  const everyoneAccepted = Promise.withResolvers<void>();
  const { server, port } = await listening((socket) => {
    if (servers.push(socket) === count) everyoneAccepted.resolve();
  });
  const before = usedBytes();
  const clients: Socket[] = [];
  await inLanes(count, 64, (done, fail) => {
    clients.push(connect(port, '127.0.0.1', done).on('error', fail));
  });
  await everyoneAccepted.promise;
  const used = usedBytes() - before;
  for (const socket of [...clients, ...servers]) socket.destroy();
  await closed(server);
  return used / count;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // the flag puts it into contexts that are made from now on

/** Bytes on V8's heap and in buffers, after a collection; the kernel's part is not in it. */
function usedBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
