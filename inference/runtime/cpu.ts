/** The processor's model and features, as the operating system reports them. */

import { readFileSync } from 'node:fs'
import { arch, cpus } from 'node:os'

/** Architecture, model name and, on Linux, feature flags: if equal, ONNX Runtime uses the same kernels. */
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
