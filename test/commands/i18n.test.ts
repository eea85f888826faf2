/** The catalogs, and that commands carry every language. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { helpText } from '../../commands/help.ts'
import { catalogFor } from '../../commands/i18n/catalog.ts'
import { EN } from '../../commands/i18n/en.ts'
import { ZH } from '../../commands/i18n/zh.ts'
import { COMMANDS, MENU_COMMANDS, SLASH_COMMANDS } from '../../commands/index.ts'
import { withOptionNames } from '../../commands/i18n/option-names.ts'
import { MAX_CONTENT } from '../../commands/answer-text.ts'

/** A command, or an option of one. */
type Part = {
  readonly name: string
  readonly name_localizations?: object
  readonly value?: string | number
  readonly choices?: readonly Part[]
  readonly description?: string
  readonly description_localizations?: object
  readonly options?: readonly Part[]
}

/** Characters of a text in its longest language. */
function longest(text = '', localizations: object = {}): number {
  return Math.max(...[text, ...Object.values(localizations)].map(({ length }) => length))
}

/**
 * The characters that Discord counts: names, descriptions and values, each in its longest language.
 * Source: interactions/application-commands.mdx, Slash Commands.
 */
function sizeOf(part: Part): number {
  const inner = [...(part.options ?? []), ...(part.choices ?? [])]
  return (
    longest(part.name, part.name_localizations) +
    longest(part.description, part.description_localizations) +
    String(part.value ?? '').length +
    inner.reduce((sum, one) => sum + sizeOf(one), 0)
  )
}

/** Every text of a catalog that is not a function. */
function texts(catalog: object): string[] {
  return Object.values(catalog).flatMap((value: unknown) =>
    typeof value === 'string' ? [value] : typeof value === 'object' && value ? texts(value) : [],
  )
}

type Named = { readonly name: string; readonly name_localizations?: object | null | undefined }

/** What a member of the staff alone uses; the guide of moderation names them. */
const FOR_STAFF: readonly string[] = [EN.moderation.menus.mark, EN.moderation.menus.allow]

function aboutModel(text: string, languages: readonly string[] | undefined = ['en']) {
  return { text, languages }
}

describe('/help', () => {
  it('says which languages the model understands where the reader has another one', () => {
    const note = '模型只懂英语，请用英语提问。'
    const english = helpText(catalogFor('en-US'), aboutModel('about'))
    assert.doesNotMatch(english, /understands/)
    assert.ok(helpText(ZH, aboutModel('about')).endsWith(`${note}\nabout`))
    for (const languages of [['en', 'zh'], undefined]) {
      const help = helpText(ZH, { text: 'about', languages })
      assert.doesNotMatch(help, /只懂|英语/)
      assert.doesNotMatch(ZH.modal.placeholder(languages), /英语/)
    }
    assert.match(ZH.modal.placeholder(['en']), /请用英语提问/)
    assert.match(helpText(catalogFor('en-US'), aboutModel('about', ['de'])), /German only/)
  })

  it('names every command and menu for members, and how rules are added, in both languages', () => {
    const rule = SLASH_COMMANDS.map(({ data }) => withOptionNames(data)).find(
      ({ name }) => name === 'moderation',
    )
    const group = rule?.options?.find(({ name }) => name === 'rule')
    for (const locale of ['en-US', 'zh-CN'] as const) {
      const nameOf = ({ name, name_localizations: names }: Named) =>
        (locale === 'zh-CN' && new Map(Object.entries(names ?? {})).get(locale)) || name
      const help = helpText(catalogFor(locale), aboutModel('x'.repeat(600)), {
        after: catalogFor(locale).otherModel,
      })
      const commands = SLASH_COMMANDS.filter(({ data }) => data.name !== 'help')
      const menus = MENU_COMMANDS.filter(({ data }) => !FOR_STAFF.includes(data.name))
      const names = [
        ...commands.map(({ data }) => `\`/${nameOf(data)}`),
        ...menus.map(({ data }) => nameOf(data)),
        `/${nameOf(rule!)} ${nameOf(group!)}`,
      ]
      assert.deepEqual(
        names.filter((name) => !help.includes(name)),
        [],
      )
      assert.ok(help.includes('x'.repeat(600)), 'no room for what a card says')
    }
  })

  it('leaves out the end of a long description of a model, and nothing else', () => {
    const text = catalogFor('en-US')
    const help = helpText(text, aboutModel(`It knows ${'x'.repeat(3000)}`), {
      before: 'Hello.',
      after: 'Bye.',
    })
    assert.equal(help.length, MAX_CONTENT)
    assert.ok(help.startsWith('Hello.\n\n') && help.includes('It knows xxx'))
    assert.ok(help.endsWith('…\nBye.'), help.slice(-20))
  })
})

