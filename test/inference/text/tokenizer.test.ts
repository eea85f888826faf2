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
  /** SHA-256 of what decoding gives, the texts apart by "\0"; empty where `changed` says enough. */
  readonly decoded: string
  readonly noise: readonly number[][]
  readonly noiseTexts: readonly string[]
}

type Strings = {
  readonly strings: readonly string[]
  readonly long: readonly (readonly [text: string, times: number])[]
  readonly miniature: Recorded
  readonly larger: Recorded
  readonly unigramMiniature: Recorded
  readonly unigram: Recorded
  readonly wordPieceMiniature: Recorded
  readonly wordPiece: Recorded
  readonly llama: Recorded
}

const recorded: Strings = JSON.parse(readFileSync(path.join(FIXTURES, 'strings.json'), 'utf8'))
const AS_REFERENCE = { special: true, parseSpecial: true }

function digest(ids: readonly number[]): string {
  return createHash('sha256').update(Int32Array.from(ids)).digest('hex').slice(0, 8)
}

/** The nth of the 8-digit hashes that stand one after the other. */
function nth(hashes: string, n: number): string {
  return hashes.slice(n * 8, n * 8 + 8)
}

/** How often something is looked up in a Map meanwhile: the ranks of pairs, or pieces of the text. */
function lookups(work: () => unknown): number {
  let count = 0
  const original: unknown = Reflect.get(Map.prototype, 'get')
  assert.ok(typeof original === 'function')
  Reflect.set(Map.prototype, 'get', function get(this: unknown, key: unknown): unknown {
    count += 1
    return Reflect.apply(original, this, [key])
  })
  try {
    work()
  } finally {
    Reflect.set(Map.prototype, 'get', original)
  }
  return count
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
  ['unigramMiniature', checkpointFolder('t5-gated')],
  ['unigram', path.join(FIXTURES, 'tokenizers', 'unigram')],
  ['wordPieceMiniature', path.join(FIXTURES, 'checkpoints', 'itm-common')],
  ['wordPiece', path.join(FIXTURES, 'tokenizers', 'word-piece')],
  ['llama', path.join(FIXTURES, 'tokenizers', 'llama')],
] as const

/** With punctuation or accents newer than Unicode 8, which the reference of BERT takes for letters. */
const NEWER = [
  [0x61d, 0x61d],
  [0x890, 0x89f],
  [0x8ca, 0x8e2],
  [0x11a37, 0x11a41],
  [0x1e000, 0x1e02a],
  [0x1e944, 0x1e94a],
] as const

function hasNewer(text: string): boolean {
  const points = Array.from(text, (one) => one.codePointAt(0) ?? 0)
  return points.some((point) => NEWER.some(([from, to]) => from <= point && point <= to))
}

for (const [name, folder] of TOKENIZERS) {
  describe(`the ${name} tokenizer equals transformers`, async () => {
    const tokenizer = await loadTokenizer(folder)
    const { ids, longIds, longCounts, changed, decoded: hash, noise, noiseTexts } = recorded[name]

    it(`encodes ${recorded.strings.length} strings`, () => {
      const wrong = recorded.strings.filter(
        (text, i) =>
          digest(tokenizer.encode(text, AS_REFERENCE)) !== nth(ids, i) &&
          !(name.startsWith('wordPiece') && hasNewer(text)),
      )
      assert.deepEqual(wrong, [])
    })

    it('decodes them as the reference, special tokens left out', () => {
      const decoded = recorded.strings.map((text) =>
        tokenizer.decode(tokenizer.encode(text, AS_REFERENCE)),
      )
      if (hash === '') {
        const differing = recorded.strings.flatMap((text, i) => (decoded[i] === text ? [] : [i]))
        assert.deepEqual(differing, changed)
      } else {
        assert.equal(createHash('sha256').update(decoded.join('\0')).digest('hex'), hash)
      }
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
      const once = lookups(() => tokenizer.encode('in'.repeat(1_000), { special: false })) // one word
      const twice = lookups(() => tokenizer.encode('in'.repeat(2_000), { special: false }))
      // Trying every pair again after each merge would take four times as many.
      assert.ok(twice < 3 * Math.max(once, 100), `${once} lookups, then ${twice}`)
    })
  })
}

