import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readUnseenScenes } from '../../../../bench/quality/demo-scenes.ts'
import { relativeDistance } from '../../../../bench/quality/distance.ts'
import { measureSeams, TOKENS as IMAGE_TOKENS, VISION } from '../../../../bench/quality/seams.ts'
import type { Seams } from '../../../../bench/quality/seams.ts'
import { convertCheckpoint } from '../../../../inference/convert/convert.ts'
import type { ConvertProgress } from '../../../../inference/convert/convert.ts'
import { type ModelCard, readCard } from '../../../../inference/package/model-card.ts'
import { openModel } from '../../../../inference/model.ts'
import { DEMO_CHECKPOINT, writeOutliers } from '../../../helpers/outliers.ts'
import { readTensors, writeTensors } from '../../../helpers/safetensors.ts'

const OPTIONS = { precision: 'int8', name: 'calibrated', source: null } as const
const CALIBRATED_WITH = 6
const TOKENS = 8

const folder = mkdtempSync(path.join(tmpdir(), 'calibrate-'))
const at = (name: string) => path.join(folder, name)
const scenes = readUnseenScenes(CALIBRATED_WITH + 4).map(({ picture }) => picture)
/** Not those that the packages are calibrated with. */
const others = scenes.slice(CALIBRATED_WITH)
const calibrate = scenes.slice(0, CALIBRATED_WITH).map((picture, i) => {
  mkdirSync(at('pictures'), { recursive: true })
  const file = path.join(at('pictures'), `${i}.webp`)
  writeFileSync(file, picture)
  return file
})
after(() => rmSync(folder, { recursive: true, force: true }))

before(async () => {
  writeOutliers(at('outliers'))
  await convertCheckpoint(DEMO_CHECKPOINT, at('full'), { ...OPTIONS, precision: 'fp32' })
  await convertCheckpoint(at('outliers'), at('plain'), OPTIONS)
  await convertCheckpoint(at('outliers'), at('smoothed'), { ...OPTIONS, calibrate })
})

const card = (name: string): ModelCard => {
  const file = path.join(at(name), 'model.json')
  const read = readCard(JSON.parse(readFileSync(file, 'utf8')))
  assert.ok(typeof read !== 'string')
  return read
}
const graph = (name: string) => readFileSync(path.join(at(name), 'vision.onnx'))

/** The files of a package; opening it may have added the record of the verified ones. */
function filesOf(name: string): string[] {
  return readdirSync(at(name)).filter((file) => !file.startsWith('.'))
}

/** As `npm run fidelity` has it: relative error of the seam, the mean over the pictures. */
function error(
  actual: readonly Seams[],
  expected: readonly Seams[],
  seam: typeof VISION | typeof IMAGE_TOKENS,
) {
  const errors = actual.map((one, i) =>
    relativeDistance(one.values[seam]!, expected[i]!.values[seam]!),
  )
  return errors.reduce((sum, one) => sum + one, 0) / errors.length
}

describe('a package calibrated with pictures', () => {
  it('is nearer to its source, where channels are large, on pictures never seen', async () => {
    // The outliers change nothing in full precision, so the demo's own fp32 is the source.
    const expected = await measureSeams(at('full'), others, TOKENS, 1)
    const along = expected.map(({ ids }) => ids)
    const plain = await measureSeams(at('plain'), others, along, 1)
    const smoothed = await measureSeams(at('smoothed'), others, along, 1)
    for (const seam of [VISION, IMAGE_TOKENS] as const) {
      const [before, after] = [error(plain, expected, seam), error(smoothed, expected, seam)]
      assert.ok(after * 5 < before, `${seam}: ${before} plain, ${after} smoothed`)
    }
  })

  it('answers as the source does', async () => {
    const [source, smoothed] = [await openModel(at('full')), await openModel(at('smoothed'))]
    try {
      for (const picture of others) {
        const { text } = await source.describe(picture)
        assert.equal((await smoothed.describe(picture)).text, text)
      }
    } finally {
      await source.close()
      await smoothed.close()
    }
  })

  it('says on its card how it was calibrated, and has the files and size of any other', () => {
    const { calibration } = card('smoothed').quantization!
    assert.equal(calibration?.pictures, CALIBRATED_WITH)
    assert.deepEqual(calibration.modules, ['self_attn.qkv', 'self_attn.projection', 'mlp.fc1'])
    assert.equal(calibration.alphas.length, 4)
    assert.ok(calibration.alphas.every((alpha) => alpha !== null && alpha >= 0.5))
    assert.equal(card('plain').quantization!.calibration, undefined)
    assert.deepEqual(filesOf('smoothed'), filesOf('plain'))
    assert.deepEqual(graph('smoothed'), graph('plain'))
  })
})

describe('convertCheckpoint with pictures', () => {
  it('leaves a layer as it is where smoothing brings nothing', async () => {
    // A layer whose weights are 0 gives what it was given, however it is smoothed.
    const from = at('still')
    writeOutliers(from)
    const tensors = readTensors(from)
    for (const [name, tensor] of Object.entries(tensors)) {
      if (name.startsWith('vision_model.encoder.layers.2.')) {
        tensors[name] = { ...tensor, bytes: new Uint8Array(tensor.bytes.length) }
      }
    }
    writeTensors(path.join(from, 'model.safetensors'), tensors)
    const card = await convertCheckpoint(from, at('still-out'), { ...OPTIONS, calibrate })
    const { alphas } = card.quantization!.calibration!
    assert.deepEqual(
      alphas.map((alpha) => alpha === null),
      [false, false, true, false],
    )
  })

  it('tells how far it is, and stops when told to', async () => {
    const stop = new AbortController()
    const told: ConvertProgress[] = []
    const onProgress = (progress: ConvertProgress) => {
      told.push(progress)
      stop.abort()
    }
    const options = { ...OPTIONS, calibrate, onProgress, signal: stop.signal }
    await assert.rejects(convertCheckpoint(at('outliers'), at('stopped'), options), /abort/i)
    assert.deepEqual(
      told.map(({ phase, what }) => [phase, what]),
      [['calibrate', 'layer 0']],
    )
    assert.equal(told[0]!.done * 4, told[0]!.total)
    assert.ok(!existsSync(at('stopped')) && !existsSync(`${at('stopped')}.partial`))
  })

  it('is for image encoders held as w8a8', async () => {
    for (const how of [{ precision: 'fp16' }, { precision: 'int4', vision: 'block' }] as const) {
      const made = convertCheckpoint(at('outliers'), at('wrong'), { ...OPTIONS, ...how, calibrate })
      await assert.rejects(made, RangeError)
    }
  })
})
