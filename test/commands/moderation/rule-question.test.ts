/** Which questions of rules are refused, and which are warned about. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isRefused, problemsOf } from '../../../commands/moderation/rule-question.ts'

function kindsOf(question: string) {
  return problemsOf(question, ['en']).map(({ kind }) => kind)
}

describe('problemsOf', () => {
  it('finds none in yes/no questions about what can be seen', () => {
    const questions = [
      'is there a red circle?',
      'Are there two dogs',
      "isn't there a knife?",
      'Does it show text?',
    ]
    assert.deepEqual(
      questions.flatMap((question) => kindsOf(question)),
      [],
    )
  })

  it('finds questions without yes or no, no question, and another language', () => {
    assert.deepEqual(kindsOf('what is in the picture'), ['open'])
    assert.deepEqual(kindsOf('How many hearts are there?'), ['open'])
    assert.deepEqual(kindsOf('red circles'), ['no-question'])
    assert.deepEqual(kindsOf('有红色的圆吗？'), ['language'])
    for (const question of ['what is this', 'red circles', '有红色的圆吗？']) {
      assert.ok(problemsOf(question, ['en']).some(isRefused), question)
    }
  })

  it('warns of what a picture means, and of another start', () => {
    assert.deepEqual(problemsOf('Is this a scam?', ['en']), [{ kind: 'meaning', word: 'scam' }])
    assert.deepEqual(kindsOf('is this picture appropriate'), ['meaning'])
    assert.deepEqual(kindsOf('in the picture, is there a dog?'), ['start'])
    assert.ok(!problemsOf('is this a scam?', ['en']).some(isRefused))
  })

  it('refuses words that the model does not know', () => {
    const problems = problemsOf('is this a scam?', ['en'], ['scam'])
    assert.deepEqual(problems[0], { kind: 'words', words: ['scam'] })
    assert.ok(isRefused(problems[0]))
  })

  it('judges no other language where the model may know it', () => {
    assert.deepEqual(problemsOf('ist da ein Hund?', undefined), [])
    assert.deepEqual(problemsOf('有红色的圆吗？', undefined), [])
    assert.deepEqual(problemsOf('is this a scam?', undefined), [{ kind: 'meaning', word: 'scam' }])
  })
})