describe('encode', async () => {
  const tokenizer = await loadTokenizer(checkpointFolder('base'))

  it('gives the ids of the recorded prompts', () => {
    for (const { text, ids } of Object.values(loadParity('base').prompts)) {
      assert.deepEqual(tokenizer.encode(text, { special: true }), ids)
    }
  })

  it('leaves what people type as text, even when it looks like a special token', () => {
    for (const text of ['</s>', 'a<image>b', '<pad>', '<s> </s>']) {
      const ids = tokenizer.encode(text, { special: false })
      assert.ok(
        ids.every((id) => id > 3 && id !== 303),
        text,
      )
      assert.equal(tokenizer.decode(ids), text)
    }
  })

  it('finds no special token of a Unigram in what people type either', async () => {
    const unigram = await loadTokenizer(checkpointFolder('t5-gated'))
    for (const text of ['</s>', 'a <image> b', '<pad>', '<extra_id_7>', '<unk>']) {
      const ids = unigram.encode(text, { special: false })
      assert.ok(
        ids.every((id) => id > 2 && id < 203),
        text,
      )
      assert.equal(unigram.decode(ids), text)
    }
  })

  it('ends every text of a T5 when asked', async () => {
    const unigram = await loadTokenizer(checkpointFolder('t5-gated'))
    assert.deepEqual(unigram.encode('', { special: true }), [1])
    for (const { text, ids } of Object.values(loadParity('t5-gated').prompts)) {
      assert.deepEqual(unigram.encode(text, { special: true }), ids)
    }
  })

  it('puts the beginning of text first when asked', () => {
    assert.deepEqual(tokenizer.encode('', { special: true }), [2])
    assert.deepEqual(tokenizer.encode('', { special: false }), [])
  })
})

describe('decode', async () => {
  const tokenizer = await loadTokenizer(checkpointFolder('base'))

  it('leaves out special tokens and ids that stand for nothing', () => {
    const ids = tokenizer.encode('a circle', { special: true })
    assert.equal(tokenizer.decode([...ids, 303, 9999, 1]), 'a circle')
    assert.equal(tokenizer.decode([]), '')
  })

  it('keeps the spaces before punctuation', () => {
    assert.equal(
      tokenizer.decode(tokenizer.encode("red , is n't it ?", { special: false })),
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
    const levels = await folderWith((text) => text.replace('"type":"BPE"', '"type":"WordLevel"'))
    assert.match(await problem(levels), /is not a byte-pair tokenizer \(model\.type/)
    const words = await folderWith((text) => text.replace('"type":"BPE"', '"type":"WordPiece"'))
    assert.match(await problem(words), /is not a WordPiece tokenizer \(model\.unk_token/)
    const unigram = await folderWith((text) => text.replace('"type":"BPE"', '"type":"Unigram"'))
    assert.match(await problem(unigram), /is not a Unigram tokenizer \(model\.unk_id/)
  })

  it('takes a template to say which token begins a text', async () => {
    const folder = await folderWith((text) => text.replaceAll('"id":"</s>"', '"id":"<s>"'))
    assert.deepEqual((await loadTokenizer(folder)).encode('', { special: true }), [0])
  })

  it('takes the id of the caller where there is no template', async () => {
    const folder = await folderWith((text) => {
      const { post_processor: _, ...file } = JSON.parse(text)
      return JSON.stringify(file)
    })
    assert.deepEqual((await loadTokenizer(folder, { bos: 1 })).encode('', { special: true }), [1])
    await assert.rejects(
      loadTokenizer(folder, { bos: 304 }),
      /has no token 304, which begins every text/,
    )
    const tokenizer = await loadTokenizer(folder)
    assert.deepEqual(tokenizer.encode('', { special: false }), [])
    assert.throws(() => tokenizer.encode('', { special: true }), RangeError)
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
    assert.ok(tokenizer.encode('a zebra', { special: false }).includes(303))
    assert.equal(tokenizer.decode([303]), 'zebra')
  })
})
