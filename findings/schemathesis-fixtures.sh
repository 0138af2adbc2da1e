#!/bin/sh
# A schema that a pytest fixture gives to schemathesis is not tested under pytest 9.2: each such test ends in an
# AttributeError before its first request, while one that is made without a fixture runs.
#
# Seen with schemathesis 4.32.5, whose requirements allow that pytest, and pytest 9.2.0: `schemathesis.pytest.from_fixture` reads
# an attribute of pytest's that pytest has no more. Who starts the server that is to be tested in a fixture needs it; going through
# `schema.get_all_operations()` inside a test of one's own does the same without it.
#
# Fails when that changes. Needs python3 with venv, and a package index.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5 pytest==9.2.0
mkdir "$folder/tests"
cat > "$folder/tests/test_api.py" <<'PYTHON'
import pytest
import schemathesis

API = {
    "openapi": "3.1.0",
    "info": {"title": "till", "version": "1"},
    "paths": {"/receipts": {"get": {"responses": {"200": {"description": "all of them"}}}}},
}
made_here = schemathesis.openapi.from_dict(API)


@pytest.fixture
def api():
    return schemathesis.openapi.from_dict(API)


@made_here.parametrize()
def test_without_a_fixture(case):
    assert case.path == "/receipts"


@schemathesis.pytest.from_fixture("api").parametrize()
def test_by_a_fixture(case):
    assert case.path == "/receipts"
PYTHON
(cd "$folder/tests" && "$folder/venv/bin/python" -m pytest -q -p no:cacheprovider > "$folder/log" 2>&1) || true
grep -E "^(FAILED|[0-9]+ (failed|passed))" "$folder/log" | sed -e 's/ in [0-9.]*s$//' -e 's/ - \(AttributeError\).*/ - \1/' > "$folder/seen"
cat > "$folder/expected" <<'SEEN'
FAILED test_api.py::test_by_a_fixture - AttributeError
1 failed, 1 passed
SEEN
if diff "$folder/expected" "$folder/seen"; then
    echo "as it was: under pytest 9.2.0, schemathesis 4.32.5 tests no schema that a fixture gives"
else
    echo "this has changed: see the lines above (<: as it was, >: now), and the log below" >&2
    tail -5 "$folder/log" >&2
    exit 1
fi
