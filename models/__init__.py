"""The detector: renderer, training, export, evaluation, and the model card."""

LOOKS_AT = (768, 576)
"""Width and height at which the network looks at a picture in the shop, pixels; multiples of 32."""
SHOWN = (1280, 960)
"""Width and height of a picture, as cameras in shops give them and `render` draws them unless told otherwise."""
