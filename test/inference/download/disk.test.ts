import assert from 'node:assert/strict'
import os from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { formatGb, requireDisk } from '../../../inference/download/disk.ts'
import { ConfigError } from '../../../config/errors.ts'

const FOLDER = path.join(os.tmpdir(), 'sightseer-not-there', 'models')

describe('requireDisk', () => {
  it('passes what fits, into folders that are not there yet', async () => {
    await requireDisk([{ what: 'download', folder: FOLDER, bytes: 1000 }])
  })

  it('says what is missing in GB when two needs on one disk do not fit together', async () => {
    await assert.rejects(
      requireDisk([
        { what: 'download', folder: FOLDER, bytes: 4e18 },
        { what: 'package', folder: path.dirname(FOLDER), bytes: 1e18 },
      ]),
      (e) =>
        e instanceof ConfigError &&
        /5000000000\.0 GB needed \(download 4000000000\.0 GB, package 1000000000\.0 GB\), [\d.]+ GB free\. Free [\d.]+ GB more/.test(
          e.message,
        ),
    )
  })
})

describe('formatGb', () => {
  it('rounds up', () => {
    assert.equal(formatGb(1), '0.01 GB')
    assert.equal(formatGb(15.01e9), '15.1 GB')
  })
})
