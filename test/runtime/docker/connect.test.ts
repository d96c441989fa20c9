import { expect, test } from 'vitest';
import { connectEngine, engineAddress } from '../../../src/runtime/docker/connect.ts';
import { lowerVersion } from '../../../src/runtime/docker/engine.ts';

test('DOCKER_HOST decides; without it the first socket that exists', () => {
  expect(engineAddress({ DOCKER_HOST: 'unix:///tmp/x.sock' })).toEqual({ kind: 'socket', path: '/tmp/x.sock' });
  expect(engineAddress({ DOCKER_HOST: 'tcp://127.0.0.1:2376' })).toEqual({
    kind: 'tcp',
    host: '127.0.0.1',
    port: 2376,
  });
  expect(engineAddress({ DOCKER_HOST: 'tcp://[::1]' })).toEqual({ kind: 'tcp', host: '::1', port: 2375 });
  const rootless = { XDG_RUNTIME_DIR: '/run/user/1000' };
  expect(engineAddress(rootless, (path) => path.startsWith('/run/user'))).toEqual({
    kind: 'socket',
    path: '/run/user/1000/docker.sock',
  });
  expect(engineAddress({}, () => false)).toEqual({ kind: 'socket', path: '/var/run/docker.sock' });
});

test('an address that nobody understands is a fault, not a guess', () => {
  expect(() => engineAddress({ DOCKER_HOST: 'ssh://user@machine' })).toThrow(
    expect.objectContaining({ code: 'bad-argument', nextStep: expect.stringContaining('unix://') }),
  );
});

test('an engine that is not there is a fault that says what to do', async () => {
  await expect(connectEngine({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' })).rejects.toMatchObject({
    code: 'engine-unreachable',
    message: expect.stringContaining('/nonexistent/docker.sock'),
    nextStep: expect.stringContaining('embedded'),
  });
});

test('API versions are compared by their parts', () => {
  expect(lowerVersion('1.41', '1.47')).toBe('1.41');
  expect(lowerVersion('1.51', '1.47')).toBe('1.47');
  expect(lowerVersion('1.9', '1.41')).toBe('1.9');
});
