// `node:dgram` of one host: Node's own Socket, whose handle is a UDP socket of the lab's stack.
import nodeDgram, { type Socket } from 'node:dgram';
import { innerSymbol } from './binding.ts';
import type { NodeNetContext } from './context.ts';
import { derive } from './derive.ts';
import type { Lookup } from './dns-lookup.ts';
import { UdpHandle } from './udp-handle.ts';

type DgramModule = typeof nodeDgram;

interface HandleState {
  handle: { lookup: unknown; close(): void } & object;
}

export function createDgram(context: NodeNetContext, lookup: Lookup): DgramModule {
  const HostSocket = derive(
    nodeDgram.Socket,
    {},
    {
      prepare([type, ...rest]) {
        const given: object | undefined = typeof type === 'string' ? { type } : (type as object | undefined);
        const hasLookup = given !== undefined && Reflect.get(given, 'lookup') !== undefined;
        return [given === undefined || given === null || hasLookup ? type : { ...given, lookup }, ...rest];
      },
      finish(made) {
        const state = Reflect.get(made, innerSymbol(made, 'state symbol')) as HandleState;
        const { handle: native } = state;
        const ours = new UdpHandle(context, (made as Socket & { type: string }).type === 'udp6' ? 6 : 4);
        const owner = innerSymbol(native, 'owner_symbol');
        state.handle = Object.assign(ours, { lookup: native.lookup, [owner]: made });
        native.close();
      },
    },
  );
  const createSocket = (...args: never[]): Socket => new HostSocket(...args);
  return { ...nodeDgram, Socket: HostSocket, createSocket } as DgramModule;
}
