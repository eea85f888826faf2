import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ALONE, groupsOf, writeGroup } from './groups.ts'

const ROOT = path.join(import.meta.dirname, '..')

/** A test file with a hook outside of its suite, which a file that shares its process must not get. */
function testFile(name: string): string {
  return `
import { beforeEach, it } from 'node:test'
beforeEach(() => console.log('hook of ${name}'))
it('${name}', () => console.log('test of ${name}'))
`
}

describe('groups of test files', () => {
  let root: string
  const files = ['test/one/a.test.mjs', 'test/one/b.test.mjs', 'test/one/deep/er/c.test.mjs']
  const small = ['test/two/d.test.mjs', 'test/three/e.test.mjs', 'test/f.test.mjs']

  before(() => {
    root = mkdtempSync(path.join(tmpdir(), 'groups-'))
    for (const file of [...files, ...small]) {
      const code = testFile(path.basename(file, '.test.mjs'))
      const much = small.includes(file) ? '' : `// ${'much code '.repeat(3000)}`
      mkdirSync(path.join(root, path.dirname(file)), { recursive: true })
      writeFileSync(path.join(root, file), code + much)
    }
  })
  after(() => rmSync(root, { recursive: true }))

  it('are the folders, three deep', () => {
    const groups = groupsOf(files, root)
    assert.deepEqual(
      groups.map(({ name }) => name),
      ['test/one', 'test/one/deep'],
    )
    assert.deepEqual(groups[0]?.files, files.slice(0, 2))
  })

  it('are several small folders together, the largest group first', () => {
    assert.deepEqual(
      groupsOf([...small, ...files], root).map(({ name, files: { length } }) => [name, length]),
      [
        ['test/one', 2],
        ['test/one/deep', 1],
        ['test', 3],
      ],
    )
  })

  it('run each file with its own hooks, in a process', () => {
    const [group] = groupsOf(files, root)
    const module = writeGroup(root, 0, group!, root)
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const { stdout, status } = spawnSync(process.execPath, [module], { encoding: 'utf8', env })
    assert.equal(status, 0)
    assert.deepEqual(stdout.match(/^(?:hook|test) of .*$/gm), [
      'hook of a',
      'test of a',
      'hook of b',
      'test of b',
    ])
  })

  it('leave alone only files that exist', () => {
    assert.deepEqual(
      Object.keys(ALONE).filter((file) => !existsSync(path.join(ROOT, file))),
      [],
    )
    const [first = ''] = Object.keys(ALONE)
    const sibling = path.join(path.dirname(first), 'store.test.ts')
    assert.deepEqual(
      groupsOf([first, sibling], ROOT).map(({ files }) => files.length),
      [1, 1],
    )
  })
})
