/**
 * `npm test`: runs the quick tests, one process more at once than the machine has cores: many tests
 * wait for time-outs and for other processes. Node's default is one fewer than the cores, which leaves
 * most of a machine of two cores idle. `--slow` runs the slow ones.
 *
 * To load and compile the whole bot takes about a second of each process, so the quick files of a
 * folder share one (test/groups.ts). The slow files have a process each.
 *
 * The other arguments go to `node --test`: `npm test -- --test-name-pattern=NAME`.
 */

import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { groupsOf, writeGroup } from './groups.ts'

const ROOT = path.join(import.meta.dirname, '..')
const QUICK = ['test/**/!(*.slow).test.ts', 'sandbox/test/**/!(*.slow).test.ts']
const SLOW = ['test/**/*.slow.test.ts', 'sandbox/test/**/*.slow.test.ts']

// A run starts hundreds of processes. To strip the types of the whole bot and to compile it takes most
// of such a start; Node keeps the result here for the next process. Files are checked by their hash.
const COMPILED = path.join(ROOT, 'node_modules', '.cache', 'compiled-for-tests')

function test(args: readonly string[]): number {
  const { status } = spawnSync(process.execPath, ['--test', ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env },
  })
  return status ?? 1
}

function testQuickly(args: readonly string[]): number {
  const folder = mkdtempSync(path.join(tmpdir(), 'test-groups-'))
  try {
    const groups = groupsOf(globSync(QUICK, { cwd: ROOT }), ROOT)
    const files = groups.map((group, index) => writeGroup(folder, index, group, ROOT))
    return test([`--test-concurrency=${availableParallelism() + 1}`, ...args, ...files])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const args = process.argv.slice(2)
const others = args.filter((argument) => argument !== '--slow')
process.exitCode = args.includes('--slow') ? test([...others, ...SLOW]) : testQuickly(others)
