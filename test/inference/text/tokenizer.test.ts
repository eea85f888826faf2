import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { ConfigError } from '../../../config/errors.ts'
import { loadTokenizer } from '../../../inference/text/tokenizer.ts'
import { checkpointFolder, FIXTURES, loadParity } from '../../helpers/parity.ts'

/** What transformers makes of the strings; see test/reference/strings.py, `record`. */
type Recorded = {
  readonly ids: string
  readonly longIds: string
  readonly longCounts: readonly number[]
  readonly changed: readonly number[]
  readonly noise: readonly number[][]
  readonly noiseTexts: readonly string[]
}

type Strings = {
  readonly strings: readonly string[]
  readonly long: readonly (readonly [text: string, times: number])[]
  readonly miniature: Recorded
  readonly larger: Recorded
}

const recorded: Strings = JSON.parse(readFileSync(path.join(FIXTURES, 'strings.json'), 'utf8'))
const AS_REFERENCE = { bos: true, parseSpecial: true }

function digest(ids: readonly number[]): string {
  return createHash('sha256').update(Int32Array.from(ids)).digest('hex').slice(0, 8)
}

/** The nth of the 8-digit hashes that stand one after the other. */
function nth(hashes: string, n: number): string {
  return hashes.slice(n * 8, n * 8 + 8)
}

/** Why a folder's tokenizer cannot be opened. */
async function problem(folder: string): Promise<string> {
  const error: unknown = await loadTokenizer(folder).then(
    () => assert.fail('opened'),
    (e: unknown) => e,
  )
  assert.ok(error instanceof ConfigError, String(error))
  return error.message
}

const TOKENIZERS = [
  ['miniature', checkpointFolder('base')],
  ['larger', path.join(FIXTURES, 'tokenizers', 'larger')],
] as const

for (const [name, folder] of TOKENIZERS) {
  describe(`the ${name} tokenizer equals transformers`, async () => {
    const tokenizer = await loadTokenizer(folder)
    const { ids, longIds, longCounts, changed, noise, noiseTexts } = recorded[name]

    it(`encodes ${recorded.strings.length} strings`, () => {
      const wrong = recorded.strings.filter(
        (text, i) => digest(tokenizer.encode(text, AS_REFERENCE)) !== nth(ids, i),
      )
      assert.deepEqual(wrong, [])
    })

    it('decodes them to themselves, special tokens left out', () => {
      const differing = recorded.strings.flatMap((text, i) => {
        const decoded = tokenizer.decode(tokenizer.encode(text, AS_REFERENCE))
        return decoded === text ? [] : [i]
      })
      assert.deepEqual(differing, changed)
    })

    it('decodes ids drawn at random, most of them no whole characters', () => {
      assert.deepEqual(
        noise.map((one) => tokenizer.decode(one)),
        noiseTexts,
      )
    })

    it('encodes very long texts', () => {
      for (const [i, [text, times]] of recorded.long.entries()) {
        const encoded = tokenizer.encode(text.repeat(times), AS_REFERENCE)
        assert.equal(encoded.length, longCounts[i], text)
        assert.equal(digest(encoded), nth(longIds, i), text)
      }
    })

    it('does not slow down with the square of the length', () => {
      const start = performance.now()
      tokenizer.encode('a'.repeat(200_000), { bos: false }) // one word
      // About 0.2 s. Trying every pair again after each merge would take hours.
      assert.ok(performance.now() - start < 10_000)
    })
  })
}

describe('encode', async () => {
  const tokenizer = await loadTokenizer(checkpointFolder('base'))

  it('gives the ids of the recorded prompts', () => {
    for (const { text, ids } of Object.values(loadParity('base').prompts)) {
      assert.deepEqual(tokenizer.encode(text, { bos: true }), ids)
    }
  })

  it('leaves what people type as text, even when it looks like a special token', () => {
    for (const text of ['</s>', 'a<image>b', '<pad>', '<s> </s>']) {
      const ids = tokenizer.encode(text, { bos: false })
      assert.ok(
        ids.every((id) => id > 3 && id !== 303),
        text,
      )
      assert.equal(tokenizer.decode(ids), text)
    }
  })

  it('puts the beginning of text first when asked', () => {
    assert.deepEqual(tokenizer.encode('', { bos: true }), [2])
    assert.deepEqual(tokenizer.encode('', { bos: false }), [])
  })
})

