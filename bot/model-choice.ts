/**
 * The loopback Discord's page offers every model at hand. When a person chooses another one, the bot
 * restarts with it in the same loopback Discord: nothing of the model before is left in memory, and
 * people who wait are told, as at any restart.
 */

import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { Mutex } from 'async-mutex'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { matcherBeside, MODELS_FOLDER, shownModel } from '../config/models.ts'
import { openPackage } from '../inference/package/open-package.ts'
import type { LoopbackPage } from './loopback.ts'
import { type Bot, startBot } from './start.ts'

/** The names of the packages whose models write text, in the shipped folder and in that of the settings. */
export async function modelsAtHand({
  model,
  modelsFolder,
}: Pick<Config, 'model' | 'modelsFolder'>): Promise<string[]> {
  const names = new Set([shownModel(model)])
  for (const folder of [MODELS_FOLDER, ...(modelsFolder === undefined ? [] : [modelsFolder])]) {
    const entries: string[] = await readdir(folder).catch(() => [])
    for (const name of entries.toSorted((a, b) => a.localeCompare(b))) {
      const isText = await openPackage(path.join(folder, name)).then(
        ({ card }) => card.tasks.some((task) => task === 'text'),
        () => false, // no package, or one that only matches pictures or reads them
      )
      if (isText) {
        names.add(name)
      }
    }
  }
  return [...names]
}

/** A bot that is another one once a person has chosen another model. */
export type ChoosableBot = {
  /** The one that runs now. */
  readonly bot: () => Bot
  readonly close: () => Promise<void>
}

/** Starts the bot; on the loopback Discord its page offers the models at hand. */
export async function startChoosableBot(config: Config, log: Logger): Promise<ChoosableBot> {
  if (config.discordToken !== undefined) {
    const bot = await startBot(config, log)
    return { bot: () => bot, close: () => bot.close() }
  }
  const names = await modelsAtHand(config)
  const turns = new Mutex()
  const page: LoopbackPage = { sandbox: undefined, models: null }
  let current = config.model
  let bot: Bot | undefined
  let isClosing = false

  const use = (name: string): Promise<void> => turns.runExclusive(() => change(name))
  const start = async (model: string): Promise<void> => {
    page.models = { names, current: shownModel(model), use }
    const matcher = config.isMatcherSet ? config.matcher : matcherBeside(model)
    bot = await startBot({ ...config, model, matcher }, log, undefined, page)
    current = model
  }
  const change = async (name: string): Promise<void> => {
    const before = current
    if (isClosing || name === shownModel(before)) {
      return
    }
    log.info({ model: name }, 'the bot restarts with another model')
    await bot!.close()
    try {
      await start(name === shownModel(config.model) ? config.model : name)
    } catch (error) {
      await start(before)
      throw error
    }
  }
  try {
    await start(config.model)
  } catch (error) {
    await page.sandbox?.close()
    throw error
  }
  return {
    bot: () => bot!,
    close: () => {
      isClosing = true
      return turns.runExclusive(async () => {
        await bot!.close()
        await page.sandbox!.close()
      })
    },
  }
}
