// The receive window: what is announced, and when it is worth a segment of its own.
// RFC 9293 section 3.8.6.2.2 (silly window avoidance of the receiver), RFC 7323 section 2 (scaling), RFC 1122 section
// 4.2.2.16 (the right edge never moves left).
import { seqAdd, seqDiff } from './sequence.ts';
import { windowSlackBytes } from './receive-buffer.ts';
import type { Connection } from './connection.ts';

const fieldMaximum = 65_535;

/** Shift for a receive buffer of `bytes`: the smallest with which the field can express it. */
export function windowShiftFor(bytes: number): number {
  let shift = 0;
  while (shift < 14 && fieldMaximum * 2 ** shift < bytes) shift += 1;
  return shift;
}

/** Bytes by which the right edge may move now: 0, or enough to be worth it. */
function growth(connection: Connection): number {
  const { block, receiveBuffer } = connection;
  const expressible = Math.min(receiveBuffer.space, fieldMaximum * (1 << block.rcvWindShift));
  const more = expressible - seqDiff(block.rcvAdv, block.rcvNxt);
  const worthIt = Math.min(receiveBuffer.limitBytes / 2, Math.max(connection.largestSegment, block.rcvMss));
  return more >= worthIt ? more : 0;
}

/**
 * The window field of the segment being written; moves RCV.ADV to what it says. The scaled field cannot express every
 * edge: it is rounded up as long as the buffer's slack allows, so that the announced edge does not move left either.
 */
export function takeWindowField(connection: Connection, isSyn: boolean): number {
  const { block, receiveBuffer } = connection;
  const shift = isSyn ? 0 : block.rcvWindShift;
  const unit = 1 << shift;
  const standing = Math.max(seqDiff(block.rcvAdv, block.rcvNxt), 0);
  const grown = growth(connection);
  let field = grown > 0 ? Math.floor((standing + grown) / unit) : 0;
  if (field * unit < standing) {
    field = Math.ceil(standing / unit);
    if (field * unit > receiveBuffer.space + windowSlackBytes) field = Math.floor(standing / unit);
  }
  field = Math.min(field, fieldMaximum);
  if (field * unit > standing) block.rcvAdv = seqAdd(block.rcvNxt, field * unit);
  return field;
}

/**
 * True when the application has read so much that the peer should hear of it: the window can at least double, and by
 * what silly window avoidance asks for.
 */
export function updateIsDue(connection: Connection): boolean {
  const standing = connection.block.rcvWnd;
  return 2 * standing <= connection.receiveBuffer.limitBytes && growth(connection) >= Math.max(standing, 1);
}
