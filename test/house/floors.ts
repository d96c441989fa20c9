// The plan of floors as data: who may import whom, which packages may be used where, and why not elsewhere.
import { importsOf, packageOf, resolveImport, type SourceFile } from './source-files.ts';

export interface Room {
  readonly name: string;
  readonly floor: number;
  /** Rooms (or one folder of a room, as `stack/wire`) that this one may import; its own is always allowed. */
  readonly mayImport: readonly string[];
  /** Packages that may be used; `node:*` stands for all of Node's own modules. */
  readonly packages: readonly string[];
}

const below = (...rooms: string[]): string[] => ['base', ...rooms];

export const rooms: readonly Room[] = [
  { name: 'base', floor: 0, mayImport: [], packages: [] },
  { name: 'stack', floor: 1, mayImport: below(), packages: [] },
  { name: 'wiring', floor: 2, mayImport: below('stack'), packages: [] },
  { name: 'dissect', floor: 2, mayImport: below('stack/wire'), packages: [] },
  { name: 'lab', floor: 3, mayImport: below('stack', 'wiring'), packages: ['zod', 'yaml'] },
  { name: 'messages', floor: 4, mayImport: below('stack', 'wiring', 'dissect', 'lab'), packages: ['zod'] },
  { name: 'catalogue', floor: 5, mayImport: below('lab'), packages: ['node:*'] },
  { name: 'host', floor: 5, mayImport: below('stack', 'wiring', 'dissect', 'lab'), packages: ['node:*', 'koffi'] },
  {
    name: 'runtime',
    floor: 6,
    mayImport: below('stack', 'wiring', 'lab', 'host'),
    packages: ['node:*', 'dockerode', 'tar-stream', 'rolldown'],
  },
  { name: 'exercise', floor: 7, mayImport: below('stack', 'wiring', 'dissect', 'lab', 'runtime'), packages: [] },
  {
    name: 'classroom',
    floor: 8,
    mayImport: below('stack', 'wiring', 'lab', 'messages', 'catalogue', 'runtime', 'exercise'),
    packages: ['node:*', '@xterm/headless', '@xterm/addon-serialize'],
  },
  {
    name: 'server',
    floor: 9,
    mayImport: below('stack', 'wiring', 'dissect', 'lab', 'messages', 'catalogue', 'runtime', 'exercise', 'classroom'),
    packages: ['node:*', 'express', 'socket.io', 'pino', 'vite', 'zod'],
  },
  {
    name: 'cli',
    floor: 10,
    mayImport: below(
      'stack',
      'wiring',
      'dissect',
      'lab',
      'messages',
      'catalogue',
      'host',
      'runtime',
      'exercise',
      'classroom',
      'server',
    ),
    packages: ['node:*', 'commander', 'listr2', 'zod'],
  },
  {
    name: 'web',
    floor: 10,
    mayImport: below('stack', 'wiring', 'dissect', 'lab', 'messages'),
    packages: [
      'react',
      'react-dom',
      '@xyflow/react',
      '@xterm/xterm',
      '@xterm/addon-fit',
      '@xterm/addon-web-links',
      'zustand',
      'i18next',
      'react-i18next',
      'socket.io-client',
      'vite',
      '@vitejs/plugin-react',
      'node:*',
    ],
  },
];

/** Packages that one file alone may import, and why. */
export const soleImporters: readonly { readonly package: string; readonly file: string; readonly reason: string }[] = [
  {
    package: 'dockerode',
    file: 'src/runtime/docker/engine.ts',
    reason: 'one place knows how the engine is asked, so that its faults, timeouts and API version are handled once',
  },
  {
    package: 'koffi',
    file: 'src/host/agent/packet-socket.ts',
    reason: 'foreign calls can crash the process: everything unsafe stays in one file',
  },
];

/** Folders of one room that must not know each other, and the one file that may know both. */
export const separated = {
  folders: ['src/runtime/docker/', 'src/runtime/embedded/'],
  chooser: 'src/runtime/choose.ts',
  reason: 'a runtime that leans on the other cannot be removed or tested alone',
} as const;

export interface Breach {
  readonly file: string;
  readonly imports: string;
  readonly rule: string;
}

/** Every import that the plan does not allow. */
export function findBreaches(files: readonly SourceFile[], plan: readonly Room[] = rooms): readonly Breach[] {
  return files.flatMap((file) =>
    importsOf(file.text).flatMap((specifier) => {
      const target = resolveImport(file.path, specifier);
      const rule =
        target === undefined ? packageBreach(file.path, specifier, plan) : roomBreach(file.path, target, plan);
      return rule === undefined ? [] : [{ file: file.path, imports: specifier, rule }];
    }),
  );
}

/** Rows of the plan whose own rule is broken: an arrow that does not go down. */
export function findUpwardArrows(plan: readonly Room[] = rooms): readonly string[] {
  return plan.flatMap((room) =>
    room.mayImport
      .filter((target) => (plan.find((other) => other.name === target.split('/')[0])?.floor ?? Infinity) >= room.floor)
      .map((target) => `${room.name} -> ${target}`),
  );
}

export function roomOf(path: string): string | undefined {
  return path.startsWith('web/') ? 'web' : /^src\/([^/]+)\//.exec(path)?.[1];
}

function roomBreach(from: string, target: string, plan: readonly Room[]): string | undefined {
  const fromRoom = plan.find((room) => room.name === roomOf(from));
  const targetRoom = roomOf(target);
  if (fromRoom === undefined) return `${from} lies in no room of the plan`;
  if (targetRoom === undefined)
    return target === '.' || target === 'package.json' || target.startsWith('lab-images/')
      ? undefined
      : `${target} lies in no room of the plan`;
  const separation = separated.folders.filter((folder) => target.startsWith(folder) && !from.startsWith(folder));
  if (fromRoom.name === 'runtime' && separation.length > 0 && from !== separated.chooser) return separated.reason;
  if (targetRoom === fromRoom.name) return undefined;
  const allowed = fromRoom.mayImport.some((entry) => target.startsWith(`src/${entry}/`));
  return allowed ? undefined : `${fromRoom.name} (floor ${fromRoom.floor}) may not import ${targetRoom}`;
}

function packageBreach(from: string, specifier: string, plan: readonly Room[]): string | undefined {
  const name = packageOf(specifier);
  const room = plan.find((candidate) => candidate.name === roomOf(from));
  if (room === undefined) return `${from} lies in no room of the plan`;
  const allowed = room.packages.includes(name) || (name.startsWith('node:') && room.packages.includes('node:*'));
  if (!allowed) return `${room.name} may not use ${name}`;
  const sole = soleImporters.find((rule) => rule.package === name);
  return sole === undefined || sole.file === from ? undefined : sole.reason;
}
