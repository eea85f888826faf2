/**
 * Pictures that share a template and differ in their words: memes, posts, dialogs, chats. To a
 * perceptual hash they look alike, so they are the innocent pairs that a hash list must not confuse.
 *
 * The letters are those of an alphabet made up here, so that every machine draws the same, with or
 * without fonts.
 */

import sharp from 'sharp'
import { screenshot } from '../../test/helpers/screenshots.ts'
import { createRandom, type Random } from '../report/random.ts'

/** Each template with the number of its designs: pictures of one design differ in their words alone. */
export const TEMPLATES = [
  { template: 'meme', designs: 4 },
  { template: 'caption bar', designs: 3 },
  { template: 'post, dark', designs: 1 },
  { template: 'post, light', designs: 1 },
  { template: 'error dialog', designs: 1 },
  { template: 'casino page', designs: 2 },
  { template: 'chat message', designs: 2 },
  { template: 'chat', designs: 2 },
  { template: 'document', designs: 1 },
  { template: 'one line', designs: 1 },
] as const

export type Template = (typeof TEMPLATES)[number]['template']

/** Lines of a chat screenshot. */
const CHAT_LINES = 9
const SUBJECTS =
  'my cat,the new teacher,our server,that song,everybody,the last boss,your code,grandma'
const VERBS = 'never reads,finally found,cannot explain,already knows,ate,forgot,wants to see,broke'
const OBJECTS =
  'the manual,my homework,a good reason,two pizzas,the password,nine tabs,this meme,the weekend'
const ENDINGS = 'again,on a Monday,before lunch,and it worked,for no reason,since 2019,at 3 am,lol'

/**
 * A PNG of a template.
 *
 * @param design 0 and up; the template has `designs` of them.
 * @param words a seed of the words, sums and names in it.
 */
export async function drawTemplate(
  template: Template,
  design: number,
  words: number,
): Promise<Buffer> {
  const random = createRandom(1 + words * 7919 + design * 104_729 + template.length * 31)
  if (template === 'meme' || template === 'caption bar') {
    return onPicture(template, design, random)
  }
  const svg = SHEETS[template](random, design)
  return sharp(Buffer.from(svg)).png().toBuffer()
}

/** Words above and below a picture, or in a white bar on top of it. */
async function onPicture(
  template: 'meme' | 'caption bar',
  design: number,
  random: Random,
): Promise<Buffer> {
  const isMeme = template === 'meme'
  const picture = await sharp(await screenshot(3_000_000 + design + (isMeme ? 0 : 100)))
    .blur(2)
    .resize(600, 450)
    .extend({ top: isMeme ? 0 : 110, background: '#fff' })
    .png()
    .toBuffer()
  const style = isMeme
    ? { size: 28, ink: '#fff', outline: '#000', isCentered: true }
    : { size: 26, ink: '#111', isCentered: true }
  const lines = (isMeme ? [48, 430] : [45, 88]).map((y) =>
    text(300, y, sentence(random).slice(0, 32), style),
  )
  const svg = sheet(600, isMeme ? 450 : 560, lines.join(''))
  return sharp(picture)
    .composite([{ input: Buffer.from(svg) }])
    .png()
    .toBuffer()
}

const SHEETS: Readonly<
  Record<Exclude<Template, 'meme' | 'caption bar'>, (random: Random, design: number) => string>
> = {
  'post, dark': (random) => post(random, { ground: '#15202b', ink: '#f7f9f9', faint: '#8b98a5' }),
  'post, light': (random) => post(random, { ground: '#fff', ink: '#0f1419', faint: '#536471' }),
  'error dialog': (random) =>
    sheet(
      520,
      220,
      '<rect width="520" height="220" fill="#f0f0f0"/><rect width="520" height="34" fill="#fff"/>' +
        '<circle cx="50" cy="100" r="24" fill="#c42b1c"/><path d="M40 90l20 20m0-20l-20 20" stroke="#fff" stroke-width="5"/>' +
        text(14, 23, sentence(random).slice(0, 24), { size: 15, ink: '#111' }) +
        [95, 118].map((y) => text(94, y, sentence(random), { size: 15, ink: '#111' })).join('') +
        '<rect x="400" y="172" width="96" height="30" fill="#e1e1e1" stroke="#adadad"/>',
    ),
  'casino page': (random, design) => casino(random, design),
  'chat message': (random, design) => {
    const isDark = design === 0
    const body = chatMessage(random, { y: 14, isDark })
    return sheet(720, 92, `<rect width="720" height="92" fill="${chatGround(isDark)}"/>${body}`)
  },
  chat: (random, design) => {
    const isDark = design === 0
    const messages = Array.from({ length: CHAT_LINES }, (_, i) =>
      chatMessage(random, { y: 16 + i * 84, isDark }),
    )
    return sheet(
      720,
      780,
      `<rect width="720" height="780" fill="${chatGround(isDark)}"/>${messages.join('')}`,
    )
  },
  document: (random) => {
    const heading = text(70, 80, sentence(random).slice(0, 28), { size: 26, ink: '#111' })
    const lines = Array.from({ length: 24 }, (_, i) =>
      text(70, 130 + i * 30, sentence(random), { size: 16, ink: '#111' }),
    )
    return sheet(
      640,
      900,
      `<rect width="640" height="900" fill="#fff"/>${heading}${lines.join('')}`,
    )
  },
  'one line': (random) =>
    sheet(
      640,
      360,
      `<rect width="640" height="360" fill="#fff"/>${text(320, 190, sentence(random), { size: 24, ink: '#111', isCentered: true })}`,
    ),
}

