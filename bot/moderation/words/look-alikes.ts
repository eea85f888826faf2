/**
 * Characters that look like others, to people and to the reader of text: `l` `1` `I`, `O` `0`, and
 * Cyrillic, Greek and Armenian letters that look like Latin ones. Case is not distinguished.
 */

/** By the character that stands for the group, in lower case: the others of the group. */
const GROUPS: Readonly<Record<string, string>> = {
  a: 'аαɑ',
  b: 'вβ',
  c: 'сϲ',
  d: 'ԁ',
  e: 'еε',
  g: 'ɡ',
  h: 'нηһ',
  j: 'ј',
  k: 'кκ',
  l: 'i1|ıіӏι',
  m: 'мμ',
  n: 'νո',
  o: '0оοօ',
  p: 'рρ',
  q: 'ԛ',
  s: 'ѕ',
  t: 'тτ',
  u: 'ս',
  w: 'ԝ',
  x: 'хχ',
  y: 'уυ',
  z: 'ζ',
  3: 'з',
  6: 'б',
}

const STANDARD = new Map(
  Object.entries(GROUPS).flatMap(([standard, others]) =>
    Array.from(others, (other) => [other, standard] as const),
  ),
)

/** The character that stands for all that look like this one. @param character in lower case. */
export function standardOf(character: string): string {
  return STANDARD.get(character) ?? character
}

/** All characters that look like this one, itself included. @param character in lower case. */
export function lookAlikesOf(character: string): string {
  const standard = standardOf(character)
  return standard + (GROUPS[standard] ?? '')
}
