import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TimeoutError } from '@redis/client'
import { whileStarting } from '../../../bot/queue/connection.ts'
import { ConfigError } from '../../../config/errors.ts'

async function silent(): Promise<never> {
  throw new TimeoutError()
}

const QUEUE = { shownUrl: 'redis://host:6379' }

describe('whileStarting', () => {
  it('goes on once Redis answers', async () => {
    let tries = 0
    const answer = await whileStarting(QUEUE, async () => {
      tries += 1
      if (tries < 3) {
        throw new TimeoutError()
      }
      return 'the model'
    })
    assert.equal(answer, 'the model')
  })

  it('says in a sentence that it does not answer', async () => {
    await assert.rejects(whileStarting(QUEUE, silent, 300), {
      name: 'ConfigError',
      message: 'The queue at redis://host:6379 cannot be reached: it does not answer.',
    })
  })

  it('repeats nothing that is wrong', async () => {
    let tries = 0
    const wrong = async () => {
      tries += 1
      throw new ConfigError(['another key'])
    }
    await assert.rejects(whileStarting(QUEUE, wrong), /another key/)
    assert.equal(tries, 1)
  })
})
