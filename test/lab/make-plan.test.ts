// Planning: the same template gives the same plan, every host reaches every other, and what is written down wins.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { readTemplate, listTemplates } from '../../src/catalogue/read.ts';
import { planLab } from '../../src/lab/make-plan.ts';
import { templateOf } from '../../src/lab/parse.ts';
import type { Plan } from '../../src/lab/plan.ts';
import { parseIp, parsePrefix, prefixContains } from '../../src/stack/wire/ip-address.ts';

const plan = (text: string): Plan => planLab(templateOf(text, 'lab.yaml'), { seed: '1' });

/** Walks a packet through the routes of a plan; the hosts it passes, or undefined when it is lost or goes in circles. */
function walk(lab: Plan, from: string, to: string): readonly string[] | undefined {
  const target = parseIp(lab.hosts.find((host) => host.name === to)?.interfaces[0]?.addresses[0]?.split('/')[0] ?? '');
  const path = [from];
  if (target === undefined) return undefined;
  for (let hops = 0; hops < 70; hops += 1) {
    const here = lab.hosts.find((host) => host.name === path.at(-1));
    if (here === undefined || (hops > 0 && !here.forwarding && here.name !== to)) return undefined;
    const mine = here.interfaces.flatMap((entry) => entry.addresses);
    if (mine.some((text) => parsePrefix(text)?.address === target)) return path;
    const onLink = mine.some((text) => prefixContains(parsePrefix(text) ?? { address: target, length: 32 }, target));
    const candidates = here.routes
      .map((route) => ({ gateway: parseIp(route.gateway ?? ''), prefix: parsePrefix(route.destination) }))
      .filter(({ prefix }) => prefix !== undefined && prefixContains(prefix, target))
      .toSorted((a, b) => (b.prefix?.length ?? 0) - (a.prefix?.length ?? 0));
    const next = onLink ? target : candidates[0]?.gateway;
    const neighbor = lab.hosts.find((host) =>
      host.interfaces.some((entry) => entry.addresses.some((text) => parsePrefix(text)?.address === next)),
    );
    if (next === undefined || neighbor === undefined) return undefined;
    path.push(neighbor.name);
  }
  return undefined;
}

describe('the plans of the catalogue', () => {
  test('the same template and seed give the same plan, twice', async () => {
    for (const name of await listTemplates()) {
      const { template } = await readTemplate(name);
      expect(planLab(template, { seed: '7' })).toEqual(planLab(template, { seed: '7' }));
    }
  });

  test('hello: the client reaches the server over three routers, and the name server knows everybody', async () => {
    const lab = planLab((await readTemplate('hello')).template, { seed: '1' });
    expect(walk(lab, 'client', 'server')).toEqual(['client', 'r1', 'r2', 'r3', 'server']);
    const dns = lab.hosts.find((host) => host.name === 'dns');
    expect(dns?.services).toEqual([{ name: 'named', command: 'named' }]);
    expect(dns?.zones[0]?.records).toContain('server IN A 10.0.4.2');
    expect(lab.hosts.every((host) => host.nameservers[0] === '10.0.5.2')).toBe(true);
    expect(lab.hosts.find((host) => host.name === 'client')?.routes).toEqual([
      { destination: '0.0.0.0/0', gateway: '10.0.1.1', interface: 'eth0', metric: 0 },
    ]);
  });

  test('two-ways: the reply takes another path than the request', async () => {
    const lab = planLab((await readTemplate('two-ways')).template, { seed: '1' });
    expect(walk(lab, 'client', 'server')).toEqual(['client', 'r1', 'r2', 'r4', 'server']);
    expect(walk(lab, 'server', 'client')).toEqual(['server', 'r4', 'r3', 'r1', 'client']);
  });
});

describe('impairments', () => {
  const withLink = (impair: string): Plan =>
    plan(`{name: x, title: {en: X}, summary: {en: X}, hosts: {a: , b: }, links: [{ends: [a, b], impair: ${impair}}]}`);
  const egress = (lab: Plan) => lab.hosts.map((host) => host.interfaces[0]?.egress);

  test('a direction is the egress of the host that sends', () => {
    expect(egress(withLink('{"a->b": loss 20%}'))).toEqual([
      { loss: { kind: 'random', share: 0.2, correlation: 0 } },
      {},
    ]);
  });

  test('both means both, and a direction of its own wins', () => {
    const [a, b] = egress(withLink('{both: loss 20%, "b->a": rate 1mbit}'));
    expect(a?.loss).toBeDefined();
    expect(b).toEqual({ rateBitsPerSecond: 1_000_000 });
  });
});

describe('any connected topology', () => {
  const topologies = fc
    .record({
      routers: fc.integer({ min: 1, max: 8 }),
      picks: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
      extra: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 5 }),
    })
    .map(({ routers, picks, extra }) => {
      const names = Array.from({ length: routers }, (_, index) => `r${index}`);
      const tree = names.slice(1).map((name, index) => `${names[(picks[index] ?? 0) % (index + 1)]} -- ${name}`);
      const more = extra
        .map(([a, b]) => [a % routers, b % routers])
        .filter(([a, b]) => a !== b)
        .map(([a, b]) => `r${a} -- r${b}`);
      const links = [...tree, ...more, 'a -- r0', `b -- r${routers - 1}`];
      const hosts = [...names.map((name) => `${name}: {role: router}`), 'a: ', 'b: '];
      return `{name: x, title: {en: X}, summary: {en: X}, hosts: {${hosts.join(', ')}}, links: [${links.join(', ')}]}`;
    });

  test('gives unique addresses and a way between every two hosts, without circles', () => {
    fc.assert(
      fc.property(topologies, (text) => {
        const lab = plan(text);
        const all = lab.hosts.flatMap((host) => host.interfaces.flatMap((entry) => [...entry.addresses, entry.mac]));
        expect(new Set(all).size).toBe(all.length);
        for (const from of lab.hosts)
          for (const to of lab.hosts) expect(walk(lab, from.name, to.name), `${from.name} to ${to.name}`).toBeDefined();
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});
