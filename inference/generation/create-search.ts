/** Creates the search that the settings select. */

import { BeamSearch } from './beam-search.ts'
import type { Search, SearchInput } from './search.ts'
import { SingleSearch } from './single-search.ts'

export function createSearch(input: SearchInput): Search {
  return input.settings.beams > 1 ? new BeamSearch(input) : new SingleSearch(input)
}
