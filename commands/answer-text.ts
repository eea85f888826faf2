/**
 * Makes text safe to post, within Discord's limit. Foreign text is what people write, names, and
 * what a model read in a picture: it stays readable inside the bot's own messages, but it cannot
 * format, link, ping, or look like a line of the bot.
 */

/** Discord's limit of a message's content, in characters. */
export const MAX_CONTENT = 2000

/** Line breaks, tabs, control characters and every kind of space; also the blank Braille cell. */
const BLANKS = /[\p{Cc}\p{Z}\u2800]+/gu

/** Scripts that join or separate letters with U+200C and U+200D. */
const JOINING = String.raw`[\p{scx=Arab}\p{scx=Syrc}\p{scx=Mong}\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}]`

/** Characters without a shape: zero-width, directional (bidi) marks, tags, annotation marks. */
const INVISIBLE = String.raw`[\p{Default_Ignorable_Code_Point}\u{FFF9}-\u{FFFB}]`

/** An emoji sequence, or an invisible character in a place where a language or an emoji needs it. */
const NEEDED = String.raw`\p{RGI_Emoji}|(?<=${JOINING})[\u200C\u200D](?=[\p{L}\p{M}])|(?<=[\p{S}\p{P}\p{N}])[\uFE0E\uFE0F]`

const HAS_INVISIBLE = new RegExp(INVISIBLE, 'v')
const INVISIBLE_OR_NEEDED = new RegExp(`(?<needed>${NEEDED})|${INVISIBLE}`, 'gv')

/** More combining marks than any language puts on one letter: they would cover other lines. */
const MARK_STACK = /(\p{M}{4})\p{M}+/gu

/** The start of a link, such as `https://`. Bounded, so that a search takes linear time. */
const SCHEME = /[a-z][a-z\d+.-]{0,15}:\/\//gi
/** A domain followed by a path: Discord shows invitations without `https://` too. */
const DOMAIN_PATH = /(?<=\.[a-z]{2,24})\/(?=\S)/gi

/** Other line breaks are spaces. */
const LINE_BREAK = /\r\n|\r|\n/
/** Most lines that a text has in a message; the rest runs on in the last one. */
const MAX_LINES = 40

const MARKDOWN = /[\\*_`~|[\]]/g
const LINE_START = /^(?:[#>+-]|\d+[.)])/
const ZERO_WIDTH_SPACE = '\u200B'
const FENCE = '```'

/**
 * One line of text for a label, a file name or alt text, where Discord reads no markdown.
 *
 * @param maxLength in UTF-16 units, … included.
 */
export function plainText(text: string, maxLength = Infinity): string {
  const line = text.toWellFormed().replaceAll(BLANKS, ' ')
  const visible = HAS_INVISIBLE.test(line)
    ? line.replaceAll(INVISIBLE_OR_NEEDED, (_, needed: string | undefined) => needed ?? '')
    : line
  return shortened(visible.replaceAll(MARK_STACK, '$1').replaceAll(/ {2,}/g, ' ').trim(), maxLength)
}

/**
 * One line of text for the content of a message.
 *
 * @param maxLength of the text as people see it, in UTF-16 units, … included. What is returned has at
 *   most twice that length, plus one.
 */
export function quoted(text: string, maxLength = Infinity): string {
  return (
    plainText(text, maxLength)
      .replaceAll(SCHEME, '')
      // What is left of nested schemes (`hthttps://tps://`).
      .replaceAll('://', `:${ZERO_WIDTH_SPACE}//`)
      .replaceAll(DOMAIN_PATH, `${ZERO_WIDTH_SPACE}/`)
      .replaceAll(MARKDOWN, String.raw`\$&`)
      .replace(LINE_START, (start) => `${start.slice(0, -1)}\\${start.slice(-1)}`)
      .replaceAll(/[<@]/g, `$&${ZERO_WIDTH_SPACE}`)
  )
}

/**
 * A text with its paragraphs and lists, as it stands in a file: each line as `plainText` gives it, with at
 * most one blank line between two.
 *
 * @param maxLength in UTF-16 units, … included.
 */
export function plainParagraphs(text: string, maxLength = Infinity): string {
  const lines = text.split(LINE_BREAK).map((line) => plainText(line))
  return shortened(
    lines
      .join('\n')
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim(),
    maxLength,
  )
}

/**
 * As `plainParagraphs`, for the content of a message: each of at most 40 lines as `quoted` gives it.
 *
 * @param maxLength as for `quoted`, with the same limit of what is returned.
 */
export function quotedParagraphs(text: string, maxLength = Infinity): string {
  const lines = plainParagraphs(text, maxLength).split('\n')
  const rest = lines.splice(MAX_LINES - 1)
  return [...lines, ...(rest.length > 0 ? [rest.join(' ')] : [])]
    .map((line) => quoted(line))
    .join('\n')
}

/**
 * Several lines in a code block, where Discord formats, links and pings nothing, and which people can
 * copy as it is.
 *
 * @param maxLength of the block, in UTF-16 units, … included.
 * @returns the block, and whether the lines were cut.
 */
export function codeBlock(
  lines: readonly string[],
  maxLength: number,
): { readonly block: string; readonly isCut: boolean } {
  // Three backticks would end the block, and so would one before them.
  const text = plainLines(lines).replaceAll(/`(?=`|$)/g, `\`${ZERO_WIDTH_SPACE}`)
  const room = maxLength - 2 * FENCE.length - 2
  return { block: [FENCE, shortened(text, room), FENCE].join('\n'), isCut: text.length > room }
}

/** Several lines as they stand in a file; those without text are left out. */
export function plainLines(lines: readonly string[]): string {
  return lines
    .map((line) => plainText(line))
    .filter((line) => line !== '')
    .join('\n')
}

/** Cuts a text to `maxLength` UTF-16 units, … included, but never inside a character. */
export function shortened(text: string, maxLength: number): string {
  if (text.length <= maxLength) {
    return text
  }
  const cut = text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')
  return `${cut.trimEnd()}…`
}

/** A message without pings. */
export function plainMessage(content: string) {
  return {
    content: content.slice(0, MAX_CONTENT),
    allowedMentions: { parse: [], repliedUser: false } as const,
  }
}
