/** The file of /privacy export. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EN } from '../../commands/i18n/en.ts'
import { privacyCommand } from '../../commands/privacy.ts'

const AT = Date.UTC(2026, 0, 2, 3, 4, 5)

/** The file that is sent for some records. */
async function exportOf(records: readonly object[]): Promise<string> {
  let text = ''
  const interaction = {
    user: { id: '1' },
    options: { getSubcommand: () => 'export' },
    editReply: async ({ files }: { files: { attachment: Buffer }[] }) => {
      text = files[0]!.attachment.toString()
    },
  }
  const services = {
    privacy: { records: async () => records },
    deferred: (_: unknown, work: () => Promise<void>) => work(),
  }
  const execute: typeof privacyCommand.execute = Reflect.get(privacyCommand, 'execute')
  await Reflect.apply(execute, privacyCommand, [interaction, services, EN])
  return text
}

describe('the file of /privacy export', () => {
  it('has each record with a name for people, and times as ISO 8601, indented', async () => {
    const hint = { kind: 'hint', place: '1/2', at: AT }
    const odd = { kind: 'odd', parts: [{ until: AT, name: 'a\n"b"' }], at: null }
    assert.equal(
      await exportOf([hint, odd]),
      `${JSON.stringify(
        [
          {
            what: EN.privacy.kinds.hint,
            kind: 'hint',
            place: '1/2',
            at: '2026-01-02T03:04:05.000Z',
          },
          {
            what: 'odd',
            kind: 'odd',
            parts: [{ until: '2026-01-02T03:04:05.000Z', name: 'a\n"b"' }],
            at: null,
          },
        ],
        null,
        2,
      )}\n`,
    )
    assert.equal(await exportOf([]), '[]\n')
  })

  it('lets other work run between many records', async () => {
    const records = Array.from({ length: 1000 }, (_, i) => ({ kind: 'hint', place: String(i) }))
    let turns = 0
    const ticking = setInterval(() => (turns += 1), 0)
    const parsed: unknown[] = JSON.parse(await exportOf(records))
    clearInterval(ticking)
    assert.equal(parsed.length, 1000)
    assert.ok(turns > 0)
  })
})
