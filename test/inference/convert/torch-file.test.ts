import assert from 'node:assert/strict'
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { ConfigError } from '../../../config/errors.ts'
import { readTorchFile } from '../../../inference/convert/checkpoint/torch-file.ts'
import { convertCheckpoint } from '../../../inference/convert/convert.ts'
import {
  from,
  giveEachTestACheckpoint,
  OPTIONS,
  out,
  WEIGHTS,
} from '../../helpers/own-checkpoint.ts'
import { FIXTURES } from '../../helpers/parity.ts'
import { readTensors } from '../../helpers/safetensors.ts'
import { global, int, text, writeTorchFile, writeZip } from '../../helpers/torch-file.ts'

giveEachTestACheckpoint()

const BIN = 'pytorch_model.bin'

function fixture(name: string): string {
  return path.join(FIXTURES, 'torch', name)
}

function problem(file: string): string {
  try {
    readTorchFile(file)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message
  }
  return assert.fail('was read')
}

/** Why a pickle of these instructions is refused. */
function refusal(...instructions: (Buffer | string | number[])[]): string {
  const file = path.join(from, BIN)
  const parts = instructions.map((part) =>
    typeof part === 'string' ? Buffer.from(part) : Buffer.from(part),
  )
  writeZip(file, [['data.pkl', Buffer.concat(parts)]])
  return problem(file)
}

