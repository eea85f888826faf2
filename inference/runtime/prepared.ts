/**
 * Graphs prepared for this machine: optimized, with their weights in the layout its kernels take.
 *
 * Opening a package packs every weight again, one after the other, into memory of the process's
 * own. Saved once, they are mapped from the disk instead: a fraction of the time, pages that two
 * processes share, and twice the package on the disk. The layout depends on the processor and on
 * ONNX Runtime, so both are part of the folder's name; what is there for others is left alone.
 */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import ort from 'onnxruntime-node'
import type { GraphList } from './graph-list.ts'
import { processor } from './cpu.ts'

/** In the package, beside the files of the card. */
const FOLDER = 'prepared'

/** Weights inside the graph file stay there up to this size, in bytes. */
const SMALL_BYTES = 1024

/** Where a graph of the package is once prepared for this machine. */
export function preparedGraph(folder: string, { files }: GraphList, graph: string): string {
  const file = `${graph}.onnx`
  const hash = createHash('sha256')
    .update(`${ort.env.versions.node ?? ''} ${processor()}`)
    .update(files[file]?.sha256 ?? '')
    .update(files[`${file}.data`]?.sha256 ?? '')
  return path.join(folder, FOLDER, hash.digest('hex').slice(0, 16), file)
}

/**
 * Prepares one graph of a package, unless that was done or has failed before. Blocks the thread
 * for as long as opening the graph takes, and as writing about twice its weights does.
 *
 * A prepared graph is kept only if it gives the very same numbers. ONNX Runtime 1.30 places packed
 * matrices of less than a megabyte where its own kernels then misread them, or read beyond them,
 * which ends the process: call this in a process of its own.
 *
 * @param run opens a graph with the options added to its own, runs it on made-up input, and
 *   releases it.
 */
export async function prepareGraph(
  folder: string,
  card: GraphList,
  graph: string,
  run: (file: string, saving?: SavingOptions) => Promise<Float32Array>,
): Promise<void> {
  const file = `${graph}.onnx`
  const target = path.dirname(preparedGraph(folder, card, graph))
  if (existsSync(target)) {
    return
  }
  const own = `${target}.${process.pid}`
  mkdirSync(own, { recursive: true })
  try {
    const expected = await run(path.join(folder, file), {
      optimizedModelFilePath: path.join(own, file),
      session: {
        save_external_prepacked_constant_initializers: '1',
        optimized_model_external_initializers_file_name: `${file}.data`,
        optimized_model_external_initializers_min_size_in_bytes: String(SMALL_BYTES),
      },
    })
    mkdirSync(target, { recursive: true }) // with nothing in it, it says: not to be tried again
    const prepared = await run(path.join(own, file))
    if (Buffer.from(expected.buffer).equals(Buffer.from(prepared.buffer))) {
      for (const name of [`${file}.data`, file]) {
        renameSync(path.join(own, name), path.join(target, name)) // the graph last: all is there
      }
    }
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

/** Session options that save the graph. */
export type SavingOptions = {
  readonly optimizedModelFilePath: string
  /** Entries of the session's configuration. */
  readonly session: Readonly<Record<string, string>>
}
