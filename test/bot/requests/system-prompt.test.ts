/** The system text that the operator set, in the whole bot. */

import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { describe, it } from 'node:test'
import { quoted } from '../../../commands/answer-text.ts'
import { openModel } from '../../../inference/model.ts'
import { hearts, startDemoBot } from '../../helpers/demo-bot.ts'
import { packageFor } from '../../helpers/packages.ts'
import { openDemoModel } from '../../helpers/shared-model.ts'

const SYSTEM = 'Answer in one word, as to a sailor.'
const QUESTION = 'which one is red?'
const NO_EFFECT = 'SIGHTSEER_SYSTEM_PROMPT has no effect'

/** A log, and what was written to it. */
function kept() {
  const lines: string[] = []
  const stream = new Writable({
    write: (line, _, done) => {
      lines.push(String(line))
      done()
    },
  })
  return { lines, stream }
}

describe('SIGHTSEER_SYSTEM_PROMPT', () => {
  it('is told the model before a question, where its prompts have a place', async () => {
    const model = await openModel(await packageFor('llava-qwen3'), { threads: 1 })
    const { lines, stream } = kept()
    const env = { SIGHTSEER_SYSTEM_PROMPT: SYSTEM, LOG_LEVEL: 'warn' }
    const demo = await startDemoBot(env, undefined, stream, model)
    try {
      const ada = await demo.join('ada')
      const mention = `<@${demo.bot.client.user.id}>`
      const answer = await ada.answerTo(await ada.say(`${mention} ${QUESTION}`, hearts()))
      const { bytes } = hearts()
      const told = await model.ask(bytes, QUESTION, { system: SYSTEM })
      assert.notEqual(told.text, (await model.ask(bytes, QUESTION)).text)
      assert.ok(answer.content.startsWith(quoted(told.text)), answer.content)
      assert.ok(!lines.some((line) => line.includes(NO_EFFECT)))
    } finally {
      await demo.close()
      await model.close()
    }
  })

  it('is named at the start where they have none', async () => {
    const model = await openDemoModel()
    const { lines, stream } = kept()
    const env = { SIGHTSEER_SYSTEM_PROMPT: SYSTEM, LOG_LEVEL: 'warn' }
    const demo = await startDemoBot(env, undefined, stream, model)
    await demo.close()
    await model.close()
    assert.equal(lines.filter((line) => line.includes(NO_EFFECT)).length, 1)
  })
})
