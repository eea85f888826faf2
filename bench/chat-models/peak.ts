import { readFileSync } from 'node:fs'

/** The most physical memory that a process had so far, in bytes (Linux). */
export function peakOf(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kib === undefined) {
    throw new RangeError('expected VmHWM in what the kernel tells of a process')
  }
  return Number(kib) * 1024
}
