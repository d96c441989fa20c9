// What the hosts of one link or network are plugged into: the interface that a link and a switch share.
import type { PipeDevice } from './devices/pipe-device.ts';
import type { MacAddress } from '../stack/wire/mac-address.ts';

export interface Attachment {
  readonly macAddress: MacAddress;
  readonly mtu: number;
}

export interface Segment {
  /** Plugs one more interface in. */
  attach(attachment: Attachment): PipeDevice;
  /** Cut: everything is lost, what is on the wire too; the carrier stays. */
  setCut(cut: boolean): void;
  /** Down: nothing passes, and every interface sees its carrier go. */
  setUp(up: boolean): void;
  /** Frames that were lost at a cut. */
  readonly lostFrames: number;
  /** Loses what is on the wire and leaves no timer. */
  dispose(): void;
}
