/**
 * The right panel: sample pictures, the model that answers, and the member list.
 *
 * @import { Sample, User } from '../types.d.ts'
 */

import { switchModel } from '../state/actions.js'
import { avatar } from '../widgets/avatar.js'
import { h, iconButton } from '../widgets/dom.js'
import { nameOf, roleOf } from '../state/selectors.js'
import { icon } from '../widgets/icons.js'
import { drawPicker } from '../widgets/select.js'
import { locale, words } from '../language/language.js'
import { changed, state } from '../state/state.js'

/** The drag-and-drop data type of a sample. */
export const SAMPLE_TYPE = 'application/x-sightseer-sample'

/** @type {readonly Sample[]} */
let samples = []

/** Loads the list of samples. */
export async function loadSamples() {
  samples = await (await fetch('/samples/samples.json')).json()
}

/** Fetches a sample as a `File`, as if it had been chosen from disk. */
export async function sampleFile(/** @type {string} */ name) {
  const response = await fetch(`/samples/${name}`)
  return new File([await response.blob()], name, { type: 'image/webp' })
}

/**
 * @typedef {{ add: (file: File) => void,
 *   user: (user: User, anchor: DOMRect, back: HTMLElement) => void }} On
 */

/** The panel. */
export class Panel {
  #on
  #close
  #members = h('ul', { class: 'member-list' })
  #model = h('div', { class: 'panel-model' })
  element

  constructor(
    /** @type {On} */ on,
    /** @type {() => void} */ close,
    /** @type {AbortSignal} */ signal,
  ) {
    this.#on = on
    this.#close = close
    const { samples: title, samplesHint, members, hidePanel, showPanel } = words()
    this.element = h(
      'aside',
      { class: 'panel', id: 'panel', 'aria-label': showPanel },
      h(
        'div',
        { class: 'panel-head' },
        h('h2', { class: 'section-title' }, title),
        iconButton(icon('close'), hidePanel, close, { class: 'icon-button narrow-only' }),
      ),
      h('p', { class: 'quiet-text' }, samplesHint),
      h('ul', { class: 'shelf' }, ...samples.map((sample) => this.#sample(sample))),
      this.#model,
      h('h2', { class: 'section-title' }, members),
      this.#members,
    )
    for (const name of /** @type {const} */ (['snapshot', 'members', 'connection'])) {
      changed(name, () => this.#drawMembers(), signal)
    }
    for (const name of /** @type {const} */ (['snapshot', 'about'])) {
      changed(name, () => this.#drawModel(), signal)
    }
    this.#drawMembers()
    this.#drawModel()
  }

  /** The model that answers; a list where there are others. */
  #drawModel(isSwitching = false) {
    const { models } = state
    const { model: title, modelHint } = words()
    if (!models) {
      return this.#model.replaceChildren()
    }
    const { names, current } = models
    const chosen = async (/** @type {string[]} */ [name]) => {
      if (name !== undefined && name !== current) {
        this.#drawModel(true)
        await switchModel(name)
        this.#drawModel()
      }
    }
    this.#model.replaceChildren(
      h('h2', { class: 'section-title' }, title),
      ...(names.length === 1
        ? [h('p', { class: 'quiet-text' }, current)]
        : [
            h('p', { class: 'quiet-text' }, modelHint),
            drawPicker({
              items: names.map((name) => ({ label: name, value: name })),
              least: 1,
              most: 1,
              values: [current],
              label: title,
              placeholder: title,
              busy: isSwitching,
              focusKey: 'model',
              chosen: (values) => void chosen(values),
            }),
          ]),
    )
  }

  #sample(/** @type {Sample} */ sample) {
    const alt = sample[locale() === 'zh-CN' ? 'zh-CN' : 'en']
    const add = async () => {
      const file = await sampleFile(sample.file)
      if (matchMedia('(max-width: 1000px)').matches) {
        this.#close()
      }
      this.#on.add(file)
    }
    const button = h(
      'button',
      {
        type: 'button',
        class: 'sample',
        draggable: 'true',
        title: alt,
        'aria-label': words().addSample(alt),
        onclick: add,
      },
      h('img', {
        src: `/samples/${sample.file}`,
        alt: '',
        width: sample.width,
        height: sample.height,
        loading: 'lazy',
        draggable: 'false',
      }),
    )
    button.addEventListener('dragstart', (event) => {
      event.dataTransfer?.setData(SAMPLE_TYPE, sample.file)
    })
    return h('li', {}, button)
  }

  #drawMembers() {
    const users = [...state.users.values()].toSorted(
      (a, b) => Number(b.bot ?? false) - Number(a.bot ?? false),
    )
    this.#members.replaceChildren(...users.map((user) => this.#member(user)))
  }

  #member(/** @type {User} */ user) {
    const open = (/** @type {MouseEvent} */ event, /** @type {HTMLElement} */ button) => {
      event.preventDefault()
      this.#on.user(user, button.getBoundingClientRect(), button)
    }
    const online = user.bot ? state.botOnline : true
    const role = roleOf(user.id)
    const { app, online: on, offline } = words()
    return h(
      'li',
      {},
      h(
        'button',
        {
          type: 'button',
          class: online ? 'member' : 'member away',
          'aria-haspopup': 'menu',
          onclick: open,
          oncontextmenu: open,
        },
        h(
          'span',
          { class: 'presence-wrap' },
          avatar(user, 'small'),
          h('span', { class: online ? 'presence' : 'presence off' }),
        ),
        h('span', {}, nameOf(user)),
        user.bot && h('span', { class: 'badge' }, app),
        role && h('span', { class: 'person-role' }, role),
        h('span', { class: 'visually-hidden' }, online ? on : offline),
      ),
    )
  }
}
