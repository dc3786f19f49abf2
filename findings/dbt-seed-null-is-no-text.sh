#!/bin/sh
# A seed's cell that says `null` is loaded as SQL NULL by dbt, in any case and also when it is quoted.
#
# Expected: CSV has no null. A quoted cell, in a column declared as text, is the text that stands in it; a coin, a
#   person or a symbol that is called NULL keeps its name.
# Seen with dbt-common 1.39.0: `null`, `NULL` and `"null"` all come back as None from the function that reads seeds, in
#   columns that the caller forces to text; so does the empty cell `""`. `nil` stays what it is.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "dbt-common==1.39.0" "agate==1.9.1"
cat >"$folder/seed.csv" <<'CSV'
id,symbol
1,null
2,NULL
3,"null"
4,nil
5,""
CSV
"$folder/venv/bin/python" - "$folder/seed.csv" <<'PYTHON' | tee "$folder/seen"
import sys
from dbt_common.clients.agate_helper import from_csv
for row in from_csv(sys.argv[1], text_columns=["symbol"]).rows:
    print(row["id"], repr(row["symbol"]))
PYTHON
cat >"$folder/expected" <<'TEXT'
1 None
2 None
3 None
4 'nil'
5 None
TEXT
cmp "$folder/seen" "$folder/expected" && echo "as described"
