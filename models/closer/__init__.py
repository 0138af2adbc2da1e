"""The closer look: what the detector suspects is looked at once more, each suspect by itself.

Enters: a detector that was trained (`models.train`), and pictures with labels. Leaves: a small second network, and one
ONNX file that holds both, of the same form as the first alone: the node does not know that it looks twice.

*Why.* The first network looks at every pixel, so it has to be cheap at each. Down to a score of a tenth it names 95 of
a hundred hands, but three in four of what it then names are none. A second network that sees nothing but these may
spend a hundred times as much on a pixel: it sees the suspect from near, as large as any other, its surroundings, and
what the first network made of them. (Two-stage detectors, Ren et al. 2015, share everything with the first stage;
cascades, Viola & Jones 2001, nothing. This one takes the first network as it is, its int8 and its mistakes included, so
each can be trained alone.)
"""
