// Which requests come from our own page: the Host header guards against DNS rebinding, Origin against other sites.
import { isIP } from 'node:net';

/** Headers of a request, as far as they say where it comes from. */
export interface RequestOrigin {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

export type OriginRule = (request: RequestOrigin) => boolean;

/**
 * Accepts requests that address us by an IP address, as `localhost`, or by one of `names` (lower case): a foreign name
 * that was made to point here is none of them. Where a browser says which page asks, it must be our own.
 */
export function originRule(names: readonly string[]): OriginRule {
  return ({ host, origin }) => {
    const authority = parseAuthority(host);
    if (authority === undefined) return false;
    const { name } = authority;
    if (isIP(name.replaceAll(/[[\]]/g, '')) === 0 && name !== 'localhost' && !names.includes(name)) return false;
    return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  };
}

function parseAuthority(host: string | undefined): { readonly name: string } | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host ?? '');
  return match?.[1] === undefined ? undefined : { name: match[1].toLowerCase() };
}
