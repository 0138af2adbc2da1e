"""A shop's files from somewhere else: one signed bundle a shop, which only whoever has the keys can make.

Flow: `form` says what a bundle is, `publish` signs bundles into a repository of TUF (The Update Framework, version 1.0,
https://theupdateframework.github.io/specification/latest/), `fetch` gets a shop's newest one and believes nothing
unsigned, old, mixed or foreign, `applied` lets the shop go on with it, or with the one before.
"""
