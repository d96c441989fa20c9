// A program ends when nothing it refers to is open: an unreferenced listener and a closed connection hold nothing.
import net, { type AddressInfo } from 'node:net';

const server = net.createServer((socket) => socket.end('bye'));
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  net
    .connect(port, '127.0.0.1')
    .on('close', () => server.unref())
    .resume();
});
process.on('exit', () => console.log(`ended, listening ${server.listening}`));
