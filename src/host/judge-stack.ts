// A host's stack as the judge's own commands see it: sockets take ports and identifiers that nobody else uses, so that what
// a check sends is told from what people send.
import type { NetworkStack } from '../stack/network-stack.ts';
import { judgePorts } from '../lab/exercise.ts';
import { SocketError } from '../stack/sockets.ts';

/** Calls `open` with one port after the other until one is free. */
class PortTurn {
  #next: number = judgePorts.first;

  take<T>(open: (port: number) => T): T {
    for (let tries = 0; ; tries += 1) {
      const port = this.#next;
      this.#next = port === judgePorts.last ? judgePorts.first : port + 1;
      try {
        return open(port);
      } catch (error) {
        const isTaken = error instanceof SocketError && error.code === 'EADDRINUSE';
        if (!isTaken || tries > judgePorts.last - judgePorts.first) throw error;
      }
    }
  }
}

/** `stack` with other ports for whoever opens sockets without naming one. */
export function judgeStack(stack: NetworkStack): NetworkStack {
  const turn = new PortTurn();
  const opened: Pick<NetworkStack, 'connectTcp' | 'openUdp' | 'openPing'> = {
    connectTcp: (remote, options = {}, owner) => {
      if ((options.localPort ?? 0) !== 0) return stack.connectTcp(remote, options, owner);
      return turn.take((localPort) => stack.connectTcp(remote, { ...options, localPort }, owner));
    },
    openUdp: (options = {}, owner) => {
      if ((options.port ?? 0) !== 0) return stack.openUdp(options, owner);
      return turn.take((port) => stack.openUdp({ ...options, port }, owner));
    },
    openPing: (options = {}) => turn.take((identifier) => stack.openPing({ ...options, identifier })),
  };
  return new Proxy(stack, {
    get: (target, name) => {
      const value: unknown = Reflect.get(name in opened ? opened : target, name);
      return typeof value === 'function' ? value.bind(target) : value; // private fields want their own object
    },
  });
}