describe('decode', async () => {
  const tokenizer = await loadTokenizer(checkpointFolder('base'))

  it('leaves out special tokens and ids that stand for nothing', () => {
    const ids = tokenizer.encode('a circle', { bos: true })
    assert.equal(tokenizer.decode([...ids, 303, 9999, 1]), 'a circle')
    assert.equal(tokenizer.decode([]), '')
  })

  it('keeps the spaces before punctuation', () => {
    assert.equal(
      tokenizer.decode(tokenizer.encode("red , is n't it ?", { bos: false })),
      "red , is n't it ?",
    )
  })
})

describe('loadTokenizer', () => {
  const made: string[] = []
  after(async () => {
    await Promise.all(made.map((folder) => rm(folder, { recursive: true })))
  })

  /** A copy of the fixtures' tokenizer, changed. */
  async function folderWith(change: (text: string) => string) {
    const folder = await mkdtemp(path.join(tmpdir(), 'tokenizer-'))
    made.push(folder)
    await cp(
      path.join(checkpointFolder('base'), 'tokenizer.json'),
      path.join(folder, 'tokenizer.json'),
    )
    const text = await readFile(path.join(folder, 'tokenizer.json'), 'utf8')
    await writeFile(path.join(folder, 'tokenizer.json'), change(text))
    return folder
  }

  it('knows how many ids there are', async () => {
    assert.equal((await loadTokenizer(checkpointFolder('base'))).vocabSize, 304)
    assert.equal((await loadTokenizer(checkpointFolder('old-style'))).vocabSize, 303)
  })

  it('says which file is missing', async () => {
    assert.match(await problem('/nowhere'), /\/nowhere\/tokenizer\.json cannot be read\./)
  })

  it('says that a file is cut off', async () => {
    assert.match(await problem(await folderWith((text) => text.slice(0, 100))), /is not JSON\./)
  })

  it('refuses another kind of tokenizer', async () => {
    const folder = await folderWith((text) => text.replace('"type":"BPE"', '"type":"Unigram"'))
    assert.match(await problem(folder), /is not a byte-pair tokenizer \(model\.type/)
  })

  it('takes a template to say which token begins a text', async () => {
    const folder = await folderWith((text) => text.replaceAll('"id":"</s>"', '"id":"<s>"'))
    assert.deepEqual((await loadTokenizer(folder)).encode('', { bos: true }), [0])
  })

  it('takes the id of the caller where there is no template', async () => {
    const folder = await folderWith((text) => {
      const { post_processor: _, ...file } = JSON.parse(text)
      return JSON.stringify(file)
    })
    assert.deepEqual((await loadTokenizer(folder, { bos: 1 })).encode('', { bos: true }), [1])
    await assert.rejects(
      loadTokenizer(folder, { bos: 304 }),
      /has no token 304, which begins every text/,
    )
    const tokenizer = await loadTokenizer(folder)
    assert.deepEqual(tokenizer.encode('', { bos: false }), [])
    assert.throws(() => tokenizer.encode('', { bos: true }), RangeError)
  })

  it('refuses a tokenizer of another model', async () => {
    const folder = checkpointFolder('base')
    await loadTokenizer(folder, { vocabSize: 303 }) // `<image>`, the last, is special
    await assert.rejects(
      loadTokenizer(folder, { vocabSize: 302 }),
      /tokenizer\.json has the token ".*" with the id 302, but the model has only 302 ids/,
    )
  })

  it('refuses a pattern that could take any time', async () => {
    const folder = await folderWith((text) =>
      text.replace(/"pre_tokenizer":\{.*?\}/, () => {
        const pattern = JSON.stringify({ Regex: '(a+)+$' })
        return `"pre_tokenizer":{"type":"Split","pattern":${pattern},"behavior":"Isolated"}`
      }),
    )
    assert.match(await problem(folder), /has a Split with the pattern \{"Regex":"\(a\+\)\+\$"\}/)
  })

  it('reads words that were added and are not special', async () => {
    const folder = await folderWith((text) =>
      text.replace(/"content":"<image>"(.*?)"special":true/, '"content":"zebra"$1"special":false'),
    )
    const tokenizer = await loadTokenizer(folder)
    assert.ok(tokenizer.encode('a zebra', { bos: false }).includes(303))
    assert.equal(tokenizer.decode([303]), 'zebra')
  })
})
