import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, it } from 'node:test'
import { openPackage } from '../../../inference/package/open-package.ts'
import { probe } from '../../../inference/runtime/probe.ts'
import { openGraph } from '../../helpers/graph-sessions.ts'
import { packageFor } from '../../helpers/packages.ts'

// A graph that cannot be probed is neither prepared nor compared with a device.
const KINDS = [
  'base',
  't5-odd-sizes',
  'instruct-t5',
  'instruct-narrow',
  'smolvlm-tiles',
  'onevision-tiles',
  'itm-common',
] as const

describe('probe', () => {
  for (const name of KINDS) {
    it(`runs every graph of ${name}, with numbers that depend on the weights`, async () => {
      const folder = await packageFor(name)
      const { card } = await openPackage(folder)
      for (const graph of card.graphs) {
        const session = await openGraph(path.join(folder, `${graph}.onnx`))
        try {
          const numbers = await probe(session)
          assert.ok(numbers.length > 1, graph)
          assert.ok(numbers.every(Number.isFinite), graph)
          assert.ok(new Set(numbers).size > numbers.length / 4, graph)
          assert.deepEqual(await probe(session), numbers)
        } finally {
          await session.release()
        }
      }
    })
  }
})
