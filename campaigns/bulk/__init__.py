"""Long runs of `api_openai.bulk` over sockets: killed and resumed, a million rows, under 429s.

`python -m campaigns.bulk` measures; it takes many minutes, and is no part of `make campaigns`.
"""
