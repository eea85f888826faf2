/** The graphs of a package, as its card lists them. */
export type GraphList = {
  /** By name, in the order in which a request needs them. */
  readonly graphs: readonly string[]
  /** Every file of the package by name, `<graph>.onnx` and `<graph>.onnx.data` among them. */
  readonly files: Readonly<
    Record<string, { readonly bytes: number; readonly sha256: string } | undefined>
  >
}
