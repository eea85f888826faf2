/** What a package takes: on the disk, and in the memory of a process that has nothing else (Linux). */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { nextMessage } from '../report/child-process.ts'

/** In bytes. */
export type MemoryCost = {
  readonly packageBytes: number
  /** Physical memory once the model is open, and the most until it has answered two questions about a picture. */
  readonly openBytes: number
  readonly peakBytes: number
}

/** Both are of a new process: an allocator does not return memory. */
export async function memoryOf(folder: string): Promise<MemoryCost> {
  const child = fork(path.join(import.meta.dirname, 'memory-process.ts'), [folder])
  await nextMessage(child)
  const openBytes = bytesOf(child.pid!, 'VmRSS')
  child.send('ask')
  await nextMessage(child)
  const peakBytes = bytesOf(child.pid!, 'VmHWM')
  child.send('end')
  await once(child, 'exit')
  return { packageBytes: sizeOf(folder), openBytes, peakBytes }
}

function bytesOf(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]
  if (kib === undefined) {
    throw new RangeError(`expected ${name} in what the kernel tells of a process`)
  }
  return Number(kib) * 1024
}

function sizeOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  const sizes = files.map((file) =>
    file.isFile() ? statSync(path.join(file.parentPath, file.name)).size : 0,
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
