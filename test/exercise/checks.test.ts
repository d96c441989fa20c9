// Every kind of check on a real lab on virtual time: when it passes, when it fails and with what words, when it can not say.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ExerciseWatch } from '../../src/exercise/exercise-watch.ts';
import { reasonsOf } from '../../src/exercise/outcome.ts';
import { perform } from '../../src/exercise/perform.ts';
import { onVirtualTime, type JudgedLab } from '../../src/exercise/world.ts';
import { checkKinds } from '../../src/lab/exercise.ts';
import { planLab } from '../../src/lab/make-plan.ts';
import { templateOf } from '../../src/lab/parse.ts';
import { VirtualLab } from '../../src/runtime/embedded/virtual-runtime.ts';

const lab = `
name: checks
title: { en: Checks }
summary: { en: For tests. }
hosts:
  client: { files: { /etc/motto: "per aspera" } }
  r1: { role: router }
  r2: { role: router }
  server: { role: server, services: [httpd -p 80] }
  dns: { role: dns }
links: [client -- r1, r1 -- r2, r2 -- server, r2 -- dns]
dns: { server: dns }
exercises:
  - id: one
    title: { en: One }
    task: { en: Do it. }
    solution: wait 1s
    check: `;

let judged: JudgedLab;
let running: VirtualLab;
const tried = new Set<string>();

beforeAll(async () => {
  running = await VirtualLab.start(
    planLab(templateOf(`${lab}{ ping: { from: client, to: server } }`, 'checks.yaml'), { seed: '1' }),
    {
      labId: 'checks',
    },
  );
  judged = onVirtualTime(running);
});
afterAll(async () => await running.stop());

/** `pass`, or the verdict with its reasons, after the steps were done. */
async function verdict(check: string, steps = ''): Promise<string> {
  const text = `${lab}${check}`.replace(
    'solution: wait 1s',
    `solution: ${JSON.stringify(steps === '' ? 'wait 1s' : steps)}`,
  );
  const [exercise] = templateOf(text, 'checks.yaml').exercises;
  if (exercise === undefined) throw new Error('there is one exercise');
  for (const kind of checkKinds) if (check.includes(`${kind}:`)) tried.add(kind);
  const watch = await ExerciseWatch.begin(exercise, judged);
  try {
    const performed = await perform(exercise.solution, judged, watch);
    const outcome = await watch.evaluate();
    await performed.end();
    if (outcome.verdict === 'pass') return 'pass';
    return `${outcome.verdict} ${reasonsOf(outcome)
      .map(({ sentence, seen }) => `${sentence.en}: ${seen}`)
      .join('; ')}`;
  } finally {
    watch.dispose();
  }
}

describe('what tries something itself', () => {
  test.each([
    ['{ ping: { from: client, to: server } }', '', /^pass$/],
    ['{ connect: { from: client, to: server, port: 80 } }', '', /^pass$/],
    [
      '{ connect: { from: client, to: server, port: 81 } }',
      '',
      /^fail client reaches a program on server, tcp port 81: .*refused/,
    ],
    ['{ path: { from: client, to: server, through: [r1, r2] } }', '', /^pass$/],
    ['{ path: { from: client, to: server, through: [r1] } }', '', /^fail .*: they pass r1, r2$/],
    ['{ name: { from: client, name: server.lab, is: ["{server}"] } }', '', /^pass$/],
    ['{ name: { from: client, name: nosuch.lab, is: [] } }', '', /^pass$/],
    ['{ name: { from: client, name: server.lab, is: [192.0.2.1] } }', '', /^fail .*: 10\.0\.3\.2$/],
    ['{ page: { from: client, url: "http://server/", matches: Hello } }', '', /^pass$/],
    ['{ page: { from: client, url: "http://server/nosuch" } }', '', /^fail .*: status 404/],
    ['{ output: { on: client, command: hostname, matches: "^client$" } }', '', /^pass$/],
    ['{ output: { on: client, command: "exit 3", status: 3 } }', '', /^pass$/],
    ['{ output: { on: client, command: "false" } }', '', /^fail .*exit status 1/],
    ['{ file: { on: client, path: /etc/motto, matches: aspera } }', '', /^pass$/],
    ['{ file: { on: client, path: /tmp/new } }', 'client$ echo hi > /tmp/new', /^pass$/],
    ['{ file: { on: client, path: /tmp/other } }', '', /^fail .*No such file/],
  ])('%s after "%s"', async (check, steps, expected) => {
    expect(await verdict(check, steps)).toMatch(expected);
  });
});

