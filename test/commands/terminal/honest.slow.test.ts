/** The terminal describes no photograph with the demo model, and no thing that is not there. */

import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, it } from 'node:test'
import { runTerminal } from '../../helpers/run-command.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..')
const CAT = path.join(ROOT, 'test', 'fixtures', 'photographs', 'cat.webp')
const SCENE = path.join(ROOT, 'docs', 'scene.png')
const OUTSIDE =
  /I only know drawings .*; this looks like something else, so I do not describe it\. .*npm run pull -- \S+.*SIGHTSEER_MODEL=/

describe('the terminal with the demo model', () => {
  it('does not describe a photograph, but the drawing beside it', async () => {
    const { status, stdout, stderr } = await runTerminal('describe', [CAT, SCENE])
    assert.equal(status, 1)
    assert.match(stderr, OUTSIDE)
    assert.doesNotMatch(stdout, /cat\.webp/)
    assert.match(stdout, /scene\.png: a small yellow star/)
  })

  it('marks a photograph in JSON', async () => {
    const { stdout } = await runTerminal('describe', [CAT, '--json'])
    assert.equal(JSON.parse(stdout).judgment.verdict, 'outside')
  })

  it('answers no question about a photograph', async () => {
    const { status, stdout, stderr } = await runTerminal('ask', [CAT, 'what color is it?'])
    assert.equal(status, 1)
    assert.equal(stdout, '')
    assert.match(stderr, OUTSIDE)
  })

  it('says that a thing is not there which a question takes for granted', async () => {
    const questions = ['what color is the cross?', 'what color is the star?']
    const { stdout } = await runTerminal('chat', [SCENE], { input: questions.join('\n') })
    assert.equal(stdout, 'There is no cross in this picture.\nyellow\n')
  })

  it('guesses at no question with words that the model does not know', async () => {
    const questions = ['is there a dragon?', 'hey, what color is the star in this image please?']
    const { stdout } = await runTerminal('ask', [SCENE, ...questions])
    assert.equal(stdout, 'My model does not know “dragon”, so it would only guess.\nyellow\n')
    const json = await runTerminal('ask', [SCENE, 'where is the dragon?', '--json'])
    assert.deepEqual(JSON.parse(json.stdout).unknown, ['dragon'])
  })

  it('describes the picture where a question is about all of it', async () => {
    const { stdout } = await runTerminal('chat', [SCENE], { input: 'what is this?\nwhat is it?' })
    assert.match(stdout, /^(a small yellow star .* on a gray background)\n\1\n$/)
  })
})
