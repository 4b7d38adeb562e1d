# Prints a table as JSON the way dbfread reads it: [{"deleted":bool,"values":{NAME:text|null}}], live rows first.
# Text is decoded with the code page that the header names. usage: python3 dbfread_rows.py table.dbf
import datetime
import json
import sys

import dbfread


def shown(value):
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec='milliseconds')
    if isinstance(value, float):
        return repr(value)
    return str(value)


table = dbfread.DBF(sys.argv[1])
rows = []
for deleted, records in ((False, table.records), (True, table.deleted)):
    for record in records:
        rows.append({'deleted': deleted, 'values': {name: shown(value) for name, value in record.items()}})
json.dump(rows, sys.stdout)
