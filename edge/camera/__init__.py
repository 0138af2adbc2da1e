"""The camera node: from a ceiling camera's frames to people on the floor.

`source` and `footage` bring frames, `picture` judges whether they show anything, `still` whether anything moves in
them, `background` what is new in them, `detect` finds heads, hands, elbows and feet, `people` puts them into the store
frame with the `hands` that are theirs, `node` does all this for every camera of a PC as often as it was asked to, and
`voice` says it: over the shop's broker, or to the daemon that started it. `evidence` keeps cut-outs where the shop's
policy wants any. Needs ``tebura[camera]``; the rest does without.
"""
