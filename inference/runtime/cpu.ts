/** What the processor is and can do, as far as the system tells. */

import { readFileSync } from 'node:fs'
import { arch, cpus } from 'node:os'

/** The processor's kind, name and, on Linux, abilities: equal where kernels are. */
export function processor(): string {
  return `${arch()} ${cpus()[0]?.model ?? ''} ${flags()}`.trim()
}

/**
 * Whether an 8-bit product may overflow in ONNX Runtime's own kernel: on x64 without VNNI it adds
 * pairs of products in 16 bits.
 */
export function overflowsInt8(about: string = processor()): boolean {
  return about.startsWith('x64') && !/\bavx(512)?_vnni\b/.test(about)
}

function flags(): string {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? ''
  } catch {
    return ''
  }
}
