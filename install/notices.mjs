/**
 * Writes THIRD-PARTY.md from package-lock.json: `npm run notices`. A test checks that it is up to date.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = path.join(import.meta.dirname, '..')
export const FILE = path.join(ROOT, 'THIRD-PARTY.md')

const HEAD = `# Third-party software

What an installation without development tools, and the container image, contain besides Sightseer's own code (MIT,
[LICENSE](LICENSE)). Each package has its license text in its folder under \`node_modules/\`. \`npm run notices\` writes this
file from package-lock.json.

**libvips** and some libraries in it (glib, pango, librsvg, libheif, libexif, fribidi) are under the LGPL, version 3 or
later. They come as one shared library, unchanged, in the packages \`@img/sharp-libvips-*\` (on Windows in \`@img/sharp-win32-*\`), which
sharp loads at run time: you may replace the library by your own build. Its source and build scripts, and the
licenses of all libraries in it, are at <https://github.com/lovell/sharp-libvips>, under the version in the package's \`package.json\`.

**ONNX Runtime** contains other software; \`node_modules/onnxruntime-node\` and
<https://github.com/microsoft/onnxruntime/blob/main/ThirdPartyNotices.txt> have the notices.

**zxing-wasm** contains **ZXing-C++** compiled to WebAssembly, under the Apache License 2.0: its source and notices are at
<https://github.com/zxing-cpp/zxing-cpp>, and its license text is that of [models/ocr/LICENSE](models/ocr/LICENSE).

The models in \`models/demo\` and in every \`models/demo-…\` are Sightseer's own; the first layers of their image encoder were
trained from **EfficientNet-Lite0**, under the Apache License 2.0: [models/demo/NOTICE.md](models/demo/NOTICE.md). \`models/ocr\` is **PP-OCRv6 tiny** by the PaddleOCR authors, with layers for
Cyrillic that Sightseer trained from it, under the Apache License 2.0:
[models/ocr/NOTICE.md](models/ocr/NOTICE.md). A model that you pull has a license of its own, which \`npm run pull\` prints and the
package's card has.

## Licenses
`

const byName = (a, b) => a.localeCompare(b, 'en')

/** The file's text. */
export function notices() {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'))
  const byLicense = new Map()
  for (const [key, { dev, devOptional, link, license = 'see the package' }] of Object.entries(
    packages,
  )) {
    if (key.startsWith('node_modules/') && !dev && !devOptional && !link) {
      const names = byLicense.get(license) ?? new Set()
      byLicense.set(license, names.add(key.split('node_modules/').at(-1)))
    }
  }
  const rows = [...byLicense]
    .toSorted(([a], [b]) => byName(a, b))
    .map(([license, names]) => `- **${license}**: ${[...names].toSorted(byName).join(', ')}`)
  return `${HEAD}\n${rows.join('\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(FILE, notices())
}
