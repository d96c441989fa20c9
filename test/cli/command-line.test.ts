// The command as a user meets it: what it prints, where, and with which status it ends.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { faultTable } from '../../src/base/fault.ts';
import { commandLine } from '../../src/cli/command-line.ts';

const entry = fileURLToPath(new URL('../support/cli-process.ts', import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let directory = '';
const children = new Set<ChildProcess>();

function start(...words: string[]) {
  const child = spawn(process.execPath, [entry, directory, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  children.add(child);
  let [stdout, stderr] = ['', ''];
  const changed = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    for (const tell of changed) tell();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    for (const tell of changed) tell();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (status) => {
      children.delete(child);
      resolve({ status, stdout, stderr });
    });
  });
  const awaits = (text: () => string, pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(text());
        if (found !== null) resolve(found[0]);
      };
      changed.add(look);
      look();
      void ended.then(({ stderr: last }) => reject(new Error(`it ended before it said ${String(pattern)}: ${last}`)));
    });
  return {
    child,
    ended,
    says: (pattern: RegExp) => awaits(() => stdout, pattern),
    warns: (pattern: RegExp) => awaits(() => stderr, pattern),
  };
}

const cli = async (...words: string[]): Promise<Ended> => {
  const { child, ended } = start(...words);
  child.stdin.end();
  return await ended;
};

