// Programs that know nothing of us, in a process whose network modules are ours: npm's packages and Node's own protocols.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runNodeTest } from './run-node-tests.ts';

const programs: readonly [file: string, says: string][] = [
  ['express-app.ts', 'express answered'],
  ['ws-chat.ts', 'ws chatted'],
  ['ssh2-session.ts', 'ssh2 ran a command'],
  ['https-psk.ts', 'tls kept the secret'],
  ['quiet-end.ts', 'ended, listening true'],
];

test.each(programs)('%s runs unchanged on our sockets', async (file, says) => {
  const path = fileURLToPath(new URL(`programs/${file}`, import.meta.url));
  const { outcome, output } = await runNodeTest(path);
  expect(output).toContain(says);
  expect(outcome).toBe('pass');
});
