// How many ICMP errors we send: a token bucket per receiver and one for all together (RFC 1812 section 4.3.2.8).
// RFC 4443 section 2.4 (f) asks for the same. The knobs, their defaults and the burst are Linux's (icmp(7)).
import type { StackServices } from '../services.ts';
import { isIpv4, type IpAddress } from '../wire/ip-address.ts';
import { icmpType, unreachableCode } from '../wire/icmpv4.ts';
import { icmpv6Type } from '../wire/icmpv6.ts';

/** Errors that one host may get at once. */
const hostBurst = 6;

/** Receivers remembered; forgetting one gives it a full bucket. */
const maximumHosts = 1024;

interface Bucket {
  /** Errors that may be sent now; a fraction is on its way to the next. */
  tokens: number;
  filledAtMs: number;
}

export class IcmpLimit {
  readonly #services: StackServices;
  readonly #hosts = new Map<IpAddress, Bucket>();
  #all: Bucket | undefined;

  constructor(services: StackServices) {
    this.#services = services;
  }

  /** True when one more error may go to `receiver`: then it is counted as sent. */
  allows(receiver: IpAddress, type: number, code: number): boolean {
    const { clock, counters, knobs } = this.#services;
    if (!this.#isLimited(receiver, type, code)) return true;
    const perSecond = knobs.number('net.ipv4.icmp_msgs_per_sec');
    const now = clock.now();
    const all = (this.#all ??= { tokens: knobs.number('net.ipv4.icmp_msgs_burst'), filledAtMs: now });
    fill(all, now, perSecond / 1000, knobs.number('net.ipv4.icmp_msgs_burst'));
    if (all.tokens < 1) {
      counters.IcmpOutRateLimitGlobal += 1; // one for both families, as in Linux
      return false;
    }
    const intervalMs = knobs.number(isIpv4(receiver) ? 'net.ipv4.icmp_ratelimit' : 'net.ipv6.icmp.ratelimit');
    if (intervalMs > 0) {
      const host = this.#hostBucket(receiver, now);
      fill(host, now, 1 / intervalMs, hostBurst);
      if (host.tokens < 1) {
        if (isIpv4(receiver)) counters.IcmpOutRateLimitHost += 1;
        else counters.Icmp6OutRateLimitHost += 1;
        return false;
      }
      host.tokens -= 1;
    }
    all.tokens -= 1;
    return true;
  }

  /** What path MTU discovery needs is never held back. */
  #isLimited(receiver: IpAddress, type: number, code: number): boolean {
    if (!isIpv4(receiver)) return type !== icmpv6Type.packetTooBig;
    if (type === icmpType.unreachable && code === unreachableCode.fragmentationNeeded) return false;
    return ((this.#services.knobs.number('net.ipv4.icmp_ratemask') >>> type) & 1) === 1;
  }

  #hostBucket(receiver: IpAddress, now: number): Bucket {
    const known = this.#hosts.get(receiver);
    if (known !== undefined) return known;
    if (this.#hosts.size >= maximumHosts) {
      for (const oldest of this.#hosts.keys()) {
        this.#hosts.delete(oldest);
        break;
      }
    }
    const bucket: Bucket = { tokens: hostBurst, filledAtMs: now };
    this.#hosts.set(receiver, bucket);
    return bucket;
  }
}

function fill(bucket: Bucket, now: number, tokensPerMs: number, maximum: number): void {
  bucket.tokens = Math.min(maximum, bucket.tokens + (now - bucket.filledAtMs) * tokensPerMs);
  bucket.filledAtMs = now;
}
