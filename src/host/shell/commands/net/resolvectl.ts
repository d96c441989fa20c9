// `resolvectl`: forgetting what the host's resolver has cached (the name and words of systemd's).
import { formatIp } from '../../../../stack/wire/ip-address.ts';
import type { CommandDefinition } from '../../command.ts';

export const resolvectl: CommandDefinition = {
  name: 'resolvectl',
  summary: 'forget cached names',
  description: [
    'resolvectl flush-caches makes the resolver of this host forget every answer, so that the name servers are asked again; resolvectl dns lists them. Other hosts and dig are not concerned: dig asks the server every time.',
  ],
  options: [],
  operands: [{ name: 'flush-caches|dns', kind: 'text' }],
  words: ['flush-caches', 'dns'],
  examples: [{ line: 'resolvectl flush-caches', what: 'ask the name server again from now on' }],
  async run({ host, operands, stdout, stderr }) {
    const [verb = ''] = operands;
    if (verb === 'flush-caches') {
      host.resolver.flushCache();
      return 0;
    }
    if (verb === 'dns') {
      await stdout.write(`Global: ${host.resolver.nameservers.map(formatIp).join(' ')}\n`);
      return 0;
    }
    await stderr.write(`Unknown command verb '${verb}'.\n`);
    return 1;
  },
};
