/** `npm run gpu` on a machine without a GPU, with a driver that the test puts in its place. */

import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { runTerminal } from '../../helpers/run-command.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-gpu-'))
after(() => rmSync(folder, { recursive: true }))

/** Runs it with an nvidia-smi that does this; null: there is none. */
function runWith(script: string | null, args: readonly string[] = ['--check']) {
  const bin = mkdtempSync(path.join(folder, 'bin-'))
  if (script !== null) {
    writeFileSync(path.join(bin, 'nvidia-smi'), `#!/bin/sh\n${script}\n`)
    chmodSync(path.join(bin, 'nvidia-smi'), 0o755)
  }
  return runTerminal('gpu', args, { env: { PATH: `${bin}:/usr/bin:/bin` } })
}

describe('npm run gpu', () => {
  it('says that there is no driver, and downloads nothing', async () => {
    const { status, stdout, stderr } = await runWith(null, [])
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, /^nvidia-smi is not installed, so there is no NVIDIA driver here\./)
  })

  it('repeats what the driver says where it fails', async () => {
    const { status, stderr } = await runWith('echo "No devices were found"; exit 6')
    assert.equal(status, 1)
    assert.equal(stderr, 'nvidia-smi fails: No devices were found.\n')
  })

  it('refuses a driver that is too old for CUDA 12', async () => {
    const { status, stderr } = await runWith('echo "Tesla T4, 470.82.01, 15360"')
    assert.equal(status, 1)
    assert.match(stderr, /^The NVIDIA driver is 470\.82\.01; CUDA 12 needs 525\.60\.13 or newer\./)
  })

  it('names the card and each missing library of ONNX Runtime', async () => {
    const { status, stdout, stderr } = await runWith('echo "NVIDIA L4, 550.54.14, 23034"')
    assert.equal(status, 1)
    assert.equal(stdout, 'NVIDIA L4, 22 GiB, driver 550.54.14\n')
    assert.match(
      stderr,
      /^ONNX Runtime's libraries are missing: libonnxruntime_providers_cuda\.so, libonnxruntime_providers_shared\.so\. "npm run gpu" downloads them \(Microsoft\.ML\.OnnxRuntime\.Gpu\.Linux \d/,
    )
  })

  it('says which registry does not answer', async () => {
    const closed = 'http://127.0.0.1:9/v3/index.json'
    const { status, stderr } = await runWith('echo "NVIDIA L4, 550.54.14, 23034"', [
      '--registry',
      closed,
    ])
    assert.equal(status, 1)
    assert.match(stderr, /127\.0\.0\.1:9 refuses connections/)
  })

  it('explains itself, and refuses other arguments', async () => {
    assert.match((await runWith(null, ['--help'])).stdout, /npm run gpu -- \[options\]/)
    assert.equal((await runWith(null, ['--registry', 'nothing'])).status, 2)
  })
})
