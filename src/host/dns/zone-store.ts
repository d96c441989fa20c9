// The zones of a host: one file each under /etc/named, read again whenever somebody has written it.
import type { HostFiles } from '../shell/command.ts';
import type { DomainName } from '../../stack/wire/dns-name.ts';
import { formatZoneFile, originOfPath, parseZoneFile, zoneFilePath, type ParsedZone } from './zone-file.ts';
import type { Zone } from './zone.ts';

/** Seconds, for files without $TTL. */
const defaultTtl = 3600;

export type ZoneNews =
  | { readonly kind: 'loaded'; readonly zone: Zone }
  | { readonly kind: 'gone'; readonly origin: DomainName }
  | { readonly kind: 'refused'; readonly path: string; readonly line: number; readonly what: string };

interface Loaded {
  /** The very array that the file held: another one means that it was written. */
  readonly bytes: Uint8Array;
  readonly zone: Zone | undefined;
}

/** A view of the files; every program that serves or changes zones has its own. */
export class ZoneStore {
  readonly #files: HostFiles;
  readonly #report: (news: ZoneNews) => void;
  readonly #loaded = new Map<string, Loaded>();

  constructor(files: HostFiles, report: (news: ZoneNews) => void = () => undefined) {
    this.#files = files;
    this.#report = report;
  }

  /** What the files say now; a file that cannot be read keeps the zone that it held before. */
  zones(): readonly Zone[] {
    const found: Zone[] = [];
    const paths = this.#files.list().filter((path) => originOfPath(path) !== undefined);
    for (const path of paths) {
      const zone = this.#read(path);
      if (zone !== undefined) found.push(zone);
    }
    for (const [path, { zone }] of this.#loaded) {
      if (paths.includes(path)) continue;
      this.#loaded.delete(path);
      if (zone !== undefined) this.#report({ kind: 'gone', origin: zone.origin });
    }
    return found;
  }

  write(zone: Zone): void {
    this.#files.write(zoneFilePath(zone.origin), new TextEncoder().encode(formatZoneFile(zone)));
  }

  #read(path: string): Zone | undefined {
    const bytes = this.#files.read(path);
    const origin = originOfPath(path);
    if (bytes === undefined || origin === undefined) return undefined;
    const before = this.#loaded.get(path);
    if (before?.bytes === bytes) return before.zone;
    const parsed: ParsedZone = parseZoneFile(new TextDecoder().decode(bytes), { origin, defaultTtl });
    const zone = parsed.kind === 'zone' ? parsed.zone : before?.zone;
    this.#loaded.set(path, { bytes, zone });
    if (parsed.kind === 'zone') this.#report({ kind: 'loaded', zone: parsed.zone });
    else this.#report({ kind: 'refused', path, line: parsed.line, what: parsed.what });
    return zone;
  }
}