describe('what looks into a host', () => {
  test.each([
    ['{ route: { on: client, to: server, via: r1 } }', '', /^pass$/],
    ['{ route: { on: client, to: server } }', '', /^fail client has no route to server: it sends it to r1$/],
    ['{ route: { on: r2, to: server, via: server } }', '', /^pass$/],
    ['{ neighbor: { on: r2, of: server } }', 'r2$ ip neigh flush dev eth1', /^fail .*: it is not in the cache$/],
    ['{ neighbor: { on: r2, of: server } }', 'r2$ ping -c 1 server', /^pass$/],
    ['{ socket: { on: server, state: LISTEN, port: 80 } }', '', /^pass$/],
    ['{ socket: { on: server, protocol: udp, port: 7 } }', '', /^fail .*: there are 0/],
    ['{ socket: { on: server, protocol: udp, port: 7 } }', 'server$ nc -u -l 7 &', /^pass$/],
    ['{ counter: { on: client, name: IcmpOutEchos, is: 3 } }', 'client$ ping -c 3 -i 0.2 server', /^pass$/],
    ['{ counter: { on: client, name: IcmpOutEchos, is: ">= 1" } }', '', /^fail .*: it has grown by 0$/],
    ['{ counter: { on: client, name: NoSuch, is: 1 } }', '', /^error .*client has no counter 'NoSuch'$/],
  ])('%s after "%s"', async (check, steps, expected) => {
    expect(await verdict(check, steps)).toMatch(expected);
  });
});

describe('what has happened since the exercise began', () => {
  test.each([
    ['{ packets: { at: r1 eth0, where: icmp, direction: in } }', 'client$ ping -c 1 server', /^pass$/],
    ['{ packets: { at: r1 eth0, where: icmp } }', '', /^fail .*: 0 were seen$/],
    ['{ packets: { at: r1, where: "ip.dst == {server}", count: 2 } }', 'client$ ping -c 1 server', /^pass$/],
    [
      '{ packets: { at: r1, where: "ip.dsst == 1" } }',
      '',
      /^error .*there is no field 'ip\.dsst': did you mean 'ip\.dst'\?/,
    ],
    ['{ packets: { at: r1, where: "ip.dst == {nobody}" } }', '', /^error .*\{nobody\} is nothing in this lab/],
    ['{ sequence: { at: client eth0, of: [icmp.type == 8, icmp.type == 0] } }', 'client$ ping -c 1 server', /^pass$/],
    [
      '{ sequence: { at: client eth0, of: [icmp.type == 0, icmp.type == 8] } }',
      'client$ ping -c 1 server',
      /^fail .*the first 1 were seen/,
    ],
    [
      '{ sequence: { at: client eth0, of: [icmp.seq == 1, icmp.seq == 2], within: 2s } }',
      'client$ ping -c 2 server',
      /^pass$/,
    ],
    [
      '{ sequence: { at: client eth0, of: [icmp.seq == 1, icmp.seq == 3], within: 500ms } }',
      'client$ ping -c 3 server',
      /^fail .*not within 500ms$/,
    ],
    [
      '{ disorder: { at: client eth0, field: icmp.seq, where: icmp.type == 8 } }',
      'client$ ping -c 2 -i 0.2 server; ping -c 1 server',
      /^pass$/,
    ],
    [
      '{ disorder: { at: client eth0, field: icmp.seq, where: icmp.type == 8 } }',
      'client$ ping -c 3 -i 0.2 server',
      /^fail .*: 0 did$/,
    ],
    ['{ disorder: { at: client eth0, field: nosuch, where: icmp } }', '', /^error .*there is no field 'nosuch'/],
    ['{ was: { on: client, state: SYN_SENT, port: 80 } }', 'client$ curl -s http://server/', /^pass$/],
    ['{ was: { on: client, state: SYN_SENT, port: 80 } }', '', /^fail .*there was no such connection$/],
    [
      '{ was: { on: client, state: CLOSE_WAIT } }',
      'client$ curl -s http://server/',
      /^fail .*it has been in .*ESTABLISHED/,
    ],
    ['{ answer: { question: { en: "How many?" }, is: 2 } }', 'answer 2.0', /^pass$/],
    ['{ answer: { question: { en: "Where?" }, is: "{server}" } }', 'answer 10.0.3.2', /^pass$/],
    ['{ answer: { question: { en: "How many?" }, is: 2 } }', 'answer 3', /^fail How many\?: the answer was '3'$/],
  ])('%s after "%s"', async (check, steps, expected) => {
    expect(await verdict(check, steps)).toMatch(expected);
  });
});

