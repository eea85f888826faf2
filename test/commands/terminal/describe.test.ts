import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { EN } from '../../../commands/i18n/en.ts'
import { setTimeout } from 'node:timers/promises'
import { packageFor } from '../../helpers/packages.ts'
import { checkpointFolder, FIXTURES, loadParity } from '../../helpers/parity.ts'
import { jsonLines, runTerminal } from '../../helpers/run-command.ts'

const parity = loadParity('base')
const image = path.join(FIXTURES, parity.image)
const model = await packageFor('base')
const TIMINGS = ['preprocessMs', 'visionMs', 'bridgeMs', 'prefillMs', 'decodeMs', 'tokens']

/** Opens a named pipe for writing once somebody reads it. @returns the file, to be closed. */
async function whenRead(pipe: string): Promise<number> {
  for (;;) {
    try {
      return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK)
    } catch {
      await setTimeout(20)
    }
  }
}

/** What is on stderr besides the doubts of a model of random weights. */
function withoutDoubt(stderr: string): string {
  return stderr.replaceAll(`${EN.answer.unsure}\n`, '')
}

describe('describe', () => {
  it('prints one JSON object a picture, in order, with the ids of the reference', async () => {
    const args = [image, image, '--model', model, '--prompt', '', '--beams', '1', '--json']
    const { status, stdout, stderr } = await runTerminal('describe', args)

    assert.equal(stderr, '')
    assert.equal(status, 0)
    const results = jsonLines(stdout)
    assert.equal(results.length, 2)
    for (const result of results) {
      assert.deepEqual(Object.keys(result), [
        'image',
        'text',
        'tokenIds',
        'judgment',
        'model',
        'timings',
      ])
      assert.deepEqual(result.tokenIds, parity.generations[0]!.ids)
      assert.equal(result.image, image)
      assert.equal(result.model, 'base')
      assert.deepEqual(Object.keys(result.timings ?? {}).sort(), TIMINGS.toSorted())
    }
  })

  it('takes every setting of the search', async () => {
    const recorded = parity.generations.find(
      ({ options }) => options.beams === 4 && options.lengthPenalty === -1,
    )!
    const settings = ['--beams', '4', '--length-penalty', '-1', '--no-repeat-ngram-size', '1']
    const args = [image, '--model', model, '--prompt', '', '--max-new-tokens', '12', '--json']
    const { stdout } = await runTerminal('describe', [...args, ...settings])
    assert.deepEqual(jsonLines(stdout)[0]!.tokenIds, recorded.ids)
  })

  it('reads standard input, and prints one line of text', async () => {
    const { status, stdout } = await runTerminal('describe', ['-', '--model', model], {
      input: readFileSync(image),
    })
    assert.equal(status, 0)
    assert.match(stdout, /^[^\n]*\n$/)
  })

  it('continues after a bad picture, names it, and fails in the end', async () => {
    const args = ['nothing.png', import.meta.filename, '.', image, '--model', model, '--json']
    const { status, stdout, stderr } = await runTerminal('describe', args)
    assert.equal(status, 1)
    assert.equal(jsonLines(stdout).length, 1)
    const [first, second, third] = stderr.split('\n')
    assert.match(first!, /^nothing\.png: There is no such file\.$/)
    assert.match(second!, /describe\.test\.ts: .*not a picture/)
    assert.match(third!, /^\.: That is a folder/)
  })

  it('continues after a truncated file', { skip: process.platform !== 'linux' }, async () => {
    const args = ['/proc/self/mem', image, '--model', model] // opens, and fails to be read
    const { status, stdout, stderr } = await runTerminal('describe', args)
    assert.equal(status, 1)
    assert.equal(stdout.split('\n').length, 2)
    assert.match(withoutDoubt(stderr), /^\/proc\/self\/mem: That file cannot be read: .*EIO.*\n$/)
  })

  it('finds models by name, and paths from where the person is', async () => {
    const { status } = await runTerminal('describe', [path.basename(image), '--model', 'mine'], {
      cwd: path.dirname(model),
      env: {
        SIGHTSEER_MODELS: path.dirname(model),
        SIGHTSEER_MODEL: 'unused',
        npm_lifecycle_event: 'describe',
        INIT_CWD: path.dirname(image),
      },
    })
    assert.equal(status, 1) // no model of that name
    const found = await runTerminal('describe', [path.basename(image)], {
      env: {
        SIGHTSEER_MODELS: path.dirname(model),
        SIGHTSEER_MODEL: path.basename(model),
        npm_lifecycle_event: 'describe',
        INIT_CWD: path.dirname(image),
      },
    })
    assert.equal(found.status, 0, found.stderr)
  })

  it('says what is wrong with a model', async () => {
    const args = [image, '--model', checkpointFolder('base')]
    const { status, stdout, stderr } = await runTerminal('describe', args)
    assert.equal(status, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /npm run pull -- --from/)
  })

  it('takes hundreds of pictures, and leaves nothing in the home folder', async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'home-'))
    const missing = Array.from({ length: 300 }, (_, i) => `${'x'.repeat(100)}${i}.png`)
    const { status, stderr } = await runTerminal('describe', [...missing, '--model', model], {
      env: { HOME: home, XDG_CACHE_HOME: home },
    })
    assert.equal(status, 1)
    assert.equal(stderr.match(/There is no such file/g)?.length, missing.length)
    assert.deepEqual(readdirSync(home), [])
    rmdirSync(home)
  })

  it('ends cleanly when interrupted', async () => {
    const images = Array.from({ length: 300 }, () => image)
    const { status, stderr } = await runTerminal('describe', [...images, '--model', model], {
      meanwhile: (child) => child.stdout!.once('data', () => child.kill('SIGINT')),
    })
    assert.equal(status, 130)
    assert.equal(withoutDoubt(stderr), '')
  })

  const noPipes = { skip: process.platform === 'win32' }
  it('reads a named pipe, and waits for its writer no longer than wanted', noPipes, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-pipe-'))
    const pipe = path.join(folder, 'pipe.png')
    execFileSync('mkfifo', [pipe])
    let writer: Promise<number> | undefined
    const args = [pipe, '--model', model, '--json']
    const waiting = await runTerminal('describe', args, {
      meanwhile: (child) => {
        writer = whenRead(pipe).finally(() => child.kill('SIGINT'))
      },
    })
    assert.deepEqual([waiting.status, waiting.stderr], [130, ''])
    closeSync(await writer!)
    const read = await runTerminal('describe', args, {
      meanwhile: () => {
        writer = whenRead(pipe).then((file) => {
          writeFileSync(file, readFileSync(image))
          closeSync(file)
          return file
        })
      },
    })
    await writer
    assert.equal(read.status, 0)
    rmSync(folder, { recursive: true })
  })

  it('ends at once when interrupted at standard input', async () => {
    const script = [path.join('commands', 'terminal', 'describe.ts'), '-', '--model', model]
    const child = spawn(process.execPath, script, { stdio: ['pipe', 'ignore', 'pipe'] })
    // More than a pipe holds: once it is gone, the command reads.
    child.stdin.write(Buffer.alloc(2 ** 20), () => child.kill('SIGINT'))
    const status = await new Promise((resolve) => {
      child.once('close', resolve)
    })
    assert.equal(status, 130)
  })

  it('ends cleanly when nobody reads on', async () => {
    const images = Array.from({ length: 300 }, () => image)
    const { status, stderr } = await runTerminal('describe', [...images, '--model', model], {
      meanwhile: (child) => child.stdout!.once('data', () => child.stdout!.destroy()),
    }).catch((error: unknown) => ({ status: 0, stderr: String(error) }))
    assert.equal(status, 0)
    assert.doesNotMatch(stderr, /EPIPE/)
  })
})
