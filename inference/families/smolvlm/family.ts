/** SmolVLM and SmolVLM2: as Idefics3, with smaller parts. */

import type { Family } from '../common/family.ts'
import { readCheckpoint, shared } from '../idefics3/family.ts'

export const smolvlm = {
  ...shared,
  name: 'smolvlm',
  modelType: 'smolvlm',
  read: (folders, problems) => readCheckpoint('smolvlm', folders, problems),
} as const satisfies Family
