/** How often packages of other precisions give the answer that the fp32 package gives. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { convertCheckpoint } from '../../inference/convert/convert.ts'
import { PRECISIONS } from '../../inference/blocks/precision.ts'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import { openModel } from '../../inference/model.ts'
import type { UnseenScene } from './demo-scenes.ts'
import { formatTable, percent } from '../report/tally.ts'

export type Agreement = {
  readonly table: string
  /** Share of answers equal to those of fp32, by precision. */
  readonly shares: Readonly<Record<string, number>>
}

/** Converts the checkpoint in every precision and asks each package every question. */
export async function measureAgreement(
  checkpoint: string,
  scenes: readonly UnseenScene[],
): Promise<Agreement> {
  const work = mkdtempSync(path.join(tmpdir(), 'sightseer-agreement-'))
  try {
    const answers: Record<string, string[]> = {}
    for (const precision of PRECISIONS) {
      const folder = path.join(work, precision)
      await convertCheckpoint(checkpoint, folder, { precision, name: 'demo', source: null })
      answers[precision] = await answerAll(folder, scenes)
    }
    const exact = answers['fp32'] ?? []
    const shares = Object.fromEntries(
      Object.entries(answers).map(([precision, given]) => [
        precision,
        given.filter((answer, index) => answer === exact[index]).length / exact.length,
      ]),
    )
    const rows = Object.entries(shares).map(([precision, share]) => [precision, percent(share)])
    return { table: `\n${formatTable([['same answer as fp32', ''], ...rows])}`, shares }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function answerAll(folder: string, scenes: readonly UnseenScene[]): Promise<string[]> {
  const model = await openModel(folder)
  try {
    const given: string[] = []
    for (const { picture, conversations } of scenes) {
      const source = await imageSourceOf(picture)
      for (const turns of conversations) {
        for (const [number, turn] of turns.entries()) {
          const { text } = await model.ask(source, turn.question, {
            history: turns.slice(0, number),
          })
          given.push(text)
        }
      }
    }
    return given
  } finally {
    await model.close()
  }
}
