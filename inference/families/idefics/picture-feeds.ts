/** Puts the keys and values of several pictures side by side, as the decoder's graph takes them. */

import { Tensor } from 'onnxruntime-node'
import type { ImageTokens } from '../common/runner.ts'
import type { IdeficsCard } from './card.ts'

type Shape = Pick<IdeficsCard['dimensions'], 'crossLayers' | 'heads' | 'headDim' | 'pictureRows'>

export type PictureFeeds = {
  /** `picture_key_i` and `picture_value_i`. */
  readonly tensors: Readonly<Record<string, Tensor>>
  /** The place of what each was asked for among the pictures; -1: none. */
  readonly places: readonly number[]
}

/**
 * @param sights pictures, of which the same may be there several times; null: none.
 * @returns each picture once. Where there is none at all, one of zeros that nothing sees.
 */
export function pictureFeeds(
  { crossLayers, heads, headDim, pictureRows }: Shape,
  sights: readonly (ImageTokens | null)[],
): PictureFeeds {
  const size = heads * headDim * pictureRows
  const pictures = [...new Set(sights)].filter((one) => one !== null)
  const shown =
    pictures.length > 0
      ? pictures.map(({ data }) => data)
      : [new Float32Array(2 * crossLayers * size)]
  const tensors: Record<string, Tensor> = {}
  for (let i = 0; i < crossLayers; i++) {
    const [keys, values] = [2 * i * size, (2 * i + 1) * size]
    const add = (name: string, from: number, dims: readonly number[]) => {
      tensors[name] = new Tensor('float32', sideBySide(shown, from, size), [shown.length, ...dims])
    }
    add(`picture_key_${i}`, keys, [heads, headDim, pictureRows])
    add(`picture_value_${i}`, values, [heads, pictureRows, headDim])
  }
  const places = new Map(pictures.map((picture, i) => [picture, i]))
  return {
    tensors,
    places: sights.map((one) => (one === null ? -1 : places.get(one)!)),
  }
}

/** The same part of all; that of a single one is not copied. */
function sideBySide(all: readonly Float32Array[], from: number, size: number): Float32Array {
  if (all.length === 1) {
    return all[0]!.subarray(from, from + size)
  }
  const joined = new Float32Array(all.length * size)
  for (const [i, data] of all.entries()) {
    joined.set(data.subarray(from, from + size), i * size)
  }
  return joined
}
