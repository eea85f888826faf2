/**
 * What the links in messages lead to. The sandbox never fetches anything: it knows the links that
 * a test or the page registered, its own sample pictures, and the files of its CDN.
 *
 * Discord previews a link some hundred milliseconds after its message, and one that it previewed
 * before at once: github.com/discord/discord-api-docs, issue 5406.
 */

import type { Clock } from '../protocol/clock.ts'
import type { Upload } from '../protocol/body.ts'
import { pathOf } from '../cdn/files.ts'
import type { Cdn, StoredFile } from '../cdn/files.ts'

/** Time until a message gets the previews of its links, in milliseconds. */
const DEFAULT_DELAY_MS = 400

/** How long a preview stays in the cache, in milliseconds. Discord does not document it. */
const CACHE_LIFE_MS = 30 * 60 * 1000

/** What a link shows, as a test or the page registers it. */
export type LinkContents = {
  /** Default: `image` with one picture and no text, or else `article`. */
  readonly type?: LinkPreview['type']
  readonly title?: string | undefined
  readonly description?: string | undefined
  /** Name of the site. */
  readonly provider?: string | undefined
  /** With several, the preview is one embed for each, as that of a post with four pictures. */
  readonly pictures?: readonly Upload[]
}

/** A picture of a preview. Sides in pixels. */
export type PreviewPicture = {
  /** Its path on the CDN. */
  readonly path: string
  readonly width: number | undefined
  readonly height: number | undefined
  readonly contentType: string | undefined
}

/** The preview of a link in a message. */
export type LinkPreview = {
  /** The link as the message has it. */
  readonly url: string
  /** An `image` is the link itself, an `article` has a thumbnail, a `rich` preview a large picture. */
  readonly type: 'image' | 'article' | 'rich'
  readonly title: string | undefined
  readonly description: string | undefined
  readonly provider: string | undefined
  readonly pictures: readonly PreviewPicture[]
}

type Target = Omit<LinkPreview, 'url'>

/** Reads a file of the sandbox's own pages by its path, such as `/samples/hearts.webp`. */
export type ReadOwnFile = (path: string) => Promise<Upload | undefined>

/** The known links, and the cache of previews. */
export class Links {
  /** Time until a message gets the previews of its links, in milliseconds. */
  delayMs = DEFAULT_DELAY_MS
  /** Set by the server. */
  readOwnFile: ReadOwnFile = () => Promise.resolve(undefined)
  readonly #clock: Clock
  readonly #cdn: Cdn
  readonly #nextId: () => string
  readonly #registered = new Map<string, Target>()
  /** By link: what it shows, and when that was looked up. */
  readonly #cache = new Map<string, { readonly target: Target; readonly atMs: number }>()

  constructor(clock: Clock, cdn: Cdn, nextId: () => string) {
    this.#clock = clock
    this.#cdn = cdn
    this.#nextId = nextId
  }

  /** Registers what a link shows, in place of what it showed before. */
  async register(url: string, contents: LinkContents): Promise<void> {
    const { title, description, provider, pictures = [] } = contents
    const files = await Promise.all(
      pictures.map((upload) => this.#cdn.add(this.#nextId(), 'external', upload)),
    )
    const isPicture = files.length === 1 && title === undefined && description === undefined
    const { type = isPicture ? 'image' : 'article' } = contents
    this.#registered.set(url, {
      type,
      title,
      description,
      provider,
      pictures: files.map(previewPicture),
    })
    this.#cache.delete(url)
  }

  /** The preview of a link that is in the cache; undefined for another. */
  cached(url: string): LinkPreview | undefined {
    const entry = this.#cache.get(url)
    if (!entry || entry.atMs + CACHE_LIFE_MS <= this.#clock.now()) {
      return undefined
    }
    return { url, ...entry.target }
  }

  /** Looks a link up and puts its preview into the cache. A link to nothing known has none. */
  async load(url: string): Promise<void> {
    const target = this.#registered.get(url) ?? (await this.#ownTarget(url))
    if (target) {
      this.#cache.set(url, { target, atMs: this.#clock.now() })
    }
  }

  async #ownTarget(url: string): Promise<Target | undefined> {
    const file = this.#cdn.at(url) ?? (await this.#ownFile(url))
    if (file?.width === undefined) {
      return undefined
    }
    const texts = { title: undefined, description: undefined, provider: undefined }
    return { type: 'image', ...texts, pictures: [previewPicture(file)] }
  }

  async #ownFile(url: string): Promise<StoredFile | undefined> {
    const { origin, pathname } = URL.parse(url) ?? {}
    if (origin !== this.#cdn.origin || pathname === undefined) {
      return undefined
    }
    const upload = await this.readOwnFile(pathname)
    return upload && this.#cdn.add(this.#nextId(), 'external', upload)
  }
}

function previewPicture(file: StoredFile): PreviewPicture {
  const { width, height, contentType } = file
  return { path: pathOf(file), width, height, contentType }
}
