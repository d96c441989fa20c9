// URLs as far as curl needs them here: RFC 3986 section 3, schemes http only.
import { parseScopedIp } from '../../stack/wire/ipv6-scope.ts';

export interface HttpUrl {
  readonly scheme: string;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query, at least `/`. */
  readonly target: string;
  /** As it goes into the Host field: the port only when it was given and is not 80. */
  readonly authority: string;
}

/** Undefined when it is no URL. A scheme may be missing (curl guesses http). */
export function parseUrl(text: string): HttpUrl | undefined {
  const match =
    /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\[[0-9a-f:.]+(?:%[\w.-]+)?\]|[^/?#:[\]\s]+)(?::(\d{1,5}))?([/?][^#\s]*)?(?:#.*)?$/i.exec(
      text,
    );
  if (match === null) return undefined;
  const [, scheme = 'http', hostText = '', portText, rest = '/'] = match;
  const port = portText === undefined ? 80 : Number(portText);
  const host = hostText.replace(/^\[(.*)\]$/, '$1');
  if (port > 65_535 || (hostText.startsWith('[') && parseScopedIp(host) === undefined)) return undefined;
  return {
    scheme: scheme.toLowerCase(),
    host,
    port,
    target: rest.startsWith('/') ? rest : `/${rest}`,
    authority: port === 80 ? hostText : `${hostText}:${port}`,
  };
}

/** Where a Location leads from `base`. */
export function resolveUrl(base: HttpUrl, location: string): HttpUrl | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(location)) return parseUrl(location);
  if (location.startsWith('//')) return parseUrl(`${base.scheme}:${location}`);
  const path = base.target.replace(/\?.*/, '');
  const target = location.startsWith('/') ? location : path.replace(/[^/]*$/, '') + location;
  return { ...base, target };
}
