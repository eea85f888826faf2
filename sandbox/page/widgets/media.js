/**
 * Pictures and files of a message: shown, hidden as spoilers, enlarged.
 *
 * @import { Attachment, Media, StickerItem } from '../types.d.ts'
 */

import { enlarge } from './dialogs.js'
import { h } from './dom.js'
import { icon } from './icons.js'
import { words } from '../language/language.js'
import { SPOILER } from '../state/constants.js'

/** The pictures that are shown in a message. */
const SHOWN_TYPES = ['png', 'jpeg', 'gif', 'webp', 'avif', 'bmp'].map((name) => `image/${name}`)

/** A sticker's file by its format, but for Lottie, which browsers cannot draw. */
const STICKER_ENDINGS = new Map([
  [1, 'png'],
  [2, 'png'],
  [4, 'gif'],
])

/** Longest side of a single picture, in CSS pixels. */
const LARGEST = 400

/** Shortest side of a strip, as in pictures.css. */
const SMALLEST = 16

/**
 * The URL of a sandbox file on the page's own origin; null if the file is elsewhere.
 *
 * @param {string} address
 * @returns {string | null}
 */
export function local(address) {
  if (!URL.canParse(address)) {
    return null
  }
  const { pathname, search, hostname } = new URL(address)
  const here = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
  return here && /^\/(cdn|media|ephemeral-attachments|attachments)\//.test(pathname)
    ? pathname + search
    : null
}

/** A sticker; one in Lottie is named only. */
export function drawSticker(/** @type {StickerItem} */ { id, name, format_type: format }) {
  const ending = STICKER_ENDINGS.get(format)
  if (ending === undefined) {
    return h('p', { class: 'quiet-text' }, name)
  }
  return h('img', { class: 'sticker', alt: name, title: name, src: `/stickers/${id}.${ending}` })
}

/** The files of a message: pictures as a mosaic, others one below the other. */
export function drawAttachments(/** @type {readonly Attachment[]} */ files) {
  const pictures = files.filter(isPicture)
  const others = files.filter((file) => !pictures.includes(file))
  return [
    ...(pictures.length > 0 ? [mosaic(pictures.map(pictureOf))] : []),
    ...others.map((file) =>
      drawFile(file.filename, file.size, file.url, ((file.flags ?? 0) & SPOILER) !== 0),
    ),
  ]
}

/** Whether files of that type are shown as pictures: not an SVG, nor what browsers cannot draw. */
export function isPictureType(/** @type {string} */ type) {
  return SHOWN_TYPES.includes(type)
}

/** Whether a file is shown as a picture: it also has a size that Discord could read. */
export function isPicture(/** @type {Attachment} */ { content_type: type, width }) {
  return isPictureType(type ?? '') && Boolean(width)
}

function pictureOf(/** @type {Attachment} */ file) {
  return {
    url: file.url,
    alt: file.description || words().picture(file.filename),
    described: Boolean(file.description),
    width: file.width,
    height: file.height,
    spoiler: ((file.flags ?? 0) & SPOILER) !== 0 || file.filename.startsWith('SPOILER_'),
  }
}

/** @typedef {{ url: string, alt: string, described: boolean, width?: number | null | undefined, height?: number | null | undefined, spoiler: boolean }} Picture */

/** Pictures next to each other. */
export function mosaic(/** @type {readonly Picture[]} */ pictures) {
  return h(
    'div',
    { class: `mosaic of-${Math.min(pictures.length, 5)}` },
    ...pictures.map((picture) => drawPicture(picture, pictures.length === 1)),
  )
}

/** One picture; a click enlarges it, or first reveals a spoiler. */
export function drawPicture(/** @type {Picture} */ picture, alone = true) {
  const src = local(picture.url)
  if (src === null) {
    return h('p', { class: 'elsewhere' }, words().elsewhere, ' ', picture.url)
  }
  const image = h('img', { alt: picture.alt, loading: 'lazy', decoding: 'async' })
  size(image, picture, alone)
  image.src = src
  const button = h(
    'button',
    { type: 'button', class: 'picture', 'aria-label': words().enlarge(picture.alt) },
    image,
    picture.described &&
      h('span', { class: 'alt-badge', title: picture.alt, 'aria-hidden': 'true' }, 'ALT'),
  )
  if (!picture.spoiler) {
    button.addEventListener('click', () => enlarge(src, picture.alt))
    return button
  }
  cover(button, picture.alt, () => enlarge(src, picture.alt))
  return button
}

/** Covers a spoiler, including its alt text, which would reveal the content. */
function cover(
  /** @type {HTMLButtonElement} */ button,
  /** @type {string} */ alt,
  /** @type {() => void} */ then,
) {
  const { revealSpoiler, spoiler } = words()
  button.classList.add('covered')
  button.setAttribute('aria-label', revealSpoiler)
  button.append(h('span', { class: 'cover-label', 'aria-hidden': 'true' }, spoiler))
  button.addEventListener('click', () => {
    if (!button.classList.contains('covered')) {
      return then()
    }
    button.classList.remove('covered')
    button.setAttribute('aria-label', words().enlarge(alt))
    button.querySelector('.cover-label')?.remove()
  })
}

/** Reserves the picture's space before it loads, so that the layout does not shift. */
function size(
  /** @type {HTMLImageElement} */ image,
  /** @type {Picture} */ picture,
  /** @type {boolean} */ alone,
) {
  const { width, height } = picture
  if (!alone || !width || !height) {
    return
  }
  const scale = Math.min(1, LARGEST / width, (LARGEST * 0.9) / height)
  image.width = Math.max(SMALLEST, Math.round(width * scale))
  image.height = Math.max(SMALLEST, Math.round(height * scale))
}

/** A file to download. */
export function drawFile(
  /** @type {string} */ name,
  /** @type {number} */ bytes,
  /** @type {string} */ url,
  spoiler = false,
) {
  const href = local(url)
  const link = h(
    'a',
    { class: 'file-name', href, download: name, 'aria-label': words().download(name) },
    name,
  )
  const card = h(
    'div',
    { class: 'file-card' },
    icon('file'),
    h('div', {}, link, h('div', { class: 'quiet-text' }, formatBytes(bytes))),
  )
  if (!spoiler) {
    return card
  }
  const wrap = h('button', {
    type: 'button',
    class: 'picture covered',
    'aria-label': words().revealSpoiler,
  })
  const inner = h('div', { inert: true }, card)
  wrap.append(inner, h('span', { class: 'cover-label', 'aria-hidden': 'true' }, words().spoiler))
  wrap.addEventListener('click', () => wrap.replaceWith(card))
  return wrap
}

/** `3.4 KB` and the like. */
export function formatBytes(/** @type {number} */ bytes) {
  if (bytes < 1024) {
    return `${bytes} B`
  }
  const kilobytes = bytes / 1024
  return kilobytes < 1024 ? `${kilobytes.toFixed(1)} KB` : `${(kilobytes / 1024).toFixed(2)} MB`
}

/** A medium of an embed or a component, as a picture. */
export function pictureOfMedia(
  /** @type {Media} */ media,
  /** @type {string | null | undefined} */ description,
  spoiler = false,
) {
  const name = URL.canParse(media.url) ? (new URL(media.url).pathname.split('/').at(-1) ?? '') : ''
  const proxied = media.proxy_url && local(media.proxy_url) ? media.proxy_url : media.url
  return {
    url: proxied,
    alt: description || words().picture(name),
    described: Boolean(description),
    width: media.width,
    height: media.height,
    spoiler,
  }
}
