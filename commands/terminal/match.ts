/** `npm run match`: how well each text fits each picture. */

import { PULL_MATCHER_COMMAND } from '../../config/models.ts'
import { judgeForMatching, requireMatchable } from '../../inference/domain/judge-picture.ts'
import { type KnownMatch, matchKnown } from '../../inference/domain/known-match.ts'
import { EN } from '../i18n/en.ts'
import { eachImage, readImage } from './images.ts'
import { EXIT_HELP, readArguments } from './options.ts'
import { DONE, printJson, printLine, runCommand, UsageError } from './run.ts'
import { withModel } from './session.ts'

const NAME = 'match'

const HELP = `Tells how well texts fit pictures, one line for each picture with each text.

  npm run match -- IMAGE... --text TEXT... [options]

IMAGE is a PNG, JPEG, WebP, AVIF, GIF or TIFF file, or - for standard input
(as for a file whose name is not UTF-8).

Options
  --text TEXT               a text to compare with each picture; can be repeated
  --model NAME|DIR          model package made for matching: a name under models/, or its folder
                            (default: SIGHTSEER_MATCHER, and with the demo its own, which
                            knows drawings). For photographs:
                            ${PULL_MATCHER_COMMAND}
  --json                    print one JSON object per line, and nothing else on stdout:
                            "itm" is the probability that picture and text fit, 0 to 1, and "itc"
                            the cosine of their vectors, -1 to 1: faster, and less exact. Both
                            mean nothing where "unknown" has words, which the model does not
                            know, or the verdict of "judgment" is "outside"
  --help                    print this help

${EXIT_HELP}
`

const OPTIONS = {
  text: { type: 'string', multiple: true },
  model: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

await runCommand(NAME, (signal) => main(process.argv.slice(2), signal))

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals: images } = readArguments(argv, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return DONE
  }
  const { text: texts = [] } = values
  if (images.length === 0 || texts.length === 0) {
    throw new UsageError('Give a picture, and at least one --text.')
  }
  const use = { name: values.model, task: 'match' } as const
  return withModel(NAME, use, signal, async (session) => {
    const { model } = session
    const { name, domain } = model.card
    if (domain !== undefined && values.json) {
      const others = 'about any other picture its numbers mean nothing'
      process.stderr.write(`${name} only knows ${domain.knows.en}; ${others}.\n`)
    }
    return eachImage(images, async (image) => {
      const bytes = await readImage(image, session)
      if (values.json) {
        const judgment = await judgeForMatching(model, bytes, { signal })
        for (const { text, ...match } of await matchKnown(model, bytes, texts, { signal })) {
          printJson({ image, text, ...match, judgment })
        }
        return
      }
      await requireMatchable(model, bytes, { signal })
      for (const match of await matchKnown(model, bytes, texts, { signal })) {
        printLine(`${image}: ${match.text}: ${inWords(match)}`)
      }
    })
  })
}

/** What people read of a match: no number where it means nothing. */
function inWords({ itm, itc, unknown }: KnownMatch): string {
  return unknown.length > 0
    ? EN.answer.unknownWords(unknown)
    : `${(itm * 100).toFixed(1)} % (cosine ${itc.toFixed(3)})`
}
