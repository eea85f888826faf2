/** Questions about pictures of things and digits: what it is, whether there is one, where it is. */

import { createRandom } from '../../report/random.ts'
import { type Asked, placeAnswers, withArticle } from '../questions/words.ts'
import type { Question } from '../truth.ts'
import { DIGITS, isPlural, THINGS } from './words.ts'

export function askOfThings(picture: Asked, seed: number): Question[] {
  const random = createRandom(seed)
  const { objects } = picture
  const [thing] = objects
  if (thing === undefined) {
    return []
  }
  const { shape } = thing
  const isDigit = DIGITS.includes(shape)
  const absent = random.pick(THINGS.filter((name) => objects.every((one) => one.shape !== name)))
  const place = placeAnswers(thing)
  const whatIsIt: Question[] =
    objects.length > 1
      ? []
      : [
          {
            kind: 'shape',
            text: isDigit ? 'what number is it?' : 'what is the object?',
            answers: [shape],
            about: 0,
          },
        ]
  const where: Question[] =
    isDigit || place === null
      ? []
      : [
          {
            kind: 'position',
            text: `where ${isPlural(shape) ? 'are' : 'is'} the ${shape}?`,
            answers: place,
            about: 0,
          },
        ]
  const presence = isDigit ? [] : [{ ...whether(shape, 'yes'), about: 0 }]
  return [...whatIsIt, ...presence, whether(absent, 'no'), ...where]
}

function whether(name: string, answer: 'yes' | 'no'): Question {
  const text = isPlural(name) ? `are there ${name}?` : `is there ${withArticle(name)}?`
  return { kind: 'presence', text, answers: [answer] }
}
