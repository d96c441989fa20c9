// Shell commands of scripts as settings: known ones are done, others are never ignored in silence.
import { describe, expect, test } from 'vitest';
import { defaultKnobs, fixedKnob, parseCommand } from './shell.ts';

describe('settings', () => {
  test('the defaults, whatever folder they lie in', () => {
    expect(parseCommand('../../common/defaults.sh\n')).toHaveLength(defaultKnobs.length);
    expect(parseCommand('./defaults.sh')[0]).toEqual({ kind: 'knob', name: 'net.core.rmem_max', value: '4194304' });
  });

  test('knobs by sysctl, set_sysctls.py and echo', () => {
    expect(parseCommand("sysctl -q net.ipv4.tcp_ecn=1 # on\nsysctl -w net.ipv4.tcp_rmem='1 2  3'")).toEqual([
      { kind: 'knob', name: 'net.ipv4.tcp_ecn', value: '1' },
      { kind: 'knob', name: 'net.ipv4.tcp_rmem', value: '1 2 3' },
    ]);
    expect(parseCommand('../set_sysctls.py /proc/sys/net/ipv4/tcp_a=1 \\\n /proc/sys/net/ipv4/tcp_b=2')).toEqual([
      { kind: 'knob', name: 'net.ipv4.tcp_a', value: '1' },
      { kind: 'knob', name: 'net.ipv4.tcp_b', value: '2' },
    ]);
    expect(parseCommand('echo 3 > /proc/sys/net/ipv4/tcp_c && true')).toEqual([
      { kind: 'knob', name: 'net.ipv4.tcp_c', value: '3' },
      { kind: 'nothing' },
    ]);
  });

  test('counters since `nstat -n`', () => {
    expect(parseCommand('nstat -n')).toEqual([{ kind: 'counters-from-here' }]);
    expect(parseCommand('nstat | grep TcpExtTCPTimeouts | grep -q " 3 "')).toEqual([
      { kind: 'counter', name: 'TcpExtTCPTimeouts', value: 3 },
    ]);
  });

  test('the route’s MTU and first window', () => {
    expect(
      parseCommand('ip route change 192.0.2.1 via 192.168.0.2 dev tun0 advmss 600 mtu lock 640 initcwnd 11'),
    ).toEqual([{ kind: 'route', mtu: 640, advmss: 600, initialWindow: 11 }]);
    expect(parseCommand('ip link set dev tun0 mtu 1280')).toEqual([{ kind: 'mtu', bytes: 1280 }]);
  });
});

describe('what we have not', () => {
  test.each(['tc qdisc replace dev tun0 root fq', 'iptables -A INPUT', 'ip rule add x', 'grep a /proc/net/tcp'])(
    '%s',
    (line) => {
      expect(parseCommand(line)).toMatchObject([{ kind: 'unsupported', text: line }]);
    },
  );

  test('a knob without a counterpart is fine where it asks for what we do', () => {
    expect(fixedKnob('net.ipv4.tcp_mtu_probing', '0')).toBe(true);
    expect(fixedKnob('net.ipv4.tcp_mtu_probing', '2')).toContain('RFC 4821');
    expect(fixedKnob('net.ipv4.tcp_unheard_of', '1')).toBe('our stack has no such knob');
  });
});
