/** `/find`: pictures by the words in them, and by what they show. Only who asks sees the answer. */

import type { ButtonInteraction, Client } from 'discord.js'
import type { FindService } from '../../commands/command.ts'
import type { Catalog } from '../../commands/i18n/words.ts'
import { InputError } from '../../config/errors.ts'
import type { Model } from '../../inference/contract/types.ts'
import { readFindCustomId } from '../discord/custom-id.ts'
import { viewerOf } from '../discord/picture-access.ts'
import type { GuildSettingsStore } from '../memory/guild-settings.ts'
import type { Pictures } from '../pictures/pictures.ts'
import { Access } from './access.ts'
import { FindPages } from './find-pages.ts'
import { together } from './found.ts'
import { MeaningSearch } from './meaning-search.ts'
import type { SearchableRecords } from './searchable-records.ts'
import { spaceOf } from './picture-vectors.ts'
import { wordScorer } from './word-scorer.ts'
import { searchWords } from './word-search.ts'

/** Pictures that are shown in pages; the others are counted. */
const MAX_HITS = 50

type Deps = {
  readonly client: Client
  readonly model: Pick<Model, 'matcher' | 'embedText' | 'match'>
  readonly pictures: Pictures
  readonly searchable: SearchableRecords
  readonly settings: GuildSettingsStore
}

export class Find implements FindService {
  readonly #deps: Deps
  readonly #meaning: MeaningSearch
  readonly #pages: FindPages

  constructor(deps: Deps) {
    this.#deps = deps
    this.#meaning = new MeaningSearch(deps)
    this.#pages = new FindPages(deps)
  }

  /** Whether a button is one of these. */
  owns(customId: string): boolean {
    return readFindCustomId(customId) !== null
  }

  readonly answer: FindService['answer'] = async (interaction, { words, everywhere }, text) => {
    const { guildId, channelId, user } = interaction
    const { model, searchable, settings } = this.#deps
    if (guildId === null) {
      throw new InputError('place/server-only')
    }
    const scorer = wordScorer(words)
    if (scorer === null) {
      throw new InputError('find/no-words')
    }
    const access = new Access(viewerOf(interaction), await settings.of(guildId))
    if (!(await access.isSearchable(everywhere))) {
      throw new InputError('find/not-searchable', { everywhere })
    }
    const where = { guildId, channelId: everywhere ? null : channelId, access }
    const space = model.matcher && spaceOf(model.matcher)
    const parts = searchable.loaded.partsOf(guildId, space)
    const byWords = await searchWords(parts, { scorer, most: MAX_HITS, ...where })
    const byMeaning = await this.#meaning.search({ words, ...where, userId: user.id })
    const hits = together(byWords.hits, byMeaning.hits)
    const found = {
      userId: user.id,
      words,
      hits: hits.slice(0, MAX_HITS),
      count: byWords.count + hits.length - byWords.hits.length,
      no: byMeaning.no,
      unseen: byMeaning.unseen,
    }
    return this.#pages.first(found, access, text)
  }

  /** A button below an answer was pressed. @returns the message with that page. */
  async page(interaction: ButtonInteraction, text: Catalog) {
    const settings = await this.#deps.settings.of(interaction.guildId)
    return this.#pages.pressed(interaction, new Access(viewerOf(interaction), settings), text)
  }
}
