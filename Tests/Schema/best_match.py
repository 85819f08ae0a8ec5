#!/usr/bin/env python3
"""Where Python's jsonschema puts what is wrong with manifests: `best_match.py SCHEMA MANIFESTS`, both JSON files.

Prints a list with one entry a manifest: null where it is valid, else the path of the best match, with the key
behind it where the message is of a key that should not be there.
"""

import json
import sys

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match


def best(error):
    return error and {"path": [str(part) for part in error.absolute_path], "message": error.message}


def main(schema, manifests):
    with open(schema) as file:
        schema = json.load(file)
    with open(manifests) as file:
        manifests = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    print(json.dumps([best(best_match(validator.iter_errors(manifest))) for manifest in manifests]))


main(*sys.argv[1:])
