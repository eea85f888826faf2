/** Voice messages. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { APIMessage } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { PERMISSION } from '../../src/world/permissions.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'

const VOICE = 1 << 13
const SOUND = { name: 'voice-message.ogg', bytes: new Uint8Array(8) }

let sandbox: WatchedSandbox
let ada: Member

before(async () => {
  sandbox = await startWatchedSandbox({ rateLimits: 'off' })
  ada = await Member.connect(sandbox.url)
})

after(async () => {
  ada.close()
  await sandbox.close()
})

/** Sends a message with this body and file as Ada; rejects with the refusal. */
async function send(body: object, file: { name: string; bytes: Uint8Array } | null = SOUND) {
  const form = new FormData()
  form.set('payload_json', JSON.stringify(body))
  if (file) {
    form.set('files[0]', new Blob([new Uint8Array(file.bytes)]), file.name)
  }
  const url = `${sandbox.url}/sandbox/messages?as=ada&channel=${ada.channelId}`
  const response = await fetch(url, { method: 'POST', body: form })
  const answer: APIMessage & { code?: number } = JSON.parse(await response.text())
  return answer
}

describe('a voice message', () => {
  it('has a flag, a length and a waveform', async () => {
    const message = await ada.speak(SOUND, { durationS: 1.5, waveform: 'AAD/' })
    assert.equal(message.flags, VOICE)
    const [sound] = message.attachments
    assert.equal(sound?.duration_secs, 1.5)
    assert.equal(sound.waveform, 'AAD/')
    assert.equal(sound.content_type, 'audio/ogg')
  })

  it('has one audio file and nothing else', async () => {
    const attachments = [{ id: 0, duration_secs: 1, waveform: 'AAD/' }]
    const body = { flags: VOICE, attachments }
    assert.equal((await send({ ...body, content: 'x' })).code, 50_159)
    assert.equal((await send({ flags: VOICE }, null)).code, 50_160)
    assert.equal((await send(body, { ...SOUND, name: 'cat.png' })).code, 50_160)
    assert.equal((await send({ flags: VOICE })).code, 50_161)
  })

  it('cannot be edited', async () => {
    const message = await ada.speak(SOUND, { durationS: 1, waveform: 'AAD/' })
    await assert.rejects(ada.edit(message, 'x'), /50162/)
  })

  it('needs a permission of its own', async () => {
    const everyone = sandbox.world.guild.roles.get(sandbox.world.guild.id)
    assert.ok(everyone)
    const { permissions } = everyone
    everyone.permissions &= ~PERMISSION.sendVoiceMessages
    await assert.rejects(ada.speak(SOUND, { durationS: 1, waveform: 'AAD/' }), /50173/)
    everyone.permissions = permissions
  })
})
