// radvd: a router tells the hosts on its links about itself, its prefixes and DNS servers.
import { SocketError } from '../../../../stack/sockets.ts';
import { parseRadvdConfig } from '../../../radvd-config.ts';
import type { CommandDefinition } from '../../command.ts';

const defaultPath = '/etc/radvd.conf';

export const radvd: CommandDefinition = {
  name: 'radvd',
  summary: 'advertise this router to the hosts on its links (IPv6)',
  description: [
    'Sends router advertisements: hosts make themselves addresses of the prefixes in them, use this router by default, and ask the DNS servers that it names. It goes on until Ctrl-C, and says good-bye then.',
    'FILE is written as radvd.conf(5): interface NAME { AdvSendAdvert on; MaxRtrAdvInterval SECONDS; AdvDefaultLifetime SECONDS; AdvLinkMTU BYTES; prefix PREFIX { AdvOnLink on; AdvAutonomous on; AdvValidLifetime SECONDS; AdvPreferredLifetime SECONDS; }; RDNSS ADDRESS { AdvRDNSSLifetime SECONDS; }; };',
    'A host that does not forward advertises no default route.',
  ],
  options: [
    {
      short: 'C',
      long: 'config',
      key: 'config',
      type: 'text',
      value: 'FILE',
      description: `what to advertise (default ${defaultPath})`,
    },
    { short: 'c', long: 'configtest', key: 'test', type: 'flag', description: 'only see whether FILE can be read' },
  ],
  operands: [],
  examples: [{ line: 'radvd &', what: 'advertise in the background' }],
  async run(context) {
    const { host, options, signal, stdout, stderr } = context;
    const path = typeof options['config'] === 'string' ? options['config'] : defaultPath;
    const fail = async (message: string): Promise<number> => {
      await stderr.write(`radvd: ${message}\n`);
      return 1;
    };
    const bytes = host.files.read(path);
    if (bytes === undefined) return fail(`can't open ${path}: No such file or directory`);
    const config = parseRadvdConfig(new TextDecoder().decode(bytes));
    if (config.kind === 'fault') return fail(`${path}:${config.line}: ${config.message}`);
    if (options['test'] === true) {
      await stdout.write(`radvd: config file ${path} syntax ok\n`);
      return 0;
    }
    const started: string[] = [];
    try {
      for (const { name, settings } of config.interfaces) {
        host.stack.advertiseRouter(name, settings);
        started.push(name);
        await stdout.write(`advertising on ${name}\n`);
      }
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
      return 0;
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      return await fail(error.message);
    } finally {
      for (const name of started) host.stack.advertiseRouter(name, undefined);
    }
  },
};
