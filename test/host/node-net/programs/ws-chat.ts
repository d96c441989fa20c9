// ws, unchanged, on our sockets: text both ways, a binary message larger than any buffer, an orderly close.
import assert from 'node:assert';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

const large = Buffer.alloc(1_500_000, 'ackademy');
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => {
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}/`);
  client.on('open', () => client.send('hello'));
  client.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) {
      assert.equal(data.toString(), 'hello to you');
      client.send(large);
      return;
    }
    assert.ok(data.equals(large));
    const native = process.getActiveResourcesInfo().filter((each) => each.startsWith('TCP'));
    assert.deepEqual(native, []);
    client.close(1000, 'done');
  });
});
server.on('connection', (socket) => {
  socket.on('message', (data: Buffer, isBinary) => socket.send(isBinary ? data : `${data.toString()} to you`));
  socket.on('close', (code, reason) => {
    assert.deepEqual([code, reason.toString()], [1000, 'done']);
    server.close();
    console.log('ws chatted');
  });
});
