import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import type { GenerationOptions, ImageSource, Turn } from '../../../../inference/contract/types.ts'
import { picturesOf } from '../../../../inference/package/model-card.ts'
import { openModel } from '../../../../inference/model.ts'
import { packageFor } from '../../../helpers/packages.ts'
import { FIXTURES } from '../../../helpers/parity.ts'
import { openTestRunner } from '../../../helpers/runners.ts'

/** What transformers gives: test/reference/llava_several.py. */
type Several = {
  readonly pictures: readonly string[]
  readonly turns: readonly [
    readonly [question: string, answer: string],
    readonly [question: string, answer: null],
  ]
  readonly recorded: Readonly<
    Record<
      string,
      {
        readonly prompts: Readonly<
          Record<
            'between' | 'one' | 'turns',
            { readonly text: string; readonly ids: readonly number[] }
          >
        >
        readonly answers: readonly {
          readonly prompt: 'between' | 'one' | 'turns'
          readonly options: GenerationOptions
          readonly ids: readonly number[]
        }[]
      }
    >
  >
}

const SEVERAL: Several = JSON.parse(
  readFileSync(path.join(FIXTURES, 'parity', 'llava-several.json'), 'utf8'),
)
const [[first, answer], [last]] = SEVERAL.turns
const HISTORY: readonly Turn[] = [{ question: first, answer }]
const PICTURES = SEVERAL.pictures.map((name) => readFileSync(path.join(FIXTURES, 'images', name)))

describe('two pictures in a prompt', () => {
  for (const name of ['llava-clip', 'llava-qwen3'] as const) {
    it(`are answered about as transformers does: ${name}`, async () => {
      const model = await openModel(await packageFor(name), { threads: 1 })
      try {
        const { prompts, answers } = SEVERAL.recorded[name]!
        assert.ok(answers.length >= 10)
        for (const { prompt, options, ids } of answers) {
          const both = { beams: 1, ...options }
          const { tokenIds } =
            prompt === 'between'
              ? await model.describe(PICTURES, { prompt: prompts.between.text, ...both })
              : await model.ask(PICTURES, last, {
                  history: prompt === 'turns' ? HISTORY : [],
                  ...both,
                })
          assert.deepEqual(tokenIds, ids, JSON.stringify({ prompt, options }))
        }
        const swapped = await model.ask([...PICTURES].reverse(), last, { beams: 1 })
        const asGiven = await model.ask(PICTURES, last, { beams: 1 })
        assert.notDeepEqual(swapped.tokenIds, asGiven.tokenIds)
      } finally {
        await model.close()
      }
    })

    it(`are laid out as its processor does: ${name}`, async () => {
      const runner = await openTestRunner(await packageFor(name))
      try {
        const { prompts } = SEVERAL.recorded[name]!
        const { embedSize, visionTokens } = runner.card.dimensions as Record<string, number>
        const tokens = {
          data: new Float32Array(visionTokens! * embedSize!),
          shape: [visionTokens!, embedSize!] as const,
        }
        for (const [prompt, expected] of [
          [{ kind: 'raw', text: prompts.between.text }, prompts.between],
          [{ kind: 'ask', question: last, history: [] }, prompts.one],
          [{ kind: 'ask', question: last, history: HISTORY }, prompts.turns],
        ] as const) {
          const prepared = runner.decoder.prepare(prompt, 2, 8)
          assert.equal(prepared.text, expected.text)
          const layout = prepared.layOut([
            { key: 'a', tokens },
            { key: 'b', tokens },
          ])
          assert.deepEqual(layout.ids, expected.ids)
        }
      } finally {
        await runner.close()
      }
    })
  }

  it('are sent once each, even where one was dropped while the other was fetched', async () => {
    // Nothing stays in the cache, so each further request has to bring both files.
    const model = await openModel(await packageFor('llava-clip'), { imageCacheBytes: 0 })
    try {
      const fetched: string[] = []
      const source = (i: number): ImageSource => {
        const key = `${i}`.repeat(64)
        return { key, bytes: async () => (fetched.push(key), PICTURES[i]!) }
      }
      const [one, two] = [source(0), source(1)]
      const both = await model.ask([one, two, one], last, { maxNewTokens: 2 })
      assert.deepEqual(fetched.toSorted(), [one.key, two.key])
      const again = await model.ask([one, two, one], last, { maxNewTokens: 2 })
      assert.deepEqual(again.tokenIds, both.tokenIds)
      assert.equal(again.reused, both.promptTokens - 1)
      await model.forget([two.key])
      const forgotten = await model.ask([one, two, one], last, { maxNewTokens: 2 })
      assert.equal(forgotten.reused, 0)
    } finally {
      await model.close()
    }
  })

  it('are refused by a model that takes one, and more than fit by any', async () => {
    const base = await openModel(await packageFor('base'), { threads: 1 })
    try {
      assert.equal(picturesOf(base.card), 1)
      await assert.rejects(base.ask(PICTURES, last), {
        code: 'image/too-many',
        params: { pictures: 2, most: 1 },
      })
    } finally {
      await base.close()
    }
    const llava = await openModel(await packageFor('llava-clip'), { threads: 1 })
    try {
      assert.equal(picturesOf(llava.card), 7) // three quarters of 160 positions, 16 each
      const eight = Array.from({ length: 8 }, () => PICTURES[0]!)
      await assert.rejects(llava.describe(eight), { code: 'image/too-many' })
    } finally {
      await llava.close()
    }
  })
})
