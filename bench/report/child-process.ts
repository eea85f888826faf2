import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** What the process says next. Throws if it ends instead. */
export async function nextMessage(child: ChildProcess): Promise<unknown> {
  const left = new AbortController()
  const { signal } = left
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the process of the model ended with ${String(code)}`)
  })
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended])
    return message
  } finally {
    left.abort()
    ended.catch(() => {}) // nobody awaits it any more
  }
}
