/**
 * A process that only runs jobs: `node job-worker.ts URL ANSWERS MODE`.
 *
 * `begin` starts the jobs a and b, prints `working` and never answers them; `resume` takes over
 * abandoned jobs and writes each answer as a line of the file ANSWERS.
 */

import { appendFileSync } from 'node:fs'
import { pino } from 'pino'
import type { Job } from '../../bot/jobs/job-record.ts'
import { Jobs } from '../../bot/jobs/jobs.ts'
import { openStore } from '../../bot/store/store.ts'

const [url = '', answers = '', mode = ''] = process.argv.slice(2)
const log = pino({ level: 'silent' })
const store = await openStore({ url, log })
const counts: string[] = []
const jobs = new Jobs({ store, log, count: (outcome) => counts.push(outcome) })

function job(id: string, lifeMs: number): Job {
  const answer = { to: 'interaction', applicationId: '1', token: `token ${id}` } as const
  return { id, answer, request: { picture: id }, diesAt: Date.now() + lifeMs }
}

if (mode === 'begin') {
  const begun = ['a', 'b'].map((id) => jobs.run(job(id, 60_000), () => new Promise(() => {})))
  begun.push(jobs.run(job('late', 1), () => new Promise(() => {})))
  while (jobs.running < begun.length) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  process.stdout.write('working\n')
  setInterval(() => {}, 60_000) // alive until it is killed
} else {
  await jobs.resume(
    async ({ id, answer, request }, { resumed }) => {
      appendFileSync(answers, `${JSON.stringify({ id, answer, request, resumed })}\n`)
    },
    async () => {},
  )
  await jobs.stop(10_000)
  await store.close()
  process.stdout.write(`${counts.sort((a, b) => (a < b ? -1 : 1)).join(', ')}\n`)
}
