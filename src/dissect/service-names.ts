// Names of well-known ports (IANA's registry, as /etc/services has them), for tools that print names instead of numbers.

export const serviceNames: Readonly<Record<number, string>> = {
  7: 'echo',
  9: 'discard',
  13: 'daytime',
  20: 'ftp-data',
  21: 'ftp',
  22: 'ssh',
  23: 'telnet',
  25: 'smtp',
  37: 'time',
  53: 'domain',
  67: 'bootps',
  68: 'bootpc',
  69: 'tftp',
  80: 'http',
  110: 'pop3',
  123: 'ntp',
  143: 'imap2',
  161: 'snmp',
  179: 'bgp',
  443: 'https',
  5201: 'targus-getdata1',
  5353: 'mdns',
  8080: 'http-alt',
};

/** The port of a name such as `http`; undefined when nobody is registered under it. */
export function servicePort(name: string): number | undefined {
  const found = Object.entries(serviceNames).find(([, each]) => each === name);
  return found === undefined ? undefined : Number(found[0]);
}
