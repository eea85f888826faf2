/**
 * A deletion is interrupted before each of its writes in turn: by the end of the process, and by a
 * failure of the store. Afterwards the file of the store holds nothing of what was deleted.
 */

import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Client, SnowflakeUtil } from 'discord.js'
import { pino } from 'pino'
import { type App, createApp } from '../../../bot/app.ts'
import { thisProcess } from '../../../bot/jobs/job-owner.ts'
import { Jobs } from '../../../bot/jobs/jobs.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { Store } from '../../../bot/store/types.ts'
import { loadingModel } from '../../../bot/operations/loading-model.ts'
import { openPackage } from '../../../inference/package/open-package.ts'
import { findModel } from '../../../config/models.ts'
import { Life, mortalStore } from '../../helpers/mortal-store.ts'
import {
  ADA,
  ANSWERED,
  GUILD,
  HERE,
  LIN,
  POSTED,
  seed,
  THERE,
  WAITS,
} from '../../helpers/seeded-store.ts'

const log = pino({ level: 'silent' })
const DAY_MS = 24 * 60 * 60 * 1000
const RETRY_MS = 5

/** What each deletion leaves nothing of: ids and words that only its records have. */
type Way = {
  readonly erase: (app: App) => Promise<unknown>
  readonly gone: readonly string[]
  /** What stays. */
  readonly stays: readonly string[]
}

const now = SnowflakeUtil.generate().toString()

const WAYS: Readonly<Record<string, Way>> = {
  'the message with the picture': {
    erase: ({ eraser }) => eraser.messages.delete(HERE!, [POSTED]),
    gone: [
      POSTED,
      'talk-here',
      'talk-there',
      'answer-here',
      'answer-there',
      'form-here',
      'seen-here',
    ],
    stays: ['talk-others', 'talk-elsewhere', 'seen-there'],
  },
  'the message of an answer': {
    erase: ({ eraser }) => eraser.messages.delete(HERE!, ['75002']),
    gone: ['75002', 'answer-question', 'what does Lin ask'],
    stays: ['talk-here', 'answer-here'],
  },
  'a message that waits for its answer': {
    erase: ({ eraser }) => eraser.messages.delete(HERE!, [WAITS]),
    gone: [WAITS],
    stays: [ANSWERED, 'talk-here'],
  },
  'a message that was answered just now': {
    erase: ({ eraser }) => eraser.messages.delete(HERE!, [ANSWERED]),
    gone: [ANSWERED],
    stays: [WAITS, 'talk-here'],
  },
  'what was asked before an opt-out': {
    erase: ({ services }) => services.privacy.setOut(LIN, true, now),
    gone: [WAITS, ANSWERED, 'seen-there'],
    stays: ['talk-here', 'talk-others', 'seen-here'],
  },
  'several messages at once': {
    erase: ({ eraser }) => eraser.messages.delete(HERE!, [POSTED, '75002', '75003']),
    gone: [POSTED, 'talk-here', 'talk-there', 'form-here', '75002', '75003', 'talk-others'],
    stays: ['talk-elsewhere'],
  },
  'a picture that is edited out': {
    erase: ({ eraser }) => eraser.messages.deletePicturesExcept(HERE!, POSTED, { present: [] }),
    gone: ['talk-here', 'talk-there', 'answer-here', 'answer-there', 'form-here', 'seen-here'],
    stays: ['talk-others', 'talk-elsewhere', 'seen-there'],
  },
  'the channel': {
    erase: ({ eraser }) => eraser.deleteChannel(HERE!),
    gone: [
      HERE!.channelId,
      POSTED,
      WAITS,
      'talk-here',
      'talk-there',
      'talk-others',
      'form-here',
      'seen-here',
    ],
    stays: ['talk-elsewhere', 'seen-there'],
  },
  'the records of a channel': {
    erase: ({ eraser }) => eraser.deleteChannel(HERE!, now),
    gone: [POSTED, WAITS, 'talk-here', 'talk-there', 'talk-others', 'form-here', 'seen-here'],
    stays: ['talk-elsewhere', 'seen-there'],
  },
  'one conversation': {
    erase: ({ eraser }) => eraser.deleteConversation(HERE!, 'talk-here', ADA),
    gone: ['talk-here', 'answer-here', 'answer-question', 'form-here', 'seen-here'],
    stays: ['talk-there', 'talk-others', 'seen-there'],
  },
  'what one asked in a channel': {
    erase: ({ eraser }) => eraser.deleteMember(HERE!, LIN, now),
    gone: [WAITS, 'what does Lin ask', 'answer-question', '75002', 'talk-others', 'form-here'],
    stays: ['talk-here', 'talk-there'],
  },
  'everything about a person': {
    erase: ({ services }) => services.privacy.forget(LIN, now),
    gone: [
      LIN,
      WAITS,
      ANSWERED,
      'what does Lin ask',
      'answer-question',
      'talk-others',
      'form-here',
      'seen-there',
    ],
    stays: ['talk-here', 'seen-here'],
  },
  'everything of a server': {
    erase: ({ reconciliation }) => reconciliation.deleteGuild(GUILD),
    gone: [
      GUILD,
      WAITS,
      HERE!.channelId,
      THERE!.channelId,
      POSTED,
      'talk-here',
      'talk-there',
      'seen-here',
      'seen-there',
    ],
    stays: ['talk-elsewhere', 'seen-elsewhere'],
  },
}

