/**
 * The attached files above the text, and the commands that need only one picture.
 *
 * @import { Draft } from '../types.d.ts'
 * @import { Leaf } from '../state/command-tree.js'
 */

import { pictureCommands } from '../state/command-tree.js'
import { h } from '../widgets/dom.js'
import { botName } from '../state/selectors.js'
import { acceptable, draftOf, drawDraft, release } from './drafts.js'
import { words } from '../language/language.js'

/** At most this many commands are offered next to a picture. */
const MAX_COMMANDS = 3

/** The attached files above the text. */
export class Uploads {
  /** @type {readonly Draft[]} */
  drafts = []
  #on
  element = h('div', { class: 'uploads', hidden: true })

  /** @param {{ use: (leaf: Leaf) => void, left: () => void }} on `left` is called after a removal. */
  constructor(on) {
    this.#on = on
  }

  /** Adds the files that fit. */
  add(/** @type {readonly File[]} */ files) {
    const fitting = acceptable(files, this.drafts.length)
    this.drafts = [...this.drafts, ...fitting.map((file) => draftOf(file))]
    this.draw()
  }

  /** Removes all files. */
  clear() {
    for (const draft of this.drafts) {
      release(draft)
    }
    this.drafts = []
    this.draw()
  }

  /** The attachment metadata sent with a message. */
  describe() {
    return this.drafts.map((draft, id) => ({
      id,
      description: draft.description || undefined,
      is_spoiler: draft.spoiler,
    }))
  }

  draw(withCommands = true) {
    const [first] = this.drafts
    const single = withCommands && this.drafts.length === 1 && first?.preview
    const uses = single ? pictureCommands().slice(0, MAX_COMMANDS) : []
    const pictures = this.drafts.filter(({ preview }) => preview)
    this.element.hidden = this.drafts.length === 0
    this.element.replaceChildren(
      h(
        'ul',
        { class: 'drafts', 'aria-label': words().attachments },
        ...this.drafts.map((draft) =>
          drawDraft(draft, { changed: () => this.draw(), remove: () => this.#remove(draft) }),
        ),
      ),
      h(
        'div',
        { class: 'upload-commands' },
        // The commands take one picture; a message to the bot takes several.
        pictures.length > 1 && h('p', { class: 'quiet-text' }, words().mentionHint(botName())),
        ...uses.map((leaf, i) =>
          h(
            'button',
            {
              type: 'button',
              class: i === 0 ? 'button primary' : 'button quiet',
              title: leaf.description,
              onclick: () => this.#on.use(leaf),
            },
            `/${leaf.label}`,
          ),
        ),
      ),
    )
  }

  #remove(/** @type {Draft} */ draft) {
    release(draft)
    this.drafts = this.drafts.filter((other) => other !== draft)
    this.draw()
    this.#on.left()
  }
}
