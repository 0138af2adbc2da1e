#!/bin/sh
# A ~/.netrc with a "default" entry takes the place of the API key of Stripe's client, and its password goes to Stripe.
#
# Seen with stripe 16.1.0 and requests 2.34.2: the client writes its key into the header Authorization of each request, and
# hands that to a session of requests, which looks into ~/.netrc (or where NETRC says) whenever a request has no `auth` of
# its own, and writes what it finds there over the header. So on a PC whose user has a "default" entry, or one for
# api.stripe.com, every call is refused (401), the key is never sent, and somebody else's password is. With a session that
# has an `auth`, if only one that changes nothing, the key arrives.
#
# Fails when that changes. Needs python3 with venv, and a package index.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check stripe==16.1.0 requests==2.34.2
printf 'default login shop password of-something-else\n' > "$folder/netrc"
chmod 600 "$folder/netrc"
NETRC="$folder/netrc" "$folder/venv/bin/python" - > "$folder/seen" <<'PYTHON'
import base64
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests
import stripe


class Listener(BaseHTTPRequestHandler):
    def do_GET(self):
        kind, _, told = self.headers["Authorization"].partition(" ")
        print(kind, base64.b64decode(told).decode() if kind == "Basic" else told)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"object": "list", "data": [], "has_more": false, "url": "/v1/customers"}')

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
there = {"api": f"http://127.0.0.1:{server.server_address[1]}"}
stripe.StripeClient("sk_test_ours", base_addresses=there).v1.customers.list()
session = requests.Session()
session.auth = lambda request: request
client = stripe.RequestsClient(session=session)
stripe.StripeClient("sk_test_ours", base_addresses=there, http_client=client).v1.customers.list()
PYTHON
cat > "$folder/expected" <<'SEEN'
Basic shop:of-something-else
Bearer sk_test_ours
SEEN
if diff "$folder/expected" "$folder/seen"; then
    echo "as it was: stripe 16.1.0 sends what ~/.netrc says in place of its key"
else
    echo "this has changed: see the lines above (<: as it was, >: now)" >&2
    exit 1
fi
