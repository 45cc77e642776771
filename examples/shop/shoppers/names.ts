import type { Random } from './random.js';
import { pick } from './random.js';

export interface PersonName {
  readonly name: string;
  readonly firstName: string;
  readonly lastName: string;
}

// First names of two words and people without a last name: a split at the first blank gets neither right.
const firstNames = ['Ada', 'Grace', 'Mary Ann', 'Jean-Luc', 'José', 'Łucja', 'Anna Maria', 'Nguyễn', 'Zoë', 'Ken'];
const lastNames = ['Lovelace', 'Hopper', 'van der Berg', "O'Neill", '', 'García Márquez', 'Šimić', 'Smith', '李'];

export function randomName(random: Random): PersonName {
  const firstName = pick(random, firstNames);
  const lastName = pick(random, lastNames);
  return { name: [firstName, lastName].filter(Boolean).join(' '), firstName, lastName };
}
