// Checks that try something themselves: ping, connect, path, name, page, output.
import type { SimpleCheck } from '../../lab/exercise.ts';
import { addressesOf, ownerOf } from '../references.ts';
import { CheckError, excerpt, filled, runAsJudge, type Evidence } from '../evidence.ts';
import { both, judged, type Outcome } from '../outcome.ts';

type Of<Kind extends SimpleCheck['kind']> = Extract<SimpleCheck, { readonly kind: Kind }>;

/** The first address of a host. Throws `CheckError`. */
function addressOf({ plan }: Evidence, host: string): string {
  const [address] = addressesOf(plan, host);
  if (address === undefined) throw new CheckError(`there is no host '${host}' in this lab`);
  return address;
}

export async function checkPing(check: Of<'ping'>, evidence: Evidence): Promise<Outcome> {
  const { from, to } = check;
  const sentence = both(`${from} reaches ${to} by ping`, `${from}에서 ${to}로 ping이 갑니다`);
  const result = await runAsJudge(evidence, from, `ping -n -c 3 -i 0.2 -W 2 ${addressOf(evidence, to)}`);
  return judged(/, [1-9]\d* received/.test(result.stdout), sentence, excerpt(result), from);
}

export async function checkConnect(check: Of<'connect'>, evidence: Evidence): Promise<Outcome> {
  const { from, to, port, protocol } = check;
  const sentence = both(
    `${from} reaches a program on ${to}, ${protocol} port ${port}`,
    `${from}에서 ${to}의 ${protocol} 포트 ${port}에 있는 프로그램에 닿습니다`,
  );
  const flags = protocol === 'udp' ? '-u -z -v -w 2' : '-z -v -w 5';
  const result = await runAsJudge(evidence, from, `nc -n ${flags} ${addressOf(evidence, to)} ${port}`);
  return judged(result.status === 0, sentence, excerpt(result), from);
}

export async function checkPath(check: Of<'path'>, evidence: Evidence): Promise<Outcome> {
  const { from, to, through } = check;
  const way = through.join(', ');
  const sentence = both(
    `packets from ${from} to ${to} pass ${way}`,
    `${from}에서 ${to}로 가는 패킷이 ${way}을(를) 지납니다`,
  );
  const result = await runAsJudge(evidence, from, `traceroute -n -q 2 -w 2 ${addressOf(evidence, to)}`);
  const hops = Array.from(result.stdout.matchAll(/^ *\d+ +(\S+)/gm), (match) => match[1] ?? '');
  const passed = hops.map((hop) => ownerOf(evidence.plan, hop) ?? (hop === '*' ? 'nobody' : hop));
  const isArrived = passed.at(-1) === to;
  const routers = isArrived ? passed.slice(0, -1) : passed;
  const seen = `they pass ${routers.join(', ') || 'no router'}${isArrived ? '' : `, and do not arrive`}`;
  return judged(isArrived && routers.join() === through.join(), sentence, seen, from);
}

export async function checkName(check: Of<'name'>, evidence: Evidence): Promise<Outcome> {
  const { from, name, type } = check;
  const wanted = check.is.map((text) => filled(evidence, text)).toSorted();
  const told = wanted.join(', ') || 'nothing';
  const sentence = both(
    `${from} is told ${type} of ${name}: ${told}`,
    `${from}가 ${name}의 ${type} 레코드로 ${told}을(를) 받습니다`,
  );
  const result = await runAsJudge(evidence, from, `dig +short +tries=2 +time=2 ${name} ${type}`);
  if (result.status !== 0) return judged(false, sentence, excerpt(result), from);
  const answers = result.stdout.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
  const seen = answers.toSorted();
  const same = seen.join() === wanted.join() || seen.map(withoutDot).join() === wanted.map(withoutDot).join();
  return judged(same, sentence, answers.length === 0 ? 'no answer' : answers.join(', '), from);
}

const withoutDot = (name: string): string => name.replace(/\.$/, '');

export async function checkPage(check: Of<'page'>, evidence: Evidence): Promise<Outcome> {
  const { from, url, status = 200, matches } = check;
  const about = matches === undefined ? '' : ` and /${matches}/`;
  const sentence = both(
    `${from} gets ${url} with status ${status}${about}`,
    `${from}가 ${url}을(를) 상태 ${status}${about}(으)로 받습니다`,
  );
  const result = await runAsJudge(evidence, from, `curl -s -S -m 20 -w '\\n%{http_code}' '${url}'`);
  if (result.status !== 0) return judged(false, sentence, excerpt(result), from);
  const [, body = '', code = ''] = /^([\s\S]*)\n(\d+)$/.exec(result.stdout) ?? [];
  const isRight = Number(code) === status && (matches === undefined || new RegExp(matches, 'm').test(body));
  return judged(isRight, sentence, `status ${code}, ${body.trim().slice(0, 200) || 'no body'}`, from);
}

export async function checkOutput(check: Of<'output'>, evidence: Evidence): Promise<Outcome> {
  const { on, command, matches, status } = check;
  const wanted = [
    matches === undefined ? '' : `prints /${matches}/`,
    status === undefined ? '' : `ends with status ${status}`,
  ];
  const said = wanted.filter((text) => text !== '').join(' and ') || 'ends well';
  const sentence = both(`'${command}' on ${on} ${said}`, `${on}에서 '${command}': ${said}`);
  const result = await runAsJudge(evidence, on, command);
  const isEnd = status === undefined ? matches !== undefined || result.status === 0 : result.status === status;
  const isText =
    matches === undefined || new RegExp(filled(evidence, matches), 'm').test(result.stdout + result.stderr);
  return judged(isEnd && isText, sentence, excerpt(result), on);
}
