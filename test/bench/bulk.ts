// Bulk TCP between two of our stacks in one process, beside node:net over loopback and beside the least that any stack
// must do with the same bytes: copy each payload in, sum it twice, copy it out.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import type { TcpSocket } from '../../src/stack/sockets.ts';
import type { Stack } from '../../src/stack/stack.ts';
import { checksum } from '../../src/stack/wire/checksum.ts';
import { secondsOf } from './measure.ts';
import { receiverAddress, twoStacks } from './two-stacks.ts';

const chunk = new Uint8Array(65_536).map((_, index) => index * 7);
/** IPv4 and TCP headers with timestamps, in bytes. */
export const headerBytes = 52;

const gigabits = (bytes: number, seconds: number): number => (bytes * 8) / seconds / 1e9;

/** Gbit/s from one stack to another at `mtu`. */
export async function bulkBetweenStacks(mtu: number, bulkBytes: number): Promise<number> {
  const { sender, receiver, dispose } = twoStacks(mtu);
  const seconds = await secondsOf(() => transfer(sender, receiver, bulkBytes));
  dispose();
  return gigabits(bulkBytes, seconds);
}

/** Resolves when the receiver has read the last byte. */
function transfer(sender: Stack, receiver: Stack, bulkBytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = 0;
    const target = new Uint8Array(65_536);
    const read = (socket: TcpSocket): void => {
      for (let count = socket.receiveInto(target); count > 0; count = socket.receiveInto(target)) received += count;
      if (received >= bulkBytes) resolve();
    };
    const listener = receiver.listenTcp({
      port: 80,
      acceptable: () => {
        const socket = listener.accept();
        if (socket === undefined) return;
        socket.handlers = { readable: () => read(socket), closed: reject };
        read(socket);
      },
    });
    let sent = 0;
    const write = (): void => {
      while (sent < bulkBytes) {
        const wanted = Math.min(chunk.length, bulkBytes - sent);
        const taken = socket.send(wanted === chunk.length ? chunk : chunk.subarray(0, wanted));
        sent += taken;
        if (taken < wanted) return;
      }
    };
    const handlers = { established: write, writable: write, closed: reject };
    const socket = sender.connectTcp({ address: receiverAddress, port: 80 }, { handlers });
  });
}

/** Gbit/s through two sockets of node:net on loopback. */
export async function bulkOverNodeNet(bulkBytes: number): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const seconds = await secondsOf(async () => {
    const client = connect(port, '127.0.0.1');
    let sent = 0;
    const write = (): void => {
      while (sent < bulkBytes) {
        const wanted = Math.min(chunk.length, bulkBytes - sent);
        sent += wanted;
        if (!client.write(chunk.subarray(0, wanted))) break;
      }
      if (sent >= bulkBytes) client.end();
    };
    client.on('connect', write);
    client.on('drain', write);
    await new Promise<void>((resolve, reject) => {
      client.on('error', reject);
      server.on('connection', (socket) => {
        let received = 0;
        socket.on('data', (bytes) => {
          received += bytes.length;
          if (received >= bulkBytes) resolve();
        });
        socket.on('error', reject);
      });
    });
    client.destroy();
  });
  await new Promise((resolve) => server.close(resolve));
  return gigabits(bulkBytes, seconds);
}

/** Gbit/s of copying and summing. `reused`: always the same frame, which stays in the processor's cache; else a new one per payload, as on a real wire. */
export async function bulkFloor(payloadBytes: number, reused: boolean, bulkBytes: number): Promise<number> {
  const source = chunk.subarray(0, payloadBytes);
  const target = new Uint8Array(payloadBytes);
  let frame = new Uint8Array(payloadBytes);
  let sum = 0;
  const seconds = await secondsOf(() => {
    for (let done = 0; done < bulkBytes; done += payloadBytes) {
      if (!reused) frame = new Uint8Array(payloadBytes);
      frame.set(source);
      sum += checksum(frame, 0, payloadBytes, 0);
      sum += checksum(frame, 0, payloadBytes, 0);
      target.set(frame);
    }
  });
  if (!(sum > 0)) throw new Error('nothing was summed');
  return gigabits(bulkBytes, seconds);
}
