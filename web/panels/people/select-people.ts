// Who is in the lab: oneself first, then instructors, then by name. Pure.
import type { Person } from '../../../src/messages/lab.ts';

export function selectPeople(people: readonly Person[], me: string): readonly Person[] {
  const rank = (person: Person): number => (person.player === me ? 0 : person.role === 'instructor' ? 1 : 2);
  return people.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}
