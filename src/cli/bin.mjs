#!/usr/bin/env node
// The `ackademy` command: makes sure of the Node version that this product pins, then starts src/cli/main.ts.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const pinned = fileURLToPath(
  new URL(`../../node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`, import.meta.url),
);

if (Number(process.versions.node.split('.')[0]) >= 24) {
  process.argv[1] = main;
  await import('./main.ts');
} else if (existsSync(pinned)) {
  const child = spawn(pinned, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`ackademy: ${pinned} can not be started (${error.message}). Run "npm ci" in its folder.`);
    process.exit(3);
  });
  child.on('exit', (code, signal) =>
    process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0)),
  );
} else {
  console.error(`ackademy: Node ${process.version} is too old and ${pinned} is missing. Run "npm ci" in its folder.`);
  process.exit(3);
}
