// The shape of exercises and their checks: data only. What a check means is in src/exercise.
import { z } from 'zod';
import { tcpStates } from '../stack/tcp/state.ts';

/** In both languages. */
export interface LocalText {
  readonly en: string;
  readonly ko: string;
}

const localText = z
  .strictObject({ en: z.string().min(1), ko: z.string().min(1).optional() })
  .transform(({ en, ko }): LocalText => ({ en, ko: ko ?? en }))
  .describe('Text for people: English, and Korean where it has been translated.');

const host = z.string().min(1).describe('A host’s name.');
const place = z
  .string()
  .regex(/^\S+( \S+)?$/, 'write a host, or a host and its interface: "client eth0"')
  .describe('"client" or "client eth0".');
const protocol = z.enum(['tcp', 'udp']).default('tcp');
const port = z.int().min(1).max(65_535);
const command = z
  .string()
  .min(1)
  .describe('A command line of the host’s shell; {server} is the address of the host server.');
const pattern = z
  .string()
  .refine((text) => isPattern(text), 'this is not a regular expression')
  .describe('A regular expression (JavaScript’s, lines apart).');
const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s)$/, 'write a duration such as 500ms or 2s')
  .describe('Lab time: "500ms", "2s".');
const count = z
  .union([z.int().min(0), z.string().regex(/^(>=|<=|>|<|==)? ?\d+$/, 'write a number, or a comparison such as ">= 3"')])
  .describe('A number, or a comparison such as ">= 3".');
const filter = z
  .string()
  .min(1)
  .describe('A display filter in Wireshark’s syntax; {server} is the address of the host server.');

const tcpState = z.enum(tcpStates).describe('A state of RFC 9293 section 3.3.2.');

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'm') instanceof RegExp;
  } catch {
    return false;
  }
}

/** Each kind of check with what it takes. */
const kinds = {
  ping: z.strictObject({ from: host, to: host }).describe('An echo request is answered.'),
  connect: z.strictObject({ from: host, to: host, port, protocol }).describe('A program answers on the port.'),
  path: z
    .strictObject({ from: host, to: host, through: z.array(host).describe('Routers, in order.') })
    .describe('Packets take this way.'),
  output: z
    .strictObject({ on: host, command, matches: pattern.optional(), status: z.int().min(0).max(255).optional() })
    .describe('A command prints this, and ends so.'),
  name: z
    .strictObject({
      from: host,
      name: z.string().min(1),
      type: z.enum(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'TXT']).default('A'),
      is: z.array(z.string()).describe('Every answer, in any order; empty: there is none.'),
    })
    .describe('What the host’s name server answers.'),
  page: z
    .strictObject({ from: host, url: z.string().min(1), status: z.int().optional(), matches: pattern.optional() })
    .describe('What a web server answers.'),
  route: z
    .strictObject({ on: host, to: host, via: host.optional().describe('The next hop; absent: there is no route.') })
    .describe('Where the host would send a packet.'),
  neighbor: z
    .strictObject({ on: host, of: host, known: z.boolean().default(true) })
    .describe('The host has the other’s MAC address in its cache.'),
  socket: z
    .strictObject({
      on: host,
      protocol,
      state: tcpState.optional(),
      port: port.optional(),
      count: count.default('>= 1'),
    })
    .describe('Sockets that are open now; `port` is either end’s.'),
  was: z
    .strictObject({ on: host, state: tcpState, port: port.optional() })
    .describe('A connection has been in this state since the exercise began.'),
  packets: z
    .strictObject({
      at: place,
      where: filter,
      count: count.default('>= 1'),
      direction: z.enum(['in', 'out']).optional(),
    })
    .describe('Packets seen since the exercise began.'),
  sequence: z
    .strictObject({ at: place, of: z.array(filter).min(2), within: duration.optional() })
    .describe('Packets seen one after the other since the exercise began; others may be between.'),
  disorder: z
    .strictObject({
      at: place,
      field: z.string().min(1).describe('A field of the packets that is a number, such as icmp.seq.'),
      where: filter,
      count: count.default('>= 1'),
    })
    .describe('Packets seen since the exercise began whose number is lower than one that came before.'),
  counter: z
    .strictObject({ on: host, name: z.string().min(1), is: count })
    .describe(
      'How much a counter of the stack (SNMP’s names, as nstat prints them) has grown since the exercise began.',
    ),
  file: z
    .strictObject({ on: host, path: z.string().regex(/^\/\S+$/, 'use an absolute path'), matches: pattern.optional() })
    .describe('The file exists, and says this.'),
  setting: z.strictObject({ on: host, name: z.string().min(1), is: z.string() }).describe('A sysctl has this value.'),
  answer: z
    .strictObject({
      question: localText,
      is: z.union([z.string().min(1), z.number()]).describe('The answer; {server} is the address of the host server.'),
      choices: z
        .array(localText)
        .min(2)
        .optional()
        .describe('To choose from; `is` is then the number of the right one, from 1.'),
    })
    .describe('A question that people answer.'),
} as const;

type KindSchemas = typeof kinds;
export type CheckKind = keyof KindSchemas;
export const checkKinds = Object.keys(kinds) as readonly CheckKind[]; // the literal's own keys

/** A check of one kind, with its parameters. */
export type SimpleCheck = {
  [Kind in CheckKind]: { readonly kind: Kind } & Readonly<z.output<KindSchemas[Kind]>>;
}[CheckKind];

export type Check =
  | SimpleCheck
  | { readonly kind: 'all' | 'any'; readonly checks: readonly Check[] }
  | { readonly kind: 'not'; readonly check: Check }
  /** `within` and `for` in ms of lab time. */
  | { readonly kind: 'eventually'; readonly withinMs: number; readonly check: Check }
  | { readonly kind: 'always'; readonly forMs: number; readonly check: Check };

