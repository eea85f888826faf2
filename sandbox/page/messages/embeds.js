/**
 * Draws embeds.
 *
 * @import { Embed } from '../types.d.ts'
 */

import { h } from '../widgets/dom.js'
import { locale } from '../language/language.js'
import { drawPicture, pictureOfMedia } from '../widgets/media.js'
import { drawText } from '../text/text.js'

/** One embed; whether the preview of a link is a spoiler lies in the message's content only. */
export function drawEmbed(/** @type {Embed} */ embed, content = '') {
  const spoiler = isSpoiler(content, embed.url)
  if (embed.type === 'image' && embed.thumbnail) {
    return drawPicture(pictureOfMedia(embed.thumbnail, null, spoiler))
  }
  const card = h('div', { class: 'embed' })
  if (embed.color !== undefined) {
    card.style.borderInlineStartColor = `#${embed.color.toString(16).padStart(6, '0')}`
  }
  const body = h(
    'div',
    { class: 'embed-body' },
    embed.author && h('div', { class: 'embed-author' }, embed.author.name),
    embed.title && h('div', { class: 'embed-title' }, ...title(embed)),
    embed.description && h('div', { class: 'embed-text' }, ...drawText(embed.description)),
    embed.fields && embed.fields.length > 0 && fields(embed.fields),
    embed.image && drawPicture(pictureOfMedia(embed.image, null, spoiler)),
    footer(embed),
  )
  card.append(body)
  if (embed.thumbnail) {
    const thumbnail = drawPicture(pictureOfMedia(embed.thumbnail, null, spoiler), false)
    thumbnail.classList.add('embed-thumbnail')
    card.append(thumbnail)
  }
  return card
}

function isSpoiler(/** @type {string} */ content, /** @type {string | undefined} */ url) {
  const hidden = content.match(/\|\|[\s\S]+?\|\|/g) ?? []
  return url !== undefined && hidden.some((text) => text.includes(url))
}

function title(/** @type {Embed} */ embed) {
  const text = embed.title ?? ''
  return drawText(embed.url ? `[${text}](${embed.url})` : text)
}

function fields(/** @type {NonNullable<Embed['fields']>} */ list) {
  return h(
    'div',
    { class: 'embed-fields' },
    ...list.map((field) =>
      h(
        'div',
        { class: field.inline ? 'embed-field inline' : 'embed-field' },
        h('div', { class: 'embed-field-name' }, ...drawText(field.name)),
        h('div', {}, ...drawText(field.value)),
      ),
    ),
  )
}

function footer(/** @type {Embed} */ embed) {
  const time = embed.timestamp && new Date(embed.timestamp).toLocaleString(locale())
  const parts = [embed.footer?.text, time].filter(Boolean)
  return parts.length > 0 && h('div', { class: 'embed-footer' }, parts.join(' • '))
}
