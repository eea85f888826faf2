"""Describes a picture and asks about it through OpenAI's own client: python-client.py ADDRESS PICTURE."""

import base64
import json
import sys

import openai

address, file = sys.argv[1:]
client = openai.OpenAI(base_url=address, api_key='none', max_retries=0)
url = 'data:image/png;base64,' + base64.b64encode(open(file, 'rb').read()).decode()
picture = {'type': 'image_url', 'image_url': {'url': url}}


def messages(*parts):
    return [{'role': 'user', 'content': [picture, *parts]}]


asked = messages({'type': 'text', 'text': 'what color is the circle?'})
caption = client.chat.completions.create(model='demo', messages=messages())
stream = client.chat.completions.create(model='demo', messages=asked, stream=True, stream_options={'include_usage': True})
pieces = list(stream)
try:
    client.chat.completions.create(model='other', messages=asked)
    missing = None
except openai.NotFoundError as error:
    missing = error.code
print(json.dumps({
    'models': [model.id for model in client.models.list()],
    'caption': caption.choices[0].message.content,
    'answer': ''.join(piece.choices[0].delta.content or '' for piece in pieces if piece.choices),
    'tokens': pieces[-1].usage.total_tokens,
    'missing': missing,
}))
