"""The detector: renderer, training, export, evaluation, and the model card."""
