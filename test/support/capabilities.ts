// What this machine can test: each capability says how it was found, or why it is missing and what would bring it.
import { existsSync } from 'node:fs';
import { request } from 'node:http';

export type Capability =
  { readonly present: true; readonly how: string } | { readonly present: false; readonly why: string };

const chromiumPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
];

/** The browser that the page is tested in: $CHROMIUM, or where the distributions put it. */
export function chromiumPath(): string | undefined {
  return [process.env['CHROMIUM'], ...chromiumPaths].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  );
}

export function browserCapability(): Capability {
  const path = chromiumPath();
  return path === undefined
    ? { present: false, why: 'no Chromium: install it, or set CHROMIUM to its path' }
    : { present: true, how: path };
}

/** Asks the engine's socket for its version. */
export async function engineCapability(): Promise<Capability> {
  const address = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
  if (!address.startsWith('unix://')) return { present: true, how: address };
  const socketPath = address.slice('unix://'.length);
  if (!existsSync(socketPath)) return { present: false, why: `no Docker engine: ${socketPath} does not exist` };
  return await new Promise<Capability>((resolve) => {
    const asked = request({ socketPath, path: '/_ping', timeout: 5_000 }, (response) => {
      response.resume();
      const version = String(response.headers['api-version'] ?? '?');
      resolve(
        response.statusCode === 200
          ? { present: true, how: `API ${version}` }
          : { present: false, why: `the Docker engine answers ${response.statusCode}` },
      );
    });
    asked.on('timeout', () => asked.destroy(new Error('it does not answer within 5 s')));
    asked.on('error', (error) => resolve({ present: false, why: `no Docker engine: ${error.message}` }));
    asked.end();
  });
}

/** A program that people have on their path, such as `tshark`. */
export function toolCapability(name: string): Capability {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  const path = folders.map((folder) => `${folder}/${name}`).find((candidate) => existsSync(candidate));
  return path === undefined ? { present: false, why: `no ${name}: install it` } : { present: true, how: path };
}
