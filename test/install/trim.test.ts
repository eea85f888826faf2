/** What is deleted after an installation, and what is not. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'

const SCRIPT = path.join(import.meta.dirname, '..', '..', 'install', 'trim.mjs')

describe('install/trim.mjs', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-trim-'))
  after(() => rmSync(folder, { recursive: true }))
  mkdirSync(path.join(folder, 'install'))
  const script = path.join(folder, 'install', 'trim.mjs')
  cpSync(SCRIPT, script)
  const run = () => spawnSync(process.execPath, [script], { encoding: 'utf8' })

  function write(name: string): string {
    const file = path.join(folder, 'node_modules', name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, 'x')
    return file
  }

  it('does nothing, and succeeds, without the packages', () => {
    assert.deepEqual([run().status, run().stderr], [0, ''])
  })

  it('deletes what is for other systems, and nothing else', () => {
    const runtime = 'onnxruntime-node/bin/napi-v6'
    const node = `node/node_modules/node-${process.platform}-${process.arch}`
    const own = [
      write(`${runtime}/${process.platform}/${process.arch}/libonnxruntime.so.1`),
      write('onnxruntime-node/dist/index.js'),
      write(`${node}/bin/node`),
      write(`${node}/LICENSE`),
      write('sharp/include/vips.h'),
    ]
    const others = [
      write(`${runtime}/aix/ppc64/libonnxruntime.so.1`),
      write(`${runtime}/${process.platform}/mips/libonnxruntime.so.1`),
      write(`${node}/include/node/node.h`),
    ]
    assert.equal(run().status, 0)
    assert.deepEqual(own.map(existsSync), [true, true, true, true, true])
    assert.deepEqual(others.map(existsSync), [false, false, false])
  })
})
