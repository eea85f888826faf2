"""
Stage 1 of a Q-Former: image-text contrast (ITC), matching with hard negatives (ITM) and image-grounded text (ITG) together,
each with the paper's own attention mask (BLIP-2, section 3.2).
"""

import torch
from torch.nn.functional import cross_entropy, normalize

from training.bridge.ends import IGNORED, learned, padded
from training.bridge.measure import retrieval
from training.common import initialize

TEXT_TOKENS = 64
PARTS = ('query_tokens', 'embeddings', 'qformer', 'vision_projection', 'text_projection', 'itm_head')
SMOOTHING = 0.1


class Contrast:
    """Trains a Blip2ForImageTextRetrieval, and a head that writes texts."""

    name, rate = 'stage1', 1e-4

    def __init__(self, model, images, tokenizer, special):
        """special: the ids that begin a text that is read or written, end one, and fill a batch."""
        self.model, self.images, self.tokenizer, self.special = model, images, tokenizer, special
        self.bridge = learned(model, PARTS)
        width, vocabulary = model.query_tokens.shape[-1], model.embeddings.word_embeddings.num_embeddings
        self.bridge.write = torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.GELU(), torch.nn.LayerNorm(width))
        initialize(self.bridge.write)
        self.bridge.bias = torch.nn.Parameter(torch.zeros(vocabulary))
        self.bridge.temperature = torch.nn.Parameter(torch.tensor(0.07))
        self.queries = model.query_tokens.shape[1]

    def begin(self, device):
        self.model.to(device).eval()
        self.bridge.to(device)

    def start_from_bert(self, bert):
        """Takes a BERT's layers for queries and texts alike, its embeddings, and its head. Its segments are all the first."""
        embeddings, model = bert.bert.embeddings, self.model
        count = len(embeddings.word_embeddings.weight)
        with torch.no_grad():
            model.embeddings.word_embeddings.weight[:count] = embeddings.word_embeddings.weight
            positions = embeddings.position_embeddings.weight + embeddings.token_type_embeddings.weight[0]
            model.embeddings.position_embeddings.weight.copy_(positions)
            self.bridge.bias[:count] = bert.cls.predictions.bias
        model.qformer.layernorm.load_state_dict(embeddings.LayerNorm.state_dict())
        transform = bert.cls.predictions.transform
        self.bridge.write[0].load_state_dict(transform.dense.state_dict())
        self.bridge.write[2].load_state_dict(transform.LayerNorm.state_dict())
        for own, layer in zip(model.qformer.encoder.layer, bert.bert.encoder.layer):
            own.attention.attention.load_state_dict(layer.attention.self.state_dict())
            own.attention.output.load_state_dict(layer.attention.output.state_dict())
            for name in ('intermediate', 'output'):
                state = getattr(layer, name).state_dict()
                getattr(own, name).load_state_dict(state)
                getattr(own, f'{name}_query').load_state_dict(state)

    def inputs(self, examples):
        """What the processor does for `loss`: pixels [B, 3, side, side], ids as of `encode`, and which texts are equal, bool [B, B]."""
        texts = [one.text for one in examples]
        same = torch.tensor([[left == right for right in texts] for left in texts])
        return {'pixels': self.pixels(examples), 'ids': self.encode(texts), 'same': same}

    def loss(self, inputs):
        pixels, ids, same = (inputs[name].to(self.bridge.bias.device) for name in ('pixels', 'ids', 'same'))
        image = self.see(pixels)
        features, logits = self.write(image, ids)
        targets = ids.masked_fill(~self.there(ids), IGNORED)[:, 1:]
        itg = cross_entropy(logits[:, :-1].flatten(0, 1).float(), targets.flatten(), label_smoothing=SMOOTHING)
        temperature = self.bridge.temperature.clamp(0.001, 0.5)
        similar = similarity(features, self.read(ids)) / temperature  # [pictures, texts]
        wanted = same.float() / same.sum(1, keepdim=True)
        ways = [cross_entropy(table, wanted, label_smoothing=SMOOTHING) for table in (similar, similar.T)]
        itc = (ways[0] + ways[1]) / 2
        itm = self.matching(image, ids, similar.detach(), same)
        return itc + itm + itg, {'itc': itc, 'itm': itm, 'itg': itg}

    def matching(self, image, ids, similar, same):
        """Each picture with its text, each with a wrong text, and each text with a wrong picture: the likelier the more similar."""
        rows = (~same).any(1).nonzero()[:, 0]  # those that have a wrong one in the batch
        pairs = [(image, ids)]
        if len(rows) > 0:
            texts, pictures = (torch.multinomial(self.chances(table, same)[rows], 1)[:, 0] for table in (similar, similar.T))
            pairs += [(image[rows], ids[texts]), (image[pictures], ids[rows])]
        scores = self.match(*(torch.cat(side) for side in zip(*pairs))).float()
        right = torch.arange(len(scores), device=ids.device) < len(ids)
        return cross_entropy(scores, right.long())

    @staticmethod
    def chances(similar, same):
        return similar.float().masked_fill(same, -torch.inf).softmax(1)

    def pixels(self, examples):
        return self.images([one.picture() for one in examples], return_tensors='pt').pixel_values

    @torch.no_grad()
    def see(self, pixels):
        """The frozen tower's rows of pictures: [B, rows, width]."""
        return self.model.vision_model(pixels.to(self.bridge.bias.device)).last_hidden_state

    def encode(self, texts):
        """int64 [B, longest]: each begins as a text that is read, and ends."""
        rows = self.tokenizer(texts, add_special_tokens=False, truncation=True, max_length=TEXT_TOKENS - 2).input_ids
        rows = [[self.special['read'], *row, self.special['last']] for row in rows]
        return padded(rows, self.special['pad'])

    def run(self, ids, queries, mask, image):
        """queries: how many stand before the texts."""
        embeds = None if ids is None else self.model.embeddings(ids)
        if queries:
            tokens = self.model.query_tokens.expand(len(image), -1, -1)
            embeds = tokens if embeds is None else torch.cat([tokens, embeds], 1)
        inputs = {'query_embeds': embeds, 'query_length': queries, 'attention_mask': mask, 'encoder_hidden_states': image}
        return self.model.qformer(**inputs).last_hidden_state

    def there(self, ids):
        """Which positions are filled: the padding follows the last token."""
        last = (ids == self.special['last']).int().argmax(1, keepdim=True)
        return torch.arange(ids.shape[1], device=ids.device) <= last

    def read(self, ids):
        """Unimodal mask, texts alone. @returns [B, shared], unit length."""
        hidden = self.run(ids, 0, self.there(ids).long(), None)
        return normalize(self.model.text_projection(hidden[:, 0]).float(), dim=-1)

    def look(self, image):
        """@returns [B, queries, shared], unit length."""
        return normalize(self.model.vision_projection(self.run(None, self.queries, None, image)).float(), dim=-1)

    def write(self, image, ids):
        """
        Multimodal causal mask: queries see queries, a text sees the queries and what of it comes before.

        @returns [B, queries, shared], unit length, as of `look`, and logits [B, L, vocabulary].
        """
        length = ids.shape[1]
        begun = torch.cat([torch.full_like(ids[:, :1], self.special['written']), ids[:, 1:]], 1)
        mask = torch.ones(self.queries + length, self.queries + length, dtype=torch.bool, device=ids.device).tril()
        mask[:, : self.queries] = True
        mask[: self.queries, self.queries :] = False
        hidden = self.run(begun, self.queries, mask.expand(len(ids), 1, -1, -1), image)
        seen = normalize(self.model.vision_projection(hidden[:, : self.queries]).float(), dim=-1)
        table = self.model.embeddings.word_embeddings.weight
        return seen, self.bridge.write(hidden[:, self.queries :]) @ table.T + self.bridge.bias

    def match(self, image, ids):
        """Bidirectional mask, all see all. @returns logits [B, 2] of not matching and matching."""
        filled = torch.ones(len(ids), self.queries, dtype=torch.long, device=ids.device)
        hidden = self.run(ids, self.queries, torch.cat([filled, self.there(ids).long()], 1), image)
        return self.model.itm_head(hidden[:, : self.queries]).mean(1)

    @torch.no_grad()
    def measure(self, examples):
        """Retrieval by contrast among all examples at once."""
        texts = [one.text for one in examples]
        device = self.bridge.bias.device
        seen = torch.cat([self.look(self.see(self.pixels([one]))) for one in examples])
        read = torch.cat([self.read(self.encode([text]).to(device)) for text in texts])
        return retrieval(similarity(seen, read), texts)


def similarity(pictures, texts):
    """The best of a picture's queries: float32 [P, queries, shared], [T, shared] -> [P, T]."""
    with torch.autocast(pictures.device.type, enabled=False):  # a temperature of .07 multiplies what bf16 rounds off
        return torch.einsum('pqd,td->ptq', pictures, texts).amax(-1)
