/** Builds elements. Text is always set as text, never as markup. */

/** @typedef {Readonly<Record<string, string | number | boolean | Function | null | undefined>>} Attributes */

/** @typedef {Node | string | number | null | undefined | false} Child */

/** Set as properties; an attribute would only set the initial value. */
const PROPERTIES = new Set(['value', 'checked', 'disabled', 'selected', 'multiple', 'src'])

/**
 * An element with attributes and children.
 *
 * An attribute that is undefined, null or false is left out; `onclick` and the like are listeners, called with the event and
 * the element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) {
      continue
    }
    if (typeof value === 'function') {
      made.addEventListener(name.slice(2), (event) => void value(event, made))
    } else if (PROPERTIES.has(name)) {
      Reflect.set(made, name, value)
    } else {
      made.setAttribute(name, value === true ? '' : String(value))
    }
  }
  made.append(...present(children))
  return made
}

/**
 * The children that are not empty, as nodes and text.
 *
 * @param {readonly Child[]} children
 * @returns {(Node | string)[]}
 */
export function present(children) {
  return children.flatMap((child) =>
    child === null || child === undefined || child === false
      ? []
      : [typeof child === 'number' ? String(child) : child],
  )
}

/**
 * A button that shows only an icon.
 *
 * @param {SVGElement} icon
 * @param {string} label what a screen reader says and the tooltip shows.
 * @param {(event: MouseEvent, button: HTMLButtonElement) => void} onclick
 * @param {Attributes} [attributes]
 */
export function iconButton(icon, label, onclick, attributes = {}) {
  return h(
    'button',
    {
      type: 'button',
      class: 'icon-button',
      'aria-label': label,
      title: label,
      onclick,
      ...attributes,
    },
    icon,
  )
}

/**
 * Moves a floating element next to a box, inside the window.
 *
 * @param {HTMLElement} floating position: fixed.
 * @param {{ left: number, top: number, bottom: number }} anchor in CSS pixels.
 * @param {'above' | 'below'} side preferred one.
 */
export function place(floating, anchor, side) {
  const { width, height } = floating.getBoundingClientRect()
  const gap = 6
  const below = anchor.bottom + gap
  const above = anchor.top - gap - height
  const fitsBelow = below + height <= innerHeight - gap
  const top = side === 'above' ? (above >= gap ? above : below) : fitsBelow ? below : above
  const left = Math.min(anchor.left, innerWidth - width - gap)
  floating.style.left = `${Math.max(gap, left)}px`
  floating.style.top = `${Math.max(gap, Math.min(top, innerHeight - height - gap))}px`
}

/**
 * The element of that id in the page.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function at(id) {
  const element = document.getElementById(id)
  if (!element) {
    throw new TypeError(`the page has no #${id}`)
  }
  return element
}
