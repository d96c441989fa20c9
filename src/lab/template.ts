// The schema of a lab template: one YAML file. What it means beyond its shape is checked by rules.ts.
import { z } from 'zod';
import { exerciseSchema, type Exercise } from './exercise.ts';

/** A DNS label (RFC 1035 section 2.3.1, digits allowed first by RFC 1123 section 2.1), lower case. */
const label = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/,
    'use lower-case letters, digits and inner dashes, at most 32 characters',
  );

const localText = z
  .strictObject({ en: z.string().min(1), ko: z.string().min(1).optional() })
  .describe('Text for people: English, and Korean where it has been translated.');

const prefix = z.string().describe('An IPv4 prefix such as 10.0.1.0/24; chosen by itself when absent.');
const prefix6 = z.string().describe('An IPv6 prefix of 64 bits such as 2001:db8:1::/64; chosen by itself when absent.');
const mtu = z.int().min(576).max(9000).describe('Largest packet in bytes; 1500 when absent.');

const service = z
  .union([
    z.string().min(1).describe('A command line of the host’s shell, such as "httpd -p 80".'),
    z.strictObject({ name: label, command: z.string().min(1) }),
  ])
  .describe('A program that runs from the start.');

const host = z
  .strictObject({
    role: z
      .enum(['client', 'server', 'router', 'dns'])
      .default('client')
      .describe('A router forwards; a dns host serves the lab’s names.'),
    services: z.array(service).default([]),
    files: z
      .record(z.string().regex(/^\/\S+$/, 'use an absolute path'), z.string())
      .default({})
      .describe('Absolute path: text.'),
    sysctls: z
      .record(z.string(), z.union([z.string(), z.number().transform(String)]))
      .default({})
      .describe('Settings of the stack by their Linux names.'),
  })
  .describe('One machine of the lab.');

const ends = z.tuple([label, label]).describe('The two hosts that the link joins.');
const segmentAddresses = z
  .record(label, z.string())
  .default({})
  .describe('Host: address, for those that are written down.');
const segmentAddresses6 = z
  .record(label, z.string())
  .default({})
  .describe('Host: IPv6 address, for those that are written down.');
const impair = z
  .record(z.string(), z.string())
  .default({})
  .describe(
    'What is wrong with the wire, in netem’s words: "a->b", a host’s name (what it sends) or both: "delay 50ms loss 1%".',
  );

const link = z.union([
  z
    .string()
    .regex(/^\s*\S+\s+--\s+\S+\s*$/, 'write a link as "a -- b"')
    .describe('"a -- b"'),
  z.strictObject({
    name: label.optional(),
    ends,
    prefix: prefix.optional(),
    addresses: segmentAddresses,
    prefix6: prefix6.optional(),
    addresses6: segmentAddresses6,
    mtu: mtu.optional(),
    impair,
  }),
]);

const network = z
  .strictObject({
    hosts: z.array(label).min(1),
    prefix: prefix.optional(),
    addresses: segmentAddresses,
    prefix6: prefix6.optional(),
    addresses6: segmentAddresses6,
    mtu: mtu.optional(),
    impair,
  })
  .describe('A shared segment: a switch that every named host is attached to.');

export const templateSchema = z
  .strictObject({
    name: label,
    title: localText,
    summary: localText,
    domain: z
      .string()
      .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'use a domain name such as lab')
      .default('lab')
      .describe('Domain of the hosts’ names.'),
    ipv6: z
      .enum(['static', 'auto'])
      .optional()
      .describe(
        'Both families: static gives every host its address; with auto clients configure themselves from what routers advertise. IPv4 alone when absent.',
      ),
    hosts: z.record(label, z.union([host, z.null()])).describe('Name: what it is.'),
    networks: z.record(label, network).default({}),
    links: z.array(link).default([]),
    dns: z
      .strictObject({
        server: label.describe('The host that serves the lab’s names.'),
        ttl: z.int().min(0).max(86_400).default(60).describe('Seconds.'),
        records: z.array(z.string()).default([]).describe('More records, as in a zone file: "www CNAME server".'),
      })
      .optional(),
    routes: z
      .record(label, z.array(z.string()))
      .default({})
      .describe(
        'Routes that replace the automatic shortest paths: "default via r2", "10.0.9.0/24 via r3", "lan via r1".',
      ),
    exercises: z
      .array(exerciseSchema)
      .default([])
      .describe('What to do, in order: each begins where the one before ended.'),
  })
  .describe('An Ackademy lab template.');

