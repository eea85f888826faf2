/**
 * Selects: a button that opens a searchable list of strings, people, roles or channels. Messages,
 * modals and command options use it.
 *
 * @import { Component } from '../types.d.ts'
 * @import { Item, PickerOptions } from './option-list.js'
 */

import { h } from './dom.js'
import { nameOf, titleOf } from '../state/selectors.js'
import { icon } from './icons.js'
import { words } from '../language/language.js'
import { openList } from './option-list.js'
import { state } from '../state/state.js'

/**
 * A select of a message or modal.
 *
 * @param {Component} component
 * @param {{ label: string, busy?: boolean, focusKey?: string, chosen: (values: string[]) => void }} how
 */
export function drawSelect(component, how) {
  const items = itemsOf(component)
  const least = component.min_values ?? 1
  const most = component.max_values ?? 1
  const preset =
    component.default_values?.map(({ id }) => id) ??
    component.options?.filter((option) => option.default).map(({ value }) => value) ??
    []
  return drawPicker({
    items,
    least,
    most,
    values: preset,
    label: how.label,
    placeholder: component.placeholder ?? words().choose,
    disabled: component.disabled === true,
    busy: how.busy ?? false,
    focusKey: how.focusKey,
    chosen: how.chosen,
  })
}

/** @returns {readonly Item[]} */
function itemsOf(/** @type {Component} */ component) {
  switch (component.type) {
    case 3:
      return component.options ?? []
    case 5:
      return people()
    case 6:
      return roles()
    case 7:
      return [...people(), ...roles()]
    default:
      return channels(component.channel_types)
  }
}

/** All users as items. */
export function people() {
  return [...state.users.values()].map((user) => ({
    label: nameOf(user),
    value: user.id,
    description: user.username,
  }))
}

/** The roles as items. */
export function roles() {
  return [...state.roles.values()].map((role) => ({
    label: `@${role.name.replace(/^@/, '')}`,
    value: role.id,
  }))
}

/** The channels that this member can see, as items. */
export function channels(/** @type {readonly number[] | undefined} */ types) {
  return [...state.channels.values()]
    .filter((channel) => channel.guild_id && (!types?.length || types.includes(channel.type)))
    .map((channel) => ({ label: titleOf(channel), value: channel.id }))
}

/** The button and, once pressed, its list. */
export function drawPicker(/** @type {PickerOptions} */ options) {
  let values = [...options.values]
  const text = h('span', { class: 'picker-text' })
  const button = h(
    'button',
    {
      type: 'button',
      class: 'picker',
      disabled: options.disabled === true,
      'aria-haspopup': 'listbox',
      'aria-expanded': 'false',
      'aria-busy': options.busy === true,
      'data-focus': options.focusKey,
    },
    text,
    icon('down'),
  )
  const show = () => {
    const labels = values.map(
      (value) => options.items.find((item) => item.value === value)?.label ?? value,
    )
    text.textContent = labels.join(', ') || options.placeholder
    text.classList.toggle('empty', labels.length === 0)
    button.setAttribute(
      'aria-label',
      `${options.label}: ${labels.join(', ') || options.placeholder}`,
    )
  }
  show()
  const open = (typed = '') => {
    if (options.busy) {
      return
    }
    const chosen = (/** @type {string[]} */ picked) => {
      values = picked
      show()
      options.chosen(picked)
    }
    openList(button, { ...options, values, typed }, chosen)
  }
  button.addEventListener('click', () => open())
  button.addEventListener('keydown', (event) => {
    const { key, ctrlKey, metaKey, altKey } = event
    if (key.length === 1 && key !== ' ' && !ctrlKey && !metaKey && !altKey) {
      event.preventDefault()
      open(key)
    }
  })
  return button
}
