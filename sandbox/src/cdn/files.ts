/**
 * The files that the CDN keeps in memory, and their description in the API.
 *
 * Every message read from the API has new links; `file-links.ts` signs them, `cdn/file-server.ts`
 * serves them.
 */

import type { Upload } from '../protocol/body.ts'
import { extname } from 'node:path'
import type { Clock } from '../protocol/clock.ts'
import { FileLinks } from './file-links.ts'

/** How long a file of a command is kept, in milliseconds; its interaction token lives 15 min. */
const EPHEMERAL_LIFE_MS = 60 * 60 * 1000

/** Attachment flag of a spoiler. */
const IS_SPOILER = 1 << 3

/** The folder of pictures that Discord would have fetched from elsewhere, for previews of links. */
const EXTERNAL = '/external/'

/** Discord derives the content type from the file name. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.bmp': 'image/bmp',
  '.csv': 'text/csv; charset=utf-8',
  '.flac': 'audio/flac',
  '.gif': 'image/gif',
  '.heic': 'image/heic',
  '.heif': 'image/heif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/vnd.microsoft.icon',
  '.jfif': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json; charset=utf-8',
  '.m4a': 'audio/mp4',
  '.mkv': 'video/x-matroska',
  '.mov': 'video/quicktime',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.ogg': 'audio/ogg',
  '.opus': 'audio/opus',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.psd': 'image/vnd.adobe.photoshop',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.txt': 'text/plain; charset=utf-8',
  '.wav': 'audio/x-wav',
  '.webm': 'video/webm',
  '.webp': 'image/webp',
  '.zip': 'application/zip',
}

/** A file the CDN keeps. */
export type StoredFile = {
  readonly id: string
  /** The folder of its link, channel or application id included. */
  readonly folder: string
  readonly name: string
  readonly bytes: Uint8Array
  readonly contentType: string | undefined
  readonly width: number | undefined
  readonly height: number | undefined
  readonly description: string | undefined
  readonly spoiler: boolean
  /** Set for audio: its length in seconds, and the waveform of a voice message. */
  readonly durationS?: number | undefined
  readonly waveform?: string | undefined
}

type MediaFields = Pick<StoredFile, 'contentType' | 'width' | 'height'> & {
  readonly path: string
}

/** Callbacks for stored and deleted files. */
export type FileWatcher = {
  readonly kept: (file: StoredFile) => void
  readonly removed: (file: StoredFile) => void
}

/** Stores the files; deletes the oldest beyond `keptBytes`. */
export class Cdn {
  /** The origin of the links; set once the server listens. */
  origin = ''
  /** Maximum total size of all files in bytes, to limit memory. Discord keeps all. */
  keptBytes = 512 * 1024 * 1024
  readonly #clock: Clock
  readonly #files = new Map<string, StoredFile>()
  readonly #links: FileLinks
  readonly #watchers = new Set<FileWatcher>()
  #bytes = 0

  /** @param secret signs the links; with the same one they survive a restart. */
  constructor(clock: Clock, secret?: Buffer) {
    this.#clock = clock
    this.#links = new FileLinks(clock, secret)
  }

  /** The current signing secret. */
  get secret(): Buffer {
    return this.#links.secret
  }

  /** Watches for stored and deleted files; the returned function stops it. */
  watch(watcher: FileWatcher): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Stores a file under `folder`, for example `attachments/CHANNEL`. */
  async add(id: string, folder: string, upload: Upload): Promise<StoredFile> {
    const name = cleanName(upload.name)
    const contentType = contentTypeOf(name)
    const isAudio = contentType?.startsWith('audio/')
    const size = contentType?.startsWith('image/') ? await imageSize(upload.bytes) : undefined
    const file: StoredFile = {
      id,
      folder,
      name,
      bytes: upload.bytes,
      contentType,
      width: size?.width,
      height: size?.height,
      description: upload.description,
      spoiler: (upload.spoiler ?? false) || name.startsWith('SPOILER_'),
      ...(isAudio ? { durationS: upload.durationS, waveform: upload.waveform } : {}),
    }
    this.keep(file)
    return file
  }

  /** Stores an existing file; replaces one with the same path. */
  keep(file: StoredFile): void {
    this.remove(file)
    this.#files.set(pathOf(file), file)
    this.#bytes += file.bytes.length
    for (const watcher of this.#watchers) {
      watcher.kept(file)
    }
    for (const oldest of this.#files.values()) {
      if (this.#bytes <= this.keptBytes || oldest === file) {
        break
      }
      this.remove(oldest)
    }
    // No message refers to a command's file, so it expires with its interaction.
    if (isEphemeral(file)) {
      this.#clock.after(EPHEMERAL_LIFE_MS, () => this.remove(file))
    }
  }

