// Who is who: tokens that links carry, and the signed cookie that they are exchanged for.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { randomBytes, type Random } from '../base/random.ts';
import { toHex } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { Fault } from '../base/fault.ts';
import type { Member } from '../classroom/policy.ts';
import { displayName, labId, playerId, role, type LabId, type PlayerId } from '../messages/ids.ts';

/** A working day: a class comes back after lunch. */
const cookieLifetimeMs = 12 * 3_600_000;

const cookieContent = z.object({ player: playerId, name: displayName, role, lab: labId.optional(), until: z.number() });

/** What a token is good for. */
export type Grant = { readonly role: 'instructor' } | { readonly role: 'player'; readonly lab: LabId };

/** What of a request says who asks. */
export interface Credentials {
  readonly cookie: string | undefined;
  readonly authorization: string | undefined;
}

export interface AccessOptions {
  readonly random: Random;
  readonly clock: Clock;
  /** Cookies know no ports: servers side by side need names of their own. */
  readonly cookieName: string;
}

/** Keys live as long as the server: after a restart old links and cookies are worthless. */
export class Access {
  readonly instructorToken: string;
  readonly cookieName: string;
  readonly #key: Uint8Array;
  readonly #random: Random;
  readonly #clock: Clock;
  /** The one person behind a token that a program uses. */
  readonly #bearers = new Map<string, PlayerId>();

  constructor(options: AccessOptions) {
    this.#random = options.random;
    this.#clock = options.clock;
    this.cookieName = options.cookieName;
    this.#key = randomBytes(options.random, new Uint8Array(32));
    this.instructorToken = toHex(randomBytes(options.random, new Uint8Array(20)));
  }

  /** The token of a lab's join link. */
  joinToken(lab: LabId): string {
    return `${lab}.${this.#sign(`join:${lab}`).slice(0, 40)}`;
  }

  /** Undefined for a token that is good for nothing. */
  grantOf(token: string): Grant | undefined {
    if (equalText(token, this.instructorToken)) return { role: 'instructor' };
    const lab = labId.safeParse(token.split('.')[0]);
    if (!lab.success || !equalText(token, this.joinToken(lab.data))) return undefined;
    return { role: 'player', lab: lab.data };
  }

  /** A person for a token; one who was known before keeps the id, an instructor stays one. Throws `Fault` not-authorised. */
  login(token: string, name: string | undefined, known: Member | undefined): Member {
    const grant = this.grantOf(token);
    if (grant === undefined) {
      throw new Fault('not-authorised', 'This link is not valid, or the server was started anew since it was made.', {
        nextStep: 'Ask for a new link.',
      });
    }
    const player = known?.player ?? this.#newPlayer();
    const keeps = known?.role === 'instructor';
    const isInstructor = keeps || grant.role === 'instructor';
    const base = { player, name: name ?? known?.name ?? defaultName(isInstructor, player) };
    if (isInstructor) return { ...base, role: 'instructor' };
    return { ...base, role: 'player', ...(grant.role === 'player' && { lab: grant.lab }) };
  }

  /** The `Set-Cookie` header that makes a browser `member`. */
  cookieFor(member: Member): string {
    const content = { ...member, until: this.#clock.wallClock() + cookieLifetimeMs };
    const value = Buffer.from(JSON.stringify(content)).toString('base64url');
    const seconds = cookieLifetimeMs / 1000;
    return `${this.cookieName}=${value}.${this.#sign(`cookie:${value}`)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}`;
  }

  /** Who asks, by `Authorization: Bearer` or by cookie; undefined for a stranger. */
  identify(credentials: Credentials): Member | undefined {
    const bearer = /^Bearer (\S+)$/i.exec(credentials.authorization ?? '')?.[1];
    if (bearer !== undefined) return this.#bearer(bearer);
    return this.#readCookie(credentials.cookie ?? '');
  }

  #bearer(token: string): Member | undefined {
    const grant = this.grantOf(token);
    if (grant === undefined) return undefined;
    const player = this.#bearers.get(token) ?? this.#newPlayer();
    this.#bearers.set(token, player);
    return { player, name: defaultName(grant.role === 'instructor', player), ...grant };
  }

  #readCookie(header: string): Member | undefined {
    for (const pair of header.split(';')) {
      const [name, text] = pair.trim().split('=', 2);
      const [value, signature] = (text ?? '').split('.', 2);
      if (name !== this.cookieName || value === undefined || signature === undefined) continue;
      if (!equalText(signature, this.#sign(`cookie:${value}`))) continue;
      // Signed by us: the JSON is ours, but an older version may have written it.
      const content = cookieContent.safeParse(JSON.parse(Buffer.from(value, 'base64url').toString()));
      if (!content.success || content.data.until < this.#clock.wallClock()) return undefined;
      const { player, name: called, role, lab } = content.data;
      return { player, name: called, role, ...(lab !== undefined && { lab }) };
    }
    return undefined;
  }

  #newPlayer(): PlayerId {
    return playerId.parse(toHex(randomBytes(this.#random, new Uint8Array(8))));
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex');
  }
}

function defaultName(isInstructor: boolean, player: PlayerId): string {
  return isInstructor ? 'Instructor' : `Player ${player.slice(0, 4)}`;
}

/** Compares in a time that tells nothing about where texts differ. */
function equalText(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
