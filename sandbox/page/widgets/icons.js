/** The page's icons, drawn as strokes on a 24 x 24 grid. */

const SVG = 'http://www.w3.org/2000/svg'

const PATHS = {
  hash: 'M9 4 7.5 20M16.5 4 15 20M4.5 9h16M3.5 15h16',
  at: 'M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Zm0 0v1.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-3.5 7.1',
  lock: 'M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  alert: 'M12 3.5 21.5 20h-19ZM12 10v4.5M12 17.4v.1',
  thread: 'M4 6h16M4 11h9M4 16h6M15 14v6M12 17h6',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  send: 'M4 12 20.5 4.5 16 20l-4.2-6.2ZM11.8 13.8 20.5 4.5',
  reply: 'M9 6 4 11l5 5M4.5 11H14a6 6 0 0 1 6 6v1',
  more: 'M6.2 12a.7.7 0 1 1-1.4 0 .7.7 0 0 1 1.4 0ZM12.7 12a.7.7 0 1 1-1.4 0 .7.7 0 0 1 1.4 0ZM19.2 12a.7.7 0 1 1-1.4 0 .7.7 0 0 1 1.4 0Z',
  menu: 'M4 7h16M4 12h16M4 17h16',
  image: 'M4 5h16v14H4ZM4 16l5-5 4 4 2.5-2.5L20 17M15.5 9.2v.1',
  people:
    'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM3.5 19c.5-3.5 2.6-5 5.5-5s5 1.5 5.5 5M16 11.5a2.5 2.5 0 1 0-1-4.8M16.5 14c2.5.2 3.8 1.7 4.2 4',
  eye: 'M2.5 12q9.5-12 19 0-9.5 12-19 0ZM15 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z',
  hidden:
    'M4 4l16 16M9.9 5.9A9.5 9.5 0 0 1 21.5 12a17 17 0 0 1-2.6 2.9M6.5 8A16 16 0 0 0 2.5 12q6.5 8 13.5 5.3',
  pencil: 'M4 20l1-4.5L16.5 4 20 7.5 8.5 19ZM14 6.5 17.5 10',
  trash: 'M5 7h14M10 7V4.5h4V7M7 7l.8 13h8.4L17 7M10.5 11v5M13.5 11v5',
  copy: 'M9 9h11v11H9ZM6 15H4V4h11v2',
  forward: 'M15 6l5 5-5 5M19.5 11H10a6 6 0 0 0-6 6v1',
  smile: 'M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM8.5 14q3.5 4 7 0M9 9.5v.1M15 9.5v.1',
  moon: 'M20 14.5A8.5 8.5 0 1 1 9.5 4 7 7 0 0 0 20 14.5Z',
  sun: 'M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  file: 'M6 3h8l4 4v14H6ZM14 3v4h4',
  down: 'M6 9.5l6 6 6-6',
  right: 'M9.5 6l6 6-6 6',
  check: 'M5 12.5 10 17.5 19 7',
  slash:
    'M5 3.5h14a1.5 1.5 0 0 1 1.5 1.5v14a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 19V5A1.5 1.5 0 0 1 5 3.5ZM14.5 8l-5 8',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7L12 17',
  message: 'M4 5h16v11H11l-4.5 4v-4H4Z',
  app: 'M4 4h6.5v6.5H4ZM13.5 4H20v6.5h-6.5ZM4 13.5h6.5V20H4ZM16.8 13.5v6.5M13.5 16.8H20',
}

/** @typedef {keyof typeof PATHS} IconName */

/**
 * An icon; hidden from screen readers.
 *
 * @param {IconName} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', PATHS[name])
  svg.append(path)
  return svg
}
