/** Which process holds a job, and whether it can still be alive. */

import { randomUUID } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export type Owner = {
  /** Where the process id means something: the machine, and the container on it. */
  readonly host: string
  readonly pid: number
  /** Random; new at each start. */
  readonly instance: string
}

const INSTANCE = randomUUID()

export function thisProcess(): Owner {
  return { host: `${hostname()} ${processNamespace()}`, pid: process.pid, instance: INSTANCE }
}

/** Whether `owner` has certainly ended. False for processes on other machines. */
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
    // EPERM: the process exists, but belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Each container may have its own process ids; Linux names the namespace. */
function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
