#!/bin/sh
# The `code` of an exception of Stripe's client is empty for most answers, though Stripe gave one.
#
# Seen with stripe 16.1.0: every StripeError has a `code`, and the answer's own code stands in it for the statuses 400, 402
# and 404 alone. For 401, 403, 409 and 429 it is None, whatever the answer says: so `error.code == "lock_timeout"` (429:
# somebody else works on this object, try again), `"idempotency_key_in_use"` (409) or `"api_key_expired"` (401) is never
# true. The same code stands in `error.error.code`.
#
# Fails when that changes. Needs python3 with venv, and a package index.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check stripe==16.1.0
"$folder/venv/bin/python" - > "$folder/seen" <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import stripe

ANSWERS = [
    (400, "invalid_request_error", "amount_too_small"),
    (401, "invalid_request_error", "api_key_expired"),
    (402, "card_error", "card_declined"),
    (403, "invalid_request_error", "account_invalid"),
    (404, "invalid_request_error", "resource_missing"),
    (409, "idempotency_error", "idempotency_key_in_use"),
    (429, "invalid_request_error", "lock_timeout"),
]
due = iter(ANSWERS)


class Refusing(BaseHTTPRequestHandler):
    def do_GET(self):
        status, kind, code = next(due)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps({"error": {"type": kind, "code": code, "message": "no"}}).encode())

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Refusing)
threading.Thread(target=server.serve_forever, daemon=True).start()
there = {"api": f"http://127.0.0.1:{server.server_address[1]}"}
client = stripe.StripeClient("sk_test_ours", base_addresses=there, max_network_retries=0)
for _ in ANSWERS:
    try:
        client.v1.customers.list()
    except stripe.StripeError as error:
        print(error.http_status, type(error).__name__, "code", error.code, "error.code", error.error.code)
PYTHON
cat > "$folder/expected" <<'SEEN'
400 InvalidRequestError code amount_too_small error.code amount_too_small
401 AuthenticationError code None error.code api_key_expired
402 CardError code card_declined error.code card_declined
403 PermissionError code None error.code account_invalid
404 InvalidRequestError code resource_missing error.code resource_missing
409 APIError code None error.code idempotency_key_in_use
429 RateLimitError code None error.code lock_timeout
SEEN
if diff "$folder/expected" "$folder/seen"; then
    echo "as it was: stripe 16.1.0 leaves the code of most errors out"
else
    echo "this has changed: see the lines above (<: as it was, >: now)" >&2
    exit 1
fi
