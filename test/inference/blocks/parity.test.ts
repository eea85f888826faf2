import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { convertCheckpoint } from '../../../inference/convert/convert.ts'
import { toPixelValues } from '../../../inference/image/pixel-values.ts'
import { argmax, DecoderRun, float, openGraphs, runOne } from '../../helpers/graph-sessions.ts'
import type { Graphs } from '../../helpers/graph-sessions.ts'
import { PARITY_NAMES } from '../../helpers/parity-names.ts'
import {
  checkpointFolder,
  FIXTURES,
  loadParity,
  relativeError,
  tensorOf,
} from '../../helpers/parity.ts'

const TOLERANCE = 1e-4
const PROMPTS = ['caption', 'question'] as const

const folder = mkdtempSync(path.join(tmpdir(), 'parity-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function assertEqual(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  const error = relativeError(actual, expected)
  assert.ok(error <= TOLERANCE, `relative error ${error}`)
}

for (const name of PARITY_NAMES) {
  describe(`the graphs of ${name}, fp32`, () => {
    const parity = loadParity(name)
    const has = (tensor: string) => parity.tensors[tensor] !== undefined
    let graphs: Graphs

    before(async () => {
      const out = path.join(folder, name)
      const card = await convertCheckpoint(checkpointFolder(name), out, {
        precision: 'fp32',
        name,
        source: null,
      })
      graphs = await openGraphs(out, card)
    })

    it('encodes the pixels as the reference', async () => {
      const size = parity.imageSize
      const bytes = readFileSync(path.join(FIXTURES, parity.image))
      const spec = { imageSize: size, preprocessing: graphs.card.preprocessing }
      const data = has('pixel_values')
        ? tensorOf(parity, 'pixel_values').data
        : (await toPixelValues(bytes, spec)).data
      const { image_embeds } = await runOne(graphs.vision, float(data, [1, 3, size, size]))
      assertEqual(image_embeds!, tensorOf(parity, 'image_embeds').data)
    })

    it('queries the image as the reference', async () => {
      const { data, shape } = tensorOf(parity, 'image_embeds')
      const { query_output, image_tokens } = await runOne(graphs.qformer, float(data, shape))
      assertEqual(query_output!, tensorOf(parity, 'query_output').data)
      assertEqual(image_tokens!, tensorOf(parity, 'image_tokens').data)
    })

    for (const prompt of PROMPTS) {
      it(`gives the reference's logits for the ${prompt}, prefill and steps`, async () => {
        const { vocabSize } = parity
        const { ids } = parity.prompts[prompt]
        const imageTokens = tensorOf(parity, 'image_tokens').data
        const steps = tensorOf(parity, `logits.${prompt}.steps`)
        const length = parity.queryTokens + ids.length
        const run = new DecoderRun(graphs, 1, length + 16)
        const rows = Array.from({ length }, (_, i) => i)
        const prefill = await run.step({ imageTokens, ids: [ids], rows })
        if (has(`logits.${prompt}.prefill`)) {
          assertEqual(prefill, tensorOf(parity, `logits.${prompt}.prefill`).data)
        }
        let logits = prefill.subarray((length - 1) * vocabSize)
        for (let i = 0; i < steps.shape[0]!; i++) {
          const expected = steps.data.subarray(i * vocabSize, (i + 1) * vocabSize)
          assertEqual(logits, expected)
          const next = argmax(expected, 0, vocabSize)
          logits = await run.step({ imageTokens: null, ids: [[next]] })
        }
      })
    }
  })
}
