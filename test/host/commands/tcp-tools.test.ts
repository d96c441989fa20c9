// curl, httpd, nc, ss, telnet and the echo service over real TCP.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { randomBytes, seededRandom } from '../../../src/base/random.ts';
import { Pipe } from '../../../src/host/shell/pipe.ts';
import { smallLab, type Program, type SmallLab } from '../../support/net-world.ts';

let lab: SmallLab;

beforeEach(async () => {
  lab = await smallLab();
  await lab.client.run('ping -c 1 server'); // names and neighbors are known
});

afterEach(async () => expect(await lab.world.end()).toEqual([]));

/** Starts a program on the server and lets it get ready. */
async function onServer(line: string): Promise<Program> {
  const program = lab.server.start(line);
  await lab.world.pass(10);
  return program;
}

describe('curl and httpd', () => {
  test('say Hello, world, and the log says so', async () => {
    const server = await onServer('httpd');
    expect(await lab.client.run('curl -s http://server/')).toEqual({ status: 0, stdout: 'Hello, world\n', stderr: '' });
    expect(server.stdout).toBe('10.0.1.2 - - [01/Jan/2026:00:00:03 +0000] "GET / HTTP/1.1" 200 13\n');
  });

  test('show the dialogue with -v', async () => {
    await onServer('httpd -p 8090');
    const { stdout, stderr } = await lab.client.run('curl -sv server:8090/');
    expect(stdout).toBe('Hello, world\n');
    expect(stderr).toBe(
      [
        '*   Trying 10.0.2.2:8090...',
        '* Connected to server (10.0.2.2) port 8090 (#0)',
        '> GET / HTTP/1.1',
        '> Host: server:8090',
        '> User-Agent: curl/7.88.1',
        '> Accept: */*',
        '> ',
        '< HTTP/1.1 200 OK',
        '< Date: Thu, 01 Jan 2026 00:00:03 GMT',
        '< Server: ackademy',
        '< Content-Type: text/plain; charset=utf-8',
        '< Content-Length: 13',
        '< Connection: keep-alive',
        '< ',
        '{ [13 bytes data]',
        '* Connection #0 to host server left intact',
        '',
      ].join('\n'),
    );
  });

  test('serve files, and only those below the folder', async () => {
    await lab.server.run('echo "<h1>hi</h1>" > /var/www/index.html; echo secret > /etc/secret');
    await onServer('httpd');
    const out = async (line: string): Promise<string> => (await lab.client.run(line)).stdout;
    expect(await out('curl -s server')).toBe('<h1>hi</h1>\n');
    expect(await out('curl -sI server/index.html')).toMatch(
      /^HTTP\/1\.1 200 OK\r\n.*Content-Type: text\/html; charset=utf-8\r\nContent-Length: 12\r\n.*\r\n\r\n$/s,
    );
    expect(await out('curl -s server/../etc/secret')).toBe('404 Not Found\n');
    expect(await out('curl -s server/%2e%2e/%2e%2e/etc/secret')).toBe('404 Not Found\n');
    expect(await out('curl -s -X DELETE server/')).toBe('405 Method Not Allowed\n');
    expect(await out('curl -s -d a=1 -d b=2 -H "X-One: 1" -H "X-Two: 2" server/echo')).toBe('a=1&b=2');
    expect(await out('curl -s -i server/none')).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  });

  test('carry a large file unharmed, to a file', async () => {
    const bytes = randomBytes(seededRandom('file'), new Uint8Array(1_000_000));
    lab.server.host.services.files.write('/var/www/big', bytes);
    await onServer('httpd -q');
    const { status, stderr } = await lab.client.run('curl -O http://server/big');
    expect(status).toBe(0);
    expect(stderr).toContain('% Total    % Received % Xferd');
    expect(lab.client.host.services.files.read('big')).toEqual(bytes);
  });

  test('several requests use one connection, several connections are served at once', async () => {
    await onServer('httpd');
    const request = String.raw`GET / HTTP/1.1\r\nHost: s\r\n\r\n`;
    const idle = lab.client.start('nc server 80');
    const { stdout } = await lab.client.run(
      `echo -ne '${request}${request}GET / HTTP/1.0\r\n\r\n' | nc -n 10.0.2.2 80`,
    );
    expect(stdout.match(/Hello, world/g)).toHaveLength(3);
    expect((await lab.client.run('curl -s server')).stdout).toBe('Hello, world\n');
    idle.kill();
    await lab.world.finish(idle.status);
  });

  test.each([
    ['nonsense', '400'],
    [String.raw`GET / HTTP/1.1\r\nbad field\r\n`, '400'],
    [String.raw`GET / HTTP/1.1\r\n`, '400'], // no Host
    [String.raw`POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 1, 2\r\n`, '400'],
  ])('%j is answered with %s and the end of the connection', async (request, status) => {
    await onServer('httpd');
    const { stdout } = await lab.client.run(`echo -ne '${request}\r\n\r\n' | nc server 80`);
    expect(stdout).toMatch(new RegExp(`^HTTP/1.1 ${status} .*Connection: close`, 's'));
  });

  test('a second server on the port is refused', async () => {
    await onServer('httpd');
    expect(await lab.server.run('httpd')).toMatchObject({
      status: 1,
      stderr: 'httpd: could not bind to port 80: Address already in use\n',
    });
  });

  test('times and codes come with -w', async () => {
    await onServer('httpd');
    const { stdout } = await lab.client.run(
      String.raw`curl -s -o /dev/null -w '%{http_code} %{size_download} %{time_connect} %{time_total}\n' server`,
    );
    expect(stdout).toBe('200 13 0.004000 0.008000\n');
  });
});

