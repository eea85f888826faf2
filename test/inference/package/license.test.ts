import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  languagesOfCard,
  licenseOfCard,
  licenseSentence,
} from '../../../inference/package/license.ts'

describe('licenseOfCard', () => {
  it('reads the front matter, quoted, commented or as a list', () => {
    assert.equal(licenseOfCard('---\nlanguage: en\nlicense: mit\n---\n# Model'), 'mit')
    assert.equal(licenseOfCard('---\r\nlicense: "apache-2.0" # really\r\n---'), 'apache-2.0')
    assert.equal(licenseOfCard('---\nlicense:\n- bsd-3-clause\n---'), 'bsd-3-clause')
    assert.equal(licenseOfCard('---\nlicense: other\nlicense_name: opt-175b\n---'), 'opt-175b')
  })

  it('gives null where nothing is stated', () => {
    assert.equal(licenseOfCard('# Model\nlicense: mit'), null)
    assert.equal(licenseOfCard('---\nlanguage: en\n---\nlicense: mit'), null)
  })
})

describe('licenseSentence', () => {
  it('says the license and what the family adds to it', () => {
    assert.equal(
      licenseSentence('mit', 'For research only.'),
      'License stated by the model: mit. For research only.',
    )
    assert.match(licenseSentence(null, null), /^The model states no license: .* using it\.$/)
  })

  it('keeps a stranger’s control characters from the terminal', () => {
    assert.match(licenseSentence('m\u001B[2Jit\u202E', null), /: m \[2Jit\./)
  })
})

describe('languagesOfCard', () => {
  it('reads one code or a list of them', () => {
    assert.deepEqual(languagesOfCard('---\nlanguage: en\nlicense: mit\n---'), ['en'])
    assert.deepEqual(languagesOfCard('---\nlanguage:\n- en\n- zh\nlicense: mit\n---'), ['en', 'zh'])
    assert.deepEqual(languagesOfCard('---\nlanguage: [en, "de"]\n---'), ['en', 'de'])
  })

  it('reads nothing where none is stated, or something that is no code', () => {
    assert.equal(languagesOfCard('---\nlicense: mit\n---\nlanguage: en'), null)
    assert.equal(languagesOfCard('---\nlanguage: multilingual\n---'), null)
    assert.equal(languagesOfCard(''), null)
  })
})
