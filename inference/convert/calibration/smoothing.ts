/**
 * Smooths a vision tower before it is quantized: what makes a channel of the activations large is
 * moved into the weights that meet it, where each is divided and multiplied by the same factor. In
 * full precision the function stays what it was; in int8 the large channel no longer takes the
 * range from all others of its row.
 *
 * Source: Xiao et al. 2023, SmoothQuant, arXiv 2211.10438, equation 4. The factors are folded into
 * tensors as they are converted: the graph is the same with and without them.
 */

/**
 * s = inputs^alpha / weights^(1 - alpha), channel by channel; 1 where a channel is always 0.
 *
 * @param inputs largest magnitude in each channel of a module's input, float32 [inputs].
 * @param weights largest magnitude of the weights that meet each channel, float32 [inputs].
 * @param alpha 0 to 1: how much of the difficulty is moved from the input to the weights.
 * @returns float32 [inputs].
 */
export function smoothingFactors(
  inputs: Float32Array,
  weights: Float32Array,
  alpha: number,
): Float32Array {
  return inputs.map((input, channel) => {
    const weight = weights[channel]!
    return input > 0 && weight > 0 ? input ** alpha / weight ** (1 - alpha) : 1
  })
}
