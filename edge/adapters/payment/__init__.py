"""Payment providers: `provider` says what one is, `local` is the one that comes with the shop."""
