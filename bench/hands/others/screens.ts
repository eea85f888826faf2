/** Pages that people take screenshots of; none has a shape on it. */

const WORDS =
  'the meeting moves to Thursday because the room is taken please bring your own notes and tell Ada that the second draft looks better than the first one we sent last week'.split(
    ' ',
  )

const text = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => WORDS[(from * 7 + i) % WORDS.length]).join(' ')

const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('')

/** What each shows, its width and height, and its page. */
export const SCREENS: readonly (readonly [
  what: string,
  size: readonly [number, number],
  html: string,
])[] = [
  [
    'chat',
    [420, 640],
    `<body style="margin:0;background:#313338;color:#dbdee1;font:15px sans-serif">${lines(
      9,
      (i) =>
        `<p style="margin:14px"><b style="color:#${['f47b67', '45ddc0', 'c9cdfb'][i % 3]}">${['mika', 'Ada', 'jo_el'][i % 3]}</b> <small style="color:#949ba4">Today at 1${i % 10}:0${i % 10}</small><br>${text(i, 6 + ((i * 5) % 9))}</p>`,
    )}`,
  ],
  [
    'article',
    [760, 560],
    `<body style="margin:40px 80px;font:17px/1.6 serif"><h1>${text(3, 5)}</h1>${lines(3, (i) => `<p>${text(i, 45)}</p>`)}`,
  ],
  [
    'code',
    [680, 460],
    `<body style="margin:16px;background:#1e1e1e;color:#d4d4d4"><pre style="font:14px/1.5 monospace">${lines(
      16,
      (i) =>
        `<span style="color:#858585">${String(i + 1).padStart(3)}</span>  ${'  '.repeat(i % 4)}<span style="color:#569cd6">${['if', 'const', 'return', 'await'][i % 4]}</span> ${text(i, 2).replace(' ', '.')}(<span style="color:#ce9178">'${text(i + 2, 2)}'</span>)\n`,
    )}</pre>`,
  ],
  [
    'spreadsheet',
    [720, 420],
    `<body style="margin:0;font:13px sans-serif"><table style="border-collapse:collapse">${lines(
      18,
      (row) =>
        `<tr>${lines(9, (column) => `<td style="border:1px solid #d0d0d0;width:78px;height:22px;text-align:right">${row === 0 ? 'ABCDEFGHI'[column] : ((row * 37 + column * 91) % 997) / 10}</td>`)}</tr>`,
    )}</table>`,
  ],
  [
    'terminal',
    [640, 400],
    `<body style="margin:12px;background:#000;color:#33d17a"><pre style="font:14px/1.4 monospace">${lines(
      17,
      (i) =>
        i % 5 === 0
          ? `$ ls -l ${text(i, 1)}\n`
          : `-rw-r--r-- 1 ada ada ${1000 + i * 713} Nov ${10 + i} ${text(i, 2).replace(' ', '_')}.txt\n`,
    )}</pre>`,
  ],
  [
    'form',
    [480, 620],
    `<body style="margin:30px;background:#f4f5f7;font:15px sans-serif"><h2>Sign up</h2>${lines(6, (i) => `<p>${['Name', 'Street', 'City', 'Mail', 'Phone', 'Notes'][i]}<br><input style="width:380px;font-size:16px" value="${i % 2 ? '' : text(i, 2)}"></p>`)}<button style="font-size:16px">Send</button>`,
  ],
  [
    'mail',
    [900, 500],
    `<body style="margin:0;font:14px sans-serif">${lines(14, (i) => `<div style="padding:9px 20px;border-bottom:1px solid #e5e5e5;${i % 3 ? '' : 'font-weight:bold'}">${['Ada', 'Rent office', 'Library', 'jo'][i % 4]} &nbsp; ${text(i, 7)} <span style="color:#888">${text(i + 4, 5)}</span></div>`)}`,
  ],
  [
    'dark settings',
    [390, 780],
    `<body style="margin:0;background:#000;color:#fff;font:17px sans-serif"><h1 style="margin:20px">Settings</h1>${lines(12, (i) => `<div style="padding:15px 20px;border-bottom:1px solid #2c2c2e;background:#1c1c1e">${text(i, 2)}<span style="float:right;color:#8e8e93">${i % 2 ? 'On' : 'Off'} ›</span></div>`)}`,
  ],
]
