import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EN } from '../../commands/i18n/en.ts'
import { choices, described, localized, named } from '../../commands/i18n/localized.ts'
import { ZH } from '../../commands/i18n/zh.ts'

describe('localized', () => {
  it('gives the name and description of a command in every language', () => {
    assert.deepEqual(localized('commands.help'), {
      name: EN.commands.help.name,
      name_localizations: { 'zh-CN': ZH.commands.help.name },
      description: EN.commands.help.description,
      description_localizations: { 'zh-CN': ZH.commands.help.description },
    })
  })

  it('refuses a key that has no name and description, at the type check', () => {
    // @ts-expect-error -- commands.help.name is a text itself
    assert.throws(() => localized('commands.help.name'), TypeError)
  })
})

describe('named and described', () => {
  it('give one text', () => {
    assert.deepEqual(named('commands.askMenu'), {
      name: EN.commands.askMenu,
      name_localizations: { 'zh-CN': ZH.commands.askMenu },
    })
    assert.deepEqual(described('commands.ask.question'), {
      description: EN.commands.ask.question,
      description_localizations: { 'zh-CN': ZH.commands.ask.question },
    })
  })

  it('refuse a key that is not a text, at the type check', () => {
    // @ts-expect-error -- there is no such key
    assert.throws(() => named('commands.ask.nothing'), /commands\.ask\.nothing/)
    // @ts-expect-error -- a part of the catalog is not a text
    assert.throws(() => described('commands.ask'), TypeError)
  })
})

describe('choices', () => {
  it('gives each value its text', () => {
    const { styles } = EN.commands.describe
    const given = choices(['caption', 'alt'], 'commands.describe.styles')
    assert.deepEqual(
      given.map(({ name, value }) => [name, value]),
      [
        [styles.caption, 'caption'],
        [styles.alt, 'alt'],
      ],
    )
  })

  it('refuses a value without a text, at the type check', () => {
    // @ts-expect-error -- there is no such style
    assert.throws(() => choices(['caption', 'loud'], 'commands.describe.styles'), TypeError)
  })
})