  /** Deletes a file; its links return 404 from then on. */
  remove(file: StoredFile): void {
    const existing = this.#files.get(pathOf(file))
    if (!existing) {
      return
    }
    this.#files.delete(pathOf(file))
    this.#bytes -= existing.bytes.length
    for (const watcher of this.#watchers) {
      watcher.removed(existing)
    }
  }

  /**
   * The file at that path, if the query's signature is right and has not expired. The links of
   * pictures from elsewhere are not signed and do not expire.
   */
  find(path: string, query: URLSearchParams): StoredFile | undefined {
    const isValid = path.startsWith(EXTERNAL) || this.#links.isValid(path, query)
    return isValid ? this.#files.get(path) : undefined
  }

  /** The file that a link of this CDN shows now; undefined for other links. */
  at(url: string): StoredFile | undefined {
    const { origin, pathname = '', searchParams } = URL.parse(url) ?? {}
    const [, path] = /^\/(?:cdn|media)(\/.+)$/.exec(pathname) ?? []
    if (origin !== this.origin || path === undefined || !searchParams) {
      return undefined
    }
    return this.find(path, searchParams)
  }

  /** The attachment object of the API, with a new link. */
  describe(file: StoredFile): object {
    return {
      id: file.id,
      filename: file.name,
      size: file.bytes.length,
      ...this.media(file),
      ...(file.description === undefined ? {} : { description: file.description }),
      ...(file.spoiler ? { flags: IS_SPOILER } : {}),
      ...(file.durationS === undefined ? {} : { duration_secs: file.durationS }),
      ...(file.waveform === undefined ? {} : { waveform: file.waveform }),
      ...(isEphemeral(file) ? { ephemeral: true } : {}),
    }
  }

  /** The media object of embeds and components: new links, size and type. */
  media(file: StoredFile) {
    return this.mediaAt({ ...file, path: pathOf(file) })
  }

  /** The media object of a picture by its path; of one from elsewhere, `source` is its link. */
  mediaAt({ path, contentType, width, height }: MediaFields, source = '') {
    const isExternal = path.startsWith(EXTERNAL)
    const link = isExternal ? path : this.#links.sign(path)
    return {
      url: isExternal ? source : `${this.origin}/cdn${link}`,
      proxy_url: `${this.origin}/media${link}`,
      ...(contentType === undefined ? {} : { content_type: contentType }),
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
    }
  }

  /**
   * A new link for one of this CDN, even if its signature has expired or its port is that of an
   * earlier start; null for other links.
   */
  refresh(url: string): string | null {
    if (!URL.canParse(url)) {
      return null
    }
    const { hostname, pathname } = new URL(url)
    const [, folder, path = ''] = /^\/(cdn|media)(\/.+)$/.exec(pathname) ?? []
    if (hostname !== new URL(this.origin).hostname || folder === undefined) {
      return null
    }
    return `${this.origin}/${folder}${this.#links.sign(path)}`
  }

  /** Invalidates every link issued so far; `onUse` is called when one of them is requested. */
  expireLinks(onUse: () => void): void {
    this.#links.expireAll(onUse)
  }
}

/** The content type of a file of that name; undefined for an unknown ending. */
export function contentTypeOf(name: string): string | undefined {
  return CONTENT_TYPES[extname(name).toLowerCase()]
}

/** The path of the file's links. */
export function pathOf(file: StoredFile): string {
  return `/${file.folder}/${file.id}/${file.name}`
}

function isEphemeral(file: StoredFile): boolean {
  return file.folder.startsWith('ephemeral')
}

/** Discord keeps letters, digits, `_`, `-` and `.` of a file's name. */
function cleanName(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? ''
  const clean = base.replaceAll(/\s+/g, '_').replaceAll(/[^\w.-]/g, '')
  return clean.replace(/^\.+/, '') || 'unknown'
}

type Size = { readonly width: number; readonly height: number }

async function imageSize(bytes: Uint8Array): Promise<Size | undefined> {
  // Loaded at the first upload, so that the server starts faster.
  const { default: sharp } = await import('sharp')
  try {
    const { format, width, height } = await sharp(bytes).metadata()
    return format === 'svg' ? undefined : { width, height }
  } catch {
    return undefined // Not a picture despite its name: Discord has no size for it either.
  }
}
