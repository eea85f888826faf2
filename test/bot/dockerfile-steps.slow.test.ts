/** The image, as far as its steps can be rehearsed without Docker. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rehearse } from '../helpers/rehearse-dockerfile.ts'

const skip = process.platform !== 'linux' && 'The image is made of programs for Linux.'

describe('the steps of the Dockerfile, in a folder', { skip }, () => {
  it('make a bot that runs as another user on read-only files, is healthy, and stops', async () => {
    const said: string[] = []
    const { refusal, joined, health, exit } = await rehearse((line) => said.push(line))
    assert.deepEqual({ health, exit }, { health: 0, exit: [0, null] })
    assert.match(joined, /^Joined Discord as Sightseer/)
    assert.match(
      refusal,
      /DISCORD_TOKEN is not set, and the loopback Discord is not installed here/,
    )
    assert.ok(said.some((line) => line.startsWith('RUN npm ci --omit=dev')))
    assert.ok(!said.some((line) => line.includes('apt-get')), 'the GPU stage is no part of it')
  })
})
