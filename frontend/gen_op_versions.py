"""Prints OpVersions.inc for the installed onnx package: python gen_op_versions.py > OpVersions.inc"""

import collections

import onnx.defs

versions = collections.defaultdict(set)
for schema in onnx.defs.get_all_schemas_with_history():
    versions[schema.domain, schema.name].add(schema.since_version)

print("// Written by gen_op_versions.py; test/frontend/op-versions.test compares.")
for (domain, name), since in sorted(versions.items()):
    print(f'HAGANE_ONNX_OP("{domain}", "{name}", {", ".join(map(str, sorted(since)))})')