type Parsed = z.output<typeof templateSchema>;

export interface TemplateService {
  readonly name: string;
  readonly command: string;
}

export interface TemplateHost {
  readonly role: 'client' | 'server' | 'router' | 'dns';
  readonly services: readonly TemplateService[];
  readonly files: Readonly<Record<string, string>>;
  readonly sysctls: Readonly<Record<string, string>>;
}

/** A link or a network: the same to everything that follows. */
export interface TemplateSegment {
  readonly kind: 'link' | 'network';
  readonly name: string;
  readonly hosts: readonly string[];
  readonly prefix: string | undefined;
  readonly addresses: Readonly<Record<string, string>>;
  readonly prefix6: string | undefined;
  readonly addresses6: Readonly<Record<string, string>>;
  readonly mtu: number | undefined;
  readonly impair: Readonly<Record<string, string>>;
  /** Where it stands in the file, for faults. */
  readonly path: readonly (string | number)[];
}

/** A template whose short forms have been spelled out. */
export interface Template {
  readonly name: string;
  readonly title: { readonly en: string; readonly ko: string };
  readonly summary: { readonly en: string; readonly ko: string };
  readonly domain: string;
  /** Undefined: IPv4 alone. */
  readonly ipv6: 'static' | 'auto' | undefined;
  readonly hosts: ReadonlyMap<string, TemplateHost>;
  /** Networks first, then links, each in the order of the file. */
  readonly segments: readonly TemplateSegment[];
  readonly dns: { readonly server: string; readonly ttl: number; readonly records: readonly string[] } | undefined;
  readonly routes: Readonly<Record<string, readonly string[]>>;
  readonly exercises: readonly Exercise[];
}

/** Spells out the short forms of what the schema accepted. */
export function spellOut(parsed: Parsed): Template {
  const bilingual = (text: { en: string; ko?: string | undefined }) => ({ en: text.en, ko: text.ko ?? text.en });
  const hosts = new Map(Object.entries(parsed.hosts).map(([name, entry]) => [name, spellOutHost(entry ?? {})]));
  return {
    name: parsed.name,
    title: bilingual(parsed.title),
    summary: bilingual(parsed.summary),
    domain: parsed.domain,
    ipv6: parsed.ipv6,
    hosts,
    segments: spellOutSegments(parsed),
    dns: parsed.dns,
    routes: parsed.routes,
    exercises: parsed.exercises,
  };
}

function spellOutHost(entry: Partial<z.output<typeof host>>): TemplateHost {
  const { role = 'client', services = [], files = {}, sysctls = {} } = entry;
  const named = services.map((item) =>
    typeof item === 'string' ? { name: item.trim().split(/\s+/)[0] ?? item, command: item } : item,
  );
  return { role, services: named, files, sysctls };
}

function spellOutSegments(parsed: Parsed): readonly TemplateSegment[] {
  const networks = Object.entries(parsed.networks).map(([name, entry]): TemplateSegment => {
    const { hosts, addresses, addresses6, impair: impairments } = entry;
    return {
      kind: 'network',
      name,
      hosts,
      prefix: entry.prefix,
      addresses,
      prefix6: entry.prefix6,
      addresses6,
      mtu: entry.mtu,
      impair: impairments,
      path: ['networks', name],
    };
  });
  const taken = new Set(networks.map((segment) => segment.name));
  const links = parsed.links.map((entry, index): TemplateSegment => {
    const spelled =
      typeof entry === 'string' ? { ends: shortEnds(entry), addresses: {}, addresses6: {}, impair: {} } : entry;
    const name = ('name' in spelled ? spelled.name : undefined) ?? freeName(spelled.ends.join('-'), taken);
    taken.add(name);
    return {
      kind: 'link',
      name,
      hosts: spelled.ends,
      prefix: 'prefix' in spelled ? spelled.prefix : undefined,
      addresses: spelled.addresses,
      prefix6: 'prefix6' in spelled ? spelled.prefix6 : undefined,
      addresses6: spelled.addresses6,
      mtu: 'mtu' in spelled ? spelled.mtu : undefined,
      impair: spelled.impair,
      path: ['links', index],
    };
  });
  return [...networks, ...links];
}

function shortEnds(text: string): [string, string] {
  const [a = '', b = ''] = text.split('--').map((part) => part.trim());
  return [a, b];
}

/** Two links between the same hosts get different names. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${wanted}-${number}`)) number += 1;
  return `${wanted}-${number}`;
}
