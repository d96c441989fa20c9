// Checks of what has happened since the exercise began: packets, sequence, was, answer.
import type { SimpleCheck } from '../../lab/exercise.ts';
import { CheckError, filled, type Evidence } from '../evidence.ts';
import { both, judged, type Outcome } from '../outcome.ts';
import { parseQuantity } from '../quantity.ts';

type Of<Kind extends SimpleCheck['kind']> = Extract<SimpleCheck, { readonly kind: Kind }>;

export function checkPackets(check: Of<'packets'>, evidence: Evidence): Outcome {
  const { at, where, direction } = check;
  const quantity = parseQuantity(check.count);
  const way = direction === undefined ? '' : direction === 'in' ? ' coming in' : ' going out';
  const sentence = both(
    `${quantity.text} packets at ${at}${way} where ${where}`,
    `${at}에서 ${where}인 패킷 ${quantity.text}개`,
  );
  const sighting = evidence.traffic.sightingOf(check);
  if (sighting === undefined) throw new CheckError('nobody has watched these packets');
  return judged(quantity.holds(sighting.count), sentence, `${sighting.count} were seen`, at);
}

export function checkDisorder(check: Of<'disorder'>, evidence: Evidence): Outcome {
  const { at, field, where } = check;
  const quantity = parseQuantity(check.count);
  const sentence = both(
    `${quantity.text} packets at ${at} where ${where} came after one with a higher ${field}`,
    `${at}에서 ${where}인 패킷 가운데 ${field}가 더 큰 것보다 늦게 온 것 ${quantity.text}개`,
  );
  const sighting = evidence.traffic.sightingOf(check);
  if (sighting === undefined) throw new CheckError('nobody has watched these packets');
  return judged(quantity.holds(sighting.count), sentence, `${sighting.count} did`, at);
}

export function checkSequence(check: Of<'sequence'>, evidence: Evidence): Outcome {
  const { at, of: wanted, within } = check;
  const time = within === undefined ? '' : ` within ${within}`;
  const sentence = both(
    `packets at ${at}, in this order${time}: ${wanted.join('; ')}`,
    `${at}에서 순서대로${time}: ${wanted.join('; ')}`,
  );
  const sighting = evidence.traffic.sightingOf(check);
  if (sighting === undefined) throw new CheckError('nobody has watched these packets');
  const missing = wanted[sighting.furthest];
  const seen =
    missing === undefined
      ? `all were seen, but not${time}`
      : `the first ${sighting.furthest} were seen, then never: ${missing}`;
  return judged(sighting.isComplete, sentence, seen, at);
}

export function checkWas(check: Of<'was'>, evidence: Evidence): Outcome {
  const { on, state, port } = check;
  const about = port === undefined ? '' : ` (port ${port})`;
  const sentence = both(
    `a connection of ${on}${about} has been in ${state}`,
    `${on}의 연결${about}이 ${state} 상태를 거쳤습니다`,
  );
  const own = evidence.states.filter(
    (seen) => seen.host === on && (port === undefined || seen.localPort === port || seen.remotePort === port),
  );
  const states = Array.from(new Set(own.map((seen) => seen.state)));
  const told = states.length === 0 ? 'there was no such connection' : `it has been in ${states.join(', ')}`;
  return judged(states.includes(state), sentence, told, on);
}

/** Numbers are compared as numbers, text without regard to case and outer space. */
export function checkAnswer(check: Of<'answer'>, evidence: Evidence): Outcome {
  const { question, is } = check;
  const given = evidence.answer;
  if (given === undefined) return judged(false, question, 'nobody has answered yet');
  const right = typeof is === 'number' ? String(is) : filled(evidence, is);
  return judged(plain(given) === plain(right), question, `the answer was '${given}'`);
}

function plain(text: string): string {
  const trimmed = text.trim().toLowerCase().replaceAll(/\s+/g, ' ').replace(/\.$/, '');
  return /^-?\d+(\.\d+)?$/.test(trimmed) ? String(Number(trimmed)) : trimmed;
}
