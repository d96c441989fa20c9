// A host without a stack, for tests of what is around one: answers commands about its container, counts frames, and
// sends frames that it is told to.
import { readFileSync } from 'node:fs';
import { runAgent, type HostedHost, type HostParts } from '../../src/host/agent/agent.ts';
import type { HostRequest, HostResult } from '../../src/host/agent/messages.ts';
import { RealClock } from '../../src/host/real-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { fromHex, toHex } from '../../src/base/bytes.ts';

class EchoHost implements HostedHost {
  readonly #parts: HostParts;
  readonly #received = new Map<string, string[]>();
  readonly #memory: string[] = [];
  #forgotten = 0;

  constructor(parts: HostParts) {
    this.#parts = parts;
    for (const [name, device] of parts.devices) {
      const frames: string[] = [];
      this.#received.set(name, frames);
      device.setReceiver((frame) => {
        frames.push(toHex(frame));
      });
    }
  }

  forgetClient(): void {
    this.#forgotten += 1;
  }

  handle(request: HostRequest): void {
    if (request.kind === 'run') {
      const text = new TextEncoder().encode(this.#run(request.command, request.stdin));
      const result: HostResult = { kind: 'run', status: 0, stdout: text, stderr: new Uint8Array(), timedOut: false };
      this.#parts.news({ kind: 'reply', request: request.request, result });
    } else if ('request' in request) {
      if (request.kind === 'cut') this.#parts.cut(request.interface, request.cut);
      this.#parts.news({ kind: 'reply', request: request.request, result: { kind: 'done' } });
    }
  }

  #run(command: string, stdin: Uint8Array): string {
    const [name = '', ...words] = command.split(' ');
    switch (name) {
      case 'hostname':
        return this.#parts.configuration.host.name;
      case 'status':
        return readFileSync('/proc/self/status', 'utf8');
      case 'remember':
        this.#memory.push(...words);
        return this.#memory.join(' ');
      case 'forgotten':
        return String(this.#forgotten);
      case 'length':
        return String(stdin.length);
      case 'send':
        this.#parts.devices.get(words[0] ?? '')?.transmit(fromHex(words[1] ?? ''));
        return '';
      case 'received':
        return (this.#received.get(words[0] ?? '') ?? []).join(' ');
      case 'die':
        console.error('asked to die');
        process.exit(9);
    }
    return `unknown: ${name}`;
  }
}

runAgent(new RealClock(), systemRandom(), (parts) => new EchoHost(parts));
