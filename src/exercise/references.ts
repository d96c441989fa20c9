// Names in braces in checks and steps: {server} is an address of this lab, so that an exercise outlives another addressing.
import type { Plan } from '../lab/plan.ts';

export type FilledIn = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

/**
 * `{server}`: its first address; `{server.eth1}`: of that interface; `{server.eth1.mac}`; `{server.eth1.network}`: its prefix;
 * `{server.eth1.address6}`: its IPv6 address.
 * Braces with anything but a name stay as they are.
 */
export function fillIn(text: string, plan: Plan): FilledIn {
  let problem: string | undefined;
  const filled = text.replaceAll(/\{([a-z0-9][a-z0-9-]*(?:\.[a-z0-9]+){0,2})\}/g, (whole, reference: string) => {
    if (/^\d+$/.test(reference)) return whole; // a count of a regular expression, or a set of a filter
    const value = lookUp(reference, plan);
    problem ??= value === undefined ? `${whole} is nothing in this lab` : undefined;
    return value ?? whole;
  });
  return problem === undefined ? { ok: true, text: filled } : { ok: false, problem };
}

function lookUp(reference: string, plan: Plan): string | undefined {
  const [name, interfaceName = 'eth0', what = 'address'] = reference.split('.');
  const host = plan.hosts.find((one) => one.name === name);
  const found = host?.interfaces.find((one) => one.name === interfaceName);
  switch (what) {
    case 'address':
      return found?.addresses[0]?.split('/')[0];
    case 'address6':
      return found?.addresses.find((address) => address.includes(':'))?.split('/')[0];
    case 'mac':
      return found?.mac;
    case 'network':
      return plan.segments.find((segment) => segment.name === found?.segment)?.prefixes[0];
    default:
      return undefined;
  }
}

/** The addresses of a host, without prefix lengths; empty for a name that is no host. */
export function addressesOf(plan: Plan, host: string): readonly string[] {
  const interfaces = plan.hosts.find(({ name }) => name === host)?.interfaces ?? [];
  return interfaces.flatMap(({ addresses }) => addresses.map((address) => address.split('/')[0] ?? ''));
}

/** The host that has an address; undefined when nobody has it. */
export function ownerOf(plan: Plan, address: string): string | undefined {
  return plan.hosts.find(({ name }) => addressesOf(plan, name).includes(address))?.name;
}