describe('curl ends', () => {
  test('with 6 for an unknown host', async () => {
    expect(await lab.client.run('curl http://nobody/')).toEqual({
      status: 6,
      stdout: '',
      stderr: 'curl: (6) Could not resolve host: nobody\n',
    });
  });

  test('with 7 where nobody listens', async () => {
    expect((await lab.client.run('curl -v http://server:81/')).stderr).toBe(
      [
        '*   Trying 10.0.2.2:81...',
        '* connect to 10.0.2.2 port 81 failed: Connection refused',
        "* Failed to connect to server port 81 after 4 ms: Couldn't connect to server",
        '* Closing connection 0',
        "curl: (7) Failed to connect to server port 81 after 4 ms: Couldn't connect to server",
        '',
      ].join('\n'),
    );
    expect((await lab.client.run('curl -s server:81')).status).toBe(7);
  });

  test('with 28 when a time limit is reached', async () => {
    lab.right.lose = () => true;
    expect(await lab.client.run('curl -sS --connect-timeout 2 http://10.0.2.2/')).toMatchObject({
      status: 28,
      stderr: 'curl: (28) Failed to connect to 10.0.2.2 port 80 after 2000 ms: Timeout was reached\n',
    });
    expect(await lab.client.run('curl -sS -m 1.5 http://10.0.2.2/')).toMatchObject({
      status: 28,
      stderr: 'curl: (28) Connection timed out after 1500 milliseconds\n',
    });
    lab.right.lose = () => false;
    await onServer('nc -l 80');
    expect(await lab.client.run('curl -sS -m 1 http://10.0.2.2/')).toMatchObject({
      status: 28,
      stderr: 'curl: (28) Operation timed out after 1000 milliseconds with 0 bytes received\n',
    });
  });

  test.each([
    ['', 52, 'curl: (52) Empty reply from server\n', ''],
    [
      String.raw`HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc`,
      18,
      'curl: (18) transfer closed with 7 bytes remaining to read\n',
      'abc',
    ],
    [
      String.raw`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`,
      18,
      'curl: (18) transfer closed with outstanding read data remaining\n',
      'abc',
    ],
    [
      String.raw`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: r\r\n\r\n`,
      0,
      '',
      'abcde',
    ],
    [String.raw`HTTP/1.0 200 OK\r\n\r\nuntil the end`, 0, '', 'until the end'],
    [String.raw`hello\r\n\r\n`, 1, 'curl: (1) Received HTTP/0.9 when not allowed\n', ''],
    [String.raw`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n`, 0, '', ''],
  ])('after %j with %i', async (response, status, stderr, stdout) => {
    await onServer(`echo -ne '${response}' | nc -l 80`);
    expect(await lab.client.run('curl -sS server')).toEqual({ status, stdout, stderr });
  });

  test('with 56 when the connection is reset', async () => {
    const listener = lab.server.host.stack.listenTcp({ port: 80, acceptable: () => listener.accept()?.abort() });
    expect(await lab.client.run('curl -sS server')).toEqual({
      status: 56,
      stdout: '',
      stderr: 'curl: (56) Recv failure: Connection reset by peer\n',
    });
  });

  test('with 22 for an HTTP error and -f, with 2 without a URL, with 1 for another protocol', async () => {
    await onServer('httpd');
    expect(await lab.client.run('curl -sSf server/none')).toEqual({
      status: 22,
      stdout: '',
      stderr: 'curl: (22) The requested URL returned error: 404\n',
    });
    expect((await lab.client.run('curl')).status).toBe(2);
    expect((await lab.client.run('curl https://server/')).stderr).toBe(
      'curl: (1) Protocol "https" not supported or disabled in libcurl\n',
    );
    expect((await lab.client.run('curl http://')).status).toBe(3);
  });

  test('somewhere else with -L', async () => {
    await onServer(
      String.raw`echo -ne 'HTTP/1.1 302 Found\r\nLocation: http://server:81/x\r\nContent-Length: 4\r\n\r\ngone' | nc -l 80`,
    );
    await onServer(String.raw`echo -ne 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere' | nc -l 81`);
    expect((await lab.client.run('curl -sL server')).stdout).toBe('here');
  });
});

