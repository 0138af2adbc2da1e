"""Cameras: which lens, where it hangs, and whether somebody bumped against it.

`sheets` are printed and held under the camera or laid on the floor; `look` finds them in pictures; `lens` and `pose`
fit what `edge.optics` means, and refuse what cannot be trusted (`faults`); `session` leads from pictures to a dated
profile; `overlay` shows a technician that it fits; `bumped` notices from ordinary traffic that it no longer does.
Needs OpenCV (``pip install 'tebura[camera]'``), except for `bumped` and `told`.
"""
