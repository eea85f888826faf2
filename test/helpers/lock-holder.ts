/** A process that takes the lock FILE, says so, and holds it until it is killed. */

import { setTimeout as sleep } from 'node:timers/promises'
import { withLock } from '../../inference/download/lock.ts'

await withLock(
  process.argv[2]!,
  (holder) => `held by ${holder}`,
  async () => {
    process.stdout.write('held\n')
    await sleep(60_000)
  },
)
