/** The HTTP API with OpenAI's client for Python. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { openDemoModel } from '../../helpers/shared-model.ts'
import { serveModel } from '../../helpers/served-model.ts'
import { locate, needs } from '../../helpers/tools.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..')
const run = promisify(execFile)

describe('the client for Python', needs('openaiPython'), () => {
  it('describes, streams and fails as with OpenAI', async () => {
    await using stack = new AsyncDisposableStack()
    const model = await openDemoModel()
    stack.defer(() => model.close())
    const served = await serveModel(model)
    stack.defer(() => served.close())
    const script = path.join(import.meta.dirname, 'python-client.py')
    const picture = path.join(ROOT, 'docs', 'scene.png')
    const { stdout } = await run(locate('openaiPython'), [script, served.url, picture])
    const { caption, tokens, ...others } = JSON.parse(stdout)
    assert.match(caption, /red circle/)
    assert.ok(tokens > 0)
    assert.deepEqual(others, { models: ['demo'], answer: 'red', missing: 'model_not_found' })
  })
})
