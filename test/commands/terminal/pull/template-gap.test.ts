import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { templateSentence } from '../../../../commands/terminal/pull/template-gap.ts'
import { checkpointFolder } from '../../../helpers/parity.ts'
import { runTerminal } from '../../../helpers/run-command.ts'

const root = mkdtempSync(path.join(tmpdir(), 'template-gap-'))
after(() => rmSync(root, { recursive: true, force: true }))

const TEMPLATE = 'chat_template.jinja'

/** Pulls a SmolVLM with another chat template. */
async function pullWith(name: string, template: string | null, args: readonly string[] = []) {
  const from = path.join(root, name)
  cpSync(checkpointFolder('smolvlm-whole'), from, { recursive: true })
  rmSync(path.join(from, TEMPLATE))
  if (template !== null) {
    writeFileSync(path.join(from, TEMPLATE), template)
  }
  const out = path.join(root, `${name}-out`)
  const ran = await runTerminal('pull', ['--from', from, '--out', out, ...args])
  assert.equal(ran.status, 0, ran.stderr)
  const { prompts } = JSON.parse(readFileSync(path.join(out, 'model.json'), 'utf8'))
  return { ...ran, prompts }
}

describe('a pull of a checkpoint whose chat template is not followed', () => {
  it('says that there is none, and what is taken instead', async () => {
    const { stderr, prompts } = await pullWith('none', null)
    assert.match(stderr, /has no chat template: .*usual format of its family.*sightseer\.json/)
    assert.equal(prompts.opening, '<|im_start|>User:<image>')
  })

  it('says so of one that is for texts alone', async () => {
    const texts = `{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content }}{% endfor %}`
    const { stderr, prompts } = await pullWith('texts', texts)
    assert.match(stderr, /chat_template\.jinja does not write <image> exactly once/)
    assert.equal(prompts.opening, '<|im_start|>User:<image>')
  })

  it('says why in its JSON', async () => {
    const fails = await pullWith('fails', '{% if %}', ['--json'])
    const { templateGap } = JSON.parse(fails.stdout)
    assert.partialDeepStrictEqual(templateGap, { reason: 'fails', file: TEMPLATE })
    assert.ok(templateGap.fault.length > 0)
  })

  it('says nothing of one that is', async () => {
    const own = readFileSync(path.join(checkpointFolder('smolvlm-whole'), TEMPLATE), 'utf8')
    const { stdout, stderr } = await pullWith('own', own, ['--json'])
    assert.equal(JSON.parse(stdout).templateGap, null)
    assert.doesNotMatch(stderr, /template/)
  })
})

describe('templateSentence', () => {
  it('names the file and what is wrong with it, without control characters', () => {
    const fault = 'Unknown\n\u001B[31mfilter'
    assert.match(
      templateSentence({ reason: 'fails', file: TEMPLATE, fault }),
      /chat_template\.jinja cannot be used \(Unknown {2}\[31mfilter\): .*usual format/,
    )
    assert.match(
      templateSentence({ reason: 'irregular', file: 'tokenizer_config.json' }),
      /tokenizer_config\.json does not write turns one after the other: .*usual format/,
    )
    assert.match(
      templateSentence({ reason: 'no-picture', file: TEMPLATE }),
      /chat_template\.jinja does not write <image> exactly once, before .* question: .*usual format/,
    )
    const one = templateSentence({ reason: 'one-picture', file: TEMPLATE })
    assert.match(one, /further pictures .* one picture at a time/)
    assert.doesNotMatch(one, /usual format/)
  })
})
