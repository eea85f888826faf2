/** The pictures of the reading benchmark as HTML, with what they say row by row. */

import { type Language, LANGUAGES, TEXTS } from './texts.ts'

export const KINDS = [
  'chat-light',
  'chat-dark',
  'meme',
  'receipt',
  'casino',
  'code',
  'sign',
] as const
export type Kind = (typeof KINDS)[number]

/** Widths of the pictures; the layout is `LAYOUT_WIDTH` wide, with letters of 15 to 40 pixels. */
export const WIDTHS = [320, 480, 600, 900, 1280] as const
export const LAYOUT_WIDTH = 480
export const QUALITIES = [40, 70, 90] as const

export type Page = {
  readonly name: string
  readonly kind: Kind
  readonly language: Language
  readonly width: (typeof WIDTHS)[number]
  readonly quality: (typeof QUALITIES)[number]
  /** What goes into the body. */
  readonly html: string
  /** What it says, row by row. */
  readonly rows: readonly string[]
}

type Drawn = { readonly style: string; readonly body: string; readonly rows: readonly string[] }

/** @param index from 0; every kind meets every language, width and quality. */
export function pageOf(index: number): Page {
  const kind = KINDS[index % KINDS.length]!
  const language = LANGUAGES[index % LANGUAGES.length]!
  const width = WIDTHS[Math.floor(index / LANGUAGES.length) % WIDTHS.length]!
  const quality =
    QUALITIES[Math.floor(index / (LANGUAGES.length * WIDTHS.length)) % QUALITIES.length]!
  const { style, body, rows } = DRAW[kind](language, index)
  const html = `<style>
    * { box-sizing: border-box; margin: 0 }
    body { width: ${LAYOUT_WIDTH}px; font: 16px 'Liberation Sans', 'Noto Sans SC'; padding: 16px; ${style} }
    </style>${body}`
  const name = `${String(index).padStart(3, '0')}-${kind}-${language}-${width}-q${quality}`
  return { name, kind, language, width, quality, html, rows }
}

