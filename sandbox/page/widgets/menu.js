/** A context menu, opened by right-click, the menu key, Shift+F10 or a button. */

import { at, h, place, present } from './dom.js'
import { icon } from './icons.js'

/**
 * `sign` is shown in place of the label where `row` puts the entries side by side.
 *
 * @typedef {{ label: string, sign?: string, icon?: import('./icons.js').IconName, danger?: boolean, run: () => unknown }} Entry
 * @typedef {{ heading?: string, row?: boolean, entries: readonly Entry[] }} Group
 */

let close = () => {}

/**
 * Opens a menu and closes the one that was open.
 *
 * @param {string} label
 * @param {readonly Group[]} groups
 * @param {{ left: number, top: number, bottom: number }} anchor in CSS pixels of the window.
 * @param {HTMLElement} back what gets the focus again.
 */
export function openMenu(label, groups, anchor, back) {
  close()
  const ending = new AbortController()
  const { signal } = ending
  const menu = h('div', { role: 'menu', class: 'popup menu', 'aria-label': label })
  close = () => {
    ending.abort()
    menu.remove()
    close = () => {}
  }
  const leave = () => {
    close()
    back.focus({ preventScroll: true })
  }
  for (const group of groups.filter(({ entries }) => entries.length > 0)) {
    menu.append(drawGroup(group, leave))
  }
  // Inside a landmark: screen readers expect all content in one.
  at('main').append(menu)
  place(menu, anchor, 'below')
  menu.addEventListener('keydown', (event) => onKey(event, menu, leave))
  menu.addEventListener('contextmenu', (event) => event.preventDefault())
  document.addEventListener(
    'mousedown',
    (event) => {
      if (event.target instanceof Node && !menu.contains(event.target)) {
        close()
      }
    },
    { signal, capture: true },
  )
  addEventListener('resize', () => close(), { signal })
  itemsOf(menu)[0]?.focus()
}

function drawGroup(/** @type {Group} */ group, /** @type {() => void} */ leave) {
  const items = group.entries.map((entry) =>
    h(
      'button',
      {
        type: 'button',
        role: 'menuitem',
        tabindex: -1,
        class: entry.danger ? 'menu-item danger' : 'menu-item',
        'aria-label': entry.sign && entry.label,
        title: entry.sign && entry.label,
        onclick: () => {
          leave()
          entry.run()
        },
      },
      ...present([h('span', {}, entry.sign ?? entry.label), entry.icon && icon(entry.icon)]),
    ),
  )
  const { heading } = group
  return h(
    'div',
    { role: 'group', class: group.row ? 'menu-group row' : 'menu-group', 'aria-label': heading },
    heading && !group.row && h('div', { class: 'menu-heading', 'aria-hidden': 'true' }, heading),
    ...items,
  )
}

function itemsOf(/** @type {HTMLElement} */ menu) {
  return [...menu.querySelectorAll('[role="menuitem"]')].filter(
    (item) => item instanceof HTMLElement,
  )
}

function onKey(
  /** @type {KeyboardEvent} */ event,
  /** @type {HTMLElement} */ menu,
  /** @type {() => void} */ leave,
) {
  const items = itemsOf(menu)
  const active = items.findIndex((item) => item === document.activeElement)
  if (event.key === 'ArrowDown' || event.key === 'ArrowRight') {
    items[(active + 1) % items.length]?.focus()
  } else if (event.key === 'ArrowUp' || event.key === 'ArrowLeft') {
    items[(active - 1 + items.length) % items.length]?.focus()
  } else if (event.key === 'Home') {
    items[0]?.focus()
  } else if (event.key === 'End') {
    items.at(-1)?.focus()
  } else if (event.key === 'Escape' || event.key === 'Tab') {
    leave()
  } else if (event.key.length === 1 && event.key !== ' ') {
    const letter = event.key.toLowerCase()
    const after = [...items.slice(active + 1), ...items.slice(0, active + 1)]
    after.find((item) => item.textContent.trim().toLowerCase().startsWith(letter))?.focus()
    return
  } else {
    return
  }
  event.preventDefault()
  event.stopPropagation()
}
