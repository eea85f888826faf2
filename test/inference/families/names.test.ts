import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { FAMILIES, familyOf } from '../../../inference/families/index.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..')

/** What must not know which families there are. */
const ROOMS =
  '{bot,inference/{backends,contract,convert,download,engine,generation,kv,onnx,package,runtime,text}}/**/*.ts'

/** Families and their parts. "OPT-2.7b", a checkpoint's name, is an example and not a part. */
const NAMES = [
  /blip/i,
  /llava/i,
  /idefics/i,
  /flamingo/i,
  /smolvlm/i,
  /q-?former/i,
  /\bOPT\b(?!-\d)/,
]

describe('families', () => {
  it('are named nowhere but in their own folders', () => {
    const files = globSync(ROOMS, { cwd: ROOT })
    assert.ok(files.length > 100, `only ${files.length} files were found`)
    const naming = files.flatMap((file) =>
      readFileSync(path.join(ROOT, file), 'utf8')
        .split('\n')
        .map((line, i) => `${file}:${i + 1}: ${line.trim()}`)
        .filter((line) => NAMES.some((name) => name.test(line))),
    )
    assert.deepEqual(naming, [])
  })

  it('have each a name and a folder of that name', () => {
    for (const { name } of FAMILIES) {
      assert.equal(familyOf({ family: name }).name, name)
      const file = path.join(ROOT, 'inference', 'families', name, 'family.ts')
      assert.match(readFileSync(file, 'utf8'), new RegExp(`name: '${name}'`))
    }
    assert.throws(() => familyOf({ family: 'blip3' }), RangeError)
  })
})
