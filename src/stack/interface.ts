// A host's attachment to a link, as the layers above see it.
import type { NetworkDevice } from './device.ts';
import type { Prefix } from './wire/ip-address.ts';
import type { MacAddress } from './wire/mac-address.ts';

export interface NetworkInterface {
  /** 1 is `lo`; unique within the stack, never reused. */
  readonly index: number;
  readonly name: string;
  readonly mac: MacAddress;
  readonly mtu: number;
  readonly up: boolean;
  readonly loopback: boolean;
  readonly addresses: readonly Prefix[];
  readonly device: NetworkDevice;
}
