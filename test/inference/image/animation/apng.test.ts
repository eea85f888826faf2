import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApngCanvas, type ApngFrame } from '../../../../inference/image/animation/apng.ts'

const OVER = 1
const NOTHING = 0

function noFile(): Uint8Array {
  return new Uint8Array()
}

function frame(left: number, blend: number): ApngFrame {
  return { width: 1, height: 1, left, top: 0, delay: 0, dispose: NOTHING, blend, file: noFile }
}

function pixel(...data: readonly number[]) {
  return { width: 1, height: 1, data: Uint8Array.from(data) }
}

describe('ApngCanvas', () => {
  it('mixes what is half transparent with what is under it', () => {
    const canvas = new ApngCanvas({ width: 2, height: 1 })
    canvas.draw(frame(0, OVER), pixel(200, 100, 0, 255))
    canvas.draw(frame(0, OVER), pixel(0, 0, 250, 51)) // a fifth
    assert.deepEqual([...canvas.image.data], [160, 80, 50, 255, 0, 0, 0, 0])
  })

  it('keeps the color of what is put over nothing', () => {
    const canvas = new ApngCanvas({ width: 2, height: 1 })
    canvas.draw(frame(1, OVER), pixel(200, 100, 30, 51))
    assert.deepEqual([...canvas.image.data.subarray(4)], [200, 100, 30, 51])
  })

  it('replaces what is there where the frame is no layer', () => {
    const canvas = new ApngCanvas({ width: 2, height: 1 })
    canvas.draw(frame(0, OVER), pixel(200, 100, 0, 255))
    canvas.draw(frame(0, NOTHING), pixel(0, 0, 250, 51))
    assert.deepEqual([...canvas.image.data.subarray(0, 4)], [0, 0, 250, 51])
  })
})
