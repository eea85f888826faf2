/** Rows as `python -m training.compare` writes them, with made-up numbers. */

import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { readTruth } from '../../../bench/hands/truth.ts'

export const PICTURE = readTruth().drawings[0]!
export const ENDS = { vision_model: 'v', language_model: 'l' }
export const OTHER_ENDS = { vision_model: 'v', language_model: 'weaker' }

/** A file NAME.json; of the questions about the picture by other hands, `right` are answered. */
export function makeRow(
  folder: string,
  name: string,
  more: object,
  { all, right }: { all: number; right: number },
): void {
  const answers = PICTURE.questions.map(({ answers: [first] }, i) => (i < right ? first! : '?'))
  const at = (samples: number, share: number) => ({
    samples,
    seconds: samples / 20,
    answers: { color: share * all, all: share * all },
  })
  const common = {
    kind: 'qformer',
    seed: 1,
    adapted: false,
    swap: null,
    ends: ENDS,
    command: `python -m training.compare ${name}`,
    samples: 1000,
    pictures: 4000,
    seconds: 60.5,
    threads: 1,
    parameters: { trained: 1234, vision: 10, language: 20 },
    reads: 32,
    frozen: { vision_model: 'v' },
    curve: [at(500, 0.5), at(1000, 1)],
    reached: { all: { '0.9': { samples: 400, seconds: 20 }, '0.95': null } },
    asked: { 'on the way': { color: 600, all: 600 }, 'at the end': { color: 3000, all: 3000 } },
    final: { color: all, all },
    captions: { named: 0.5, exact: 0.25 },
    text: { color: 0.99, all: 0.97 },
    tags: null,
    hands: [{ name: PICTURE.name, caption: 'nothing', answers }],
  }
  writeFileSync(path.join(folder, `${name}.json`), JSON.stringify({ ...common, ...more }))
}
