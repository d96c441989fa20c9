import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AgentLink } from '../../../src/host/agent/agent-link.ts';
import { ClientLink } from '../../../src/host/agent/client-link.ts';
import { VirtualClock } from '../../../src/wiring/virtual-clock.ts';

/** An agent and the pipe in front of it; bytes wait in both directions until somebody carries them. */
class World {
  readonly clock = new VirtualClock();
  readonly heardByAgent: unknown[] = [];
  readonly clientsSeen: string[] = [];
  readonly agent: AgentLink;
  toAgent: Uint8Array[] = [];
  toClient: Uint8Array[] = [];
  backlog = 0;

  constructor() {
    this.agent = new AgentLink({
      clock: this.clock,
      boot: 'boot-1',
      write: (bytes) => this.toClient.push(bytes),
      backlogBytes: () => this.backlog,
      onClient: (client) => this.clientsSeen.push(client),
      onMessage: (message) => this.heardByAgent.push(message),
    });
  }

  /** Carries everything that waits, until neither side has more to say. */
  carry(client: Orchestrator): void {
    while (this.toAgent.length > 0 || this.toClient.length > 0) {
      for (const bytes of this.toAgent.splice(0)) this.agent.push(bytes);
      for (const bytes of this.toClient.splice(0)) client.link.push(bytes);
    }
  }
}

class Orchestrator {
  readonly heard: unknown[] = [];
  forgotten = 0;
  superseded = 0;
  readonly link: ClientLink;

  constructor(world: World, name: string) {
    this.link = new ClientLink({
      clock: world.clock,
      client: name,
      onMessage: (message) => this.heard.push(message),
      onAttached: () => undefined,
      onForgotten: () => {
        this.forgotten += 1;
      },
      onSuperseded: () => {
        this.superseded += 1;
      },
    });
  }
}

function attach(world: World, orchestrator: Orchestrator): void {
  orchestrator.link.connect((bytes) => world.toAgent.push(bytes));
}

/** Cuts the attachment: of what is under way in each direction only the first `kept` bytes arrive. */
function cutAttachment(world: World, orchestrator: Orchestrator, kept: number): void {
  orchestrator.link.disconnect();
  const left = Buffer.concat(world.toAgent.splice(0));
  world.agent.push(left.subarray(0, kept % (left.length + 1)));
  const answered = Buffer.concat(world.toClient.splice(0));
  orchestrator.link.push(answered.subarray(0, kept % (answered.length + 1)));
}

test('messages sent before the agent answered arrive after its welcome', () => {
  const world = new World();
  const orchestrator = new Orchestrator(world, 'a');
  orchestrator.link.send({ kind: 'first' });
  attach(world, orchestrator);
  orchestrator.link.send({ kind: 'second' });
  world.carry(orchestrator);
  expect(orchestrator.link.attached).toBe(true);
  expect(world.heardByAgent).toEqual([{ kind: 'first' }, { kind: 'second' }]);
});

test('a hello that is lost is said again', () => {
  const world = new World();
  const orchestrator = new Orchestrator(world, 'a');
  attach(world, orchestrator);
  world.toAgent = [];
  world.clock.runFor(300);
  world.carry(orchestrator);
  expect(orchestrator.link.attached).toBe(true);
});

