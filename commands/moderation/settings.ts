/** A server's moderation settings, and their defaults. */

import { z } from 'zod'

/**
 * What the bot may do:
 * - `off`: it examines no pictures;
 * - `log`: it posts cases, and staff act by hand;
 * - `approve`: the same, and one click deletes all copies and times the member out;
 * - `act`: pictures that this server's staff confirmed are deleted at once; otherwise as `approve`.
 */
export const MODES = ['off', 'log', 'approve', 'act'] as const
export type Mode = (typeof MODES)[number]

/** Roles or channels in one list. */
export const MAX_LISTED = 50
export const LIMITS = {
  /** Bits in which a picture may differ from a listed one. */
  distance: { min: 0, max: 12 },
  burstChannels: { min: 2, max: 20 },
  burstMinutes: { min: 1, max: 60 },
  /** At most 28 days, as on Discord; 0: no timeout. */
  timeoutMinutes: { min: 0, max: 40_320 },
} as const

const id = z.string().regex(/^\d{17,20}$/)
const ids = z.array(id).max(MAX_LISTED)
const within = ({ min, max }: { min: number; max: number }) => z.int().min(min).max(max)

const fields = {
  mode: z.enum(MODES),
  paused: z.boolean(),
  /** The channel for cases; null: moderation was never set up. */
  logChannel: id.nullable(),
  /** Members with one of these roles decide cases; those with Manage Messages always may. */
  staffRoles: ids,
  exemptRoles: ids,
  exemptChannels: ids,
  /** Bits in which a picture may differ from one that staff confirmed or dismissed. */
  distance: within(LIMITS.distance),
  /** A burst: the same picture by one member in `burstChannels` channels within `burstMinutes` minutes. */
  burstChannels: within(LIMITS.burstChannels),
  burstMinutes: within(LIMITS.burstMinutes),
  /** How long a removal times the member out, in minutes. */
  timeoutMinutes: within(LIMITS.timeoutMinutes),
}

const moderationSettings = z.object(fields)

export type ModerationSettings = Readonly<z.infer<typeof moderationSettings>>

export const DEFAULT_MODERATION: ModerationSettings = {
  mode: 'off',
  paused: false,
  logChannel: null,
  staffRoles: [],
  exemptRoles: [],
  exemptChannels: [],
  distance: 6,
  burstChannels: 3,
  burstMinutes: 5,
  timeoutMinutes: 60,
}

/** Whether the bot examines a server's pictures. */
export function isActive({ mode, paused, logChannel }: ModerationSettings): boolean {
  return mode !== 'off' && !paused && logChannel !== null
}

/**
 * Reads stored settings. Missing or invalid fields get their default, except the mode: it becomes
 * `log`, which has no effect on members.
 */
export function readModerationSettings(stored: unknown): ModerationSettings {
  const raw: Record<string, unknown> = z.record(z.string(), z.unknown()).catch({}).parse(stored)
  const fallback: Record<string, unknown> = { ...DEFAULT_MODERATION, mode: 'log' }
  const read = Object.entries(fields).map(([name, schema]) => [
    name,
    schema.safeParse(raw[name]).success ? raw[name] : fallback[name],
  ])
  return moderationSettings.parse(Object.fromEntries(read))
}
