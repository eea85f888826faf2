/** `npm run bench -- domain --calibrate` works for the families of the shipped models. */

import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { calibrate } from '../../../bench/quality/domain.ts'
import { readUnseenScenes } from '../../../bench/quality/demo-scenes.ts'
import { openModel } from '../../../inference/model.ts'
import { packageFor } from '../../helpers/packages.ts'

const PICTURES = 24
const FAMILIES = { llava: 'llava-clip', idefics: 'idefics-direct' } as const

describe('calibrating the domain', () => {
  const scenes = readUnseenScenes().map(({ picture }) => picture)

  for (const [family, checkpoint] of Object.entries(FAMILIES)) {
    it(`measures the features of a ${family}'s own tower, and leaves a matcher of another alone`, async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-domain-'))
      const own = path.join(folder, `demo-${family}`)
      const matcher = path.join(folder, 'demo-match')
      cpSync(await packageFor(checkpoint), own, { recursive: true })
      cpSync(await packageFor('itm-common'), matcher, { recursive: true })
      const card = path.join(own, 'model.json')
      const before = readFileSync(path.join(matcher, 'model.json'))
      try {
        await assert.rejects(calibrate(own, scenes.slice(0, PICTURES)), /domain\.knows/)
        const said = { knows: { en: 'drawings', zh: '画' } }
        const plain = JSON.parse(readFileSync(card, 'utf8'))
        writeFileSync(card, JSON.stringify({ ...plain, domain: said }))
        await calibrate(own, scenes.slice(0, PICTURES))
        const { domain } = JSON.parse(readFileSync(card, 'utf8'))
        assert.deepEqual(Object.keys(domain), ['knows', 'features'])
        assert.deepEqual(readFileSync(path.join(matcher, 'model.json')), before)
        const model = await openModel(own, { threads: 1 })
        try {
          const { judgment } = await model.describe(scenes[0]!, { maxNewTokens: 2 })
          assert.ok(judgment.distance !== null && judgment.distance > 0)
          assert.ok(judgment.distance < 1, `${judgment.distance}`)
        } finally {
          await model.close()
        }
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }
})
