import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { InputError } from '../../config/errors.ts'
import { WorkerCrashError } from '../../inference/contract/errors.ts'
import { openModel } from '../../inference/model.ts'
import type { Model, Step } from '../../inference/contract/types.ts'
import { packageFor } from '../helpers/packages.ts'
import { FIXTURES, loadParity } from '../helpers/parity.ts'
import { imageTokensOf, packageCard } from '../../inference/package/model-card.ts'

const parity = loadParity('base')
const image = readFileSync(path.join(FIXTURES, parity.image))
const QUESTION = 'what is it?'

let folder: string
let model: Model

before(async () => {
  folder = await packageFor('base')
  model = await openModel(folder, { threads: 1 })
})
after(() => model.close())

describe('openModel', () => {
  it('says what the model is', () => {
    assert.equal(model.card.name, 'base')
  })

  it('says why a folder cannot be opened', async () => {
    await assert.rejects(openModel(path.join(folder, 'nothing')), {
      name: 'ConfigError',
      message: /no model package/,
    })
  })
})

describe('describe and ask', () => {
  it('take the card’s defaults, and none of its penalties once a search is chosen', async () => {
    const greedy = parity.generations[0]!
    const plain = await model.describe(image, { prompt: '', beams: 1, maxNewTokens: 12 })
    assert.deepEqual(plain.tokenIds, greedy.ids)
    assert.equal(plain.finish, 'stop')

    const byCard = await model.describe(image)
    const inFull = await model.describe(image, {
      maxNewTokens: 30,
      minNewTokens: 5,
      beams: 5,
      repetitionPenalty: 1.1,
      noRepeatNgramSize: 3,
    })
    assert.deepEqual(byCard.tokenIds, inFull.tokenIds)
    assert.notDeepEqual(byCard.tokenIds, plain.tokenIds)
  })

  it('ask in the card’s words', async () => {
    const { text } = parity.prompts.question
    assert.equal(text, `Question: ${QUESTION} Answer:`)
    const expected = parity.generations.find(
      ({ prompt, options }) => prompt === 'question' && options.minNewTokens === 10,
    )!
    const answer = await model.ask(image, QUESTION, { beams: 1, ...expected.options })
    assert.deepEqual(answer.tokenIds, expected.ids)
  })

  it('answer otherwise once there is a history', async () => {
    const options = { beams: 1, maxNewTokens: 8, minNewTokens: 8 }
    const alone = await model.ask(image, QUESTION, options)
    const history = [{ question: 'is it red?', answer: 'no' }]
    const later = await model.ask(image, QUESTION, { ...options, history })
    assert.notDeepEqual(later.tokenIds, alone.tokenIds)
  })

  it('drop the oldest turns when the history does not fit', async () => {
    const options = { beams: 1, maxNewTokens: 4, minNewTokens: 4 }
    const turn = { question: 'is it red?', answer: 'no' }
    const long = Array.from({ length: 50 }, () => turn)
    const answer = await model.ask(image, QUESTION, { ...options, history: long })
    assert.equal(answer.tokenIds.length, 4)
  })

  it('end with the error of a caller’s onStep, and the model keeps running', async () => {
    const mine = new Error('mine')
    const onStep = () => {
      throw mine
    }
    await assert.rejects(model.describe(image, { onStep }), mine)
    await model.describe(image)
  })

  it('refuse a question that is too long, or empty', async () => {
    await assert.rejects(model.ask(image, 'why? '.repeat(200)), InputError)
    await assert.rejects(model.ask(image, 'x'.repeat(1_000_000)), InputError)
    await assert.rejects(model.ask(image, '  '), { code: 'text/empty-question' })
  })

  it('shorten an answer that would not fit', async () => {
    const answer = await model.describe(image, {
      prompt: '',
      beams: 1,
      maxNewTokens: 500,
      minNewTokens: 500,
    })
    const { maxPositions } = packageCard(model.card).dimensions
    const queryTokens = imageTokensOf(model.card)
    assert.equal(answer.tokenIds.length, maxPositions - queryTokens - 1)
    assert.equal(answer.finish, 'length')
  })

  it('refuse bytes that are not a picture, and go on', async () => {
    await assert.rejects(model.describe(new Uint8Array(0)), InputError)
    await assert.rejects(model.describe(Buffer.from('not a picture at all')), InputError)
    await assert.rejects(model.describe(image, { temperature: -1 }), InputError)
    assert.ok(await model.describe(image))
  })

  it('leave the caller’s bytes as they were', async () => {
    const bytes = new Uint8Array(image)
    await model.describe(bytes)
    assert.equal(bytes.length, image.length)
  })

  it('stream when asked to', async () => {
    const steps: Step[] = []
    const onStep = (step: Step) => steps.push(step)
    const answer = await model.describe(image, { prompt: '', beams: 1, maxNewTokens: 5, onStep })
    assert.deepEqual(
      steps.map(({ tokenId }) => tokenId),
      answer.tokenIds,
    )
    assert.equal(steps.at(-1)!.text, answer.text)
  })
})

