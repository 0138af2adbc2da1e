"""The commands that find out what a shop's shelves, cameras and places are: `tebura calibrate`, `tebura planogram`."""

PANEL = "Shelves, cameras and goods"
