"""The line to the shop's MQTT broker, whichever that is: `line`, and what waits to be said (`outbox`)."""
