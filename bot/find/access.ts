/** What a person may find, asked once for each channel. */

import type { GuildSettings } from '../../commands/guild-settings.ts'
import { mayPointAt, type Viewer } from '../discord/picture-access.ts'
import { isSearchable } from './channels.ts'

export class Access {
  readonly #viewer: Viewer
  readonly #settings: Pick<GuildSettings, 'searchChannels'>
  readonly #channels = new Map<string, Promise<boolean>>()

  constructor(viewer: Viewer, settings: Pick<GuildSettings, 'searchChannels'>) {
    this.#viewer = viewer
    this.#settings = settings
  }

  /** Whether there is anything to search in. @param everywhere in the server; else: in the channel. */
  async isSearchable(everywhere: boolean): Promise<boolean> {
    const { client, place } = this.#viewer
    return everywhere
      ? this.#settings.searchChannels.length > 0
      : isSearchable(client, this.#settings, place.channelId)
  }

  /** Whether the person may find pictures of a channel. */
  mayFind(channelId: string): Promise<boolean> {
    const known = this.#channels.get(channelId) ?? this.#mayFind(channelId)
    this.#channels.set(channelId, known)
    return known
  }

  /** Those of some channels that the person may find pictures of. @param only null: any of them. */
  async among(channelIds: readonly string[], only: string | null): Promise<string[]> {
    const some: string[] = []
    for (const id of channelIds) {
      if ((only === null || id === only) && (await this.mayFind(id))) {
        some.push(id)
      }
    }
    return some
  }

  async #mayFind(channelId: string): Promise<boolean> {
    const { client } = this.#viewer
    return (
      (await isSearchable(client, this.#settings, channelId)) && mayPointAt(this.#viewer, channelId)
    )
  }
}
