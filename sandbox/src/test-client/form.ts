/** A member's request: a multipart form with the values as JSON and the files. */

/** A file to upload. */
export type LocalFile = {
  readonly name: string
  readonly bytes: Uint8Array
  readonly description?: string
}

/** A command's options; users, roles and channels are given by id. */
export type CommandOptions = Readonly<Record<string, string | number | boolean | LocalFile>>

/** A modal's fields by custom id. */
export type ModalFields = Readonly<
  Record<string, string | boolean | readonly string[] | { readonly files: readonly LocalFile[] }>
>

/** Replaces the files in the values by their numbers, and returns both. */
export function withFiles(input: CommandOptions | ModalFields): {
  readonly values: Readonly<Record<string, unknown>>
  readonly files: readonly LocalFile[]
} {
  const files: LocalFile[] = []
  const number = (file: LocalFile) => files.push(file) - 1
  const values = Object.entries(input).map(([key, value]): [string, unknown] => {
    if (typeof value !== 'object') {
      return [key, value]
    }
    if ('bytes' in value) {
      return [key, { file: number(value) }]
    }
    return [key, 'files' in value ? { files: value.files.map(number) } : value]
  })
  return { values: Object.fromEntries(values), files }
}

/** The multipart form of a request. */
export function toForm(payload: object, files: readonly LocalFile[]): FormData {
  const form = new FormData()
  form.set('payload_json', JSON.stringify(payload))
  files.forEach((file, i) => {
    form.set(`files[${i}]`, new Blob([new Uint8Array(file.bytes)]), file.name)
  })
  return form
}