describe('a deletion that is interrupted', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-interrupted-'))
  const seeded = path.join(folder, 'seeded')
  let model: ReturnType<typeof loadingModel>
  let copies = 0
  let processes = 0

  before(async () => {
    const { card } = await openPackage(findModel('demo', undefined))
    model = loadingModel({ card, matcher: null }, new Promise(() => {}))
    const store = await openStore({ url: `sqlite:${seeded}`, log })
    await seed(store, now)
    await store.close()
  })
  after(() => rmSync(folder, { recursive: true }))

  /** A new copy of the store with everything in it. */
  function copyOfStore(): string {
    const file = path.join(folder, `copy-${(copies += 1)}`)
    copyFileSync(seeded, file)
    return file
  }

  /** The app of one process; nothing it does reaches Discord. */
  function start(store: Store): App {
    const owner = { ...thisProcess(), instance: `process ${(processes += 1)}` }
    const jobs = new Jobs({ store, log, owner })
    const client = new Client({ intents: [] })
    const deps = { model, fetchPicture: noPicture, store, jobs, retentionMs: DAY_MS, log }
    const app = createApp(client, { ...deps, retryAfterMs: RETRY_MS })
    return app
  }

  /** Deletes in a process that ends, or whose store fails, at a write. @returns whether it came there. */
  async function interrupt(file: string, { erase }: Way, life: Life): Promise<boolean> {
    const store = await openStore({ url: `sqlite:${file}`, log })
    const app = start(mortalStore(store, life))
    let isInterrupted = false
    await erase(app).catch(() => {
      isInterrupted = true
    })
    app.eraser.stop()
    await store.close()
    return isInterrupted
  }

  for (const [name, way] of Object.entries(WAYS)) {
    it(`${name}: nothing is left after a restart`, async () => {
      let moment = 1
      for (let isInterrupted = true; isInterrupted; moment++) {
        const file = copyOfStore()
        isInterrupted = await interrupt(file, way, new Life(moment))
        const store = await openStore({ url: `sqlite:${file}`, log })
        const app = start(store)
        await app.eraser.resume()
        if (moment === 1) {
          // Nothing was written: the next process hears of it from Discord, or the person asks again.
          assertHolds(file, way.gone, `before the first write of ${name}`)
          await way.erase(app)
        }
        await store.close()
        assertDeleted(file, way, `the end at write ${moment}`)
      }
      assert.ok(moment > 4, 'there are several writes')
    })
  }

  it('is repeated while the process runs, where the store failed', async () => {
    for (const name of ['the message with the picture', 'everything about a person']) {
      const way = WAYS[name]!
      for (let moment = 2, isInterrupted = true; isInterrupted; moment++) {
        const file = copyOfStore()
        const store = await openStore({ url: `sqlite:${file}`, log })
        const app = start(mortalStore(store, new Life(moment, true)))
        await app.eraser.resume()
        isInterrupted = false
        await way.erase(app).catch(() => {
          isInterrupted = true
        })
        const pending = store.collection({ name: 'deletions', ttlMs: 1, decode: String })
        while (!(await pending.keys().next()).done) {
          await wait(RETRY_MS)
        }
        await store.close()
        assertDeleted(file, way, `${name}, a failure at write ${moment}`)
      }
    }
  })
})

function noPicture(): never {
  assert.fail('no picture is needed')
}

/** Everything that a file of SQLite holds, as text. */
function dump(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
    const rows = tables.flatMap(({ name }) =>
      database.prepare(`SELECT * FROM "${String(name)}"`).all(),
    )
    return rows.map((row) => JSON.stringify(row)).join('\n')
  } finally {
    database.close()
  }
}

function assertHolds(file: string, texts: readonly string[], when: string): void {
  const all = dump(file)
  for (const text of texts) {
    assert.ok(all.includes(text), `${text} is stored ${when}`)
  }
}

function assertDeleted(file: string, { gone, stays }: Way, when: string): void {
  const lines = dump(file).split('\n')
  for (const text of [...gone, '"deletions/']) {
    const line = lines.find((one) => one.includes(text))
    assert.equal(line, undefined, `${text} after ${when}`)
  }
  assertHolds(file, stays, `after ${when}`)
}
