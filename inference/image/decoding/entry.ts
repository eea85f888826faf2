/**
 * The main file of a decoding process: the only place where files from strangers reach sharp.
 * Started by process.ts, with an environment that has no secrets.
 */

import { writeFileSync } from 'node:fs'
import sharp from 'sharp'
import { InputError } from '../../../config/errors.ts'
import { toPlainError } from '../../../config/plain-error.ts'
import { type DecodingRequest, type DecodingResponse, runJob } from './job.ts'

/** How often memory and time are looked at, milliseconds: native code fills some 100 MB meanwhile. */
const WATCH_MS = 20

/** Where native code still runs on other threads, `process.exit` would wait for it. */
function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

function respond(response: DecodingResponse, then: () => void = () => {}): void {
  if (process.connected) {
    process.send?.(response, then)
  }
}

/** Gives up a request that takes more memory or time than allowed, and ends the process. */
function watch({ maxMemory, slowMs, maxMs }: DecodingRequest): { readonly stop: () => void } {
  const start = process.cpuUsage()
  let isSlow = false
  const timer = setInterval(() => {
    const memory = process.memoryUsage.rss()
    const { user, system } = process.cpuUsage(start)
    const ms = (user + system) / 1000
    if (memory > maxMemory || ms > maxMs) {
      clearInterval(timer)
      const error = new InputError(ms > maxMs ? 'image/slow-to-decode' : 'image/large-to-decode')
      respond({ type: 'failed', error: toPlainError(error), memory }, die)
    } else if (ms > slowMs && !isSlow) {
      isSlow = true
      respond({ type: 'slow' })
    }
  }, WATCH_MS)
  return { stop: () => clearInterval(timer) }
}

async function serve(request: DecodingRequest): Promise<void> {
  const watching = watch(request)
  try {
    const result = await runJob(request)
    respond({ type: 'done', result, memory: process.memoryUsage.rss() })
  } catch (error) {
    respond({ type: 'failed', error: toPlainError(error), memory: process.memoryUsage.rss() })
  } finally {
    watching.stop()
  }
}

/** Where memory runs out, Linux ends this process and not the bot. */
function volunteerForOutOfMemory(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // another system, or not allowed: then the system chooses
  }
}

volunteerForOutOfMemory()
sharp.concurrency(1) // each process takes one core, so that the model has the others
// Ctrl-C and a service manager signal all processes at once. This one is ended by its owner, who may
// finish what it began, or it ends with its owner.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('disconnect', die)
process.on('message', (request: DecodingRequest) => {
  serve(request).catch(die)
})
