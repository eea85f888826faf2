/** Hash lists as files: what another server's list may and may not do. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InputError } from '../../../../config/errors.ts'
import { writeHashFile } from '../../../../bot/moderation/hashes/hash-file.ts'
import { type HashEntry, hashEntryOf } from '../../../../bot/moderation/hashes/hash-entry.ts'
import { readHashFile } from '../../../../bot/moderation/hashes/read-hash-file.ts'

const DETAIL = '0'.repeat(256)

function entry(hash: string, verdict: HashEntry['verdict'], distance = 6): HashEntry {
  const print = { whole: hash, mirrored: hash, cropped: ['00000000000000f0'], detail: DETAIL }
  return hashEntryOf(print, { verdict, distance, by: '9', caseId: null, note: 'n' })
}

function read(text: string) {
  return readHashFile(new TextEncoder().encode(text))
}

function fileOf(pictures: readonly object[]): string {
  return JSON.stringify({ format: 'sightseer-hashes-1', pictures })
}

describe('a hash file', () => {
  it('has the pictures of the list, and nobody by name', async () => {
    const text = writeHashFile([entry('00000000000000ff', 'confirmed')])
    assert.ok(!text.includes('"9"'))
    const { entries, dismissed } = await read(text)
    assert.equal(dismissed, 0)
    assert.deepEqual(entries, [
      {
        hash: '00000000000000ff',
        cropped: ['00000000000000f0'],
        detail: DETAIL,
        distance: 6,
        note: 'n',
      },
    ])
  })

  it('brings no dismissals of another server', async () => {
    const text = writeHashFile([
      entry('00000000000000ff', 'confirmed'),
      entry('ff00000000000000', 'dismissed', 12),
    ])
    const { entries, dismissed } = await read(text)
    assert.deepEqual(
      entries.map(({ hash }) => hash),
      ['00000000000000ff'],
    )
    assert.equal(dismissed, 1)
  })

  it('limits how far and how often an imported entry may match', async () => {
    const cropped = Array.from({ length: 8 }, (_, i) => `${i}`.repeat(16))
    const picture = { hash: 'ff00000000000000', cropped, verdict: 'confirmed', note: '' }
    const { entries } = await read(
      fileOf([
        { ...picture, distance: 12 },
        { ...picture, distance: 3 },
      ]),
    )
    assert.equal(entries.length, 1, 'each hash once')
    assert.equal(entries[0]?.distance, 6)
    assert.deepEqual(entries[0]?.cropped, cropped.slice(0, 2))
  })

  it('is read up to what a list has room for', async () => {
    const many = Array.from({ length: 10_003 }, (_, i) => ({
      hash: i.toString(16).padStart(16, '0'),
      cropped: [],
      verdict: 'confirmed',
      distance: 6,
      note: '',
    }))
    const { entries, omitted } = await read(fileOf(many))
    assert.equal(entries.length, 10_000)
    assert.equal(omitted, 3)
  })

  it('is refused if it is not a list', async () => {
    const wrong = [
      '',
      'null',
      '{"format":"sightseer-hashes-1"}',
      fileOf([{ hash: 'xyz' }]),
      '['.repeat(1_000_000),
    ]
    for (const text of wrong) {
      await assert.rejects(
        read(text),
        (error) => error instanceof InputError && error.code === 'hash/bad-file',
        text.slice(0, 40),
      )
    }
  })
})
