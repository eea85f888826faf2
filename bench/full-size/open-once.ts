/**
 * Opens a package and describes one picture, in a process of its own: FOLDER. Prints one JSON
 * object; run by start.ts.
 */

import { readFileSync } from 'node:fs'
import { openModel } from '../../inference/model.ts'
import { GREEDY, noisePicture } from './full-size-package.ts'

const picture = await noisePicture()
const start = performance.now()
const model = await openModel(process.argv[2] ?? '')
const openMs = performance.now() - start
const opened = memory()
await model.describe(picture, { ...GREEDY, maxNewTokens: 1, minNewTokens: 1 })
const firstAnswerMs = performance.now() - start
await model.describe(picture, GREEDY)
process.stdout.write(JSON.stringify({ openMs, firstAnswerMs, opened, described: memory() }))
await model.close()

/** Resident memory in bytes: the process's own, and pages of files, which processes share (Linux). */
function memory() {
  const status = readFileSync('/proc/self/status', 'utf8')
  const bytes = (name: string) =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024
  return { own: bytes('RssAnon'), files: bytes('RssFile'), peak: bytes('VmHWM') }
}
