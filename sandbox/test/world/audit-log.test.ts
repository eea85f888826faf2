/** How much of the audit log is kept, in memory and in the state file. */

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { it } from 'node:test'
import { startSandbox } from '../../src/server.ts'
import type { Sandbox } from '../../src/server.ts'
import { AUDIT, KEPT_ENTRIES, note } from '../../src/world/audit-log.ts'

function write({ world }: Sandbox, targetId: string): void {
  const by = { userId: world.guild.ownerId, reason: null }
  note(world, world.guild.id, by, { action: AUDIT.memberUpdate, targetId })
}

function targets({ world }: Sandbox) {
  return world.guild.auditLog.map(({ targetId }) => targetId)
}

it('forgets the oldest entries of the audit log, after a restart too', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sandbox-audit-'))
  t.after(() => rm(folder, { recursive: true }))
  const stateFile = path.join(folder, 'state.sqlite')
  const first = await startSandbox({ stateFile })
  for (let i = 1; i <= KEPT_ENTRIES + 2; i++) {
    write(first, String(i))
  }
  assert.equal(targets(first).length, KEPT_ENTRIES)
  assert.equal(targets(first)[0], '3')
  await first.close()

  const second = await startSandbox({ stateFile })
  write(second, 'last')
  await second.close()

  const third = await startSandbox({ stateFile })
  assert.equal(targets(third).length, KEPT_ENTRIES)
  assert.deepEqual([targets(third)[0], targets(third).at(-1)], ['4', 'last'])
  await third.close()
})
