/**
 * `npm test`: runs the quick tests, as many files at once as the machine has cores. Node's default is
 * one file fewer, which leaves half of a machine of two cores idle. `--slow` runs the slow ones.
 *
 * The other arguments go to `node --test`: `npm test -- --test-name-pattern=NAME`.
 */

import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import path from 'node:path'

const QUICK = ['test/**/!(*.slow).test.ts', 'sandbox/test/**/!(*.slow).test.ts']
const SLOW = ['test/**/*.slow.test.ts', 'sandbox/test/**/*.slow.test.ts']

// A run starts hundreds of processes. To strip the types of the whole bot and to compile it takes most
// of such a start; Node keeps the result here for the next process. Files are checked by their hash.
const COMPILED = path.join(
  import.meta.dirname,
  '..',
  'node_modules',
  '.cache',
  'compiled-for-tests',
)

const args = process.argv.slice(2)
const [concurrency, files] =
  args[0] === '--slow' ? [[], SLOW] : [[`--test-concurrency=${availableParallelism()}`], QUICK]
const others = args.filter((argument) => argument !== '--slow')

const { status } = spawnSync(process.execPath, ['--test', ...concurrency, ...others, ...files], {
  stdio: 'inherit',
  env: { NODE_COMPILE_CACHE: COMPILED, ...process.env },
})
process.exitCode = status ?? 1
