/** The page's language: the person's choice, else the browser's. */

import { en } from './en.js'
import { zh } from './zh.js'

const KEY = 'language'

/** A Discord locale. @type {'en-US' | 'zh-CN'} */
let chosen = firstChoice()

function firstChoice() {
  const stored = localStorage.getItem(KEY)
  const wanted = stored ?? navigator.language
  return wanted.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en-US'
}

/** The page's strings in the current language. */
export function words() {
  return chosen === 'zh-CN' ? zh : en
}

/** The one of some texts that is in the current language. @param {{ readonly en: string, readonly zh: string }} texts */
export function inLanguage(texts) {
  return chosen === 'zh-CN' ? texts.zh : texts.en
}

/** The current Discord locale: `en-US` or `zh-CN`. */
export function locale() {
  return chosen
}

/** Switches to the other language and stores the choice. */
export function switchLanguage() {
  chosen = chosen === 'zh-CN' ? 'en-US' : 'zh-CN'
  localStorage.setItem(KEY, chosen)
}
