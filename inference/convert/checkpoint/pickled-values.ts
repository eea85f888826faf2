/**
 * The values that describe tensors in a pickle: of all classes and functions, the only ones that
 * the reader (unpickle.ts) accepts, and how they are made without a call.
 *
 * Source: pytorch 2.13, torch/serialization.py and torch/_utils.py.
 */

/** Which part of which storage a tensor is; counts of elements. */
export type PickledTensor = {
  readonly kind: 'tensor'
  readonly storage: PickledStorage
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** One entry of the archive. */
export type PickledStorage = {
  readonly kind: 'storage'
  readonly dtype: string
  /** Name of the archive's entry, after `data/`. */
  readonly key: string
  readonly elements: number
}

type Global = { readonly kind: 'global'; readonly name: string }

/** What a pickle of tensors is made of. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Value[]
  | Map<unknown, Value>
  | Global
  | PickledStorage
  | PickledTensor
  | typeof MARK

/** Where a list of unknown length begins on the stack. */
export const MARK = Symbol('mark')

/** The pickle is broken, or does more than describe tensors; the message says what. */
export class PickleError extends Error {
  override name = 'PickleError' as const
}

/** Storage classes of torch, and their dtypes as safetensors names them. */
const STORAGES: Readonly<Record<string, string>> = {
  'torch.DoubleStorage': 'F64',
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
}

const DICT = 'collections.OrderedDict'
const TENSOR = 'torch._utils._rebuild_tensor_v2'
const PARAMETER = 'torch._utils._rebuild_parameter'
const CALLABLE: ReadonlySet<string> = new Set([DICT, TENSOR, PARAMETER])

/** Most axes of a tensor, as in torch. */
const MAX_AXES = 64

/** Whether a value is a global, a storage or a tensor. */
export function isKind<K extends 'global' | 'storage' | 'tensor'>(
  value: Value,
  kind: K,
): value is Extract<Value, { readonly kind: K }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind
}

/**
 * A class or function by name; it is only compared with known names.
 *
 * @throws {PickleError} for every other name.
 */
export function global(name: string): Global {
  if (!CALLABLE.has(name) && !Object.hasOwn(STORAGES, name)) {
    throw new PickleError(`asks for ${JSON.stringify(name)}, which is code and not a tensor`)
  }
  return { kind: 'global', name }
}

/**
 * The storage of a persistent id: ('storage', class, key, device, elements).
 *
 * @throws {PickleError} if it is not one.
 */
export function storageOf(id: Value): PickledStorage {
  const [word, type, key, , elements] = Array.isArray(id) ? id : []
  const dtype = type !== undefined && isKind(type, 'global') ? STORAGES[type.name] : undefined
  if (word !== 'storage' || dtype === undefined || typeof key !== 'string' || !isCount(elements)) {
    throw new PickleError('has a broken storage')
  }
  return { kind: 'storage', dtype, key, elements }
}

/**
 * The result of one of the few functions that make tensors.
 *
 * @throws {PickleError} if the arguments make no tensor.
 */
export function call(name: string, args: readonly Value[]): Value {
  if (name === DICT && args.length === 0) {
    return new Map<unknown, Value>()
  }
  const [first, offset, shape, strides] = args
  if (name === PARAMETER && first !== undefined && isKind(first, 'tensor')) {
    return first
  }
  const isTensor = name === TENSOR && first !== undefined && isKind(first, 'storage')
  if (!isTensor || !isCount(offset) || !isCounts(shape) || !isCounts(strides)) {
    throw new PickleError(`calls ${name} in a way that makes no tensor`)
  }
  if (shape.length !== strides.length) {
    throw new PickleError('has a tensor with a broken shape')
  }
  return { kind: 'tensor', storage: first, offset, shape, strides }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isCounts(value: Value | undefined): value is number[] {
  return Array.isArray(value) && value.length <= MAX_AXES && value.every(isCount)
}
