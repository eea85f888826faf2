/** `/find`: pictures by the words in them. Only who asks sees the answer. */

import { type ChatInputCommandInteraction, time } from 'discord.js'
import { plainText, quoted } from '../../commands/answer-text.ts'
import type { FindService } from '../../commands/command.ts'
import type { Catalog } from '../../commands/i18n/words.ts'
import { InputError } from '../../config/errors.ts'
import { mayPointAt, type Viewer, viewerOf } from '../discord/picture-access.ts'
import { messageLink, placeOf, prefixOf } from '../discord/place.ts'
import type { GuildSettingsStore } from '../memory/guild-settings.ts'
import type { Collection } from '../store/types.ts'
import { isSearchable } from './channels.ts'
import { postedAt, type SearchablePicture } from './searchable.ts'
import { type Hit, search } from './search.ts'
import { wordScorer } from './word-scorer.ts'

const MAX_HITS = 8
/** Of what is shown of one picture, in UTF-16 units, before escaping. */
const MAX_EXCERPT = 90

type Deps = {
  readonly searchable: Collection<SearchablePicture>
  readonly settings: GuildSettingsStore
}

export function findService({ searchable, settings }: Deps): FindService {
  return {
    answer: async (interaction, { words, everywhere }, text) => {
      const { guildId } = interaction
      if (guildId === null) {
        throw new InputError('place/server-only')
      }
      const scorer = wordScorer(words)
      if (scorer === null) {
        throw new InputError('find/no-words')
      }
      const viewer = viewerOf(interaction)
      const access = new Access(viewer, await settings.of(guildId))
      if (!(await access.isSearchable(everywhere, interaction))) {
        throw new InputError('find/not-searchable', { everywhere })
      }
      const prefix = everywhere ? `${guildId}/` : prefixOf(placeOf(interaction))
      const visible = visibleTo(access, searchable.entries(prefix))
      const { hits, count } = await search(visible, [scorer], MAX_HITS)
      return answerOf(hits, { count, words, text })
    },
  }
}

/** What a person may find, asked once for each channel. */
class Access {
  readonly #viewer: Viewer
  readonly #settings: Awaited<ReturnType<GuildSettingsStore['of']>>
  readonly #channels = new Map<string, Promise<boolean>>()

  constructor(viewer: Viewer, settings: Awaited<ReturnType<GuildSettingsStore['of']>>) {
    this.#viewer = viewer
    this.#settings = settings
  }

  /** Whether there is anything to search in. */
  async isSearchable(
    everywhere: boolean,
    { channelId }: ChatInputCommandInteraction,
  ): Promise<boolean> {
    return everywhere
      ? this.#settings.searchChannels.length > 0
      : isSearchable(this.#viewer.client, this.#settings, channelId)
  }

  /** Whether the person may find pictures of a channel. */
  mayFind(channelId: string): Promise<boolean> {
    const known = this.#channels.get(channelId) ?? this.#mayFind(channelId)
    this.#channels.set(channelId, known)
    return known
  }

  async #mayFind(channelId: string): Promise<boolean> {
    const { client } = this.#viewer
    return (
      (await isSearchable(client, this.#settings, channelId)) && mayPointAt(this.#viewer, channelId)
    )
  }
}

async function* visibleTo(
  access: Access,
  entries: AsyncIterable<[key: string, picture: SearchablePicture]>,
): AsyncGenerator<[key: string, picture: SearchablePicture], void> {
  for await (const entry of entries) {
    if (await access.mayFind(postedAt(entry[0]).place.channelId)) {
      yield entry
    }
  }
}

function answerOf(
  hits: readonly Hit[],
  {
    count,
    words,
    text,
  }: { readonly count: number; readonly words: string; readonly text: Catalog },
): string {
  const { find } = text
  const query = quoted(words, 100)
  if (hits.length === 0) {
    return find.none(query)
  }
  const lines = hits.flatMap(({ key, picture, excerpt }, index) => {
    const { place, messageId } = postedAt(key)
    const shown = quoted(plainText(excerpt()), MAX_EXCERPT)
    const when = time(Math.floor(picture.at / 1000), 'R')
    return [
      `**${index + 1}.** ${messageLink(place, messageId)} ${when} <@${picture.author}>`,
      `> ${picture.spoiler ? `||${shown}||` : shown}`,
    ]
  })
  const more = count > hits.length ? [`-# ${find.more(count - hits.length)}`] : []
  return [find.found(count, query), ...lines, ...more].join('\n')
}
