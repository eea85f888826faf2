"""What is measured on examples that are not trained on."""

import torch

ANSWER_TOKENS = 40


@torch.no_grad()
def answers(stage, examples):
    """Mean loss of each example alone, and the share of examples that are answered word by word."""
    losses = [stage.loss(stage.inputs([one]))[0].item() for one in examples]
    exact = sum(stage.answer(one, ANSWER_TOKENS) == one.answer for one in examples)
    return {'held_out_loss': round(sum(losses) / len(losses), 4), 'held_out_exact': round(exact / len(examples), 4)}


def retrieval(similar, texts):
    """
    R@1 and R@5 both ways.

    similar float [pictures, texts], texts: a text of each picture; equal texts are equally right.
    """
    same = torch.tensor([[left == right for right in texts] for left in texts])
    result = {}
    for way, table, right in (('image_to_text', similar, same), ('text_to_image', similar.T, same.T)):
        for most in (1, 5):
            best = table.cpu().topk(min(most, len(texts)), dim=1).indices
            result[f'{way}_{most}'] = round(right.gather(1, best).any(1).float().mean().item(), 4)
    return result