const DRAW: Readonly<Record<Kind, (language: Language, index: number) => Drawn>> = {
  'chat-light': (language, index) => chat(language, index, '#ffffff', '#2e3338', '#5c5e66'),
  'chat-dark': (language, index) => chat(language, index, '#313338', '#dbdee1', '#949ba4'),
  meme: (language, index) => {
    const [top, bottom] = pick(TEXTS[language].memes, index, 2)
    const hue = (index * 47) % 360
    const caption = `font: bold 34px 'Liberation Sans', 'Noto Sans SC'; color: #fff; text-align: center;
      -webkit-text-stroke: 5px #000; paint-order: stroke fill`
    return {
      style: `padding: 12px; background: radial-gradient(circle at 30% 60%, hsl(${hue} 70% 60%), hsl(${hue + 90} 50% 25%))`,
      body: `<div style="${caption}; height: 260px">${top}</div><div style="${caption}">${bottom}</div>`,
      rows: [top!, bottom!],
    }
  },
  receipt: (language, index) => {
    const { goods, receipt } = TEXTS[language]
    const items = pick(goods, index, 4).map((item, i) => [item, price(index * 7 + i * 13)] as const)
    const rows = [...items, [receipt.total, price(index * 31 + 99)] as const]
    return {
      style: `background: #f4f1e8; color: #222; font: 18px 'Liberation Mono', 'Noto Sans SC'; line-height: 1.7`,
      body: `<div style="text-align: center; font-size: 26px">${receipt.shop}</div>${rows.map(receiptRow).join('')}
        <div style="text-align: center">${receipt.thanks}</div>`,
      rows: [receipt.shop, ...rows.map(([item, cost]) => `${item} ${cost}`), receipt.thanks],
    }
  },
  casino: (language, index) => {
    const [title, button, code] = pick(TEXTS[language].casino, index, 3)
    const amount = `$${(2500 + ((index * 311) % 4000)).toLocaleString('en')} USDT`
    return {
      style: `background: linear-gradient(135deg, #12002b, #4b0082 60%, #00121f); color: #fff; text-align: center; line-height: 2.2`,
      body: `<div style="font-size: 24px; color: #7dffb0">${title}</div>
        <div style="font: bold 40px 'Liberation Sans'; color: #ffe14d">${amount}</div>
        <div><span style="background: #16a34a; border-radius: 8px; padding: 8px 22px; font-weight: bold">${button}</span></div>
        <div style="font-size: 15px; color: #b9b3d6">${code}</div>`,
      rows: [title!, amount, button!, code!],
    }
  },
  code: (language, index) => {
    const [comment, other] = pick(TEXTS[language].comments, index, 2)
    const n = 2 + (index % 97)
    const lines = [
      [`// ${comment}`, '#6a9955'],
      [`function count(text) {`, '#dcdcaa'],
      [`  const words = text.split(/\\s+/)`, '#d4d4d4'],
      [`  if (words.length > ${n}) { // ${other}`, '#ce9178'],
      [`    return words.slice(0, ${n}).length`, '#9cdcfe'],
      [`  }`, '#d4d4d4'],
    ] as const
    return {
      style: `background: #1e1e1e; font: 15px 'DejaVu Sans Mono', 'Noto Sans SC'; white-space: pre; line-height: 1.6`,
      body: lines
        .map(([line, color]) => `<div style="color: ${color}">${escaped(line)}</div>`)
        .join(''),
      rows: lines.map(([line]) => line.trim()),
    }
  },
  sign: (language, index) => {
    const [large, small] = pick(TEXTS[language].signs, index, 2)
    const turn = ((index * 5) % 15) - 7
    const [ground, ink] = [
      ['#0a6b3d', '#fff'],
      ['#b91c1c', '#fff'],
      ['#fde047', '#111'],
      ['#1d4ed8', '#fff'],
    ][index % 4]!
    return {
      style: 'background: #9aa5ad; padding: 60px 30px',
      body: `<div style="transform: rotate(${turn}deg); background: ${ground}; color: ${ink}; text-align: center; padding: 24px; border: 4px solid ${ink}">
        <div style="font: bold 30px 'Liberation Sans Narrow', 'Noto Sans SC'">${large}</div>
        <div style="font-size: 20px; margin-top: 14px">${small}</div></div>`,
      rows: [large!, small!],
    }
  },
}

function receiptRow([item, cost]: readonly [string, string]): string {
  return `<div style="display: flex; justify-content: space-between"><span>${item}</span><span>${cost}</span></div>`
}

function escaped(text: string): string {
  return text.replaceAll('>', '&gt;').replaceAll('<', '&lt;')
}

function chat(
  language: Language,
  index: number,
  ground: string,
  ink: string,
  faint: string,
): Drawn {
  const { names, messages } = TEXTS[language]
  const said = pick(messages, index, 4).map((message, i) => {
    const name = names[(index + i * 2) % names.length]!
    const time = `${10 + ((index + i) % 13)}:${String((index * 7 + i * 11) % 60).padStart(2, '0')}`
    const hue = (index * 61 + i * 90) % 360
    const body = `<div style="display: flex; gap: 12px; margin-bottom: 14px">
      <div style="width: 40px; height: 40px; border-radius: 50%; background: hsl(${hue} 60% 50%)"></div>
      <div><b>${name}</b> <span style="font-size: 12px; color: ${faint}">${time}</span><div>${message}</div></div></div>`
    return { body, rows: [`${name} ${time}`, message] }
  })
  return {
    style: `background: ${ground}; color: ${ink}`,
    body: said.map(({ body }) => body).join(''),
    rows: said.flatMap(({ rows }) => rows),
  }
}

function pick(list: readonly string[], index: number, count: number): string[] {
  const step = 1 + (Math.floor(index / 35) % (list.length - 1))
  const start = (index * 3) % list.length
  const at = new Set<number>()
  for (let i = 0; at.size < count; i++) {
    const next = (start + i * step) % list.length
    at.add(at.has(next) ? (next + i) % list.length : next)
  }
  return [...at].map((i) => list[i]!)
}

function price(seed: number): string {
  return (((seed * 37) % 4900) / 100 + 0.99).toFixed(2)
}
