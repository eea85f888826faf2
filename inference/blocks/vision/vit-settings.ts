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

/** CLIP and SigLIP share the names of their tensors. */
function clipTensors(module: string): VitSettings['tensors'] {
  return {
    module,
    positions: 'position_embedding.weight',
    qkv: ['q_proj', 'k_proj', 'v_proj'],
    output: 'out_proj',
  }
}

/**
 * Source: transformers 5.18, models/clip/modeling_clip.py, CLIPVisionModel.
 *
 * @param module of the checkpoint, such as `vision_tower.vision_model`.
 */
export function clip(module: string): VitSettings {
  return { classToken: true, preNorm: true, patchBias: false, tensors: clipTensors(module) }
}

/**
 * Without its pooling head.
 *
 * Source: transformers 5.18, models/siglip/modeling_siglip.py, SiglipVisionModel.
 *
 * @param module as of `clip`.
 */
export function siglip(module: string): VitSettings {
  return { classToken: false, preNorm: false, patchBias: true, tensors: clipTensors(module) }
}
