// The key that links and cookies are made with, kept in a file: they outlive the server that made them, also a crashed one.
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, toHex } from '../base/bytes.ts';
import { randomBytes, type Random } from '../base/random.ts';

export const keyBytes = 32;

/**
 * The key of this state directory, made at the first use; readable by the owner alone from the first byte on. `fresh`
 * makes a new one: every old link and cookie is worth nothing from then on.
 */
export async function readOrMakeKey(stateDirectory: string, random: Random, fresh: boolean): Promise<Uint8Array> {
  const path = join(stateDirectory, 'key');
  const known = fresh ? undefined : await readKey(path);
  if (known !== undefined) return known;
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  const key = randomBytes(random, new Uint8Array(keyBytes));
  const draft = `${path}.${toHex(key.subarray(0, 6))}`;
  await writeFile(draft, `${toHex(key)}\n`, { mode: 0o600, flag: 'wx' });
  if (fresh) {
    await rename(draft, path);
    return key;
  }
  try {
    await link(draft, path); // fails when another server was first: then its key is everybody's
    return key;
  } catch {
    const theirs = await readKey(path);
    if (theirs !== undefined) return theirs;
    await rename(draft, path); // what lies there is no key
    return key;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Undefined when there is none, or what is there is no key. */
async function readKey(path: string): Promise<Uint8Array | undefined> {
  const text = (await readFile(path, 'utf8').catch(() => '')).trim();
  return /^[0-9a-f]{64}$/.test(text) ? fromHex(text) : undefined;
}
