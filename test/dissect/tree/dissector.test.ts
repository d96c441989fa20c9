// The tree of a frame: places of its fields, what is nested in what, and that no bytes can break it.
import { array, assert, integer, nat, property, tuple } from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { Dissector, type Dissection } from '../../../src/dissect/tree/dissector.ts';
import type { DissectedField } from '../../../src/dissect/tree/tree.ts';
import { captureLab } from '../../support/lab-captures.ts';

let raw: readonly Uint8Array[] = [];
let frames: readonly Dissection[] = [];
const facts = { timeSeconds: 0, interfaceName: 'client/eth0' };

beforeAll(async () => {
  const captured = await captureLab({
    template: 'hello',
    place: 'client eth0',
    lines: ['client$ curl -s http://server.lab/', 'client$ ping -c 1 -t 1 server', 'client$ ping -c 1 -s 3000 server'],
  });
  raw = captured.map(({ frame }) => frame);
  const dissector = new Dissector();
  frames = raw.map((frame) => dissector.dissect(frame, facts));
});

const first = (protocol: string): Dissection => {
  const frame = frames.find((one) => one.protocol === protocol);
  if (frame === undefined) throw new Error(`no ${protocol} frame`);
  return frame;
};
const names = (fields: readonly DissectedField[]): readonly string[] => fields.map(({ name }) => name);

test('layers stand in the order in which they wrap each other', () => {
  expect(names(first('HTTP').layers)).toEqual(['frame', 'eth', 'ip', 'tcp', 'http']);
  expect(names(first('DNS').layers)).toEqual(['frame', 'eth', 'ip', 'udp', 'dns']);
  expect(names(first('ARP').layers)).toEqual(['frame', 'eth', 'arp']);
});

test('a byte leads to its field, from outside in', () => {
  const frame = first('HTTP');
  expect(names(frame.fieldsAt(0))).toEqual(['eth', 'eth.dst']);
  expect(names(frame.fieldsAt(22))).toEqual(['ip', 'ip.ttl']);
  expect(names(frame.fieldsAt(47))).toEqual(['tcp', 'tcp.flags', 'tcp.flags.fin']);
});

test('a field leads to its bytes', () => {
  const frame = first('HTTP');
  expect(frame.bytesOf('ip.ttl').map((bytes) => Array.from(bytes))).toEqual([[64]]);
  expect(frame.bytesOf('http.request.method').map((bytes) => String.fromCharCode(...bytes))).toEqual(['GET']);
});

test('what an ICMP error quotes hangs below it, and is nobody’s traffic', () => {
  const exceeded = frames.find((frame) => frame.valuesOf('icmp.type')[0] === 11);
  expect(names(exceeded?.layers ?? [])).toEqual(['frame', 'eth', 'ip', 'icmp']);
  expect(names(exceeded?.layers.at(-1)?.children ?? [])).toEqual(expect.arrayContaining(['ip', 'icmp']));
  expect(exceeded?.valuesOf('ip.src')).toHaveLength(2);
});

test('every field lies within its parent’s frame, and siblings of a layer in order', () => {
  for (const { layers, frame } of frames) {
    const check = (field: DissectedField): void => {
      expect(field.start).toBeGreaterThanOrEqual(0);
      expect(field.end).toBeLessThanOrEqual(frame.length);
      expect(field.start).toBeLessThanOrEqual(field.end);
      field.children.forEach(check);
    };
    layers.forEach(check);
  }
});

describe('whatever the bytes are', () => {
  test('a frame cut short anywhere is read as far as it goes', () => {
    for (const frame of raw) {
      for (let length = 0; length <= frame.length; length += 1) {
        expect(new Dissector().dissect(frame.subarray(0, length), facts).layers.length).toBeGreaterThan(0);
      }
    }
  });

  test('a frame with bytes changed is read without a fault', () => {
    const change = tuple(nat(), nat(2000), integer({ min: 0, max: 255 }));
    assert(
      property(array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const frame = (raw[(changes[0]?.[0] ?? 0) % raw.length] ?? new Uint8Array(0)).slice();
        for (const [, at, value] of changes) frame[at % frame.length] = value;
        const read = new Dissector().dissect(frame, facts);
        for (const layer of read.layers) expect(layer.end).toBeLessThanOrEqual(frame.length);
      }),
      { numRuns: 5000, seed: 1 },
    );
  });
});
