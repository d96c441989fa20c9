// What exercises must also fulfil when their shape is right: the hosts, interfaces and segments that they name exist.
import { closestWord } from '../base/closest-word.ts';
import { parseImpairment } from '../wiring/impairment/netem-text.ts';
import type { Check, Exercise, SimpleCheck, Step } from './exercise.ts';
import type { Contradiction } from './rules.ts';
import type { Template } from './template.ts';

type Path = readonly (string | number)[];

/** Everything that contradicts the template. */
export function checkExercises(template: Template): readonly Contradiction[] {
  const ids = template.exercises.map(({ id }) => id);
  return template.exercises.flatMap((exercise, index): readonly Contradiction[] => {
    const path = ['exercises', index];
    const isAgain = ids.indexOf(exercise.id) !== index;
    const again = isAgain ? [{ message: `there is an exercise '${exercise.id}' already`, path: [...path, 'id'] }] : [];
    return [
      ...again,
      ...checkNames(template, exercise.check, [...path, 'check']),
      ...checkSteps(template, exercise.solution, [...path, 'solution']),
      ...exercise.wrong.flatMap((steps, number) => checkSteps(template, steps, [...path, 'wrong', number])),
      ...checkAnswers(exercise, path),
    ];
  });
}

function checkNames(template: Template, check: Check, path: Path): readonly Contradiction[] {
  switch (check.kind) {
    case 'all':
    case 'any':
      return check.checks.flatMap((one, index) => checkNames(template, one, [...path, check.kind, index]));
    case 'not':
      return checkNames(template, check.check, [...path, 'not']);
    case 'eventually':
    case 'always':
      return checkNames(template, check.check, [...path, check.kind, 'check']);
    default:
      return hostsOf(check)
        .filter(({ host }) => !template.hosts.has(host))
        .map(({ key, host }) => ({ message: unknownHost(template, host), path: [...path, check.kind, key] }));
  }
}

/** Hosts that a check names, and the key where it does. */
function hostsOf(check: SimpleCheck): readonly { readonly key: string; readonly host: string }[] {
  const named: { key: string; host: string }[] = [];
  const keys: readonly string[] = ['from', 'to', 'on', 'via', 'at', ...(check.kind === 'neighbor' ? ['of'] : [])];
  for (const [key, value] of Object.entries(check)) {
    if (keys.includes(key) && typeof value === 'string') named.push({ key, host: value.split(' ')[0] ?? '' });
  }
  if (check.kind === 'path') named.push(...check.through.map((host) => ({ key: 'through', host })));
  return named;
}

function checkSteps(template: Template, steps: readonly Step[], path: Path): readonly Contradiction[] {
  return steps.flatMap((step): readonly Contradiction[] => {
    switch (step.kind) {
      case 'type':
        return template.hosts.has(step.host) ? [] : [{ message: unknownHost(template, step.host), path: [...path] }];
      case 'segment': {
        const names = template.segments.map(({ name }) => name);
        if (names.includes(step.segment)) return [];
        const meant = closestWord(step.segment, names);
        const hint = meant === undefined ? `; there are ${names.join(', ')}` : `: did you mean '${meant}'?`;
        return [{ message: `no link or network is named '${step.segment}'${hint}`, path: [...path] }];
      }
      case 'impair': {
        const parsed = parseImpairment(step.impairment);
        const wrong = parsed.ok ? [] : [{ message: `'${step.text}': ${parsed.fault.message}`, path: [...path] }];
        return template.hosts.has(step.host) ? wrong : [{ message: unknownHost(template, step.host), path: [...path] }];
      }
      default:
        return [];
    }
  });
}

/** A question wants an answer in the solution, and one that is to be chosen is among the choices. */
function checkAnswers(exercise: Exercise, path: Path): readonly Contradiction[] {
  const questions = questionsOf(exercise.check);
  const answers = exercise.solution.filter((step) => step.kind === 'answer');
  const found: Contradiction[] = [];
  if (questions.length > 1) found.push({ message: 'an exercise asks one question at most', path: [...path, 'check'] });
  if (questions.length > 0 && answers.length === 0)
    found.push({ message: `the question has no 'answer' in the solution`, path: [...path, 'solution'] });
  for (const { choices, is } of questions) {
    if (choices !== undefined && !(Number.isInteger(is) && Number(is) >= 1 && Number(is) <= choices.length))
      found.push({
        message: `'is' has to be the number of one of the ${choices.length} choices`,
        path: [...path, 'check'],
      });
  }
  return found;
}

export type Question = Extract<SimpleCheck, { readonly kind: 'answer' }>;

/** The questions within a check. */
export function questionsOf(check: Check): readonly Question[] {
  switch (check.kind) {
    case 'all':
    case 'any':
      return check.checks.flatMap(questionsOf);
    case 'not':
    case 'eventually':
    case 'always':
      return questionsOf(check.check);
    case 'answer':
      return [check];
    default:
      return [];
  }
}

function unknownHost(template: Template, name: string): string {
  const meant = closestWord(name, [...template.hosts.keys()]);
  return `no host is named '${name}'${meant === undefined ? '' : `: did you mean '${meant}'?`}`;
}
