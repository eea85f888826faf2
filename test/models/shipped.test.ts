/** Every shipped model that answers does so, is small, and comes with its notices and in the container image. */

import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { readConfig } from '../../config/config.ts'
import { findModel, MODELS_FOLDER } from '../../config/models.ts'
import { openConfiguredModel } from '../../inference/configured-model.ts'
import { picturesOf } from '../../inference/package/model-card.ts'
import { isLetThrough, readDockerfile } from '../helpers/dockerfile.ts'
import { SHIPPED_FOLDERS, shippedModels } from '../helpers/shipped.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const read = (...names: string[]) => readFileSync(path.join(ROOT, ...names), 'utf8')
const SAMPLES = ['star-and-circle.webp', 'hearts.webp'] // on gray, and on pink
/** Of a miniature beside the demo. */
const MAX_BYTES = 4 * 2 ** 20

const models = await shippedModels()

describe('the shipped models', () => {
  it('are the demo, and what else is there', () => {
    assert.ok(models.has('demo'))
  })

  for (const [name, card] of models) {
    it(`answer, as ${name} does about a picture, and about two if it takes them`, async () => {
      const pictures = SAMPLES.map((file) =>
        Uint8Array.from(readFileSync(path.join(ROOT, 'sandbox', 'samples', file))),
      )
      const config = readConfig({ SIGHTSEER_MODEL: name })
      assert.ok(config.matcher)
      const model = await openConfiguredModel(config, { model: name, folder: ROOT })
      try {
        assert.ok(model.matcher, 'the shipped matcher is beside it')
        const one = await model.ask(pictures[0]!, 'what color is the background?')
        assert.deepEqual([one.text, one.judgment.verdict], ['gray', 'inside'])
        if (picturesOf(card) > 1) {
          const question = 'what color is the background of the second picture?'
          assert.equal((await model.ask(pictures, question)).text, 'pink')
        }
      } finally {
        await model.close()
      }
    })

    it(`have a card, a size and notices, as ${name} has`, () => {
      const folder = findModel(name, MODELS_FOLDER)
      assert.deepEqual([card.name, card.source.license], [name, 'MIT'])
      const files = globSync('**/*.*', { cwd: folder })
      const bytes = files.reduce((sum, file) => sum + statSync(path.join(folder, file)).size, 0)
      assert.ok(name === 'demo' || bytes <= MAX_BYTES, `${bytes} bytes`)
      const own = path.join(folder, 'NOTICE.md')
      const notice = existsSync(own) ? readFileSync(own, 'utf8') : read('models/demo/NOTICE.md')
      assert.match(notice, /EfficientNet-Lite0 \(Google, Apache License 2\.0/)
      assert.ok(existsSync(own) || notice.includes('in every other `models/demo-…`'))
    })
  }
})

describe('the shipped folders', () => {
  it('are in the container image, and pulled models are not', () => {
    const copied = readDockerfile(read('Dockerfile'))
      .flatMap(({ instructions }) => instructions)
      .filter(({ name, words }) => name === 'COPY' && words.startsWith('models'))
    assert.deepEqual(
      copied.map(({ words }) => words),
      ['models ./models'],
    )
    const ignored = read('.dockerignore')
    for (const name of [...SHIPPED_FOLDERS, 'demo-another']) {
      assert.ok(isLetThrough(ignored, `models/${name}/model.json`), name)
    }
    assert.ok(isLetThrough(ignored, 'models'))
    for (const file of ['models/pulled/model.json', 'models/demo/x.partial', 'sandbox', '.env']) {
      assert.ok(!isLetThrough(ignored, file), file)
    }
  })

  it('are named in the notices', () => {
    assert.match(read('THIRD-PARTY.md'), /`models\/demo` and in every `models\/demo-…`/)
    assert.ok(SHIPPED_FOLDERS.every((name) => name === 'ocr' || /^demo(-|$)/.test(name)))
  })
})
