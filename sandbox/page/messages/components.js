/**
 * Draws the components of a message, both classic action rows and Components V2.
 *
 * Source: developers/components/reference.mdx.
 *
 * @import { Component, Message } from '../types.d.ts'
 */

import { confirmLink, notify } from '../widgets/dialogs.js'
import { act } from '../state/api.js'
import { h, present } from '../widgets/dom.js'
import { icon } from '../widgets/icons.js'
import { words } from '../language/language.js'
import { drawFile, drawPicture, mosaic, pictureOfMedia } from '../widgets/media.js'
import { drawSelect } from '../widgets/select.js'
import { state, waitFor } from '../state/state.js'
import { drawText } from '../text/text.js'

/** Component types. */
export const TYPE = {
  row: 1,
  button: 2,
  section: 9,
  text: 10,
  thumbnail: 11,
  gallery: 12,
  file: 13,
  separator: 14,
  container: 17,
}

const STYLES = ['', 'primary', 'secondary', 'success', 'danger', 'link', 'premium']

/** All components of a message. */
export function drawComponents(/** @type {Message} */ message) {
  const components = message.components ?? []
  return components.map((component) => draw(component, message))
}

/** @returns {HTMLElement} */
function draw(/** @type {Component} */ component, /** @type {Message} */ message) {
  switch (component.type) {
    case TYPE.row:
      return h(
        'div',
        { class: 'component-row' },
        ...(component.components ?? []).map((child) => draw(child, message)),
      )
    case TYPE.button:
      return drawButton(component, message)
    case TYPE.section:
      return section(component, message)
    case TYPE.text:
      return h('div', { class: 'message-text' }, ...drawText(component.content ?? ''))
    case TYPE.thumbnail:
      return thumbnail(component)
    case TYPE.gallery:
      return mosaic(
        (component.items ?? []).map((item) =>
          pictureOfMedia(item.media, item.description, item.spoiler),
        ),
      )
    case TYPE.file:
      return file(component, message)
    case TYPE.separator:
      return h('div', {
        class: `separator ${component.spacing === 2 ? 'large' : ''} ${component.divider === false ? '' : 'line'}`,
        role: 'separator',
      })
    case TYPE.container:
      return container(component, message)
    default:
      return select(component, message)
  }
}

function section(/** @type {Component} */ component, /** @type {Message} */ message) {
  const texts = (component.components ?? []).map((child) => draw(child, message))
  return h(
    'div',
    { class: 'section' },
    h('div', { class: 'section-text' }, ...texts),
    component.accessory && draw(component.accessory, message),
  )
}

function thumbnail(/** @type {Component} */ component) {
  if (!component.media) {
    return h('div', {}, words().unsupported)
  }
  const picture = pictureOfMedia(component.media, component.description, component.spoiler)
  const drawn = drawPicture(picture, false)
  drawn.classList.add('thumbnail')
  return drawn
}

function file(/** @type {Component} */ component, /** @type {Message} */ message) {
  const url = component.file?.url ?? ''
  const name =
    component.name ?? (URL.canParse(url) ? (new URL(url).pathname.split('/').at(-1) ?? '') : url)
  const known = message.attachments.find(({ filename }) => filename === name)
  return drawFile(name, component.size ?? known?.size ?? 0, url, component.spoiler)
}

function container(/** @type {Component} */ component, /** @type {Message} */ message) {
  const children = (component.components ?? []).map((child) => draw(child, message))
  const card = h('div', { class: 'container' }, ...children)
  if (component.accent_color !== undefined && component.accent_color !== null) {
    card.classList.add('accented')
    card.style.borderInlineStartColor = `#${component.accent_color.toString(16).padStart(6, '0')}`
  }
  if (!component.spoiler) {
    return card
  }
  const cover = h(
    'button',
    { type: 'button', class: 'container-cover', 'aria-label': words().revealSpoiler },
    h('span', { class: 'cover-label', 'aria-hidden': 'true' }, words().spoiler),
  )
  card.inert = true
  const wrap = h('div', { class: 'container-wrap' }, card, cover)
  cover.addEventListener('click', () => {
    card.inert = false
    cover.remove()
  })
  return wrap
}

function drawButton(/** @type {Component} */ component, /** @type {Message} */ message) {
  const label = present([
    component.emoji?.name && h('span', { class: 'emoji' }, component.emoji.name),
    component.label,
  ])
  const { url, custom_id: customId } = component
  if (component.style === 5 && url !== undefined) {
    return h(
      'button',
      { type: 'button', class: 'component-button link', onclick: () => void confirmLink(url) },
      ...label,
      icon('link'),
    )
  }
  const waiting = isWaiting(message.id, customId ?? '')
  return h(
    'button',
    {
      type: 'button',
      class: `component-button ${STYLES[component.style ?? 2] ?? 'secondary'}`,
      disabled: component.disabled === true,
      'aria-busy': waiting,
      'data-focus': `component-${customId}`,
      onclick: () => void press(message, customId ?? ''),
    },
    ...label,
  )
}

function isWaiting(/** @type {string} */ messageId, /** @type {string} */ customId) {
  return [...state.pending.values()].some(
    (one) => one.messageId === messageId && one.customId === customId && !one.failed,
  )
}

function select(/** @type {Component} */ component, /** @type {Message} */ message) {
  const customId = component.custom_id ?? ''
  if (component.type < 3 || component.type > 8 || component.type === 4) {
    return h('div', { class: 'quiet-text' }, words().unsupported)
  }
  return drawSelect(component, {
    label: component.placeholder ?? words().choose,
    busy: isWaiting(message.id, customId),
    focusKey: `component-${customId}`,
    chosen: (values) => void press(message, customId, values),
  })
}

/**
 * Presses a button, or gives a select its values.
 *
 * @param {Message} message
 * @param {string} customId
 * @param {readonly string[]} [values]
 */
async function press(message, customId, values) {
  if (isWaiting(message.id, customId)) {
    return
  }
  try {
    const payload = { message_id: message.id, custom_id: customId, ...(values ? { values } : {}) }
    const { id } = await act('components', payload, [], message.channel_id)
    waitFor({
      id: id,
      channelId: message.channel_id,
      name: null,
      messageId: message.id,
      customId,
      failed: false,
    })
  } catch (error) {
    notify(error instanceof Error ? error.message : String(error), 'bad')
  }
}
