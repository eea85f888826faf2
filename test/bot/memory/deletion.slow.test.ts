/** What is deleted while the bot answers about it, in each way and at each step. */

import { describeDeletions } from '../../helpers/deletion-steps.ts'

describeDeletions(({ steps }) => steps)
