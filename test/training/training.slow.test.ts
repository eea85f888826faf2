/** The tests of `training/`, which are in Python as the code is: each file of this folder that runs by itself. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { locate, needs } from '../helpers/tools.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const run = promisify(execFile)
/** What the others share. */
const SHARED = new Set(['toys.py', 'toy_run.py'])
const FILES = globSync('*.py', { cwd: import.meta.dirname }).filter((file) => !SHARED.has(file))

// Two at a time: each has one thread, and these are the last tests of the suite to end.
describe('training', { ...needs('training'), concurrency: 2 }, () => {
  for (const file of FILES.sort()) {
    it(`passes its tests: ${file}`, async () => {
      // Such small models are not faster with more threads.
      const env = { ...process.env, OMP_NUM_THREADS: '1' }
      const script = path.join('test', 'training', file)
      const { stderr } = await run(locate('training'), [script], { cwd: ROOT, env })
      assert.match(stderr, /^Ran [1-9]\d* tests? .*^OK$/ms)
    })
  }
})
