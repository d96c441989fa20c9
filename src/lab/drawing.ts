// Where the page draws each host: columns by distance from the first client, rows in the order of the file.
import type { Template } from './template.ts';

const margin = 0.1;

/** x and y in 0 .. 1 for every host; the same template always looks the same. */
export function placeHosts(template: Template): Readonly<Record<string, { readonly x: number; readonly y: number }>> {
  const columns = columnsOf(template);
  const positions: Record<string, { x: number; y: number }> = {};
  columns.forEach((hosts, column) => {
    hosts.forEach((host, row) => {
      positions[host] = { x: spread(column, columns.length), y: spread(row, hosts.length) };
    });
  });
  return positions;
}

function spread(index: number, count: number): number {
  return count === 1 ? 0.5 : Number((margin + ((1 - 2 * margin) * index) / (count - 1)).toFixed(4));
}

function columnsOf(template: Template): readonly (readonly string[])[] {
  const hosts = [...template.hosts.keys()];
  const first = hosts.find((host) => template.hosts.get(host)?.role === 'client') ?? hosts[0];
  const distance = new Map<string, number>();
  let frontier = first === undefined ? [] : [first];
  for (let column = 0; frontier.length > 0; column += 1) {
    for (const host of frontier) distance.set(host, column);
    const near = template.segments
      .filter((segment) => segment.hosts.some((host) => frontier.includes(host)))
      .flatMap((segment) => segment.hosts);
    frontier = [...new Set(near)].filter((host) => !distance.has(host));
  }
  const last = Math.max(0, ...distance.values());
  for (const host of hosts) if (!distance.has(host)) distance.set(host, last + 1);
  const columns: string[][] = [];
  for (const host of hosts) (columns[distance.get(host) ?? 0] ??= []).push(host);
  return columns.filter((column) => column !== undefined);
}
