// nstat as iproute2 has it: the stack's counters, by default what has happened since it was last asked.
import type { CommandDefinition } from '../../command.ts';

const historyPath = '/tmp/.nstat.u0';

export const nstat: CommandDefinition = {
  name: 'nstat',
  summary: 'show the counters of the network stack',
  description: [
    'Prints the counters of IP, ICMP, UDP and TCP that have grown since nstat was last called, by the names of the MIBs (TcpRetransSegs: segments that were sent again). PATTERN, such as "Tcp*", chooses among them.',
  ],
  options: [
    { short: 'a', long: 'ignore', key: 'absolute', type: 'flag', description: 'since the host was started' },
    { short: 'z', long: 'zeros', key: 'zeros', type: 'flag', description: 'also those that are zero' },
    { short: 's', long: 'noupdate', key: 'keep', type: 'flag', description: 'do not remember this call' },
    { short: 'n', long: 'nooutput', key: 'silent', type: 'flag', description: 'only remember' },
    { short: 'r', long: 'reset', key: 'reset', type: 'flag', description: 'forget earlier calls' },
  ],
  operands: [{ name: 'PATTERN', kind: 'text', optional: true, repeated: true }],
  examples: [{ line: "nstat -az 'TcpRetrans*'", what: 'how often TCP has sent again' }],
  async run({ host, options, operands, stdout }) {
    const now = host.stack.inspect().counters;
    const fresh = options['absolute'] === true || options['reset'] === true;
    const before = fresh ? {} : readHistory(host.files.read(historyPath));
    if (options['keep'] !== true) {
      const lines = Object.entries(now).map(([name, value]) => `${name} ${value}\n`);
      host.files.write(historyPath, new TextEncoder().encode(lines.join('')));
    }
    if (options['silent'] === true) return 0;
    const patterns = operands.map(globPattern);
    const rows = Object.entries(now)
      .map(([name, value]) => [name, value - (before[name] ?? 0)] as const)
      .filter(([name]) => patterns.length === 0 || patterns.some((pattern) => pattern.test(name)))
      .filter(([, value]) => value !== 0 || options['zeros'] === true)
      .map(([name, value]) => `${name.padEnd(32)}${String(value).padEnd(16)}   0.0\n`);
    await stdout.write(`#kernel\n${rows.join('')}`);
    return 0;
  },
};

function readHistory(bytes: Uint8Array | undefined): Readonly<Record<string, number>> {
  const lines = new TextDecoder().decode(bytes ?? new Uint8Array(0)).split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [name = '', value = ''] = line.split(' ');
      return /^\d+$/.test(value) ? [[name, Number(value)]] : [];
    }),
  );
}

/** A shell pattern with `*` and `?` as a regular expression. */
function globPattern(glob: string): RegExp {
  const escaped = glob.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