describe('nc', () => {
  test('carries bytes both ways and half-closes', async () => {
    const server = await onServer("echo 'hello client' | nc -v -l 5000");
    expect(await lab.client.run("echo 'hello server' | nc -v server 5000")).toEqual({
      status: 0,
      stdout: 'hello client\n',
      stderr: 'Connection to server (10.0.2.2) 5000 port [tcp/*] succeeded!\n',
    });
    expect(await lab.world.finish(server.status)).toBe(0);
    expect(server.stdout).toBe('hello server\n');
    expect(server.stderr).toMatch(/^Listening on 0\.0\.0\.0 5000\nConnection received on client\.lab \d+\n$/);
  });

  test('is transparent to every byte', async () => {
    const bytes = randomBytes(seededRandom('nc'), new Uint8Array(300_000));
    const server = await onServer('nc -l 5000');
    await lab.client.run('nc server 5000', bytes);
    await lab.world.finish(server.status);
    expect(server.stdoutBytes).toEqual(bytes);
  });

  test('tells which ports are open', async () => {
    await onServer('httpd -p 80');
    expect(await lab.client.run('nc -zv server 79-81')).toEqual({
      status: 1,
      stdout: '',
      stderr: [
        'nc: connect to server (10.0.2.2) port 79 (tcp) failed: Connection refused',
        'Connection to server (10.0.2.2) 80 port [tcp/http] succeeded!',
        'nc: connect to server (10.0.2.2) port 81 (tcp) failed: Connection refused',
        '',
      ].join('\n'),
    });
    expect(await lab.client.run('nc server 81')).toEqual({ status: 1, stdout: '', stderr: '' });
  });

  test('gives up after -w', async () => {
    lab.right.lose = () => true;
    const startMs = lab.world.clock.now();
    expect((await lab.client.run('nc -v -w 2 10.0.2.2 80')).stderr).toBe(
      'nc: connect to 10.0.2.2 port 80 (tcp) timed out: Operation now in progress\n',
    );
    expect(lab.world.clock.now() - startMs).toBe(2000);
  });

  test('-k serves one after the other', async () => {
    const server = await onServer('nc -k -l 5000');
    await lab.client.run('echo one | nc server 5000');
    await lab.client.run('echo two | nc server 5000');
    expect(server.stdout).toBe('one\ntwo\n');
    server.kill();
    await lab.world.finish(server.status);
  });

  test('stays half-closed until both sides have finished', async () => {
    const server = await onServer('echo bye | nc -l 5000');
    const input = new Pipe();
    const client = lab.client.start('nc server 5000', input);
    await lab.world.pass(50);
    expect((await lab.server.run('ss -tan state fin-wait-2')).stdout).toContain('10.0.2.2:5000');
    expect((await lab.client.run('ss -tan state close-wait')).stdout).toContain('10.0.2.2:5000');
    expect(client.stdout).toBe('bye\n');
    await input.write('last words\n');
    input.closeWriter();
    expect(await lab.world.finish(client.status)).toBe(0);
    expect(await lab.world.finish(server.status)).toBe(0);
    expect(server.stdout).toBe('last words\n');
  });

  test('-l sends a file to the end though its peer has finished, but does not wait for a terminal', async () => {
    const bytes = randomBytes(seededRandom('nc -l'), new Uint8Array(300_000));
    lab.server.host.services.files.write('/root/file', bytes);
    const sender = await onServer('nc -l 5000 < file');
    await lab.client.run('nc server 5000 > copy');
    await lab.world.finish(sender.status);
    expect(lab.client.host.services.files.read('copy')).toEqual(bytes);
    const waiting = await onServer('nc -l 5000');
    await lab.client.run('nc -z server 5000');
    expect(await lab.world.finish(waiting.status)).toBe(0);
  });

  test('speaks UDP', async () => {
    const answers = new Pipe();
    const server = lab.server.start('nc -u -l 5000', answers);
    await lab.world.pass(10);
    const client = lab.client.start('echo ping | nc -u -w 3 server 5000', new Pipe());
    await lab.world.pass(20);
    expect(server.stdout).toBe('ping\n');
    await answers.write('pong\n');
    expect(await lab.world.finish(client.status)).toBe(0);
    expect(client.stdout).toBe('pong\n');
    server.kill();
    await lab.world.finish(server.status);
    expect((await lab.client.run('nc -zuv server 5001')).status).toBe(1);
  });

  test.each([
    ['nc nobody 80', 'nc: getaddrinfo for host "nobody" port 80: Name or service not known\n'],
    ['nc server http-', 'nc: port number invalid: http-\n'],
    ['nc server 0', 'nc: port number invalid: 0\n'],
  ])('%s', async (line, stderr) => expect(await lab.client.run(line)).toEqual({ status: 1, stdout: '', stderr }));
});

