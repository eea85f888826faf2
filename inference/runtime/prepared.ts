/**
 * Graphs prepared for this machine: optimized, with prepacked weights (the layout that the kernels
 * read).
 *
 * Otherwise ONNX Runtime packs every weight into the process's own memory each time a package is
 * opened. Saved once, packed weights are memory-mapped: opening takes a fraction of the time,
 * processes share the pages, and the package takes twice its size on the disk. The layout depends on
 * the processor and on ONNX Runtime, so the folder's name is a hash of both; folders of other
 * machines are not touched.
 */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import ort from 'onnxruntime-node'
import { PREPARED_FOLDER } from '../package/names.ts'
import type { GraphList } from './graph-list.ts'
import { processor } from './cpu.ts'

/** Weights up to this size stay inside the graph file, in bytes. */
const SMALL_BYTES = 1024

/** The path of a graph's file once it is prepared for this machine. */
export function preparedGraph(folder: string, { files }: GraphList, graph: string): string {
  const file = `${graph}.onnx`
  const hash = createHash('sha256')
    .update(`${ort.env.versions.node ?? ''} ${processor()}`)
    .update(files[file]?.sha256 ?? '')
    .update(files[`${file}.data`]?.sha256 ?? '')
  return path.join(folder, PREPARED_FOLDER, hash.digest('hex').slice(0, 16), file)
}

/**
 * Prepares one graph of a package, unless that was done or failed before. Blocks the thread while it
 * opens the graph and writes about twice the size of its weights.
 *
 * A prepared graph is kept only if its results are identical. ONNX Runtime 1.30 stores packed
 * matrices of less than a megabyte at offsets where its kernels misread them or read past the end,
 * which crashes the process: call this in a separate process.
 *
 * @param run opens a graph with these options besides its own, runs it on synthetic input, releases
 *   it, and returns all outputs, float32, flat.
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
    mkdirSync(target, { recursive: true }) // an empty folder means: do not try again
    const prepared = await run(path.join(own, file))
    if (Buffer.from(expected.buffer).equals(Buffer.from(prepared.buffer))) {
      for (const name of [`${file}.data`, file]) {
        renameSync(path.join(own, name), path.join(target, name)) // the graph last, as the mark of completion
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
