"""The commands that play and measure: `tebura replay`, `compare`, `simulate`, `demo`, `bench`, `reliability`."""

PANEL = "Recordings and simulations"
