/** Where graphs run. */

import type { PROVIDERS } from '../../config/environment.ts'

/** Where the graphs may run; `auto` is a GPU where a fast one is found, else the CPU. */
export type Provider = (typeof PROVIDERS)[number]

/** Where they run in the end. */
export type Device = Exclude<Provider, 'auto'>
