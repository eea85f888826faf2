import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'
import { jsonLines, runTerminal } from '../../helpers/run-command.ts'

const parity = loadParity('base')
const image = path.join(FIXTURES, parity.image)
const model = await packageFor('base')

describe('ask', () => {
  it('answers each question, the later ones with memory', async () => {
    const questions = ['what is it?', 'what is it?']
    const settings = ['--beams', '1', '--min-new-tokens', '8', '--max-new-tokens', '8']
    const args = [image, ...questions, '--model', model, '--json', ...settings]
    const { status, stdout } = await runTerminal('ask', args)
    assert.equal(status, 0)
    const [first, second] = jsonLines(stdout)
    assert.equal(first!.question, 'what is it?')
    assert.notDeepEqual(first!.tokenIds, second!.tokenIds)
  })

  it('prints one line an answer', async () => {
    const { stdout } = await runTerminal('ask', [image, 'what is it?', 'where?', '--model', model])
    assert.equal(stdout.split('\n').length, 3)
  })

  it('asks about several pictures together, of a model that takes several', async () => {
    const second = path.join(FIXTURES, 'images', 'size-448x448.png')
    const args = [image, second, 'what color?', '--json', '--max-new-tokens', '4', '--model']
    const { stdout } = await runTerminal('ask', [...args, await packageFor('llava-clip')])
    const [answer] = jsonLines(stdout)
    assert.deepEqual(answer!.images, [image, second])
    assert.equal(answer!.question, 'what color?')
    const alone = await runTerminal('ask', [...args, model])
    assert.equal(alone.status, 1)
    assert.match(alone.stderr, /sees one picture at a time, not 2/)
  })

  it('refuses a picture after a question, and names the command for text between pictures', async () => {
    const { status, stderr } = await runTerminal('ask', [image, 'a cat', 'b.png', 'what is it?'])
    assert.equal(status, 2)
    assert.match(stderr, /b\.png comes after a question.*describe .*--together --prompt/s)
  })

  it('fails for a picture that is none', async () => {
    const args = [import.meta.filename, 'what is it?', '--model', model]
    const { status, stderr } = await runTerminal('ask', args)
    assert.equal(status, 1)
    assert.match(stderr, /not a picture/)
  })
})

describe('chat', () => {
  it('answers questions from a pipe, one a line', async () => {
    const { status, stdout, stderr } = await runTerminal(
      'chat',
      [image, '--model', model, '--json'],
      {
        input: 'what is it?\n\nand what is that?',
      },
    )
    assert.equal(status, 0)
    assert.equal(stderr, '')
    assert.deepEqual(
      jsonLines(stdout).map((line) => line.question),
      ['what is it?', 'and what is that?'],
    )
  })

  it('continues after a question that is too long, and fails in the end', async () => {
    const { status, stdout, stderr } = await runTerminal('chat', [image, '--model', model], {
      input: `${'why? '.repeat(500)}\nwhat is it?\n`,
    })
    assert.equal(status, 1)
    assert.match(stderr, /too long/)
    assert.equal(stdout.split('\n').length, 2)
  })
})

describe('score', () => {
  const QUESTION = ['--prompt', 'Question: red? Answer:', '--answer', 'yes', '--answer', 'no']

  it('weighs the answers', async () => {
    const args = [image, '--model', model, '--json', ...QUESTION]
    const { status, stdout } = await runTerminal('score', args)
    assert.equal(status, 0)
    const [result] = jsonLines(stdout)
    assert.deepEqual(Object.keys(result!), ['image', 'prompt', 'judgment', 'model', 'answers'])
    const { answers = [] } = result!
    assert.deepEqual(
      answers.map(({ answer }) => answer),
      ['yes', 'no'],
    )
    assert.ok(Math.abs(answers[0]!.probability + answers[1]!.probability - 1) < 1e-9)
  })

  it('prints a line for a person', async () => {
    const { stdout } = await runTerminal('score', [image, '--model', model, ...QUESTION])
    assert.match(stdout, /^yes \d+\.\d %, no \d+\.\d %\n$/)
  })
})

describe('every command', () => {
  it('prints nothing that would steer the terminal', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'names-'))
    const name = path.join(folder, 'a\u001b[2Jb\u009b31mc.png')
    copyFileSync(image, name)
    const args = [name, `${name}?`, '--model', model, '--json']
    const { stdout, stderr } = await runTerminal('describe', args)
    rmSync(folder, { recursive: true })
    assert.equal(jsonLines(stdout)[0]!.image, name)
    assert.match(stderr, /a\uFFFD\[2Jb\uFFFD31mc\.png\?: There is no such file\.\n$/)
    assert.doesNotMatch(stdout + stderr, /[^\P{Cc}\n]/u)
  })

  for (const name of ['describe', 'ask', 'chat', 'score']) {
    it(`explains itself: ${name}`, async () => {
      const { status, stdout, stderr } = await runTerminal(name, ['--help'])
      assert.equal(status, 0)
      assert.equal(stderr, '')
      assert.match(stdout, new RegExp(`npm run ${name} -- `))
    })

    it(`tells wrong use from failure: ${name}`, async () => {
      for (const args of [[], ['--nonsense'], [image, 'why?', '--model']]) {
        const { status, stdout, stderr } = await runTerminal(name, args)
        assert.equal(status, 2, args.join(' '))
        assert.equal(stdout, '')
        assert.match(stderr, new RegExp(`npm run ${name} -- --help says more`))
      }
    })
  }

  for (const wrong of [
    ['--beams', '0'],
    ['--top-p', '2'],
    ['--seed', 'x'],
    ['--early-stopping', 'no'],
  ]) {
    it(`refuses ${wrong.join(' ')}`, async () => {
      const { status, stderr } = await runTerminal('describe', [image, ...wrong])
      assert.equal(status, 2)
      assert.match(stderr, /must be|takes/)
    })
  }
})
