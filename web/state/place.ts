// Where in the page one is, as its path says it. Pure.

export type Place =
  | { readonly kind: 'catalogue' }
  | { readonly kind: 'lab'; readonly lab: string }
  | { readonly kind: 'join'; readonly lab: string }
  | { readonly kind: 'nowhere' };

export function placeOf(path: string): Place {
  if (path === '/') return { kind: 'catalogue' };
  const [, room, lab, ...rest] = path.replace(/\/$/, '').split('/');
  if (lab === undefined || lab === '' || rest.length > 0) return { kind: 'nowhere' };
  if (room === 'labs') return { kind: 'lab', lab };
  return room === 'join' ? { kind: 'join', lab } : { kind: 'nowhere' };
}

/** The token in a link's fragment, `#token=...`; absent when there is none. */
export function tokenOf(fragment: string): string | undefined {
  const token = new URLSearchParams(fragment.replace(/^#/, '')).get('token');
  return token === null || token === '' ? undefined : token;
}
