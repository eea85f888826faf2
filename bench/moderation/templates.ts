/**
 * Pictures that share a template and differ in their words: memes, posts, dialogs, chats. To a
 * perceptual hash they look alike, so they are the innocent pairs that a hash list must not confuse,
 * and the waves of scams whose text changes from post to post.
 *
 * Their letters are real, since moderation reads them: they need a font of the machine.
 */

import sharp from 'sharp'
import { screenshot } from '../../test/helpers/screenshots.ts'
import { createRandom, type Random } from '../report/random.ts'
import { code, digits, name, sentence, type Voice } from './template-words.ts'

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

/** What a picture says. */
export type Said = {
  /** A seed of the words, sums and names in it. */
  readonly words: number
  /** Default: a member's. */
  readonly voice?: Voice
  /** Whether one word is another than without this. */
  readonly changed?: boolean
}

/** Lines of a chat screenshot. */
const CHAT_LINES = 9

/** Draws what the picture says, and what is random of its layout. */
type Pen = {
  readonly random: Random
  readonly voice: Voice
  /** Whether a word is still to be replaced. */
  changes: boolean
}

/**
 * A PNG of a template.
 *
 * @param design 0 and up; the template has `designs` of them.
 */
export async function drawTemplate(
  template: Template,
  design: number,
  { words, voice = 'member', changed = false }: Said,
): Promise<Buffer> {
  const random = createRandom(1 + words * 7919 + design * 104_729 + template.length * 31)
  const pen = { random, voice, changes: changed }
  if (template === 'meme' || template === 'caption bar') {
    return onPicture(template, design, pen)
  }
  const svg = SHEETS[template](pen, design)
  return sharp(Buffer.from(svg)).png().toBuffer()
}

/** Words above and below a picture, or in a white bar on top of it. */
async function onPicture(
  template: 'meme' | 'caption bar',
  design: number,
  pen: Pen,
): Promise<Buffer> {
  const isMeme = template === 'meme'
  const picture = await sharp(await screenshot(3_000_000 + design + (isMeme ? 0 : 100)))
    .blur(2)
    .resize(600, 450)
    .extend({ top: isMeme ? 0 : 110, background: '#fff' })
    .png()
    .toBuffer()
  const style = isMeme
    ? { size: 30, ink: '#fff', outline: '#000', isCentered: true }
    : { size: 26, ink: '#111', isCentered: true }
  const lines = (isMeme ? [48, 430] : [45, 88]).map((y) =>
    text(300, y, said(pen).slice(0, isMeme ? 30 : 36), style),
  )
  const svg = sheet(600, isMeme ? 450 : 560, lines.join(''))
  return sharp(picture)
    .composite([{ input: Buffer.from(svg) }])
    .png()
    .toBuffer()
}

const SHEETS: Readonly<
  Record<Exclude<Template, 'meme' | 'caption bar'>, (pen: Pen, design: number) => string>
> = {
  'post, dark': (pen) => post(pen, { ground: '#15202b', ink: '#f7f9f9', faint: '#8b98a5' }),
  'post, light': (pen) => post(pen, { ground: '#fff', ink: '#0f1419', faint: '#536471' }),
  'error dialog': (pen) =>
    sheet(
      520,
      220,
      '<rect width="520" height="220" fill="#f0f0f0"/><rect width="520" height="34" fill="#fff"/>' +
        '<circle cx="50" cy="100" r="24" fill="#c42b1c"/><path d="M40 90l20 20m0-20l-20 20" stroke="#fff" stroke-width="5"/>' +
        text(14, 23, said(pen).slice(0, 24), { size: 15, ink: '#111' }) +
        [95, 118].map((y) => text(94, y, said(pen), { size: 15, ink: '#111' })).join('') +
        '<rect x="400" y="172" width="96" height="30" fill="#e1e1e1" stroke="#adadad"/>' +
        text(448, 192, 'OK', { size: 15, ink: '#111', isCentered: true }),
    ),
  'casino page': (pen, design) => casino(pen, design),
  'chat message': (pen, design) => {
    const isDark = design === 0
    const body = chatMessage(pen, { y: 14, isDark })
    return sheet(720, 92, `<rect width="720" height="92" fill="${chatGround(isDark)}"/>${body}`)
  },
  chat: (pen, design) => {
    const isDark = design === 0
    const messages = Array.from({ length: CHAT_LINES }, (_, i) =>
      chatMessage(pen, { y: 16 + i * 84, isDark }),
    )
    return sheet(
      720,
      780,
      `<rect width="720" height="780" fill="${chatGround(isDark)}"/>${messages.join('')}`,
    )
  },
  document: (pen) => {
    const heading = text(70, 80, said(pen).slice(0, 28), { size: 26, ink: '#111' })
    const lines = Array.from({ length: 24 }, (_, i) =>
      text(70, 130 + i * 30, said(pen), { size: 16, ink: '#111' }),
    )
    return sheet(
      640,
      900,
      `<rect width="640" height="900" fill="#fff"/>${heading}${lines.join('')}`,
    )
  },
  'one line': (pen) =>
    sheet(
      640,
      360,
      `<rect width="640" height="360" fill="#fff"/>${text(320, 190, said(pen), { size: 24, ink: '#111', isCentered: true })}`,
    ),
}

function said(pen: Pen): string {
  const words = sentence(pen.random, pen.voice)
  return replaced(pen, words)
}

/** The text with its second word replaced, once. */
function replaced(pen: Pen, words: string): string {
  const { changes } = pen
  pen.changes = false
  return changes ? words.replace(/ \S+/, ' zebra') : words
}

type Colors = { readonly ground: string; readonly ink: string; readonly faint: string }

/** A short post with its author, as screenshots of social networks show it. */
function post(pen: Pen, { ground, ink, faint }: Colors): string {
  const { random } = pen
  const lines = Array.from({ length: 2 + Math.floor(random.between(0, 3)) }, (_, i) =>
    text(60, 190 + i * 44, said(pen), { size: 32, ink }),
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

function casino(pen: Pen, design: number): string {
  const { random } = pen
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
      text(80, 190, replaced(pen, `CODE ${code(random)}`), large) +
      `${rows.join('')}<rect x="520" y="330" width="220" height="90" rx="12" fill="#11998e"/>` +
      text(630, 385, 'CLAIM NOW', { size: 28, ink: '#fff', isCentered: true }),
  )
}

function chatMessage(pen: Pen, { y, isDark }: { y: number; isDark: boolean }): string {
  const { random } = pen
  return (
    `<circle cx="44" cy="${y + 26}" r="22" fill="${hue(random)}"/>` +
    text(84, y + 18, name(random), { size: 18, ink: hue(random) }) +
    text(84, y + 46, said(pen), { size: 18, ink: isDark ? '#dbdee1' : '#2e3338' })
  )
}

function chatGround(isDark: boolean): string {
  return isDark ? '#313338' : '#fff'
}

function sheet(width: number, height: number, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`
}

type TextStyle = {
  /** Of the font, in pixels. */
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
  const anchor = isCentered ? ' text-anchor="middle"' : ''
  const weight = outline ? ' font-weight="bold"' : ''
  const line = (paint: string) =>
    `<text x="${x}" y="${y}" font-family="Liberation Sans, DejaVu Sans, sans-serif" font-size="${size}"${anchor}${weight} ${paint}>${words}</text>`
  const around = outline ? line(`stroke="${outline}" stroke-width="5" fill="none"`) : ''
  return around + line(`fill="${ink}"`)
}

function hue(random: Random): string {
  return `hsl(${Math.round(random.between(0, 360))},60%,55%)`
}
