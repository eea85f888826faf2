import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { overflowsInt8, processor } from '../../../inference/runtime/cpu.ts'

describe('overflowsInt8', () => {
  it('is true only of x64 without VNNI', () => {
    assert.equal(overflowsInt8('x64 Old avx2 avx512f'), true)
    assert.equal(overflowsInt8('x64 New avx2 avx512_vnni amx'), false)
    assert.equal(overflowsInt8('x64 Small avx2 avx_vnni'), false)
    assert.equal(overflowsInt8('arm64 Apple'), false)
  })

  it('knows this machine', () => {
    assert.match(processor(), new RegExp(`^${process.arch} `))
  })
})