beforeEach(() => {
  directory ||= mkdtempSync(join(tmpdir(), 'ackademy-cli-'));
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

describe('without a server', () => {
  test('what needs one says so, with what to do', async () => {
    for (const words of [['ls'], ['up', 'hello'], ['down', 'hello-abcd'], ['exec', 'x', 'a', '--', 'echo']]) {
      const { status, stdout, stderr } = await cli(...words);
      expect([words[0], status, stdout, stderr]).toEqual([
        words[0],
        faultTable['server-unreachable'].exitCode,
        '',
        'ackademy: No lab server is running. Start one with "ackademy serve" in another terminal.\n',
      ]);
    }
  });

  test('a server that was killed is said to be gone', async () => {
    writeFileSync(join(directory, 'server.json'), JSON.stringify({ url: 'http://127.0.0.1:1', pid: 1, token: 'x' }));
    const { status, stderr } = await cli('ls');
    rmSync(join(directory, 'server.json'));
    expect([status, stderr]).toEqual([
      3,
      expect.stringContaining('that was running at http://127.0.0.1:1 does not answer any more'),
    ]);
  });

  test('run starts a lab, runs the command, and ends with its output and status', async () => {
    expect(await cli('run', 'hello', 'a', '--', 'echo', 'hi', 'there')).toEqual({
      status: 0,
      stdout: 'hi there\n',
      stderr: '',
    });
    expect(await cli('run', 'hello', 'a', '--', 'fail')).toEqual({ status: 3, stdout: '', stderr: 'it failed\n' });
    const json = await cli('run', '--json', '--seed', '7', 'hello', 'a', '--', 'echo', 'x');
    expect(JSON.parse(json.stdout)).toEqual({ status: 0, stdout: 'x\n', stderr: '' });
  });

  test('run passes standard input on when asked', async () => {
    const { child, ended } = start('run', '-i', 'hello', 'a', '--', 'cat');
    child.stdin.end('from outside');
    expect(await ended).toEqual({ status: 0, stdout: 'from outside', stderr: '' });
  });

  test('run says what is wrong with what it was given', async () => {
    const [template, host, runtime, time] = await Promise.all([
      cli('run', 'helo', 'a', '--', 'echo'),
      cli('run', 'hello', 'c', '--', 'echo'),
      cli('run', '--runtime', 'docker', 'hello', 'a', '--', 'echo'),
      cli('run', '--timeout', '5ms', 'hello', 'a', '--', 'sleep', '9'),
    ]);
    expect([template?.status, template?.stderr]).toEqual([
      4,
      'ackademy: No template is called helo. There is hello.\n',
    ]);
    expect([host?.status, host?.stderr]).toEqual([4, expect.stringMatching(/has no host c\. It has a, b\.\n$/)]);
    expect([runtime?.status, runtime?.stderr]).toEqual([
      3,
      'ackademy: No Docker engine answers. Use the embedded runtime.\n',
    ]);
    expect([time?.status, time?.stderr]).toEqual([124, expect.stringContaining('did not end within 5 ms')]);
  });

  test('down --all removes what was left', async () => {
    expect(await cli('down', '--all')).toEqual({ status: 0, stdout: 'Removed image ackademy/host.\n', stderr: '' });
    expect(JSON.parse((await cli('down', '--all', '--json')).stdout)).toEqual({ removed: ['image ackademy/host'] });
  });

  test('down wants a lab or --all, not neither and not both', async () => {
    expect((await cli('down')).status).toBe(2);
    expect((await cli('down', 'x', '--all')).status).toBe(2);
  });

  test('doctor says what works and what does not', async () => {
    const { status, stdout } = await cli('doctor');
    expect(status).toBe(0);
    expect(stdout).toContain('  ok   threads: 2\n');
    expect(stdout).toContain('  none No Docker engine answers. Use the embedded runtime.\n');
    expect(stdout).toContain('Labs run on embedded: a test has chosen it.\n');
    expect(JSON.parse((await cli('doctor', '--json')).stdout)).toMatchObject({ preferred: { kind: 'embedded' } });
  });

  test('template lint names file, line and key', async () => {
    const file = join(directory, 'lab.yaml');
    writeFileSync(file, 'title: x\n');
    const wrong = await cli('template', 'lint', file);
    expect([wrong.status, wrong.stderr]).toEqual([2, `ackademy: ${file}:1 (hosts): The template has no hosts.\n`]);
    writeFileSync(file, 'hosts: {}\n');
    expect(await cli('template', 'lint', file)).toEqual({
      status: 0,
      stdout: `${file}: Hello: 2 hosts, 1 segment\n`,
      stderr: '',
    });
    expect((await cli('template', 'lint', join(directory, 'none.yaml'))).status).toBe(2);
    expect(JSON.parse((await cli('template', 'schema')).stdout)).toEqual({ type: 'object' });
  });

  test('a fault with --json is JSON as well', async () => {
    const { stdout, stderr } = await cli('ls', '--json');
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toMatchObject({ fault: { code: 'server-unreachable' } });
  });
});

describe('usage', () => {
  test('a mistake is one sentence and status 2', async () => {
    const wrong = [
      ['nonsense'],
      ['up'],
      ['ls', '--nonsense'],
      ['serve', '--port', '70000'],
      ['run', '--runtime', 'podman', 'a', 'b', 'c'],
    ];
    for (const words of wrong) {
      const { status, stdout, stderr } = await cli(...words);
      expect([words, status, stdout]).toEqual([words, 2, '']);
      expect(stderr).toMatch(/^ackademy: .+\n/);
    }
  });

  test('help is on standard output, for everything, with the exit statuses', async () => {
    const { status, stdout, stderr } = await cli('--help');
    expect([status, stderr]).toEqual([0, '']);
    for (const name of ['serve', 'ls', 'up', 'exec', 'down', 'run', 'doctor', 'template'])
      expect(stdout).toContain(`  ${name} `);
    for (const { exitCode } of Object.values(faultTable))
      expect(stdout).toMatch(new RegExp(`^ +${exitCode}  \\S`, 'm'));
    for (const name of ['serve', 'up', 'exec', 'run'])
      expect((await cli(name, '--help')).stdout).toContain(`Usage: ackademy ${name} `);
    expect((await cli('--version')).stdout).toBe('0.0.0-test\n');
  });

  test('words of a command stay the words they were', () => {
    expect(commandLine(['ping -c 1 b | cat'])).toBe('ping -c 1 b | cat');
    expect(commandLine(['echo', 'a b', "it's", '$HOME', '', 'x=1'])).toBe(`echo 'a b' 'it'\\''s' '$HOME' '' x=1`);
  });
});

describe('with a server', () => {
  let server: ReturnType<typeof start>;
  beforeAll(async () => {
    directory ||= mkdtempSync(join(tmpdir(), 'ackademy-cli-'));
    server = start('serve', '--port', '0');
    await server.says(/Labs run on/);
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    await server.ended;
  });

  test('it prints one link with the token, and which runtime and why', async () => {
    expect(
      await server.says(
        /^Open http:\/\/127\.0\.0\.1:\d+\/#token=[0-9a-f]{40}\nLabs run on embedded: a test has chosen it\.\n/,
      ),
    ).toBeTruthy();
  });

  test('up, ls, exec, down: the life of a lab', async () => {
    expect((await cli('ls')).stderr).toBe('No labs. Start one with "ackademy up TEMPLATE".\n');
    const up = await cli('up', 'hello', '--seed', 's');
    expect(up.status).toBe(0);
    const lab = up.stdout.trim();
    expect(lab).toMatch(/^hello-[a-z0-9]{4}$/);
    expect(up.stderr).toMatch(/Runs on embedded with a, b\. Students join at http:\S+\/join\/hello-\S+#token=/);
    const list = await cli('ls');
    expect(list.stdout).toBe(
      `LAB${' '.repeat(lab.length - 3)}  TEMPLATE  RUNTIME   STATE    HOSTS\n${lab}  hello     embedded  running  a b\n`,
    );
    expect(await cli('exec', lab, 'b', '--', 'echo', 'one', 'two')).toEqual({
      status: 0,
      stdout: 'one two\n',
      stderr: '',
    });
    expect(await cli('exec', lab, 'b', '--', 'fail')).toEqual({ status: 3, stdout: '', stderr: 'it failed\n' });
    expect((await cli('exec', lab, 'nope', '--', 'echo')).status).toBe(4);
    expect((await cli('exec', '--timeout', '5ms', lab, 'b', '--', 'sleep', '1')).status).toBe(124);
    expect(await cli('down', lab)).toEqual({ status: 0, stdout: `Ended ${lab}.\n`, stderr: '' });
    expect((await cli('exec', lab, 'b', '--', 'echo')).status).toBe(4);
  });

  test('down --all ends what runs', async () => {
    const lab = (await cli('up', 'hello')).stdout.trim();
    expect((await cli('down', '--all')).stdout).toBe(`Removed lab ${lab}.\nRemoved image ackademy/host.\n`);
    expect(JSON.parse((await cli('ls', '--json')).stdout)).toEqual([]);
  });

  test('up says why a lab can not be', async () => {
    expect((await cli('up', 'nope')).stderr).toBe('ackademy: No template is called nope. There is hello.\n');
    expect((await cli('up', 'hello', '--runtime', 'docker')).status).toBe(3);
  });

  test('a second server on the same port is refused', async () => {
    const port = /:(\d+)\//.exec(await server.says(/http:\S+/))?.[1] ?? '';
    const { status, stderr } = await cli('serve', '--port', port);
    expect([status, stderr]).toEqual([3, expect.stringContaining(`Something else listens on 127.0.0.1 port ${port}.`)]);
    expect((await cli('ls')).status).toBe(0);
  });
});

describe('Ctrl-C', () => {
  let other: ReturnType<typeof start>;
  const serve = async (): Promise<void> => {
    other = start('serve', '--port', '0');
    await other.says(/Labs run on/);
  };
  afterEach(() => other.child.kill('SIGKILL'));

  test('ends labs and server, and leaves no state behind', async () => {
    await serve();
    expect((await cli('up', 'hello')).status).toBe(0);
    other.child.kill('SIGINT');
    const { status, stderr } = await other.ended;
    expect([status, stderr]).toEqual([0, expect.stringContaining('SIGINT: ending labs.')]);
    expect(existsSync(join(directory, 'server.json'))).toBe(false);
  });

  test('a second time leaves at once, whatever hangs; the echo of the first does not count', async () => {
    process.env['ACKADEMY_TEST_STUCK'] = '1';
    await serve();
    delete process.env['ACKADEMY_TEST_STUCK'];
    expect((await cli('up', 'hello')).status).toBe(0);
    other.child.kill('SIGINT');
    other.child.kill('SIGINT');
    await other.warns(/SIGINT: ending labs/);
    expect((await cli('ls')).stdout).toContain('stopping');
    const again = setInterval(() => other.child.kill('SIGINT'), 100);
    const { status, stderr } = await other.ended;
    clearInterval(again);
    expect([status, stderr]).toEqual([130, expect.stringContaining('"ackademy down --all" removes what may be left.')]);
  });
});
