/**
 * Smooths a vision tower before it is quantized: each activation channel is divided by a factor, and
 * the weights that multiply it are multiplied by the same factor. In full precision the result stays
 * the same; in int8 a large channel no longer takes the range away from the others of its row.
 *
 * Source: Xiao et al. 2023, SmoothQuant, arXiv 2211.10438, equation 4. The factors are folded into
 * tensors as they are converted: the graph is the same with and without them.
 */

/**
 * factor = inputs^alpha / weights^(1 - alpha) per channel; 1 where either is 0.
 *
 * @param inputs largest magnitude in each channel of a module's input, float32 [inputs].
 * @param weights largest magnitude of the weights that multiply each channel, float32 [inputs].
 * @param alpha 0 to 1: how much of the difficulty is moved from the input to the weights.
 * @returns the factors, float32 [inputs], above 0.
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
