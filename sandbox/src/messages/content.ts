/** Reads the markdown of a message's content as far as mentions and links need it. */

/** Most links of one message that get a preview, as observed; Discord does not document it. */
const MAX_PREVIEWED = 5

/** Code blocks and inline code: as many backticks at the end as at the start. */
const CODE = /(?<![\\`])(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g

/** The text without its code, in which mentions and links mean nothing. */
export function withoutCode(content: string): string {
  return content.replaceAll(CODE, ' ')
}

/** The links that get a preview, in order, each once: not those in `<…>` or in code. */
export function linksIn(content: string): readonly string[] {
  const text = withoutCode(content).replaceAll(/<https?:\/\/[^\s>]*>/gi, ' ')
  // `||` ends the link of a spoiler, which gets a preview like any other.
  const links = [...text.matchAll(/https?:\/\/(?:(?!\|\|)[^\s<])+/gi)].map(([link]) =>
    trimmed(link),
  )
  return [...new Set(links)].filter((link) => URL.canParse(link)).slice(0, MAX_PREVIEWED)
}

/** Punctuation at the end belongs to the sentence, `)` only without its `(`. */
function trimmed(link: string): string {
  const end = /[.,:;"'\]*~]$/.test(link) || (link.endsWith(')') && !isBalanced(link))
  return end ? trimmed(link.slice(0, -1)) : link
}

function isBalanced(link: string): boolean {
  return link.split('(').length === link.split(')').length
}
