/**
 * A picture that ends the process which decodes it: by a limit, and as the kernel ends a process when
 * memory runs out. The person is told, and the picture is not tried again after a restart.
 */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import sharp from 'sharp'
import { startSandbox } from 'loopback-discord'
import { EN } from '../../../commands/i18n/en.ts'
import { findModel } from '../../../config/models.ts'
import { JOBS } from '../../../bot/jobs/job-record.ts'
import { openModel } from '../../../inference/model.ts'
import { sqliteFile } from '../../helpers/databases.ts'
import { type DemoBot, startDemoBot } from '../../helpers/demo-bot.ts'
import { idle } from '../../helpers/held-bot.ts'

const KILL_EVERY_MS = 20

type Way = {
  readonly limits?: { readonly maxSeconds: number }
  /** Ends decoding processes; returns what stops that. */
  readonly start: () => () => void
  readonly sentence: string
}

const WAYS: Readonly<Record<string, Way>> = {
  'a limit of processor time': {
    limits: { maxSeconds: 0.05 },
    start: () => () => {},
    sentence: EN.errors['image/slow-to-decode'],
  },
  'the kernel': {
    start: () => {
      const timer = setInterval(() => {
        for (const name of readdirSync('/proc')) {
          killIfDecoding(Number(name))
        }
      }, KILL_EVERY_MS)
      return () => clearInterval(timer)
    },
    sentence: EN.errors['image/decoder-crashed'],
  },
}

/** Kills a process if it is a decoding process of this one. @param pid NaN: no process. */
function killIfDecoding(pid: number): void {
  try {
    const parent = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    if (Number(parent) === process.pid && command.includes('decoding/entry.ts')) {
      process.kill(pid, 'SIGKILL')
    }
  } catch {
    // It has ended meanwhile.
  }
}

describe('a picture that ends the process which decodes it', () => {
  const options = { skip: process.platform !== 'linux' && 'it finds processes in /proc' }
  let bytes: Uint8Array

  before(async () => {
    const sides = { width: 6000, height: 6000, channels: 3 } as const
    bytes = await sharp({ create: { ...sides, background: '#456' } })
      .png({ compressionLevel: 1 })
      .toBuffer()
  })

  for (const [name, { limits, start, sentence }] of Object.entries(WAYS)) {
    describe(`ended by ${name}`, options, () => {
      const database = sqliteFile()
      after(() => database.stop())

      it('is told to its person, counted as one attempt, and not tried again after a restart', async () => {
        const sandbox = await startSandbox()
        const model = await openModel(findModel('demo'), {
          threads: 1,
          ...(limits && { imageLimits: limits }),
        })
        /** Attempts that were stored when the model got the file. */
        const attempts: (number | undefined)[] = []
        let demo: DemoBot | undefined
        let askedId = ''
        const watched: typeof model = {
          ...model,
          describe: (image, request) => {
            assert.ok('key' in image)
            const readBytes = async () => {
              const read = await image.bytes()
              const record = await demo?.bot.store.collection(JOBS).get(askedId)
              attempts.push(record?.attempts)
              return read
            }
            return model.describe({ ...image, bytes: readBytes }, request)
          },
        }
        const env = { SIGHTSEER_STORE: database.url }
        const stop = start()
        try {
          demo = await startDemoBot(env, sandbox, undefined, watched)
          const ada = await demo.join('ada')
          const asked = await ada.upload(
            { name: 'large.png', bytes },
            `<@${demo.bot.client.user.id}>`,
          )
          askedId = asked.id
          const told = await ada.answerTo(asked)
          assert.equal(told.content, sentence)
          await idle(demo)
          await demo.close()

          demo = await startDemoBot(env, sandbox, undefined, watched)
          await idle(demo)
          assert.deepEqual(attempts, [1])
          const replies = sandbox.world
            .history(asked.channel_id)
            .filter(({ reference }) => reference?.messageId === asked.id)
          assert.deepEqual(
            replies.map(({ content }) => content),
            [sentence],
          )
        } finally {
          stop()
          await demo?.close()
          await model.close()
          await sandbox.close()
        }
      })
    })
  }
})
