/** Where graphs run. */

import type { PROVIDERS } from '../../config/environment.ts'

/** The setting PROVIDER; `auto` is a GPU if there is a fast one, else the CPU. */
export type Provider = (typeof PROVIDERS)[number]

/** The device that runs the graphs. */
export type Device = Exclude<Provider, 'auto'>
