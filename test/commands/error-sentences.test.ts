/** Every error has its sentence in each language, and stays the same on its way through JSON. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sentenceOf } from '../../commands/i18n/catalog.ts'
import { EN } from '../../commands/i18n/en.ts'
import { ZH } from '../../commands/i18n/zh.ts'
import {
  InputError,
  type InputErrorCode,
  type InputErrors,
  type NoParams,
} from '../../config/errors.ts'
import { fromPlainError, toPlainError } from '../../config/plain-error.ts'

/** Values for each code, and what they must show as in the English sentence. */
type Samples = {
  readonly [Code in InputErrorCode]: InputErrors[Code] extends NoParams
    ? null
    : readonly [params: InputErrors[Code], shown: RegExp]
}

const MIB = 2 ** 20
const MOST = [{ most: 3 }, /\b3\b/] as const

const SAMPLES: Samples = {
  'image/empty': null,
  'image/unknown-format': null,
  'image/unsupported-format': [{ format: 'svg' }, /^That file is an SVG drawing; please send/],
  'image/damaged': [{ format: 'PNG' }, /^That PNG file is damaged or incomplete\.$/],
  'image/unknown-encoding': [
    { format: 'TIFF' },
    /^That TIFF file is written in a way that cannot be read/,
  ],
  'image/slow-to-decode': null,
  'image/large-to-decode': null,
  'image/decoder-crashed': null,
  'image/too-many-bytes': [
    { bytes: 32 * MIB + 1, maxBytes: 32 * MIB },
    /^That file has 33 MB; the limit is 32 MB\.$/,
  ],
  'image/too-many-pixels': [
    { width: 60_000, height: 60_000, maxPixels: 52e6 },
    /^That picture has 3600 megapixels; the limit is 52 megapixels\.$/,
  ],
  'image/too-many': [{ pictures: 3, most: 1 }, /^This model sees one picture at a time, not 3\.$/],
  'image/no-room': [
    { pictures: 2, tokens: 90, maxTokens: 100 },
    /^These 2 pictures take 90 of the 100 tokens that the model reads, .* Please use fewer or smaller pictures, less detail or fewer words\.$/,
  ],
  'image/outside-domain': [
    { knows: { en: 'drawings of shapes', zh: '图形的画' } },
    /^I only know drawings of shapes; this looks like something else, so I do not describe it\..*npm run pull -- .*SIGHTSEER_MODEL=/,
  ],
  'match/outside-domain': [
    { knows: { en: 'drawings of shapes', zh: '图形的画' } },
    /^My model for matching knows only drawings of shapes; .* I compare no text with it\..*SIGHTSEER_MATCHER=/,
  ],
  'rule/outside-domain': [
    { knows: { en: 'drawings of shapes', zh: '图形的画' } },
    /^I only know drawings of shapes; .* I judge no question about it/,
  ],
  'text/empty-question': null,
  'text/too-long': [
    { length: 92, unit: 'tokens', maxTokens: 91 },
    /^That text is too long: 92 tokens, and the model reads 91 tokens\.$/,
  ],
  'text/picture-places': [
    { places: 0, pictures: 1 },
    /^The prompt must have the model's placeholder for a picture, such as <image>, once; it has it 0 times\.$/,
  ],
  'score/no-answers': null,
  'score/empty-answer': null,
  'score/long-answer': null,
  'generation/settings': [
    {
      problems: [
        { setting: 'beams', must: 'whole', least: 1, most: 32, value: '40' },
        { setting: 'topK', must: 'whole', least: 0, value: '-1' },
        { setting: 'temperature', must: 'positive', value: '0' },
        { setting: 'lengthPenalty', must: 'number', value: 'Infinity' },
        { setting: 'topP', must: 'share', value: '2' },
        { setting: 'stopStrings', must: 'text', value: '' },
      ],
    },
    /^beams must be a whole number, 1 to 32, not 40\. topK .* 0 or more, not -1\. .* above 0, not 0\. .* a number, not Infinity\. .* at most 1, not 2\. A stop string/,
  ],
  'queue/full': null,
  'queue/deadline': null,
  'host/unavailable': null,
  'host/rejected': null,
  'queue/given-up': null,
  'image/none-here': null,
  'image/none-sent': null,
  'image/none-in-message': null,
  'image/gone': null,
  'image/elsewhere': null,
  'image/not-fetched': null,
  'image/bad-response': [{ status: 503 }, /\(503\)$/],
  'image/timeout': null,
  'image/too-large': [{ maxBytes: 32 * MIB }, /^That picture is over 32 MiB\./],
  'image/not-a-picture': null,
  'image/plain': null,
  'image/age-restricted': null,
  'image/opted-out': null,
  'question/language': [
    { languages: ['en'], inChinese: false, examples: ['what is above the star?'] },
    /^My model understands English only, in words\. Try: “what is above the star\?”$/,
  ],
  'question/too-long': null,
  'conversation/unknown': null,
  'conversation/none': null,
  'message/unreadable-file': [
    { name: 'notes.txt', type: 'other' },
    /^notes\.txt is not a picture; please send a PNG, .*TIFF picture\.$/,
  ],
  'message/unreadable-sticker': [{ name: 'Wave' }, /\bWave\b/],
  'message/forward-without-picture': null,
  'message/link-without-picture': null,
  'channel/no-history': null,
  'reply/gone': null,
  'reply/notice': null,
  'conversation/deleted': null,
  'deletion/pending': null,
  'reply/unreadable': null,
  'reply/empty': null,
  'answer/no-other': null,
  'answer/reposted': null,
  'image/judged': null,
  'find/no-words': null,
  'find/expired': null,
  'find/not-searchable': [
    { everywhere: true },
    /on this server\..*`\/settings search`.*posted after that/,
  ],
  'privacy/busy': null,
  'limit/daily': [{ limit: 1 }, /your 1 answer of today/],
  'permission/not-yours': null,
  'permission/only-asker': null,
  'permission/only-author': null,
  'permission/settings': null,
  'permission/moderation': null,
  'permission/staff': null,
  'place/server-only': null,
  'channel/unreadable': null,
  'channel/history-hidden': null,
  'link/invalid': null,
  'link/hidden': null,
  'link/message-gone': null,
  'command/unknown': null,
  'button/unknown': null,
  'settings/too-many-channels': [{ most: 25 }, /25 channels/],
  'moderation/not-set-up': null,
  'moderation/not-active': null,
  'moderation/needs-channel': null,
  'moderation/exempt': null,
  'moderation/needs-role-or-channel': null,
  'moderation/too-many': MOST,
  'case/unknown': null,
  'case/decided': [{ by: '17' }, /<@17>/],
  'case/not-now': null,
  'case/appealed': null,
  'store/full': null,
  'hash/unknown': null,
  'hash/bad-file': null,
  'hash/list-full': MOST,
  'report/cooldown': null,
  'report/own-message': null,
  'rule/unknown': [{ name: 'stars' }, /“stars”/],
  'rule/too-many': MOST,
  'rule/no-channels': null,
  'rule/none': null,
  'rule/empty-name': null,
  'rule/language': [{ languages: ['en'] }, /English only.*is there a red circle\?/],
  'rule/open-question': null,
  'rule/words': [{ words: ['dog', 'cat'] }, /“dog”, “cat”/],
  'rule/no-question': null,
  'rule/no-matcher': null,
  'rule/no-subject': null,
  'rule/two-subjects': null,
  'rule/needs-threshold': null,
  'rule/no-words': [{ name: 'circles' }, /“circles” has no words/],
  'rule/bad-file': [{ maxBytes: 64 * 1024 }, /at most 64 KiB/],
  'rule/no-terms': null,
  'rule/too-many-terms': MOST,
  'rule/bad-term': [{ term: 'a' }, /“a”/],
  'rule/long-term': [{ term: 'lengthy', most: 100 }, /“lengthy” .* 100 /],
  'rule/bad-weight': [{ term: 'casino', min: 1, max: 10 }, /“casino” .* 1 to 10/],
  'rule/bad-pattern': [
    { pattern: '/(a/', problem: 'unclosed' },
    /“\/\(a\/” does not work: a bracket is not closed/,
  ],
  'file/missing': null,
  'file/folder': null,
  'file/forbidden': null,
  'file/unreadable': [{ reason: 'EIO' }, /: EIO$/],
  'file/too-large': [{ maxBytes: 1000 }, /1000 bytes/],
  'request/expired': null,
  'request/given-up': null,
  'request/interrupted': null,
  'request/enough-open': [{ most: 2 }, /2 messages/],
  'restart/ask-again': null,
  'restart/answer-later': null,
  'bot/no-access': null,
  'bot/bug': [{ id: 'beef' }, /: beef$/],
  'bot/unknown-error': null,
}

/** An error as the catalog takes it: of a code that is only known at run time. */
function errorOf(code: string, params: object | null): InputError {
  return Reflect.construct(InputError, [code, params])
}

const ERRORS = Object.entries(SAMPLES).map(([code, sample]) => {
  const [params, shown] = sample ?? [null, /./]
  return { error: errorOf(code, params), shown }
})

describe('sentenceOf', () => {
  for (const { error, shown } of ERRORS) {
    it(`has a sentence for ${error.code} in each language`, () => {
      const english = sentenceOf(error, EN)
      assert.match(english, shown)
      const chinese = sentenceOf(error, ZH)
      assert.match(chinese, /\p{Script=Han}/u)
      assert.doesNotMatch(english + chinese, /undefined|\[object|NaN/)
    })
  }

  it('says something of a code that another version has', () => {
    const error = errorOf('image/of-tomorrow', { unit: 3 })
    assert.equal(sentenceOf(error, EN), EN.errors['bot/unknown-error'])
    assert.equal(sentenceOf(error, ZH), ZH.errors['bot/unknown-error'])
    assert.equal(sentenceOf(errorOf('toString', {}), EN), EN.errors['bot/unknown-error'])
  })
})

describe('toPlainError and fromPlainError', () => {
  it('keep every code and its values through JSON', () => {
    for (const { error } of ERRORS) {
      const revived = fromPlainError(JSON.parse(JSON.stringify(toPlainError(error))))
      assert.ok(revived instanceof InputError)
      assert.deepEqual(
        { code: revived.code, params: revived.params, message: revived.message },
        { code: error.code, params: error.params, message: error.message },
      )
    }
  })
})
