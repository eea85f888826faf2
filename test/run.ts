/**
 * `npm test`: runs the quick tests, as many files at once as the machine has cores. Node's default is
 * one file fewer, which leaves half of a machine of two cores idle.
 *
 * Arguments go to `node --test`: `npm test -- --test-name-pattern=NAME`.
 */

import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const QUICK = ['test/**/!(*.slow).test.ts', 'sandbox/test/**/!(*.slow).test.ts']

const { status } = spawnSync(
  process.execPath,
  ['--test', `--test-concurrency=${availableParallelism()}`, ...process.argv.slice(2), ...QUICK],
  { stdio: 'inherit' },
)
process.exitCode = status ?? 1
