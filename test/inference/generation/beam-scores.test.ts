import { describe, it } from 'node:test'
import { checkBeamScores } from '../../helpers/beam-scores.ts'
import { QUICK_NAMES } from '../../helpers/engine-parity.ts'

// The other checkpoints take their turn in engine/parity.slow.test.ts.
describe('beam search over a converted checkpoint', () => {
  for (const name of QUICK_NAMES) {
    it(`gives the reference's ids and scores of the best beams: ${name}`, () =>
      checkBeamScores(name))
  }
})
