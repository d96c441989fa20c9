// HTTP/1.1 messages that start with a segment (RFC 9112): first line, the headers that labs look at, and the body's start.
import { layerField, LayerBuilder, type DissectedLayers } from '../tree.ts';
import type { FieldName } from '../fields.ts';

const requestLine = /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|TRACE|CONNECT) (\S+) (HTTP\/1\.[01])$/;
const statusLine = /^(HTTP\/1\.[01]) (\d{3})(?: (.*))?$/;
const headerFields: Readonly<Record<string, FieldName>> = {
  host: 'http.host',
  'user-agent': 'http.user_agent',
  'content-type': 'http.content_type',
  'content-length': 'http.content_length',
};
const longestLineBytes = 8192;

const textOf = (bytes: Uint8Array, start: number, end: number): string => {
  let text = '';
  for (let at = start; at < end; at += 1) text += String.fromCharCode(bytes[at] as number); // ASCII, or shown as Latin-1
  return text;
};

/** Where the line that starts at `start` ends, before its CR LF; undefined when it does not end in the segment. */
function lineEnd(bytes: Uint8Array, start: number, end: number): number | undefined {
  for (let at = start; at + 1 < Math.min(end, start + longestLineBytes); at += 1) {
    if (bytes[at] === 13 && bytes[at + 1] === 10) return at;
  }
  return undefined;
}

export function looksLikeHttp(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] as number;
  if (end - start < 12 || first < 0x41 || first > 0x5a) return false; // starts with a capital letter
  const lineAt = lineEnd(bytes, start, end);
  if (lineAt === undefined) return false;
  const line = textOf(bytes, start, lineAt);
  return requestLine.test(line) || statusLine.test(line);
}

export function dissectHttp(bytes: Uint8Array, start: number, end: number): DissectedLayers {
  const builder = new LayerBuilder(bytes);
  const firstEnd = lineEnd(bytes, start, end) ?? end;
  const line = textOf(bytes, start, firstEnd);
  addFirstLine(builder, line, start);
  let at = firstEnd + 2;
  for (;;) {
    const next = lineEnd(bytes, at, end);
    if (next === undefined || next === at) {
      if (next === at) at += 2;
      break;
    }
    const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(textOf(bytes, at, next)) ?? [];
    const field = headerFields[name.toLowerCase()];
    if (field !== undefined) builder.add(field, at, next - at, field === 'http.content_length' ? Number(value) : value);
    at = next + 2;
  }
  if (at < end) {
    const body = textOf(bytes, at, Math.min(end, at + 400));
    builder.add(
      'http.file_data',
      at,
      end - at,
      textOf(bytes, at, end),
      `${end - at} bytes: ${body.replaceAll(/[^\x20-\x7e]+/g, '.')}`,
    );
  }
  return {
    layers: [layerField('http', start, end, 'Hypertext Transfer Protocol', builder.children)],
    protocol: 'HTTP',
    info: line,
  };
}

function addFirstLine(builder: LayerBuilder, line: string, start: number): void {
  const request = requestLine.exec(line);
  if (request !== null) {
    const [, method = '', uri = '', version = ''] = request;
    builder.note('http.request', true);
    builder.add('http.request.method', start, method.length, method);
    builder.add('http.request.uri', start + method.length + 1, uri.length, uri);
    builder.add('http.request.version', start + method.length + uri.length + 2, version.length, version);
    return;
  }
  const [, version = '', code = '', phrase = ''] = statusLine.exec(line) ?? [];
  builder.note('http.response', true);
  builder.add('http.response.code', start + version.length + 1, code.length, Number(code));
  builder.add('http.response.phrase', start + version.length + code.length + 2, phrase.length, phrase);
}
