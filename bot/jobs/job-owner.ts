/** Which process holds a job, and whether it can still be alive. */

import { randomUUID } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export type Owner = {
  /** Where the process id means something: the machine, and the container on it. */
  readonly host: string
  readonly pid: number
  /** Another at each start. */
  readonly instance: string
}

const INSTANCE = randomUUID()

export function thisProcess(): Owner {
  return { host: `${hostname()} ${processNamespace()}`, pid: process.pid, instance: INSTANCE }
}

/** Whether `owner` has surely ended, as seen from `self`: only known on the same machine. */
export function isGone(owner: Owner, self: Owner): boolean {
  if (owner.host !== self.host || owner.instance === self.instance) {
    return false
  }
  return owner.pid === self.pid || !isRunning(owner.pid)
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there, but someone else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Containers count process ids for themselves; Linux names each such count. */
function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
