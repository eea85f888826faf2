/** Which language the page speaks: the person's choice, else the browser's. */

import { en } from './en.js'
import { zh } from './zh.js'

const KEY = 'language'

/** As Discord names the two. @type {'en-US' | 'zh-CN'} */
let chosen = firstChoice()

function firstChoice() {
  const kept = localStorage.getItem(KEY)
  const wanted = kept ?? navigator.language
  return wanted.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en-US'
}

/** Everything the page says, in the language of the moment. */
export function words() {
  return chosen === 'zh-CN' ? zh : en
}

/** As Discord names it: `en-US` or `zh-CN`. */
export function locale() {
  return chosen
}

/** Changes to the other language and keeps that. */
export function switchLanguage() {
  chosen = chosen === 'zh-CN' ? 'en-US' : 'zh-CN'
  localStorage.setItem(KEY, chosen)
}
