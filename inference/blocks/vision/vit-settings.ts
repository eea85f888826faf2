/** The published vision towers, as settings of vit.ts. */

import type { VitSettings } from './vit.ts'

/**
 * ViT-g of EVA, in BLIP-2.
 *
 * Source: transformers 5.18, models/blip_2/modeling_blip_2.py, Blip2VisionModel.
 */
export const EVA: VitSettings = {
  classToken: true,
  preNorm: false,
  patchBias: true,
  tensors: {
    module: 'vision_model',
    positions: 'position_embedding',
    qkv: ['qkv'],
    output: 'projection',
  },
}