describe('settings, by the name that sysctl knows', () => {
  test.each([
    ['{ setting: { on: r1, name: net.ipv4.ip_forward, is: "1" } }', /^pass$/],
    ['{ setting: { on: client, name: net.ipv4.ip_forward, is: "1" } }', /^fail .*: it is 0$/],
    ['{ setting: { on: client, name: net.ipv4.nosuch, is: "1" } }', /^error /],
  ])('%s', async (check, expected) => {
    expect(await verdict(check)).toMatch(expected);
  });
});

describe('time', () => {
  test('eventually waits for what is still to come, but not longer than it says', async () => {
    const check = (within: string): string =>
      `{ eventually: { within: ${within}, check: { was: { on: client, state: TIME_WAIT } } } }`;
    expect(await verdict(check('20s'), 'client$ nc -N server 80 &')).toBe('pass');
    expect(await verdict(check('1s'))).toMatch(/^fail /);
  });

  test('always fails when it stops being so', async () => {
    const check = '{ always: { for: 5s, check: { packets: { at: client eth0, where: icmp, count: "<= 2" } } } }';
    expect(await verdict(check)).toBe('pass');
    expect(await verdict(check, 'client$ ping -c 9 server &')).toMatch(/^fail .*were seen$/);
  });
});

describe('the judge leaves no traces in the evidence', () => {
  test('its own packets count for nobody', async () => {
    await running.pass(60_000); // what earlier tests have left on the way
    const check =
      '{ all: [ { ping: { from: client, to: server } }, { name: { from: client, name: www.lab, is: [] } }, { packets: { at: client eth0, where: icmp || dns || tcp, count: 0 } } ] }';
    expect(await verdict(check)).toBe('pass');
  });
});

describe('what can not be checked is an error', () => {
  test.each(['{ ping: { from: client, to: server } }', '{ not: { ping: { from: client, to: server } } }'])(
    '%s when the lab is gone',
    async (check) => {
      const [exercise] = templateOf(`${lab}${check}`, 'checks.yaml').exercises;
      if (exercise === undefined) throw new Error('there is one exercise');
      const other = await VirtualLab.start(running.plan, { labId: 'gone' });
      const watch = await ExerciseWatch.begin(exercise, onVirtualTime(other));
      await other.stop();
      expect((await watch.evaluate()).verdict).toBe('error');
      watch.dispose();
    },
  );
});

test('every kind of check was tried here', () => {
  expect([...tried].sort()).toEqual([...checkKinds].sort());
});