describe('readTorchFile', () => {
  it('finds what torch.save wrote', () => {
    const file = fixture('tensors.bin')
    const bytes = readFileSync(file)
    const tensors = readTorchFile(file).map(([name, { dtype, shape, offset, bytes: length }]) => [
      name,
      dtype,
      shape.join(),
      bytes.toString('hex', offset, offset + length),
    ])
    const counted = Buffer.from(Float32Array.of(0, 1, 2, 3, 4, 5).buffer).toString('hex')
    assert.deepEqual(tensors, [
      ['weight', 'F32', '1,2', Buffer.from(Float32Array.of(0.5, -2).buffer).toString('hex')],
      ['f32', 'F32', '2,3', counted],
      ['tied', 'F32', '2,3', counted],
      ['row', 'F32', '3', counted.slice(24)],
      ['f16', 'F16', '2', '003c00b8'],
      ['bf16', 'BF16', '1,1', '4040'],
      ['f64', 'F64', '1', Buffer.from(Float64Array.of(1e300).buffer).toString('hex')],
      ['ids', 'I64', '3', Buffer.from(BigInt64Array.of(0n, 1n, 2n).buffer).toString('hex')],
      ['scalar', 'F32', '', Buffer.from(Float32Array.of(7).buffer).toString('hex')],
    ])
    assert.equal(readTorchFile(fixture('parameter.bin'))[0]?.[0], 'weight')
  })

  it('refuses a function by name, and does not call it', () => {
    assert.match(
      problem(fixture('attack.bin')),
      /data\.pkl asks for "(posix|nt)\.system", which is/,
    )
    const call = [global('os', 'system'), '(', text('touch /tmp/x'), 'tR.']
    assert.match(refusal(...call), /asks for "os\.system", which is code and not a tensor/)
    assert.match(refusal(global('builtins', 'eval'), '.'), /asks for "builtins\.eval"/)
  })

  it('refuses every instruction that no tensor needs', () => {
    for (const code of [0x69, 0x6f, 0x81, 0x92, 0x93, 0x82, 0x49, 0x56, 0x97, 0x8b, 0xff]) {
      assert.match(refusal([0x80, 2, code]), /has the instruction 0x.., which no tensor needs/)
    }
  })

  it('refuses broken pickles', () => {
    const dictionary = global('collections', 'OrderedDict')
    const cases: [RegExp, ...(Buffer | string | number[])[]][] = [
      [/is truncated/, '}'],
      [/is truncated/, 'X', [0xff, 0xff, 0xff, 0xff], 'a'], // claims 4 GB
      [/an integer of 255 bytes/, [0x8a, 0xff]],
      [/takes a value where there is none/, '.'],
      [/ends something that did not begin/, 't.'],
      [/holds no dictionary of tensors/, '].'],
      [/recalls a value that was not kept/, 'h', [9], '.'],
      [/something that is not a dictionary/, ']', int(1), int(2), 's.'],
      [/calls something that is not a function/, int(1), ')R.'],
      [/calls collections\.OrderedDict in a way/, dictionary, '(', int(1), 'tR.'],
      [
        /has a broken storage/,
        '(',
        text('storage'),
        dictionary,
        text('0'),
        text('cpu'),
        int(1),
        'tQ.',
      ],
    ]
    for (const [reason, ...instructions] of cases) {
      assert.match(refusal(...instructions), reason)
    }
    writeZip(path.join(from, BIN), [['other', Buffer.from('x')]])
    assert.match(problem(path.join(from, BIN)), /has no data\.pkl that can be read/)
  })

  it('takes linear time for a pickle that doubles itself', () => {
    const doubling = Array.from({ length: 50_000 }, () => Buffer.from([0x71, 0, 0x68, 0, 0x86]))
    assert.match(refusal(']', ...doubling, '.'), /holds no dictionary of tensors/)
    const nested = '('.repeat(1_000_000)
    assert.match(refusal(nested, '.'), /holds no dictionary of tensors/)
  })

  it('refuses tensors outside of their storage, and rows that are not one after the other', () => {
    const tensor = { dtype: 'F32', shape: [2], bytes: new Uint8Array(8) }
    const file = path.join(from, BIN)
    writeTorchFile(file, { a: { ...tensor, shape: [3] } })
    assert.match(problem(file), /a is not within its storage data\/0/)
    assert.match(problem(fixture('turned.bin')), /turned is not stored row after row/)
  })

  it('refuses another format, and says what to do', () => {
    assert.match(
      problem(fixture('legacy.bin')),
      /before version 1\.6[^]*save_pretrained\("converted"\)/,
    )
    const file = path.join(from, BIN)
    writeFileSync(file, 'hello')
    assert.match(problem(file), /is not a file of torch\.save/)
    writeFileSync(file, readFileSync(fixture('tensors.bin')))
    truncateSync(file, 1000)
    assert.match(problem(file), /is truncated/)
    writeZip(file, [['data.pkl', Buffer.from('}.')]], 8)
    assert.match(problem(file), /has the entry archive\/data\.pkl compressed or encrypted/)
    writeZip(file, [
      ['data.pkl', Buffer.from('}.')],
      ['data.pkl', Buffer.from('}.')],
    ])
    assert.match(problem(file), /has the entry archive\/data\.pkl twice/)
  })
})

async function convertAgain() {
  rmSync(out, { recursive: true })
  return (await convertCheckpoint(from, out, OPTIONS)).files
}

describe('convertCheckpoint reads .bin', () => {
  it('as it reads safetensors, in one file or in shards', async () => {
    const tensors = readTensors(from)
    const { files } = await convertCheckpoint(from, out, OPTIONS)
    rmSync(path.join(from, WEIGHTS))
    writeTorchFile(path.join(from, BIN), tensors)
    assert.deepEqual(await convertAgain(), files)
    rmSync(path.join(from, BIN))
    const all = Object.entries(tensors)
    const map: Record<string, string> = {}
    for (const [i, shard] of [all.slice(0, 20), all.slice(20)].entries()) {
      writeTorchFile(path.join(from, `part-${i}.bin`), Object.fromEntries(shard))
      shard.forEach(([name]) => (map[name] = `part-${i}.bin`))
    }
    const index = JSON.stringify({ weight_map: map })
    writeFileSync(path.join(from, 'pytorch_model.bin.index.json'), index)
    assert.deepEqual(await convertAgain(), files)
  })
})
