// The lab as boxes and lines of a map: positions far enough apart to read, one line per link, a hub per network. Pure.
import type { LabDetail, LabHost, LabSegment } from '../../../src/messages/lab.ts';
import { formatImpairment } from '../../../src/wiring/impairment/impairment.ts';

export interface MapHost {
  readonly id: string;
  /** Pixels of the map, of the box's middle. */
  readonly x: number;
  readonly y: number;
  readonly role: LabHost['role'];
  readonly addresses: readonly string[];
}

export interface MapHub {
  readonly id: string;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly isCut: boolean;
}

export interface MapLine {
  readonly id: string;
  readonly segment: string;
  readonly from: string;
  readonly to: string;
  readonly isCut: boolean;
  /** What is wrong with the link, one line per direction; empty on a perfect one. */
  readonly notes: readonly string[];
}

export interface MapDrawing {
  readonly hosts: readonly MapHost[];
  readonly hubs: readonly MapHub[];
  readonly lines: readonly MapLine[];
}

/** Room of one box with its margin, pixels. */
const roomWidth = 210;
const roomHeight = 118;

export function selectTopology(detail: Pick<LabDetail, 'hosts' | 'segments'>): MapDrawing {
  const scaleY = scaleFor(detail.hosts, 'y', roomHeight);
  const scaleX = scaleFor(detail.hosts, 'x', roomWidth);
  const hosts = detail.hosts.map((host) => ({
    id: host.name,
    x: Math.round(host.position.x * scaleX),
    y: Math.round(host.position.y * scaleY),
    role: host.role,
    addresses: host.interfaces.flatMap((port) => port.addresses),
  }));
  const isHub = (segment: LabSegment): boolean => segment.kind === 'network' || segment.ends.length !== 2;
  const hubs = detail.segments.filter(isHub).map((segment) => ({
    id: `network:${segment.name}`,
    name: segment.name,
    ...middleOf(hosts.filter((host) => segment.ends.some((end) => end.host === host.id))),
    isCut: segment.state === 'cut',
  }));
  const lines = detail.segments.flatMap((segment) =>
    isHub(segment) ? spokes(segment, detail) : [link(segment, detail)],
  );
  return { hosts, hubs, lines };
}

/**
 * Pixels for a whole side, so that no two boxes overlap. Who is nearer in this direction than in the other (where `room` of
 * the other direction keeps them apart) does not count.
 */
function scaleFor(hosts: readonly LabHost[], side: 'x' | 'y', room: number): number {
  const other = side === 'x' ? 'y' : 'x';
  const gaps = hosts.flatMap((a, index) =>
    hosts.slice(index + 1).flatMap((b) => {
      const along = Math.abs(a.position[side] - b.position[side]);
      return along > 0 && along >= Math.abs(a.position[other] - b.position[other]) ? [along] : [];
    }),
  );
  // Without a gap of its own the side needs no more than a row or two.
  return gaps.length === 0 ? room * 2 : Math.min(4_000, Math.ceil(room / Math.min(...gaps)));
}

function middleOf(hosts: readonly MapHost[]): { x: number; y: number } {
  const mean = (numbers: readonly number[]): number =>
    Math.round(numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length));
  return { x: mean(hosts.map((host) => host.x)), y: mean(hosts.map((host) => host.y)) };
}

function link(segment: LabSegment, detail: Pick<LabDetail, 'hosts'>): MapLine {
  const [from, to] = segment.ends;
  return {
    id: segment.name,
    segment: segment.name,
    from: from?.host ?? '',
    to: to?.host ?? '',
    isCut: segment.state === 'cut',
    notes: segment.ends.flatMap((end) => noteOf(end, detail)),
  };
}

function spokes(segment: LabSegment, detail: Pick<LabDetail, 'hosts'>): MapLine[] {
  return segment.ends.map((end) => ({
    id: `${segment.name}:${end.host}:${end.interface}`,
    segment: segment.name,
    from: end.host,
    to: `network:${segment.name}`,
    isCut: segment.state === 'cut',
    notes: noteOf(end, detail),
  }));
}

function noteOf(end: LabSegment['ends'][number], detail: Pick<LabDetail, 'hosts'>): string[] {
  const host = detail.hosts.find((candidate) => candidate.name === end.host);
  const port = host?.interfaces.find((candidate) => candidate.name === end.interface);
  const words = port === undefined ? '' : formatImpairment(port.egress);
  return words === '' ? [] : [`${end.host} → ${words}`];
}
