/** Collections of records for tests. */

import { z } from 'zod'
import type { CollectionSpec } from '../../bot/store/types.ts'

export const TURNS: CollectionSpec<readonly string[]> = {
  name: 'turns',
  ttlMs: 60_000,
  decode: (data) => z.array(z.string()).parse(data),
}
