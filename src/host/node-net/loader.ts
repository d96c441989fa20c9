// Gives a program our modules where it says `node:net`, `dns`, `dgram`, `http`, `https` or `tls`, by `import` or `require`.
// One host a process: the program's whole module graph is dressed, so a process that also serves the lab must not do it.
import { createRequire, registerHooks } from 'node:module';
import type { Disposable } from '../../base/dispose.ts';
import type { NodeNet } from './node-net.ts';

const registryKey = Symbol.for('ackademy.node-net');
const scheme = 'ackademy-node:';

/**
 * Replaces the network modules for every module loaded from now on whose URL `isDressed` accepts (the importing one);
 * by default all but this house's own `node-net`. Disposing ends it for modules that are not loaded yet.
 */
export function installLoader(nodeNet: NodeNet, isDressed: (parentUrl: string) => boolean = isForeign): Disposable {
  const modules: Readonly<Record<string, object>> = {
    ...nodeNet,
    'dns/promises': nodeNet.dns.promises,
    ...oldModules(nodeNet),
  };
  Reflect.set(globalThis, registryKey, modules);
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const name = specifier.replace(/^node:/, '');
      if (!Object.hasOwn(modules, name) || !isDressed(context.parentURL ?? '')) return next(specifier, context);
      const kind = context.conditions.includes('require') ? 'commonjs' : 'module';
      return { url: `${scheme}${name}?${kind}`, format: kind, shortCircuit: true };
    },
    load(url, context, next) {
      if (!url.startsWith(scheme)) return next(url, context);
      const [name = '', kind] = url.slice(scheme.length).split('?');
      const format = kind === 'commonjs' ? 'commonjs' : 'module';
      return { format, source: sourceOf(name, modules[name] ?? {}, format), shortCircuit: true };
    },
  });
  return {
    dispose: () => {
      hooks.deregister();
    },
  };
}

/** The undocumented names under which old programs know parts of `http` and `tls`. */
function oldModules({ http, tls }: NodeNet): Readonly<Record<string, object>> {
  const require = createRequire(import.meta.url);
  const old = (name: string, module: object): object => {
    const original = require(name) as object;
    const shared = Object.entries(module).filter(([key]) => Object.hasOwn(original, key));
    return { ...original, ...Object.fromEntries(shared) };
  };
  return {
    _http_agent: old('node:_http_agent', http),
    _http_client: old('node:_http_client', http),
    _http_server: old('node:_http_server', http),
    _tls_wrap: old('node:_tls_wrap', tls),
  };
}

function isForeign(parentUrl: string): boolean {
  return !parentUrl.startsWith(new URL('.', import.meta.url).href);
}

function sourceOf(name: string, module: object, format: 'commonjs' | 'module'): string {
  const found = `globalThis[Symbol.for('ackademy.node-net')][${JSON.stringify(name)}]`;
  if (format === 'commonjs') return `module.exports = ${found};`;
  const names = Object.keys(module).filter((each) => /^[A-Za-z_$][\w$]*$/.test(each) && each !== 'default');
  const exported = names.map((each) => `const $${each} = m[${JSON.stringify(each)}];\nexport { $${each} as ${each} };`);
  return [`const m = ${found};`, 'export default m;', ...exported].join('\n');
}
