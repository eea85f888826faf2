import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withDeferral } from '../../../bot/discord/deferral.ts'

describe('acknowledging', () => {
  it('sends the first response when the work says so, and once', async () => {
    const order: string[] = []
    await withDeferral(
      async () => order.push('sent'),
      async (acknowledge) => {
        order.push('written')
        await acknowledge()
        await acknowledge()
        order.push('done')
      },
    )
    assert.deepEqual(order, ['written', 'sent', 'done'])
  })

  it('sends it without the work where that takes too long', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let times = 0
    const send = async () => {
      times += 1
      resolve()
    }
    await withDeferral(
      send,
      async (acknowledge) => {
        await promise
        await acknowledge()
      },
      1,
    )
    assert.equal(times, 1)
  })

  it('fails with the work once a response on its way has arrived', async () => {
    const sending = Promise.withResolvers<void>()
    let arrived = false
    const send = async () => {
      sending.resolve()
      await new Promise(setImmediate)
      arrived = true
    }
    const work = async () => {
      await sending.promise
      throw new Error('no')
    }
    await assert.rejects(withDeferral(send, work, 1), { message: 'no' })
    assert.ok(arrived)
  })

  it('sends nothing where the work fails first', async () => {
    let sent = false
    const send = async () => (sent = true)
    await assert.rejects(withDeferral(send, refuse), { message: 'no' })
    assert.equal(sent, false)
  })

  it('tells the work that the response was refused', async () => {
    await assert.rejects(
      withDeferral(refuse, (acknowledge) => acknowledge()),
      { message: 'no' },
    )
  })
})

async function refuse(): Promise<void> {
  throw new Error('no')
}