type Colors = { readonly ground: string; readonly ink: string; readonly faint: string }

/** A short post with its author, as screenshots of social networks show it. */
function post(random: Random, { ground, ink, faint }: Colors): string {
  const lines = Array.from({ length: 2 + Math.floor(random.between(0, 3)) }, (_, i) =>
    text(60, 190 + i * 44, sentence(random), { size: 32, ink }),
  )
  const foot = `${digits(random, 3)} reposts   ${digits(random, 4)} likes`
  return sheet(
    1000,
    520,
    `<rect width="1000" height="520" fill="${ground}"/><circle cx="92" cy="84" r="36" fill="${hue(random)}"/>` +
      text(146, 78, name(random), { size: 26, ink }) +
      text(146, 112, `@${name(random)}`, { size: 26, ink: faint }) +
      lines.join('') +
      text(60, 470, foot, { size: 22, ink: faint }),
  )
}

function casino(random: Random, design: number): string {
  const ground = design === 0 ? '#1b1038' : '#06281c'
  const rows = Array.from({ length: 5 }, (_, i) =>
    text(60, 330 + i * 44, `${name(random)} won $${digits(random, 4)}`, { size: 26, ink: '#fff' }),
  )
  const large = { size: 44, ink: ground }
  return sheet(
    800,
    600,
    `<rect width="800" height="600" fill="${ground}"/><rect x="40" y="30" width="720" height="220" rx="18" fill="#f2b705"/>` +
      text(80, 110, `$${digits(random, 5)} BONUS`, large) +
      text(80, 190, `CODE ${digits(random, 6)}`, large) +
      `${rows.join('')}<rect x="520" y="330" width="220" height="90" rx="12" fill="#11998e"/>`,
  )
}

function chatMessage(random: Random, { y, isDark }: { y: number; isDark: boolean }): string {
  return (
    `<circle cx="44" cy="${y + 26}" r="22" fill="${hue(random)}"/>` +
    text(84, y + 18, name(random), { size: 18, ink: hue(random) }) +
    text(84, y + 46, sentence(random), { size: 18, ink: isDark ? '#dbdee1' : '#2e3338' })
  )
}

function chatGround(isDark: boolean): string {
  return isDark ? '#313338' : '#fff'
}

function sheet(width: number, height: number, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`
}

type TextStyle = {
  /** Height of a line in pixels. */
  readonly size: number
  readonly ink: string
  readonly outline?: string
  readonly isCentered?: boolean
}

/** A line of words whose letters stand on `y`. */
function text(
  x: number,
  y: number,
  words: string,
  { size, ink, outline, isCentered = false }: TextStyle,
): string {
  const cell = size / 9
  const advance = cell * (GLYPH_WIDTH + 1)
  const left = isCentered ? x - (words.length * advance) / 2 : x
  const strokes = Array.from(words).flatMap((letter, i) =>
    glyphOf(letter).map(
      ([column, row]) =>
        `M${(left + i * advance + column * cell).toFixed(1)} ${(y - (row + 1) * cell).toFixed(1)}h${cell.toFixed(1)}v${cell.toFixed(1)}h-${cell.toFixed(1)}z`,
    ),
  )
  const path = strokes.join('')
  const around = outline
    ? `<path d="${path}" stroke="${outline}" stroke-width="4" fill="none"/>`
    : ''
  return `${around}<path d="${path}" fill="${ink}"/>`
}

const GLYPH_WIDTH = 4

/** The cells of a letter, [column, row from below]; a blank has none. */
function glyphOf(letter: string): [column: number, row: number][] {
  if (letter === ' ') {
    return []
  }
  const random = createRandom(letter.codePointAt(0)! * 2_654_435)
  const height = /[a-z]/.test(letter) ? 5 : 7
  return Array.from({ length: GLYPH_WIDTH * height }, (_, i): [number, number] => [
    i % GLYPH_WIDTH,
    Math.floor(i / GLYPH_WIDTH),
  ]).filter(() => random.chance(0.5))
}

function sentence(random: Random): string {
  return [SUBJECTS, VERBS, OBJECTS, ENDINGS].map((list) => random.pick(list.split(','))).join(' ')
}

function name(random: Random): string {
  return random.pick('mika,lin,ada,noor,pavel,jun,rosa,tim,eve,otto'.split(',')) + digits(random, 2)
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => Math.floor(random.between(0, 10))).join('')
}

function hue(random: Random): string {
  return `hsl(${Math.round(random.between(0, 360))},60%,55%)`
}
