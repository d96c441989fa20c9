// Display filters: what they mean, and what is said of those that mean nothing. (test/interop compares them with tshark.)
import { beforeAll, describe, expect, test } from 'vitest';
import { compileFilter } from '../../../src/dissect/filter/display-filter.ts';
import { Dissector, type Dissection } from '../../../src/dissect/tree/dissector.ts';
import { captureLab } from '../../support/lab-captures.ts';

let frames: readonly Dissection[] = [];
beforeAll(async () => {
  const captured = await captureLab({
    template: 'hello',
    place: 'client eth0',
    lines: ['client$ curl -s http://server.lab/'],
  });
  const dissector = new Dissector();
  frames = captured.map(({ frame, atMs }) =>
    dissector.dissect(frame, { timeSeconds: atMs / 1000, interfaceName: 'client/eth0' }),
  );
});

function found(filter: string): readonly string[] {
  const compiled = compileFilter(filter);
  if (!compiled.ok) throw new Error(`${compiled.fault.message} at ${compiled.fault.column}`);
  return frames.filter((frame) => compiled.matches(frame)).map(({ protocol }) => protocol);
}

function refusal(filter: string): string {
  const compiled = compileFilter(filter);
  return compiled.ok ? 'accepted' : `${compiled.fault.column}: ${compiled.fault.message}`;
}

describe('a filter', () => {
  test('that is empty lets everything pass', () => {
    expect(found('  ')).toHaveLength(frames.length);
  });

  test.each([
    ['dns', ['DNS', 'DNS']],
    ['http', ['HTTP', 'HTTP']],
    ['tcp.flags.syn == 1', ['TCP', 'TCP']],
    ['tcp.flags.syn and not tcp.flags.ack == 1 and tcp.flags.syn == 1', ['TCP']],
    ['tcp.flags & 0x02 && tcp.flags & 0x10', ['TCP']],
    ['http.request.method in {"GET", "HEAD"}', ['HTTP']],
    ['http.response.code in {200..299}', ['HTTP']],
    ['http or dns and udp.dstport == 53', ['DNS', 'HTTP', 'HTTP']],
    ['(http or dns) and ip.src == 10.0.1.2', ['DNS', 'HTTP']],
    ['dns xor udp.srcport == 53', ['DNS']],
    ['ip.addr == 10.0.5.0/24', ['DNS', 'DNS']],
    ['upper(dns.qry.name) == "SERVER.LAB" && dns.flags.response == false', ['DNS']],
    ['frame contains "GET /"', ['HTTP']],
    ['count(ip.addr) == 3', []],
    ['tcp.window_size > 70000 && http', ['HTTP', 'HTTP']],
  ])('%s', (filter, protocols) => {
    expect(found(filter)).toEqual(protocols);
  });

  test('== is true of any value, != of all, === wants all, !== any that differs', () => {
    const isClient = (operator: string): number => found(`ip.addr ${operator} 10.0.1.2`).length;
    const ip = found('ip').length;
    expect([isClient('=='), isClient('!='), isClient('==='), isClient('!==')]).toEqual([ip, 0, 0, ip]);
  });
});

describe('a filter that means nothing is refused with its place', () => {
  test.each([
    ['tcp.prot == 80', "1: there is no field 'tcp.prot': did you mean 'tcp.port'?"],
    ['tcp.port == http', "13: 'http' is not a number"],
    ['ip.src == 10.0.1', "11: '10.0.1' is not an IPv4 address or prefix"],
    ['tcp.flags.syn == maybe', "18: 'maybe' is neither True nor False (1 or 0)"],
    ['dns &&', '7: something is missing at the end'],
    ['(dns', "5: ')' is missing"],
    ['dns http', "5: 'http' was not expected here"],
    ['dns.qry.name == "www', '17: this string has no closing quote'],
    ['dns.qry.name matches "("', '22: "(" is not a regular expression'],
    ['tcp == 1', '8: a protocol is there or not: it can not be compared'],
    ['tcp.port in {80', '16: a value is missing at the end'],
    ['dns ; http', "5: ';' has no meaning here"],
    [`${'('.repeat(200)}dns${')'.repeat(200)}`, '101: this is nested too deeply'],
  ])('%s', (filter, said) => {
    expect(refusal(filter)).toBe(said);
  });
});
