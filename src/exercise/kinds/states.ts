// Checks that look into a host: route, neighbor, socket, counter, file, setting.
import type { SimpleCheck } from '../../lab/exercise.ts';
import { formatIp, parseIp, prefixContains } from '../../stack/wire/ip-address.ts';
import type { RouteInspection, TcpSocketInspection, UdpSocketInspection } from '../../stack/inspect.ts';
import { CheckError, excerpt, filled, inspect, runAsJudge, type Evidence } from '../evidence.ts';
import { both, judged, type Outcome } from '../outcome.ts';
import { parseQuantity } from '../quantity.ts';
import { addressesOf, ownerOf } from '../references.ts';

type Of<Kind extends SimpleCheck['kind']> = Extract<SimpleCheck, { readonly kind: Kind }>;

export async function checkRoute(check: Of<'route'>, evidence: Evidence): Promise<Outcome> {
  const { on, to, via } = check;
  const sentence =
    via === undefined
      ? both(`${on} has no route to ${to}`, `${on}에 ${to}로 가는 경로가 없습니다`)
      : both(`${on} sends what is for ${to} to ${via}`, `${on}는 ${to}로 가는 것을 ${via}에 넘깁니다`);
  const [target] = addressesOf(evidence.plan, to);
  const address = target === undefined ? undefined : parseIp(target);
  if (address === undefined) throw new CheckError(`there is no host '${to}' in this lab`);
  const { routes } = await inspect(evidence, on);
  const best = routes
    .filter(({ destination }) => prefixContains(destination, address))
    .toSorted((a, b) => b.destination.length - a.destination.length || a.metric - b.metric)[0];
  const next = best === undefined ? undefined : nextHop(best, evidence, to);
  return judged(next === via, sentence, next === undefined ? 'it has no route' : `it sends it to ${next}`, on);
}

function nextHop(route: RouteInspection, evidence: Evidence, to: string): string {
  if (route.gateway === undefined) return to;
  const text = formatIp(route.gateway);
  return ownerOf(evidence.plan, text) ?? text;
}

export async function checkNeighbor(check: Of<'neighbor'>, evidence: Evidence): Promise<Outcome> {
  const { on, of: other, known } = check;
  const sentence = known
    ? both(`${on} knows the MAC address of ${other}`, `${on}가 ${other}의 MAC 주소를 압니다`)
    : both(`${on} does not know the MAC address of ${other}`, `${on}가 ${other}의 MAC 주소를 모릅니다`);
  const addresses = addressesOf(evidence.plan, other);
  if (addresses.length === 0) throw new CheckError(`there is no host '${other}' in this lab`);
  const { neighbors } = await inspect(evidence, on);
  const entry = neighbors.find(({ address, mac }) => mac !== undefined && addresses.includes(formatIp(address)));
  const isKnown = entry !== undefined && entry.state !== 'FAILED' && entry.state !== 'INCOMPLETE';
  return judged(isKnown === known, sentence, isKnown ? 'it is in the cache' : 'it is not in the cache', on);
}

export async function checkSocket(check: Of<'socket'>, evidence: Evidence): Promise<Outcome> {
  const { on, protocol, state, port, count } = check;
  const quantity = parseQuantity(count);
  const what = [protocol, state, port === undefined ? undefined : `port ${port}`].filter((word) => word !== undefined);
  const sentence = both(
    `${on} has ${quantity.text} sockets: ${what.join(' ')}`,
    `${on}의 소켓 ${what.join(' ')}: ${quantity.text}개`,
  );
  const inspection = await inspect(evidence, on);
  const sockets: readonly (TcpSocketInspection | UdpSocketInspection)[] =
    protocol === 'tcp' ? inspection.tcp : inspection.udp;
  const fitting = sockets.filter(
    (socket) =>
      (state === undefined || (socket.protocol === 'tcp' && socket.state === state)) &&
      (port === undefined || socket.local.port === port || socket.remote?.port === port),
  );
  const others = sockets.map(
    (socket) => `${socket.protocol === 'tcp' ? socket.state : 'udp'} port ${socket.local.port}`,
  );
  const seen = `there are ${fitting.length}${others.length === 0 ? '' : ` (all sockets: ${others.slice(0, 8).join(', ')})`}`;
  return judged(quantity.holds(fitting.length), sentence, seen, on);
}

export async function checkCounter(check: Of<'counter'>, evidence: Evidence): Promise<Outcome> {
  const { on, name } = check;
  const quantity = parseQuantity(check.is);
  const sentence = both(
    `${name} of ${on} has grown by ${quantity.text}`,
    `${on}의 ${name}이(가) ${quantity.text}만큼 늘었습니다`,
  );
  const { counters } = await inspect(evidence, on);
  const now = counters[name];
  if (now === undefined) throw new CheckError(`${on} has no counter '${name}'`);
  const grown = now - (evidence.countersBefore.get(on)?.[name] ?? 0);
  return judged(quantity.holds(grown), sentence, `it has grown by ${grown}`, on);
}

export async function checkFile(check: Of<'file'>, evidence: Evidence): Promise<Outcome> {
  const { on, path, matches } = check;
  const sentence =
    matches === undefined
      ? both(`${path} exists on ${on}`, `${on}에 ${path} 파일이 있습니다`)
      : both(`${path} on ${on} says /${matches}/`, `${on}의 ${path}에 /${matches}/이(가) 있습니다`);
  const result = await runAsJudge(evidence, on, `cat ${path}`);
  if (result.status !== 0) return judged(false, sentence, excerpt(result), `${on}:${path}`);
  const isRight = matches === undefined || new RegExp(filled(evidence, matches), 'm').test(result.stdout);
  return judged(isRight, sentence, excerpt(result), `${on}:${path}`);
}

export async function checkSetting(check: Of<'setting'>, evidence: Evidence): Promise<Outcome> {
  const { on, name, is } = check;
  const sentence = both(`${name} of ${on} is ${is}`, `${on}의 ${name} 값이 ${is}입니다`);
  const result = await runAsJudge(evidence, on, `sysctl -n ${name}`);
  if (result.status !== 0) throw new CheckError(excerpt(result));
  const value = result.stdout.trim();
  return judged(value.split(/\s+/).join(' ') === is.split(/\s+/).join(' '), sentence, `it is ${value}`, on);
}
