/** The shape of one BLIP-2 model with an OPT decoder: all that the graph writers need to know. */

/** An activation function, by transformers' name (`transformers/activations.py`, ACT2CLS). */
export const ACTIVATIONS = [
  'gelu',
  'gelu_10',
  'gelu_accurate',
  'gelu_fast',
  'gelu_new',
  'gelu_python',
  'gelu_python_tanh',
  'gelu_pytorch_tanh',
  'hardswish',
  'laplace',
  'leaky_relu',
  'linear',
  'mish',
  'quick_gelu',
  'relu',
  'relu2',
  'relu6',
  'sigmoid',
  'silu',
  'swish',
  'tanh',
] as const

export type Activation = (typeof ACTIVATIONS)[number]

/** The image encoder: pre-LN ViT with a fused qkv weight. */
export type VisionConfig = {
  readonly hidden: number
  readonly intermediate: number
  readonly layers: number
  readonly heads: number
  /** Side of the square image and of one patch, in pixels. */
  readonly imageSize: number
  readonly patchSize: number
  readonly activation: Activation
  readonly epsilon: number
  readonly qkvBias: boolean
}

/** The Querying Transformer: post-LN BERT layers whose rows are learned queries. */
export type QformerConfig = {
  readonly queries: number
  readonly hidden: number
  readonly intermediate: number
  readonly layers: number
  readonly heads: number
  /** Layers whose index is a multiple of this look at the image. */
  readonly crossFrequency: number
  readonly activation: Activation
  readonly epsilon: number
}

/** The language model: OPT. */
export type TextConfig = {
  readonly vocab: number
  readonly hidden: number
  readonly intermediate: number
  readonly layers: number
  readonly heads: number
  readonly maxPositions: number
  /** Width of the token embeddings and of what `lm_head` takes; `hidden` in nearly every model. */
  readonly embed: number
  /** Layer norms before each block (pre-LN), or after it as in opt-350m. */
  readonly normBefore: boolean
  /** The decoder's own layer norm after the last layer. */
  readonly finalNorm: boolean
  /** Linear layers have biases. */
  readonly bias: boolean
  /** Layer norms have weights and biases. */
  readonly affine: boolean
  readonly activation: Activation
  /** The checkpoint's tensor that embeds tokens. */
  readonly embedTensor: string
  /** The checkpoint's tensor that makes the logits; the same one when they are tied. */
  readonly headTensor: string
}

export type Blip2Config = {
  readonly vision: VisionConfig
  readonly qformer: QformerConfig
  readonly text: TextConfig
}

/** Patches along one side; a rest of the image narrower than a patch is not looked at. */
export function patchesPerSide(vision: VisionConfig): number {
  return Math.floor(vision.imageSize / vision.patchSize)
}

/** Rows of `image_embeds`: the patches and the class token. */
export function visionTokens(vision: VisionConfig): number {
  return patchesPerSide(vision) ** 2 + 1
}
