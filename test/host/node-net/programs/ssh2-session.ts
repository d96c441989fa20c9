// ssh2, unchanged, on our sockets: key exchange, password, a command with output and exit status.
import assert from 'node:assert';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type ssh2Types from 'ssh2';

const ssh2 = createRequire(import.meta.url)('ssh2') as typeof ssh2Types;
const { private: hostKey } = ssh2.utils.generateKeyPairSync('ed25519');
const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
  client.on('authentication', (context) => {
    if (context.method === 'password' && context.password === 'secret') context.accept();
    else context.reject(['password']);
  });
  client.on('session', (accept) => {
    accept().on('exec', (acceptExec, _reject, { command }) => {
      const stream = acceptExec();
      stream.write(`ran ${command}`);
      stream.exit(7);
      stream.end();
    });
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  const client = new ssh2.Client();
  client.on('ready', () => {
    client.exec('uptime', (error, stream) => {
      assert.ifError(error);
      let output = '';
      stream.on('data', (bytes: Buffer) => (output += bytes.toString()));
      stream.on('close', (status: number) => {
        assert.deepEqual([output, status], ['ran uptime', 7]);
        const native = process.getActiveResourcesInfo().filter((each) => each.startsWith('TCP'));
        assert.deepEqual(native, []);
        client.end();
        server.close();
        console.log('ssh2 ran a command');
      });
    });
  });
  client.connect({ host: '127.0.0.1', port, username: 'student', password: 'secret' });
});
