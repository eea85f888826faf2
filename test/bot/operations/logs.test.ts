/** What the log tells, and what it never does, whatever is thrown at it. */

import assert from 'node:assert/strict'
import { setImmediate as later } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { REST } from 'discord.js'
import { createLog, inRequest, withoutSecrets } from '../../../bot/operations/logs.ts'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'

function heard(level = 'info') {
  const lines: string[] = []
  const log = createLog({ level, stream: { write: (line: string) => lines.push(line) } })
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line)) }
}

describe('createLog', () => {
  it('writes one line an event, and none below its level', () => {
    const { log, lines, parsed } = heard('warn')
    log.info('not this')
    log.warn({ guilds: 2 }, 'several\nlines')
    assert.equal(lines.length, 1)
    assert.equal(lines[0]!.trimEnd().includes('\n'), false)
    assert.deepEqual([parsed()[0].guilds, parsed()[0].msg], [2, 'several\nlines'])
  })

  it('removes what is secret or someone else’s by its name', () => {
    const { log, lines } = heard()
    const message = { content: 'my words', url: 'https://x/y', id: '1' }
    log.info({ token: 'abc.def', message, picture: { proxyURL: 'https://x/z' } }, 'event')
    assert.doesNotMatch(lines[0]!, /abc\.def|my words|https/)
    assert.match(lines[0]!, /"id":"1"/)
  })

  it('tells an error of discord.js without the text and the token that it carries', async () => {
    const sandbox = await startWatchedSandbox()
    const { log, lines, parsed } = heard('trace')
    const rest = new REST({ api: sandbox.api }).setToken(sandbox.token)
    try {
      await rest.patch('/webhooks/123456789012345678/interaction-token/messages/@original', {
        body: { content: 'what someone said' },
      })
      assert.fail('the sandbox knows no such interaction')
    } catch (error) {
      log.error({ err: error }, 'failed')
    } finally {
      await sandbox.close()
    }
    assert.doesNotMatch(lines[0]!, /what someone said|interaction-token/)
    const [{ err }] = parsed()
    assert.equal(err.method, 'PATCH')
    assert.equal(typeof err.code, 'number')
    assert.match(err.stack, /logs\.test\.ts|discord/)
  })

  it('tells that JSON was malformed without the text', () => {
    for (const text of [
      'my secret and more words',
      'x: my secret, which is long',
      '{"a": my secret}',
    ]) {
      const { log, parsed } = heard()
      try {
        JSON.parse(text)
      } catch (error) {
        log.error({ err: error }, 'failed')
      }
      assert.equal(parsed()[0].err.message, 'Unexpected token [text] is not valid JSON')
      assert.doesNotMatch(parsed()[0].err.stack, /secret/)
    }
  })

  it('follows causes, and accepts values that are not errors', () => {
    const { log, parsed } = heard()
    const cause = new Error('no answer from https://cdn.discordapp.com/attachments/1/2/a.png?ex=1')
    log.error({ err: new Error('failed', { cause }) }, 'a')
    log.error({ err: 'redis://me:hunter2@host is away' }, 'b')
    assert.equal(parsed()[0].err.cause.message, 'no answer from [link]')
    assert.equal(parsed()[1].err, '[link] is away')
  })

  it('names the request in every line of it, and in no other', async () => {
    const { log, parsed } = heard()
    const work = async (what: string) => {
      await later()
      log.info(what)
    }
    await Promise.all([inRequest('1', () => work('a')), inRequest('2', () => work('b')), work('c')])
    assert.deepEqual(
      parsed().map(({ msg, request }) => [msg, request]),
      [
        ['a', '1'],
        ['b', '2'],
        ['c', undefined],
      ],
    )
  })
})

describe('withoutSecrets', () => {
  it('cuts out tokens and links', () => {
    const bot = `${'M'.repeat(26)}.GabcdE.${'x'.repeat(38)}`
    assert.equal(withoutSecrets(`sent ${bot} away`), 'sent [token] away')
    assert.equal(
      withoutSecrets('PATCH /webhooks/1/aW50ZXJ.a-b/messages/@original'),
      'PATCH /webhooks/1/[token]/messages/@original',
    )
    assert.equal(
      withoutSecrets('POST /interactions/1/abc/callback'),
      'POST /interactions/1/[token]/callback',
    )
    assert.equal(withoutSecrets('see (https://a.b/c?d) there'), 'see ([link]) there')
    assert.equal(withoutSecrets('HF_TOKEN=hf_aBc123, or "hf_x"'), 'HF_TOKEN=[token], or "[token]"')
    assert.equal(
      withoutSecrets('{"authorization":"Bearer a.b-c/d=="} bearer  xyz'),
      '{"authorization":"Bearer [token]"} bearer [token]',
    )
    assert.equal(withoutSecrets('the bearer, of elf_x'), 'the bearer, of elf_x')
  })
})