/** Ports and echo identifiers that only checks use, so that their packets are told from people's: above Linux's ephemeral ports. */
export const judgePorts = { first: 61_000, last: 65_535 } as const;

/** A check as written: a map with one key, its kind. */
interface WrittenCheck {
  readonly [kind: string]: unknown;
}

const checkSchema: z.ZodType<Check> = z.lazy(() =>
  z
    .strictObject({
      ...(Object.fromEntries(Object.entries(kinds).map(([kind, schema]) => [kind, schema.optional()])) as {
        // the same keys, each optional
        [Kind in CheckKind]: z.ZodOptional<KindSchemas[Kind]>;
      }),
      all: z.array(checkSchema).min(1).optional(),
      any: z.array(checkSchema).min(1).optional(),
      not: checkSchema.optional(),
      eventually: z.strictObject({ within: duration, check: checkSchema }).optional(),
      always: z.strictObject({ for: duration, check: checkSchema }).optional(),
    })
    .check((context) => {
      const given = Object.keys(context.value).filter((key) => Reflect.get(context.value, key) !== undefined);
      if (given.length === 1) return;
      const message =
        given.length === 0 ? 'a check is missing' : `one check at a time: put ${given.join(' and ')} under 'all:'`;
      context.issues.push({ code: 'custom', message, input: context.value });
    })
    .transform((written) => spellOutCheck(written)),
);

function spellOutCheck(written: WrittenCheck): Check {
  const [kind = 'all', value] = Object.entries(written).find(([, given]) => given !== undefined) ?? [];
  switch (kind) {
    case 'all':
    case 'any':
      return { kind, checks: value as readonly Check[] }; // parsed by the schema, here and below
    case 'not':
      return { kind, check: value as Check };
    case 'eventually': {
      const { within, check } = value as { within: string; check: Check };
      return { kind, withinMs: parseDuration(within), check };
    }
    case 'always': {
      const { for: time, check } = value as { for: string; check: Check };
      return { kind, forMs: parseDuration(time), check };
    }
    default:
      return { kind, ...(value as object) } as SimpleCheck;
  }
}

/** ms. The text has passed the schema. */
export function parseDuration(text: string): number {
  const value = Number.parseFloat(text);
  return text.endsWith('ms') ? value : value * 1000;
}

const steps = z
  .string()
  .transform((text) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#')),
  )
  .check((context) => {
    for (const line of context.value) {
      if (parseStep(line) === undefined) {
        context.issues.push({
          code: 'custom',
          message: `'${line}' is no step: write "client$ ping server", "wait 2s", "answer 42", "cut LINK", "restore LINK" or "impair client eth0 loss 10%"`,
          input: line,
        });
      }
    }
  })
  .transform((lines) => lines.flatMap((line) => parseStep(line) ?? []))
  .describe('One step a line: "client$ ping server"; with & at the end it runs on while others are typed.');

/** What somebody does: a line typed at a host, or a control of the lab. */
export type Step =
  | {
      readonly kind: 'type';
      readonly text: string;
      readonly host: string;
      readonly command: string;
      readonly isBackground: boolean;
    }
  | { readonly kind: 'wait'; readonly text: string; readonly durationMs: number }
  | { readonly kind: 'answer'; readonly text: string; readonly value: string }
  | { readonly kind: 'segment'; readonly text: string; readonly segment: string; readonly state: 'up' | 'cut' }
  | {
      readonly kind: 'impair';
      readonly text: string;
      readonly host: string;
      readonly interface: string;
      /** In netem's words; empty: nothing is wrong. */
      readonly impairment: string;
    };

/** Undefined when the line is no step. */
export function parseStep(text: string): Step | undefined {
  const typed = /^([a-z0-9-]+)\$ (.*?)( &)?$/.exec(text);
  if (typed !== null) {
    const [, name = '', line = '', background] = typed;
    return { kind: 'type', text, host: name, command: line, isBackground: background !== undefined };
  }
  const wait = /^wait (\d+(?:\.\d+)?(?:ms|s))$/.exec(text);
  if (wait !== null) return { kind: 'wait', text, durationMs: parseDuration(wait[1] ?? '') };
  const answer = /^answer (.+)$/.exec(text);
  if (answer !== null) return { kind: 'answer', text, value: answer[1] ?? '' };
  const segment = /^(cut|restore) (\S+)$/.exec(text);
  if (segment !== null)
    return { kind: 'segment', text, segment: segment[2] ?? '', state: segment[1] === 'cut' ? 'cut' : 'up' };
  const impair = /^impair (\S+) (\S+)(?: (.*))?$/.exec(text);
  if (impair !== null) {
    const [, name = '', interfaceName = '', impairment = ''] = impair;
    return { kind: 'impair', text, host: name, interface: interfaceName, impairment };
  }
  return undefined;
}

const label = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, 'use lower-case letters, digits and inner dashes');

export const exerciseSchema = z
  .strictObject({
    id: label,
    title: localText,
    task: localText.describe('What to do: Markdown.'),
    ideas: z.array(z.int().min(1)).default([]).describe('Numbers of the ideas that it is about.'),
    minutes: z.int().min(1).max(120).default(5).describe('What it takes, about.'),
    hints: z.array(localText).default([]),
    check: checkSchema,
    solution: steps,
    wrong: z.array(steps).default([]).describe('What does not solve it: each is tried, and has to fail.'),
  })
  .describe('Something to do, and how to know that it was done.');

export type Exercise = Readonly<z.output<typeof exerciseSchema>>;
