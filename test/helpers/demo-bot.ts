/** The whole bot with the demo model on the loopback Discord, and readers of its answers. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type APIMessage, ComponentType } from 'discord.js'
import type { DestinationStream } from 'pino'
import { z } from 'zod'
import { EN } from '../../commands/i18n/en.ts'
import type { Member } from 'loopback-discord/client'
import type { MemberOptions } from 'loopback-discord/member-connection'
import type { Sandbox } from 'loopback-discord'
import { createLog } from '../../bot/operations/logs.ts'
import { type Bot, startBot } from '../../bot/start.ts'
import { readConfig } from '../../config/config.ts'
import type { Model } from '../../inference/contract/types.ts'
import { DEMO_SETTINGS, openDemoModel } from './shared-model.ts'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'
import { connectMember } from './members.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')

/** A bot and the people around it. */
export type DemoBot = {
  readonly bot: Bot
  readonly sandbox: Sandbox
  readonly join: (name: string, options?: MemberOptions) => Promise<Member>
  readonly close: () => Promise<void>
}

/** With these settings alone, a bot shares its model with others. */
const SHARING: readonly string[] = ['SIGHTSEER_STORE', 'LOG_LEVEL']

/**
 * Starts the bot on a new watched sandbox, or on `existing`, by default with a store in memory.
 *
 * @param env settings. With any but those of the store and the log, also `SIGHTSEER_MODEL=demo`, the bot
 *   opens a model of its own; otherwise the bots of a process share one.
 * @param log gets the lines of its log; default stderr.
 * @param model an open model, which the bot does not close.
 */
export async function startDemoBot(
  env: Readonly<Record<string, string>> = {},
  existing?: Sandbox,
  log?: DestinationStream,
  model?: Model,
): Promise<DemoBot> {
  // Tests send more messages in five seconds than people do; they would wait most of the time.
  const sandbox = existing ?? (await startWatchedSandbox({ rateLimits: 'off' }))
  const settings = {
    DISCORD_TOKEN: sandbox.token,
    DISCORD_API: sandbox.api,
    ...DEMO_SETTINGS,
    ...env,
  }
  const isShared = model === undefined && Object.keys(env).every((name) => SHARING.includes(name))
  const shared = isShared ? await openDemoModel() : undefined
  const config = readConfig(settings)
  const logged = createLog({ level: config.logLevel, ...(log && { stream: log }) })
  const bot = await startBot(config, logged, model ?? shared)
  const members: Member[] = []
  return {
    bot,
    sandbox,
    join: async (name, options) => {
      const member = await connectMember(sandbox.url, name, options)
      members.push(member)
      return member
    },
    close: async () => {
      for (const member of members) {
        member.close()
      }
      await bot.close()
      await shared?.close()
      if (!existing) {
        await sandbox.close()
      }
    },
  }
}

/** A bot with two members in one channel. */
export type PeopledBot = {
  readonly demo: DemoBot
  readonly ada: Member
  readonly lin: Member
  /** The mention of the bot, as a message has it. */
  readonly mention: string
}

/** Starts the bot, and two members who may ask it. */
export async function startPeopledBot(): Promise<PeopledBot> {
  const demo = await startDemoBot()
  const [ada, lin] = [await demo.join('ada'), await demo.join('lin')]
  return { demo, ada, lin, mention: `<@${demo.bot.client.user.id}>` }
}

/** A scene that the demo model knows: yellow star, red circle, blue square, purple heart. */
export function scene(name = 'scene.png') {
  return { name, bytes: file('docs', 'scene.png') }
}

/** Two large red hearts and a small white one. */
export function hearts(name = 'hearts.webp') {
  return { name, bytes: file('sandbox', 'samples', 'hearts.webp') }
}

/** A large green triangle. */
export function triangle(name = 'triangle.webp') {
  return { name, bytes: file('sandbox', 'samples', 'lone-triangle.webp') }
}

/** A photograph of a cat, which the demo model does not know. */
export function photograph(name = 'cat.webp') {
  return { name, bytes: file('test', 'fixtures', 'photographs', 'cat.webp') }
}

function file(...parts: string[]): Uint8Array {
  return new Uint8Array(readFileSync(path.join(ROOT, ...parts)))
}

/** A button as it is shown. */
export type Shown = { readonly label: string; readonly id: string; readonly disabled: boolean }

/** The buttons below a message, in order. */
export function buttonsOf(message: APIMessage): Shown[] {
  return (message.components ?? []).flatMap((row) =>
    row.type === ComponentType.ActionRow
      ? row.components.flatMap((part) =>
          part.type === ComponentType.Button && 'custom_id' in part
            ? [{ label: part.label ?? '', id: part.custom_id, disabled: part.disabled ?? false }]
            : [],
        )
      : [],
  )
}

/** The id of the button with that label. */
export function button(message: APIMessage, label: string): string {
  const button = buttonsOf(message).find((shown) => shown.label === label)
  assert.ok(
    button,
    `no button ${label} among ${buttonsOf(message)
      .map((b) => b.label)
      .join(', ')}`,
  )
  return button.id
}

/** The suggested questions. */
export function suggestionsOf(message: APIMessage): Shown[] {
  return buttonsOf(message).filter(({ id }) => id.includes(':question:'))
}

/** An answer once it has its suggestions: where the model is slow they come after the answer. */
export async function withSuggestions(member: Member, answer: APIMessage): Promise<APIMessage> {
  const { message } = await member.until(
    (event) => event.message?.id === answer.id && suggestionsOf(event.message).length > 0,
  )
  return message!
}

/**
 * Posts the pictures of an answer with alternative text, through its form.
 *
 * @param text of the first picture; absent: what the form suggests.
 * @returns the interaction's id.
 */
export async function postWithAltText(
  member: Member,
  answer: APIMessage,
  text?: string,
): Promise<string> {
  const modal = await member.modal(await member.press(answer, button(answer, EN.buttons.repost)))
  const suggested = Object.fromEntries(
    textInputs(modal.components).map((one) => [one.id, one.value]),
  )
  return member.submit(modal, { ...suggested, ...(text !== undefined && { text0: text }) })
}

/** The text inputs of a form, with what they suggest. */
export function textInputs(components: readonly unknown[] = []) {
  const labels = z.array(
    z.object({ component: z.object({ custom_id: z.string(), value: z.string().default('') }) }),
  )
  return labels
    .parse(components)
    .map(({ component }) => ({ id: component.custom_id, value: component.value }))
}

/** Uses `/privacy delete` and confirms it. @returns the answer. */
export async function deletePrivacy(member: Member): Promise<APIMessage> {
  const asked = await member.slash('privacy delete')
  const [confirm] = buttonsOf(asked)
  assert.ok(confirm)
  await member.press(asked, confirm.id)
  return member.changed(asked, ({ content }) => !['', asked.content].includes(content))
}
