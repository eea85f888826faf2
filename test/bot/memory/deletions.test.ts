import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeletedError, Deletions, type TrackedWork } from '../../../bot/memory/deletions.ts'

const MESSAGE = ['message/1'] as const
const USER = ['user/ada'] as const
const fail = () => assert.fail('it is begun')
const never = () => new Promise<never>(() => {})

describe('deletions', () => {
  it('wait for work that is done to its end, and refuse it afterwards', async () => {
    const deletions = new Deletions()
    const steps: string[] = []
    const going = Promise.withResolvers<void>()
    const work = deletions.finish({ startedBy: '10', subjects: MESSAGE }, async () => {
      await going.promise
      steps.push('written')
      return 1
    })
    const deletion = deletions.delete({ subjects: MESSAGE }, async () => steps.push('erased'))
    await new Promise(setImmediate)
    going.resolve()
    assert.equal(await work, 1)
    await deletion
    assert.deepEqual(steps, ['written', 'erased'])
    await assert.rejects(
      deletions.finish({ startedBy: '99', subjects: MESSAGE }, fail),
      DeletedError,
    )
  })

  it('end the work that depends on what is deleted, and no other', async () => {
    const deletions = new Deletions()
    const about = deletions.track({ startedBy: '10', subjects: MESSAGE }, never)
    const done = Promise.withResolvers<string>()
    const other = deletions.track({ startedBy: '10', subjects: USER }, () => done.promise)
    await deletions.delete({ subjects: MESSAGE }, async () => {})
    await assert.rejects(about, DeletedError)
    done.resolve('done')
    assert.equal(await other, 'done')
  })

  it('wait for what is being written, and erase it then', async () => {
    const deletions = new Deletions()
    const written = Promise.withResolvers<void>()
    const steps: string[] = []
    const work = deletions.track({ startedBy: '10', subjects: MESSAGE }, (tracked) =>
      tracked.write(async () => {
        await written.promise
        steps.push('written')
      }),
    )
    const deletion = deletions.delete({ subjects: MESSAGE }, async () => steps.push('erased'))
    await assert.rejects(work, DeletedError)
    written.resolve()
    await deletion
    assert.deepEqual(steps, ['written', 'erased'])
  })

  it('refuse later writes of work that does not stop', async () => {
    const deletions = new Deletions()
    const held = Promise.withResolvers<TrackedWork>()
    const work = deletions.track({ startedBy: '10', subjects: MESSAGE }, async (tracked) => {
      held.resolve(tracked)
      await new Promise(() => {})
    })
    const tracked = await held.promise
    await deletions.delete({ subjects: MESSAGE }, async () => {})
    await assert.rejects(work, DeletedError)
    await assert.rejects(
      tracked.write(() => assert.fail('it is written')),
      DeletedError,
    )
  })

  it('refuse work that begins with what was deleted before', async () => {
    const deletions = new Deletions()
    await deletions.delete({ subjects: MESSAGE }, async () => {})
    await assert.rejects(
      deletions.track({ startedBy: '99', subjects: MESSAGE }, fail),
      DeletedError,
    )
    const depends = deletions.track({ startedBy: '99', subjects: USER }, async (tracked) =>
      tracked.dependOn(MESSAGE),
    )
    await assert.rejects(depends, DeletedError)
  })

  it('of what can be used again refuse only what began before', async () => {
    const deletions = new Deletions()
    await deletions.delete({ subjects: USER, before: '50' }, async () => {})
    await deletions.delete({ subjects: USER, before: '40' }, async () => {})
    await assert.rejects(deletions.track({ startedBy: '49', subjects: USER }, fail), DeletedError)
    assert.equal(await deletions.track({ startedBy: '51', subjects: USER }, async () => 1), 1)
    assert.equal(deletions.areGone(USER), false)
    await deletions.delete({ subjects: USER }, async () => {})
    assert.equal(deletions.areGone(USER), true)
  })
})
