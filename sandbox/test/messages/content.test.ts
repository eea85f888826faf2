/** What a message's content says about links and code. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { linksIn, withoutCode } from '../../src/messages/content.ts'

const LINK = 'https://example.com/cat.png'

describe('linksIn', () => {
  it('finds links among punctuation, in masked links and in spoilers, each once', () => {
    for (const text of [
      LINK,
      `(see ${LINK}).`,
      `**${LINK}**`,
      `[a cat](${LINK})`,
      `||${LINK}||`,
      `"${LINK}", ${LINK}`,
      `> ${LINK}`,
    ]) {
      assert.deepEqual(linksIn(text), [LINK], text)
    }
  })

  it('leaves out those that are to have no preview, and what is no link', () => {
    for (const text of [
      `<${LINK}>`,
      `[a cat](<${LINK}>)`,
      `\`${LINK}\``,
      'https://',
      'ftp://example.com/a',
    ]) {
      assert.deepEqual(linksIn(text), [], text)
    }
  })

  it('keeps brackets and queries that belong to a link', () => {
    const links = ['https://example.com/a_(b)', 'https://example.com/?q=a,b&c=d#e']
    assert.deepEqual(linksIn(links.join(' ')), links)
  })
})

describe('withoutCode', () => {
  it('takes out blocks and spans, and nothing else', () => {
    assert.equal(withoutCode('a `b` c'), 'a   c')
    assert.equal(withoutCode('a ``b ` c`` d'), 'a   d')
    assert.equal(withoutCode('a\n```js\nb\n```\nc'), 'a\n \nc')
    for (const text of ['a ` b', 'a ``` b', '\\`a\\`', '`` a `']) {
      assert.equal(withoutCode(text), text)
    }
  })
})
