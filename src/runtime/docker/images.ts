// The host image: bundled agent, Node and its libraries, packed in memory and built by the engine without a registry.
// Its tag is a hash of what goes into it, so that it is built once and again only when something has changed.
import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { pack, type Pack } from 'tar-stream';
import { Fault } from '../../base/fault.ts';
import type { ProgressListener } from '../progress.ts';
import type { Engine } from './engine.ts';
import { labelNames } from './labels.ts';

const repository = 'ackademy/host';
/** What runs in a host. */
export const agentEntry = fileURLToPath(new URL('../../host/agent/main.ts', import.meta.url));
const dockerfile = fileURLToPath(new URL('../../../lab-images/host/Dockerfile', import.meta.url));
/** The image that brings its own Node where this machine's can not run in a container: macOS, another processor. */
const registryBase = 'node:24-slim';

/** One file of the image: from this machine's disk, or from memory. */
interface ImageFile {
  readonly path: string;
  readonly mode: number;
  readonly source: { readonly kind: 'disk'; readonly path: string } | { readonly kind: 'text'; readonly text: string };
}

export interface HostImage {
  readonly tag: string;
  readonly base: string;
  readonly files: readonly ImageFile[];
}

const described = new Map<string, Promise<HostImage>>();

/** What the image with that program is made of; bundled once per process. */
export function describeHostImage(engineArchitecture: string, entry: string): Promise<HostImage> {
  const known = described.get(entry);
  if (known !== undefined) return known;
  const image = collect(engineArchitecture, entry).catch((error: unknown) => {
    described.delete(entry); // the next lab may have more luck
    throw error;
  });
  described.set(entry, image);
  return image;
}

const building = new Map<string, Promise<void>>();

/** The tag of the host image, which the engine has when this resolves. Throws `Fault` image-build-failed. */
export async function ensureHostImage(engine: Engine, entry: string, progress?: ProgressListener): Promise<string> {
  const image = await describeHostImage(engine.facts.architecture, entry);
  const pending = building.get(image.tag);
  if (pending !== undefined) await pending;
  else if (!(await engine.hasImage(image.tag))) {
    const build = buildHostImage(engine, image, progress).finally(() => building.delete(image.tag));
    building.set(image.tag, build);
    await build;
  }
  return image.tag;
}

async function buildHostImage(engine: Engine, image: HostImage, progress?: ProgressListener): Promise<void> {
  const say = (state: 'started' | 'done' | 'failed', done: number, detail?: string): void =>
    progress?.({ step: 'image', name: image.tag, state, done, total: 1, ...(detail === undefined ? {} : { detail }) });
  say('started', 0);
  const context = pack();
  const packing = packContext(context, image);
  packing.catch((error: unknown) => context.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    await engine.buildImage(
      Readable.from(context),
      { tag: image.tag, labels: { [labelNames.kind]: 'image' }, arguments: { BASE: image.base } },
      (line) => say('started', 0, line),
    );
    await packing;
  } catch (error) {
    say('failed', 0);
    throw error;
  }
  say('done', 1);
}

async function packContext(context: Pack, image: HostImage): Promise<void> {
  const text = await readFile(dockerfile);
  context.entry({ name: 'Dockerfile', mode: 0o644 }, text);
  for (const file of image.files) {
    const header = { name: `rootfs${file.path}`, mode: file.mode, mtime: new Date(0) };
    if (file.source.kind === 'text') {
      context.entry(header, file.source.text);
    } else {
      const size = (await stat(file.source.path)).size;
      await pipeline(createReadStream(file.source.path), context.entry({ ...header, size }));
    }
  }
  context.finalize();
}

async function collect(engineArchitecture: string, entry: string): Promise<HostImage> {
  const nodeFits = process.platform === 'linux' && processorNames(engineArchitecture).includes(process.arch);
  const files: ImageFile[] = [
    { path: '/ackademy/agent/bin/main.mjs', mode: 0o644, source: { kind: 'text', text: await bundleAgent(entry) } },
    await nativeModule(engineArchitecture),
  ];
  if (nodeFits) files.push(...(await nodeAndLibraries()));
  const base = nodeFits ? 'scratch' : registryBase;
  const hash = createHash('sha256')
    .update(base)
    .update(await readFile(dockerfile));
  for (const file of files) hash.update(`\n${file.path} ${await identity(file)}`);
  return { tag: `${repository}:${hash.digest('hex').slice(0, 12)}`, base, files };
}

/** Text by its content; what is on disk by size and time, since Node alone has 120 MB. */
async function identity(file: ImageFile): Promise<string> {
  if (file.source.kind === 'text') return file.source.text;
  const facts = await stat(file.source.path);
  return `${facts.size} ${facts.mtimeMs}`;
}

async function bundleAgent(entry: string): Promise<string> {
  try {
    const bundle = await rolldown({ input: entry, platform: 'node', logLevel: 'silent' });
    const { output } = await bundle.generate({ format: 'esm', codeSplitting: false });
    await bundle.close();
    return output[0].code;
  } catch (error) {
    throw new Fault('image-build-failed', `the agent could not be bundled: ${String(error)}`, { cause: error });
  }
}

/** koffi's native part, where its loader looks for it seen from the bundle. */
async function nativeModule(engineArchitecture: string): Promise<ImageFile> {
  const [processor = 'x64'] = processorNames(engineArchitecture);
  const name = `@koromix/koffi-linux-${processor}`;
  try {
    const koffi = createRequire(import.meta.url).resolve('koffi');
    const directory = dirname(createRequire(await realpath(koffi)).resolve(`${name}/package.json`));
    const path = join(directory, `linux_${processor}`, 'koffi.node');
    await stat(path);
    return { path: `/ackademy/build/koffi/linux_${processor}/koffi.node`, mode: 0o644, source: { kind: 'disk', path } };
  } catch (error) {
    throw new Fault('image-build-failed', `the package ${name} is not installed`, {
      cause: error,
      nextStep: `The engine runs Linux on ${processor}: npm install --os=linux --cpu=${processor} brings the package.`,
    });
  }
}

async function nodeAndLibraries(): Promise<ImageFile[]> {
  const node = await realpath(process.execPath);
  const { stdout } = await promisify(execFile)('ldd', [node]);
  // "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)" and "/lib64/ld-linux-x86-64.so.2 (0x...)".
  const libraries = stdout.split('\n').flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  return [
    { path: '/usr/local/bin/node', mode: 0o755, source: { kind: 'disk', path: node } },
    ...libraries.map((path): ImageFile => ({
      path: path.replace(/^\/usr\/lib/, '/lib'),
      mode: 0o755,
      source: { kind: 'disk', path },
    })),
  ];
}

/** Node's word for a processor from the engine's; the engine's machine decides what the image is for. */
function processorNames(engineArchitecture: string): readonly string[] {
  const known: Readonly<Record<string, string>> = { amd64: 'x64', x86_64: 'x64', arm64: 'arm64', aarch64: 'arm64' };
  return [known[engineArchitecture] ?? engineArchitecture];
}