describe('ss', () => {
  test('lists listeners and connections in columns', async () => {
    const server = await onServer('nc -l 5000');
    expect((await lab.server.run('ss -tln')).stdout).toBe(
      [
        'State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess',
        'LISTEN 0      128          0.0.0.0:5000      0.0.0.0:*          ',
        '',
      ].join('\n'),
    );
    const client = lab.client.start('nc server 5000');
    await lab.world.pass(50);
    expect((await lab.server.run('ss -tn')).stdout).toMatch(
      /^State Recv-Q Send-Q Local Address:Port Peer Address:Port *Process\nESTAB 0 {6}0 {11}10\.0\.2\.2:5000 {5}10\.0\.1\.2:\d+ +\n$/,
    );
    expect((await lab.server.run('ss -H -tnp')).stdout).toMatch(/10\.0\.1\.2:\d+ +users:\(\("nc",pid=\d+,fd=3\)\)\n$/);
    expect((await lab.client.run('ss -ti')).stdout).toMatch(
      /\n\t cubic rto:\d+ rtt:[\d.]+\/[\d.]+ mss:\d+ cwnd:10 send [\d.]+Mbps .*snd_wnd:\d+ rcv_wnd:\d+\n$/,
    );
    client.kill();
    await lab.world.finish(client.status);
    await lab.world.finish(server.status);
    await lab.world.pass(100); // the last FIN and its ACK are still on the wire
    expect((await lab.client.run('ss -tan')).stdout).toContain('TIME-WAIT 0');
    expect((await lab.client.run('ss -tano')).stdout).toMatch(/timer:\(timewait,\d+sec,0\)/);
  });

  test('shows UDP, filters, and complains', async () => {
    expect((await lab.dns.run('ss -uln')).stdout).toBe(
      [
        'State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess',
        'UNCONN 0      0          127.0.0.1:53        0.0.0.0:*          ',
        'UNCONN 0      0           10.0.2.3:53        0.0.0.0:*          ',
        '',
      ].join('\n'),
    );
    expect((await lab.dns.run('ss -Hluntp')).stdout.split('\n')[0]).toMatch(
      /^udp.*127\.0\.0\.1:53 .*users:\(\("named",pid=2,fd=3\)\)$/,
    );
    expect((await lab.dns.run('ss -Htl sport = :domain')).stdout).toContain('0.0.0.0:domain');
    expect((await lab.dns.run('ss -Htl sport = :80')).stdout).toBe('');
    expect((await lab.dns.run('ss nonsense')).status).toBe(255);
  });
});

test('telnet speaks to text services', async () => {
  await onServer('httpd');
  const { stdout } = await lab.client.run('telnet server 80', 'GET / HTTP/1.0\n\n');
  expect(stdout).toMatch(
    /^Trying 10\.0\.2\.2\.\.\.\nConnected to server\.lab\.\nEscape character is '\^\]'\.\nHTTP\/1\.1 200 OK/,
  );
  expect(stdout).toContain('Hello, world\nConnection closed by foreign host.\n');
  expect((await lab.client.run('telnet server 81')).stderr).toBe(
    'telnet: Unable to connect to remote host: Connection refused\n',
  );
});

test('echo sends back, discard forgets', async () => {
  await onServer('echod');
  await onServer('discardd');
  expect((await lab.client.run('nc server 7', 'abc')).stdout).toBe('abc');
  expect((await lab.client.run('nc -u -w 1 server 7', 'abc')).stdout).toBe('abc');
  expect((await lab.client.run('nc server 9', 'x'.repeat(200_000))).stdout).toBe('');
});
