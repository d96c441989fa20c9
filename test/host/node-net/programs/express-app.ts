// express, unchanged, on our sockets: routes, JSON bodies, a fetch by `http` from the same host.
import assert from 'node:assert';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';

const app = express();
app.use(express.json());
app.post('/sum', (request, response) => {
  const { terms } = request.body as { terms: number[] };
  response.json({ sum: terms.reduce((sum, term) => sum + term, 0), from: request.socket.remoteAddress });
});
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  const headers = { 'content-type': 'application/json' };
  const request = http.request({ port, host: '127.0.0.1', path: '/sum', method: 'POST', headers }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => (body += text));
    response.on('end', () => {
      assert.deepEqual(JSON.parse(body), { sum: 6, from: '127.0.0.1' });
      assert.deepEqual(
        process.getActiveResourcesInfo().filter((each) => each.startsWith('TCP')),
        [],
      );
      server.close();
      console.log('express answered');
    });
  });
  request.end(JSON.stringify({ terms: [1, 2, 3] }));
});