test('every message arrives once and in order over attachments that are cut anywhere', () => {
  const steps = fc.array(
    fc.oneof(
      fc.constant({ kind: 'agent' as const }),
      fc.constant({ kind: 'client' as const }),
      fc.constant({ kind: 'carry' as const }),
      fc.record({ kind: fc.constant('cut' as const), kept: fc.nat() }),
      fc.constant({ kind: 'wait' as const }),
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(steps, (script) => {
      const world = new World();
      const orchestrator = new Orchestrator(world, 'a');
      attach(world, orchestrator);
      world.carry(orchestrator);
      let fromAgent = 0;
      let fromClient = 0;
      for (const step of script) {
        if (step.kind === 'agent') world.agent.send({ number: (fromAgent += 1) });
        if (step.kind === 'client') orchestrator.link.send({ number: (fromClient += 1) });
        if (step.kind === 'carry') world.carry(orchestrator);
        if (step.kind === 'wait') world.clock.runFor(700);
        if (step.kind === 'cut') {
          cutAttachment(world, orchestrator, step.kept);
          attach(world, orchestrator);
        }
      }
      for (let round = 0; round < 5; round += 1) {
        world.carry(orchestrator);
        world.clock.runFor(2500);
      }
      world.carry(orchestrator);
      const counted = (count: number): unknown[] =>
        Array.from({ length: count }, (_, index) => ({ number: index + 1 }));
      expect(orchestrator.heard).toEqual(counted(fromAgent));
      expect(world.heardByAgent).toEqual(counted(fromClient));
      expect(orchestrator.forgotten).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('bytes that another writer mixed in cost nothing but a repetition', () => {
  const world = new World();
  const orchestrator = new Orchestrator(world, 'a');
  attach(world, orchestrator);
  world.carry(orchestrator);
  orchestrator.link.send({ number: 1 });
  const [frame] = world.toAgent.splice(0);
  if (frame === undefined) throw new Error('nothing was sent');
  world.agent.push(frame.subarray(0, 9));
  world.agent.push(Uint8Array.of(77, 78, 79));
  world.agent.push(frame.subarray(9));
  expect(world.heardByAgent).toEqual([]);
  world.clock.runFor(2500);
  world.carry(orchestrator);
  expect(world.heardByAgent).toEqual([{ number: 1 }]);
});

test('another orchestrator takes over: the agent is told, and the first learns of it when it comes back', () => {
  const world = new World();
  const first = new Orchestrator(world, 'first');
  attach(world, first);
  world.carry(first);
  first.link.send('from first');
  world.carry(first);
  cutAttachment(world, first, 5);

  const second = new Orchestrator(world, 'second');
  attach(world, second);
  second.link.send('from second');
  world.carry(second);
  expect(world.clientsSeen).toEqual(['second']);
  world.agent.send('for second');
  world.carry(second);
  expect(second.heard).toEqual(['for second']);
  expect(world.heardByAgent).toEqual(['from first', 'from second']);

  second.link.disconnect();
  attach(world, first);
  world.carry(first);
  expect(first.forgotten).toBe(1);
  first.link.send('again');
  world.carry(first);
  expect(world.heardByAgent.at(-1)).toBe('again');
  expect(first.heard).toEqual([]);
});

test('an orchestrator that is still attached learns that another one has taken over, and hears none of its news', () => {
  const world = new World();
  const [first, second] = [new Orchestrator(world, 'first'), new Orchestrator(world, 'second')];
  attach(world, first);
  world.carry(first);
  attach(world, second);
  for (const bytes of world.toAgent.splice(0)) world.agent.push(bytes);
  world.agent.send('for second');
  for (const bytes of world.toClient.splice(0)) {
    first.link.push(bytes); // the engine copies the agent's output to everybody who is attached
    second.link.push(bytes);
  }
  expect(first.superseded).toBe(1);
  expect(first.heard).toEqual([]);
  expect(second.superseded).toBe(0);
  expect(second.heard).toEqual(['for second']);
});

test('captured frames are left out while the reader is slow, numbered messages are not', () => {
  const world = new World();
  const orchestrator = new Orchestrator(world, 'a');
  attach(world, orchestrator);
  world.carry(orchestrator);
  world.backlog = 5 * 1024 * 1024;
  world.agent.sendPlain('frame');
  world.agent.send('reply');
  world.carry(orchestrator);
  expect(orchestrator.heard).toEqual(['reply']);
  expect(world.agent.droppedPlain).toBe(1);
});

test('an orchestrator that has fallen silent gets no captured frames', () => {
  const world = new World();
  const orchestrator = new Orchestrator(world, 'a');
  attach(world, orchestrator);
  world.carry(orchestrator);
  world.clock.runFor(25_000);
  world.carry(orchestrator); // its signs of life arrive
  expect(world.agent.attended).toBe(true);
  orchestrator.link.disconnect();
  world.clock.runFor(31_000);
  expect(world.agent.attended).toBe(false);
  world.toClient = [];
  world.agent.sendPlain('frame');
  expect(world.toClient).toEqual([]);
});

test('the agent keeps no messages for nobody', () => {
  const world = new World();
  world.agent.send('before anybody came');
  const orchestrator = new Orchestrator(world, 'a');
  attach(world, orchestrator);
  world.carry(orchestrator);
  expect(orchestrator.heard).toEqual([]);
});
