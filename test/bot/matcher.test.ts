/** The second package, which compares pictures with texts, beside the bot's own model. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { packageFor } from '../helpers/packages.ts'
import { DEMO_SETTINGS } from '../helpers/shared-model.ts'
import { startBot } from '../../bot/start.ts'
import { openConfiguredModel } from '../../inference/configured-model.ts'
import { createLog } from '../../bot/operations/logs.ts'
import { readConfig } from '../../config/config.ts'
import { pictureWithCodes } from '../helpers/codes.ts'

const MATCHER = 'itm-common'

describe('SIGHTSEER_MATCHER', () => {
  it('opens a package beside the model', async () => {
    const SIGHTSEER_MATCHER = await packageFor(MATCHER)
    const model = await openConfiguredModel(readConfig({ ...DEMO_SETTINGS, SIGHTSEER_MATCHER }))
    await using stack = new AsyncDisposableStack()
    stack.defer(() => model.close())
    assert.equal(model.matcher?.name, MATCHER)
    const picture = new Uint8Array(await pictureWithCodes([], { title: 'words' }))
    const [match] = await model.match(picture, ['a red circle'])
    assert.ok(match!.itm > 0 && match!.itm < 1)
  })

  it('is refused at the start where it names none, or one that cannot match', async () => {
    const log = createLog({ level: 'silent' })
    const start = (SIGHTSEER_MATCHER: string) =>
      startBot(readConfig({ ...DEMO_SETTINGS, SANDBOX_STATE: 'memory', SIGHTSEER_MATCHER }), log)
    await assert.rejects(start('./nothing-here'), {
      name: 'ConfigError',
      message: /^There is no model package at .*nothing-here/,
    })
    await assert.rejects(start(await packageFor('base')), {
      name: 'ConfigError',
      message: /^base cannot compare pictures with texts\. .*npm run pull -- /,
    })
  })
})