describe('catalogFor', () => {
  it('speaks Chinese to those who use Discord in Chinese, English to all others', () => {
    assert.equal(catalogFor('zh-CN'), ZH)
    assert.equal(catalogFor('zh-TW'), ZH)
    assert.equal(catalogFor('de'), EN)
    assert.equal(catalogFor(undefined), EN)
  })

  it('has everything in Chinese', () => {
    const untranslated = texts(ZH).filter((text) => !/\p{Script=Han}/u.test(text))
    assert.deepEqual(untranslated, ['English'], 'a language’s own name stays')
  })

  it('has no space between Chinese words, whatever stands in a sentence', () => {
    const { moderationRules: rules, moderation } = ZH
    const { scores, tested, line, whatWords } = rules
    const { setup } = moderation
    const sentences = [
      line('名字', whatWords(3), scores.words(5), '只建立案例', rules.everywhere),
      line('名字', whatWords(3), scores.question(0.6), '只建立案例', rules.everywhere),
      tested.words('名字', 7, 5, true, ''),
      tested.question('名字', 0.7, 0.6, true),
      tested.match('名字', 0.7, 0.6, true),
      setup.lacks('ManageMessages', null, setup.whats.delete),
      setup.lacks('ViewChannel', '<#1>', setup.whats.see),
      setup.staff(''),
      setup.staff('<@&1>'),
    ]
    const han = '[\\p{Script=Han}，。：（）“”]'
    const stray = new RegExp(`${han} ${han}|^ | $|[（，。：] | [）（，。：]`, 'u')
    assert.deepEqual(
      sentences.filter((sentence) => stray.test(sentence)),
      [],
    )
    assert.match(sentences[0]!, /从 5 分起/)
    assert.match(sentences[1]!, /从 60% 起/)
  })
})

describe('COMMANDS', () => {
  it('have a Chinese name and description wherever they have an English one', () => {
    const check = (part: Part, path: string) => {
      // A language's own name stays, and numbers have no language.
      const isSame = part.value !== undefined && part.name === EN.commands.settings.languages.en
      const name = Object.values(part.name_localizations ?? {}).at(0)
      assert.ok(isSame || /\p{Script=Han}/u.test(String(name)), `${path} name`)
      if (part.description !== undefined) {
        assert.match(JSON.stringify(part.description_localizations), /\p{Script=Han}/u, path)
      }
      for (const one of [...(part.options ?? []), ...(part.choices ?? [])]) {
        check(one, `${path}.${one.name}`)
      }
    }
    for (const { data } of COMMANDS) {
      const part: Part = JSON.parse(JSON.stringify(data))
      check(part, data.name)
    }
  })

  it('have names that Discord takes, each once among its neighbors', () => {
    const check = (parts: readonly Part[], path: string) => {
      const names = parts.map(({ name, name_localizations: own = {} }) =>
        String(Object.values(own)[0] ?? name),
      )
      assert.deepEqual([...new Set(names)], names, path)
      for (const [i, name] of names.entries()) {
        assert.match(name, /^[-_'\p{L}\p{N}]{1,32}$/u, path)
        check(parts[i]?.options ?? [], `${path}.${name}`)
      }
    }
    for (const { data } of COMMANDS) {
      const part: Part = JSON.parse(JSON.stringify(data))
      check(part.options ?? [], data.name)
    }
  })

  it('stay within Discord’s 8,000 characters each, in the longest language', () => {
    for (const { data } of COMMANDS) {
      const part: Part = JSON.parse(JSON.stringify(data))
      assert.ok(sizeOf(part) < 8000, `${data.name}: ${sizeOf(part)}`)
    }
  })
})
