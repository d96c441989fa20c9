// Node's own https and tls, unchanged, on our sockets, with a shared key in place of certificates.
import assert from 'node:assert';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';

const psk = Buffer.alloc(16, 7);
const shared = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;
const pskCallback = (): { psk: Buffer; identity: string } => ({ psk, identity: 'student' });
const client = { ...shared, pskCallback, checkServerIdentity: () => undefined, host: '127.0.0.1' };

const server = https.createServer({ ...shared, pskCallback: () => psk }, (request, response) => {
  assert.ok(request.socket instanceof tls.TLSSocket);
  response.end(`secret ${request.url}`);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  https.get({ ...client, port, path: '/a', agent: false }, (response) => {
    response.on('data', (bytes: Buffer) => assert.equal(bytes.toString(), 'secret /a'));
    response.on('end', () => {
      server.close();
      throughTls();
    });
  });
});

function throughTls(): void {
  const echo = tls.createServer({ ...shared, pskCallback: () => psk }, (socket) => socket.pipe(socket));
  echo.listen(0, '127.0.0.1', () => {
    const { port } = echo.address() as AddressInfo;
    const large = Buffer.alloc(300_000, 'x');
    let received = 0;
    const socket = tls.connect({ ...client, port }, () => socket.end(large));
    socket.on('data', (bytes: Buffer) => (received += bytes.length));
    socket.on('end', () => {
      assert.equal(received, large.length);
      assert.deepEqual(
        process.getActiveResourcesInfo().filter((each) => each.startsWith('TCP')),
        [],
      );
      echo.close();
      console.log('tls kept the secret');
    });
  });
}
