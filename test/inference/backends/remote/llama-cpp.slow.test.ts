/**
 * A real llama.cpp server with a tiny LLaVA of random weights: its answers mean nothing, but all that
 * crosses is real. Needs the program `llama-server`, in the path or named by LLAMA_SERVER.
 */

import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Model, Step } from '../../../../inference/contract/types.ts'
import { openServedModel } from '../../../../inference/served-model.ts'
import { freePort } from '../../../helpers/databases.ts'
import { writeTinyClip, writeTinyLlama } from '../../../helpers/gguf.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..', '..')
const scene = new Uint8Array(readFileSync(path.join(ROOT, 'docs', 'scene.png')))

/** The program; null: it is not on this machine. */
function llamaServer(): string | null {
  const { LLAMA_SERVER } = process.env
  if (LLAMA_SERVER !== undefined) {
    return LLAMA_SERVER
  }
  try {
    return execFileSync('which', ['llama-server'], { encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}

const PROGRAM = llamaServer()
const MISSING = 'llama-server is not installed; LLAMA_SERVER can name it'

describe('a model on llama.cpp', { skip: PROGRAM === null ? MISSING : false }, () => {
  let folder: string
  const processes: ChildProcess[] = []
  const addresses: string[] = []
  let model: Model

  async function start(): Promise<void> {
    const port = await freePort()
    const files = ['-m', path.join(folder, 'tiny.gguf'), '--mmproj', path.join(folder, 'clip.gguf')]
    const place = ['--host', '127.0.0.1', '--port', String(port), '--alias', 'tiny']
    const args = [...files, ...place, '--no-warmup', '-t', '1', '-np', '2']
    processes.push(spawn(PROGRAM!, args, { stdio: 'ignore' }))
    const base = `http://127.0.0.1:${port}/v1`
    for (let tries = 0; tries < 600; tries++) {
      const answer = await fetch(`${base}/models`).catch(() => null)
      if (answer?.ok) {
        addresses.push(base)
        return
      }
      await wait(100)
    }
    throw new Error('llama-server did not start')
  }

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'llama-'))
    writeTinyLlama(path.join(folder, 'tiny.gguf'))
    writeTinyClip(path.join(folder, 'clip.gguf'))
    await start()
    await start()
    model = await openServedModel({
      addresses: addresses.map((base) => ({ base, key: undefined })),
      model: undefined,
      silenceMs: 30_000,
    })
  })
  after(async () => {
    await model?.close()
    for (const one of processes) {
      one.kill('SIGKILL')
    }
    rmSync(folder, { recursive: true })
  })

  it('is known by its name and by what it can do', () => {
    assert.ok(model.card.family === null)
    assert.deepEqual([model.card.name, model.card.scoring], ['tiny', 'logprobs'])
  })

  it('streams a text of as many tokens as were asked for', async () => {
    const steps: Step[] = []
    const answer = await model.ask(scene, 'what color?', {
      maxNewTokens: 8,
      onStep: (step) => steps.push(step),
    })
    assert.equal(answer.timings.tokens, 8)
    assert.equal(answer.finish, 'length')
    assert.ok(answer.promptTokens > 4, 'the picture takes 4 positions')
    assert.equal(steps.at(-1)!.text, answer.text)
    const again = await model.ask(scene, 'what color?', { maxNewTokens: 8 })
    assert.equal(again.text, answer.text, 'greedy')
  })

  it('scores answers', async () => {
    const question = 'is it red?'
    const scored = await model.score(scene, { question, answers: ['yes', 'no'] })
    const sum = scored.reduce((total, { probability }) => total + probability, 0)
    assert.ok(Math.abs(sum - 1) < 1e-9)
  })

  it('takes two pictures', async () => {
    const { promptTokens } = await model.ask([scene, scene], 'what?', { maxNewTokens: 1 })
    const one = await model.ask(scene, 'what?', { maxNewTokens: 1 })
    assert.ok(promptTokens >= one.promptTokens + 4)
  })

  it('is cancelled', async () => {
    const controller = new AbortController()
    const asking = model.ask(scene, 'tell me all', {
      maxNewTokens: 300,
      signal: controller.signal,
      onStep: () => controller.abort(),
    })
    await assert.rejects(asking, { name: 'AbortError' })
  })

  it('answers all when one of two servers is killed', async () => {
    const asking = Promise.all(
      Array.from({ length: 8 }, (_, i) => model.ask(scene, `what is ${i}?`, { maxNewTokens: 4 })),
    )
    processes[0]!.kill('SIGKILL')
    assert.equal((await asking).length, 8)
    const later = await model.ask(scene, 'what now?', { maxNewTokens: 4 })
    assert.equal(later.timings.tokens, 4)
  })
})
