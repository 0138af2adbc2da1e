"""The networks that people already have, each family read by a decoder of its own behind one protocol (`form.Family`).

`recognise` tells from shapes which family a file is of; `boxes` reads Tebura's own form and ultralytics' detection
exports, `ultralytics_pose`, `movenet` and `rtmo` read pose networks. `poses` makes heads and hands of joints. Nothing
here knows a camera: everything is pixels of the network's input.
"""