describe('a stop string', () => {
  it('cuts the text but not the ids', async () => {
    const recorded = parity.generations.find(
      ({ options }) => options.stopStrings !== undefined && options.beams === undefined,
    )!
    const { stopStrings = [] } = recorded.options
    const answer = await model.describe(image, { prompt: '', beams: 1, ...recorded.options })
    assert.deepEqual(answer.tokenIds, recorded.ids)
    assert.ok(stopStrings.every((stop) => !answer.text.includes(stop)))
  })
})

describe('score', () => {
  it('gives probabilities that sum to 1, likeliest where the likelihood is', async () => {
    const { text } = parity.prompts.question
    const scored = await model.score(image, { prompt: text, answers: ['yes', 'no', 'a blue one'] })
    const total = scored.reduce((sum, { probability }) => sum + probability, 0)
    assert.ok(Math.abs(total - 1) < 1e-9)
    const byLikelihood = scored.toSorted((a, b) => b.logLikelihood - a.logLikelihood)
    const byProbability = scored.toSorted((a, b) => b.probability - a.probability)
    assert.deepEqual(byLikelihood, byProbability)
  })

  it('puts the space between prompt and answer where there is none', async () => {
    const { text } = parity.prompts.question
    const scored = await model.score(image, { prompt: text, answers: ['red', ' red'] })
    assert.equal(scored[0]!.logLikelihood, scored[1]!.logLikelihood)
  })

  it('refuses an empty answer', async () => {
    await assert.rejects(model.score(image, { prompt: 'a', answers: [] }), InputError)
    await assert.rejects(model.score(image, { prompt: 'a', answers: ['yes', ''] }), {
      code: 'score/empty-answer',
    })
  })
})

describe('a signal', () => {
  it('ends a request at work and one that waits, at once and with its own reason', async () => {
    const long = { prompt: '', beams: 1, minNewTokens: 80, maxNewTokens: 80 }
    const first = new AbortController()
    const second = new AbortController()
    // Waited for together: on a busy machine either may end before the other.
    const outcomes = Promise.allSettled([
      model.describe(image, {
        ...long,
        signal: first.signal,
        onStep: () => first.abort(new Error('enough')),
      }),
      model.describe(image, { ...long, signal: second.signal }),
    ])
    second.abort(new Error('not needed'))
    assert.deepEqual(
      (await outcomes).map((outcome) => outcome.status === 'rejected' && String(outcome.reason)),
      ['Error: enough', 'Error: not needed'],
    )
    assert.ok(await model.describe(image))
  })

  it('that is already aborted starts nothing', async () => {
    const signal = AbortSignal.abort(new Error('too late'))
    await assert.rejects(model.embedImage(image, { signal }), /too late/)
  })
})

describe('the main thread', () => {
  it('is never blocked', async () => {
    const big = await openModel(await packageFor('364px'), { threads: 1 })
    let worst = 0
    let last = process.threadCpuUsage()
    const timer = setInterval(() => {
      // Of the processor, because other programs delay the timer, too.
      const { user, system } = process.threadCpuUsage(last)
      worst = Math.max(worst, (user + system) / 1000)
      last = process.threadCpuUsage()
    }, 5)
    try {
      await Promise.all(
        [1, 2, 3].map(() => big.describe(image, { beams: 5, minNewTokens: 20, maxNewTokens: 20 })),
      )
    } finally {
      clearInterval(timer)
      await big.close()
    }
    assert.ok(worst < 200, `worked ${Math.round(worst)} ms between two ticks of a 5 ms timer`)
  })
})

describe('the main thread’s modules', () => {
  it('have nothing that runs graphs or decodes pictures', () => {
    const loaded = Object.keys(createRequire(import.meta.url).cache)
    assert.deepEqual(
      loaded.filter((file) => /onnxruntime|sharp/.test(file)),
      [],
    )
  })
})

describe('close', () => {
  it('rejects what waits, ends the thread, and may be called again', async () => {
    const own = await openModel(folder, { threads: 1 })
    const long = { prompt: '', beams: 1, minNewTokens: 80, maxNewTokens: 80 }
    const requests = [own.describe(image, long), own.describe(image, long)]
    const outcomes = Promise.allSettled(requests)
    await own.close()
    await own.close()
    assert.deepEqual(
      (await outcomes).map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    await assert.rejects(own.describe(image), /closed/)
  })
})

describe('a crash of the thread', () => {
  const workerFile = new URL('../helpers/failing-worker.ts', import.meta.url)

  for (const how of ['exit', 'throw']) {
    it(`rejects what waited, and the next request starts a new one: ${how}`, async () => {
      const own = await openModel(folder, { threads: 1, workerFile })
      try {
        const waiting = own.describe(image)
        const fatal = own.score(image, { prompt: how, answers: ['a'] })
        const outcomes = await Promise.allSettled([fatal, waiting])
        for (const outcome of outcomes) {
          assert.ok(outcome.status === 'rejected' && outcome.reason instanceof WorkerCrashError)
        }
        assert.ok(await own.describe(image))
      } finally {
        await own.close()
      }
    })
  }
})
