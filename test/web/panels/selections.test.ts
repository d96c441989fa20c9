// What the panels show, as pure selections: guide, links, progress, people, terminals.
import { describe, expect, test } from 'vitest';
import { displayName, hostName, playerId } from '../../../src/messages/ids.ts';
import type { LabHost, LabProgress, LabSegment } from '../../../src/messages/lab.ts';
import { inlines, selectGuide } from '../../../web/panels/guide/select-guide.ts';
import { lossPercentOf, selectLinks, withDelayAndLoss } from '../../../web/panels/links/select-links.ts';
import { selectPeople } from '../../../web/panels/people/select-people.ts';
import { selectProgress } from '../../../web/panels/progress/select-progress.ts';
import { fontSizeFor } from '../../../web/panels/terminal/select-terminal.ts';
import { selectTopology } from '../../../web/panels/topology/select-topology.ts';
import { foldProgress } from '../../../web/state/fold-news.ts';
import { placeOf, tokenOf } from '../../../web/state/place.ts';

describe('guide', () => {
  test('headings, paragraphs over several lines, lists and code', () => {
    const blocks = selectGuide('# One\n\nTwo\nlines.\n\n- a\n- b\n  more\n\n```\nclient$ ip a\nmoon$ ip a\n```\n', [
      'client',
    ]);
    expect(blocks.map((block) => block.kind)).toEqual(['heading', 'paragraph', 'list', 'code']);
    expect(blocks[1]).toMatchObject({ content: [{ kind: 'text', text: 'Two lines.' }] });
    expect(blocks[2]).toMatchObject({ isOrdered: false, items: [[{ text: 'a' }], [{ text: 'b more' }]] });
    expect(blocks[3]).toMatchObject({ lines: [{ host: 'client', command: 'ip a' }, { host: undefined }] });
  });

  test('code, bold and links within a line; no other scheme than http is a link', () => {
    expect(inlines('a `b` **c** [d](https://e.example/)').map((part) => part.kind)).toEqual([
      'text',
      'code',
      'text',
      'strong',
      'text',
      'link',
    ]);
    expect(inlines('[x](javascript:alert(1)) <b>')).toEqual([{ kind: 'text', text: '[x](javascript:alert(1)) <b>' }]);
  });

  test('an unclosed fence ends with the text', () => {
    expect(selectGuide('```\na', [])).toHaveLength(1);
  });
});

const host = (name: string, x: number, y: number): LabHost => ({
  name: hostName.parse(name),
  role: 'client',
  position: { x, y },
  interfaces: [{ name: 'eth0', segment: 's', mac: '', addresses: ['10.0.0.1/24'], mtu: 1500, egress: {} }],
  services: [],
});
const segment = (kind: LabSegment['kind'], ...hosts: string[]): LabSegment => ({
  name: 's',
  kind,
  prefixes: [],
  ends: hosts.map((name) => ({ host: hostName.parse(name), interface: 'eth0' })),
  state: 'up',
});

describe('topology', () => {
  test('hosts that are planned close together are drawn far enough apart', () => {
    const { hosts, lines } = selectTopology({
      hosts: [host('a', 0, 0), host('b', 0.1, 0)],
      segments: [segment('link', 'a', 'b')],
    });
    expect(Math.abs((hosts[1]?.x ?? 0) - (hosts[0]?.x ?? 0))).toBeGreaterThanOrEqual(200);
    expect(lines).toMatchObject([{ from: 'a', to: 'b', isCut: false, notes: [] }]);
  });

  test('a network is a hub between its hosts', () => {
    const hosts = [host('a', 0, 0), host('b', 1, 0), host('c', 0, 1)];
    const { hubs, lines } = selectTopology({ hosts, segments: [segment('network', 'a', 'b', 'c')] });
    expect(hubs).toMatchObject([{ name: 's' }]);
    expect(lines.map((line) => line.to)).toEqual(['network:s', 'network:s', 'network:s']);
  });
});

describe('links', () => {
  test('a form changes delay and loss and keeps the rest', () => {
    const changed = withDelayAndLoss({ rateBitsPerSecond: 1e6 }, 50, 2.5);
    expect(changed).toMatchObject({
      rateBitsPerSecond: 1e6,
      delay: { delayMs: 50 },
      loss: { kind: 'random', share: 0.025 },
    });
    expect(lossPercentOf(changed)).toBe(2.5);
    expect(withDelayAndLoss(changed, 0, 0)).toEqual({ rateBitsPerSecond: 1e6 });
  });

  test('reordering goes with the delay that it needs', () => {
    const delay = { delayMs: 5, jitterMs: 0, correlation: 0, distribution: 'uniform' as const };
    const reorder = { share: 0.5, correlation: 0, gap: 0 };
    expect(withDelayAndLoss({ delay, reorder }, 0, 0)).toEqual({});
  });

  test('each direction is in netem’s words', () => {
    const sick = host('a', 0, 0);
    const hosts = [
      { ...sick, interfaces: sick.interfaces.map((port) => ({ ...port, egress: withDelayAndLoss({}, 20, 0) })) },
      host('b', 1, 0),
    ];
    const rows = selectLinks({ hosts, segments: [segment('link', 'a', 'b')] });
    expect(rows[0]?.ends.map((end) => end.words)).toEqual(['delay 20ms', '']);
  });
});

test('progress: the latest state of each step, grouped, with a share that does not run ahead', () => {
  const step = (name: string, state: LabProgress['state']): LabProgress => ({
    step: 'host',
    name,
    state,
    done: 0,
    total: 4,
  });
  const known = foldProgress(foldProgress([], step('a', 'started')), step('a', 'done'));
  expect(known).toEqual([step('a', 'done')]);
  expect(selectProgress(known)).toMatchObject({ share: 0.25, groups: [{ step: 'host' }] });
});

test('people: oneself, then instructors, then by name', () => {
  const person = (id: string, name: string, role: 'player' | 'instructor') => ({
    player: playerId.parse(id),
    name: displayName.parse(name),
    role,
  });
  const people = [
    person('aaaaaaaa', 'Z', 'player'),
    person('bbbbbbbb', 'T', 'instructor'),
    person('cccccccc', 'A', 'player'),
  ];
  expect(selectPeople(people, 'aaaaaaaa').map((one) => one.name)).toEqual(['Z', 'T', 'A']);
});

test('a terminal wider than the window is drawn smaller, never larger', () => {
  expect(fontSizeFor(14, { columns: 80, rows: 24 }, { columns: 160, rows: 24 })).toBe(7);
  expect(fontSizeFor(14, { columns: 160, rows: 50 }, { columns: 80, rows: 24 })).toBe(14);
});

test('places and tokens', () => {
  expect(placeOf('/labs/hello-1')).toEqual({ kind: 'lab', lab: 'hello-1' });
  expect(placeOf('/join/x')).toEqual({ kind: 'join', lab: 'x' });
  expect(placeOf('/labs/a/b').kind).toBe('nowhere');
  expect(tokenOf('#token=a.b')).toBe('a.b');
  expect(tokenOf('')).toBeUndefined();
});
