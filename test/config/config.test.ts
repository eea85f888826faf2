import assert from 'node:assert/strict'
import path from 'node:path'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { readConfig } from '../../config/config.ts'
import { ConfigError } from '../../config/errors.ts'
import { findModel, MODELS_FOLDER } from '../../config/models.ts'

/** Without the settings of the hub, which have their own tests. */
function read(env: Record<string, string>) {
  const { hub: _, ...own } = readConfig(env)
  return own
}

describe('readConfig', () => {
  it('needs nothing; empty is as good as absent', () => {
    const defaults = { model: 'demo', imageLimits: {} }
    assert.deepEqual(read({}), defaults)
    assert.deepEqual(read({ DISCORD_TOKEN: '', SIGHTSEER_THREADS: ' ' }), defaults)
  })

  it('reads what is set', () => {
    assert.deepEqual(
      read({
        DISCORD_TOKEN: ' abc ',
        SIGHTSEER_MODEL: 'big',
        SIGHTSEER_MODELS: '/models',
        SIGHTSEER_THREADS: '4',
        SIGHTSEER_MAX_IMAGE_BYTES: '1000',
        SIGHTSEER_MAX_IMAGE_PIXELS: '2000',
        PATH: 'ignored',
      }),
      {
        discordToken: 'abc',
        model: 'big',
        modelsFolder: '/models',
        threads: 4,
        imageLimits: { maxBytes: 1000, maxPixels: 2000 },
      },
    )
  })

  it('lists every variable that is wrong', () => {
    assert.throws(
      () => readConfig({ SIGHTSEER_THREADS: 'many', SIGHTSEER_MAX_IMAGE_BYTES: '-1' }),
      (error) =>
        error instanceof ConfigError &&
        error.problems.length === 2 &&
        /SIGHTSEER_THREADS must be a whole number from 1 to 256/.test(error.message),
    )
  })
})

describe('findModel', () => {
  it('knows the demo, names, and paths', () => {
    assert.equal(findModel('demo', '/elsewhere'), path.join(MODELS_FOLDER, 'demo'))
    assert.equal(findModel('big'), path.join(MODELS_FOLDER, 'big'))
    assert.equal(findModel('./big', undefined, '/home'), path.resolve('/home/big'))
    assert.equal(findModel('sub/big', undefined, '/home'), path.resolve('/home/sub/big'))
    assert.equal(findModel('/data/big'), path.resolve('/data/big'))
  })

  it('searches the own folder first', () => {
    const own = mkdtempSync(path.join(tmpdir(), 'models-'))
    mkdirSync(path.join(own, 'big'))
    assert.equal(findModel('big', own), path.join(own, 'big'))
    assert.equal(findModel('small', own), path.join(MODELS_FOLDER, 'small'))
    rmSync(own, { recursive: true })
  })
})
