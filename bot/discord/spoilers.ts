/**
 * Tells which previews of links are spoilers: Discord marks the link in the text, not its preview. A
 * file is one by its name.
 */

import { withoutCode } from '../messages/addressing.ts'

/** Discord treats a file whose name starts with this as a spoiler. */
export const SPOILER_PREFIX = 'SPOILER_'

/** What is between bars in a text. */
export const SPOILER = /\|\|([\s\S]+?)\|\|/g
const LINK = /https?:\/\/[^\s<>|]+/g

/**
 * @param content of the message with the links.
 * @returns whether the preview with that address is a spoiler. The address of a preview can differ
 *   from the link that it is of; such a preview is a spoiler if any link of the message is.
 */
export function spoileredLinks(content: string): (previewUrl: string | null) => boolean {
  const text = withoutCode(content)
  const hidden = new Set([...text.matchAll(SPOILER)].flatMap(([, inside = '']) => linksIn(inside)))
  const shown = new Set(linksIn(text.replaceAll(SPOILER, ' ')))
  return (previewUrl) => {
    if (hidden.size === 0) {
      return false
    }
    const url = normalized(previewUrl ?? '')
    return hidden.has(url) || !shown.has(url)
  }
}

function linksIn(text: string): string[] {
  return [...text.matchAll(LINK)].map(([link]) => normalized(link))
}

function normalized(link: string): string {
  return URL.parse(link)?.href ?? link
}
