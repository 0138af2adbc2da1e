"""Payment providers: `provider` says what one is, `choose` makes the one that ``site.toml`` names.

`local` comes with the shop and moves no money; `stripe` and `http` ask others, with `wallets` from the register.
"""
