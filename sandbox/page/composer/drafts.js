/**
 * Files attached in the composer: their alt text, spoiler flag and removal.
 *
 * @import { Draft } from '../types.d.ts'
 */

import { askText, notify } from '../widgets/dialogs.js'
import { h, iconButton } from '../widgets/dom.js'
import { icon } from '../widgets/icons.js'
import { words } from '../language/language.js'
import { formatBytes, isPictureType } from '../widgets/media.js'
import { MAX_FILE_BYTES, MAX_FILES } from '../state/constants.js'

/** Longest alt text. */
const MAX_DESCRIPTION = 1024

let nextKey = 0

/** A file as a draft. Its preview is an object URL; revoke it with `release`. */
export function draftOf(/** @type {File} */ file, description = '') {
  /** @type {Draft} */
  const draft = {
    key: ++nextKey,
    file,
    preview: isPictureType(file.type) ? URL.createObjectURL(file) : null,
    description,
    spoiler: false,
  }
  return draft
}

/** Revokes the object URL of a draft's preview. */
export function release(/** @type {Draft} */ draft) {
  if (draft.preview) {
    URL.revokeObjectURL(draft.preview)
  }
}

/** The files that fit in a message; shows a message about those that do not. */
export function acceptable(/** @type {readonly File[]} */ files, /** @type {number} */ already) {
  const fitting = files.filter((file) => {
    if (file.size <= MAX_FILE_BYTES) {
      return true
    }
    notify(words().tooLarge(file.name), 'bad')
    return false
  })
  const room = MAX_FILES - already
  if (fitting.length > room) {
    notify(words().tooManyFiles, 'bad')
  }
  return fitting.slice(0, room)
}

/**
 * One file's card.
 *
 * @param {Draft} draft
 * @param {{ changed: () => void, remove: () => void }} on
 */
export function drawDraft(draft, on) {
  const w = words()
  const { file, preview } = draft
  const picture = preview
    ? h('img', {
        src: preview,
        alt: draft.description || file.name,
        class: draft.spoiler ? 'blurred' : '',
      })
    : h('span', { class: 'draft-file' }, icon('file'))
  const tools = h(
    'div',
    { class: 'draft-tools' },
    preview &&
      iconButton(
        icon(draft.spoiler ? 'hidden' : 'eye'),
        w.markSpoiler(file.name),
        () => {
          draft.spoiler = !draft.spoiler
          on.changed()
        },
        { 'aria-pressed': String(draft.spoiler) },
      ),
    preview &&
      iconButton(icon('pencil'), w.editAlt(file.name), () => void editAlt(draft, on.changed)),
    iconButton(icon('trash'), w.remove(file.name), on.remove, { class: 'icon-button danger' }),
  )
  return h(
    'li',
    { class: 'draft' },
    h(
      'div',
      { class: 'draft-picture' },
      picture,
      draft.spoiler && h('span', { class: 'cover-label' }, w.spoiler),
    ),
    tools,
    h('div', { class: 'draft-name' }, file.name),
    h('div', { class: 'quiet-text draft-alt' }, draft.description || formatBytes(file.size)),
  )
}

async function editAlt(/** @type {Draft} */ draft, /** @type {() => void} */ changed) {
  const w = words()
  const picture = draft.preview
    ? h('img', { src: draft.preview, alt: '', class: 'alt-preview' })
    : undefined
  const text = await askText({
    title: w.editAlt(draft.file.name),
    label: w.altHelp,
    value: draft.description,
    yes: w.save,
    max: MAX_DESCRIPTION,
    long: true,
    ...(picture ? { picture } : {}),
  })
  if (text === null) {
    return
  }
  draft.description = text.trim()
  changed()
}
