#!/usr/bin/env python3
"""Writes emulators/<service>/api*.json: the facts of a service's public API model, no prose.

    emulators/wire/extract_api.py [BOTOCORE_DATA_DIRECTORY]

Without an argument the data of the installed botocore is read. The result is the same on every
machine for the same model: one operation or shape a line, names sorted, members in the model's order.
What the service does and its model does not say stands in the tables below.
"""

import gzip
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# (model folder, file to write)
SERVICES = [
    ("dynamodb", "emulators/dynamodb/api.json"),
    ("dynamodbstreams", "emulators/dynamodb/api_streams.json"),
    ("route53", "emulators/route53/api.json"),
    ("route53-recovery-control-config", "emulators/arc/api_config.json"),
    ("route53-recovery-cluster", "emulators/arc/api_cluster.json"),
    ("fis", "emulators/fis/api.json"),
    ("application-autoscaling", "emulators/autoscaling/api.json"),
]

# The order in which DynamoDB prints an enum in a constraint error is not the model's.
DYNAMODB_ENUMS = {
    "BillingMode": ["PROVISIONED", "PAY_PER_REQUEST"],
    "ComparisonOperator": [
        "IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE",
        "BEGINS_WITH", "GE", "CONTAINS",
    ],
    "ConditionalOperator": ["OR", "AND"],
    "KeyType": ["HASH", "RANGE"],
    "ProjectionType": ["ALL", "INCLUDE", "KEYS_ONLY"],
    "ReturnConsumedCapacity": ["INDEXES", "TOTAL", "NONE"],
    "ReturnItemCollectionMetrics": ["SIZE", "NONE"],
    "ReturnValue": ["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"],
    "ScalarAttributeType": ["B", "N", "S"],
    "Select": ["SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"],
}

# model folder -> {shape: facts that replace or add to the model's; None removes one}.
# unlessArn: a text that does not begin with "arn:" must satisfy that other shape.
OVERRIDES = {
    "dynamodb": {
        # 65,535 in the model; an item that long is refused by its size. Without it attribute
        # values have nothing to check, and they are most of what is sent.
        "AttributeName": {"max": None},
        "AttributeNameList": {"max": 255},
        # Not required by the model, which also has tables made from another account's.
        "CreateTableInput": {"required": ["AttributeDefinitions", "TableName", "KeySchema"]},
        "TableClass": {"enum": None},  # looked at by the service, with a text of its own
        "TableArn": {"unlessArn": "TableName"},
        **{name: {"enum": values} for name, values in DYNAMODB_ENUMS.items()},
    },
    "dynamodbstreams": {"KeyType": {"enum": DYNAMODB_ENUMS["KeyType"]}},
    # Its pattern is about letters of all scripts, which the matcher does not know.
    "fis": {"ExperimentTemplateTargetParameterValue": {"pattern": None}},
    # Texts of almost any character, and one pattern that looks ahead, which the service's code checks.
    "application-autoscaling": {
        name: {"pattern": None}
        for name in ("PolicyName", "ResourceId", "ResourceIdMaxLen1600", "ScheduledActionName",
                     "XmlString")
    },
}

# model folder -> {structure: members in the order in which the service checks them}; members not
# named follow in the model's order.
CHECK_ORDER = {
    "dynamodb": {
        "BatchGetItemInput": ["ReturnConsumedCapacity", "RequestItems"],
        "BatchWriteItemInput": [
            "ReturnConsumedCapacity", "ReturnItemCollectionMetrics", "RequestItems",
        ],
        "CreateGlobalSecondaryIndexAction": [
            "Projection", "IndexName", "ProvisionedThroughput", "KeySchema",
        ],
        "CreateTableInput": [
            "AttributeDefinitions", "TableName", "BillingMode", "ProvisionedThroughput", "KeySchema",
            "LocalSecondaryIndexes", "GlobalSecondaryIndexes",
        ],
        "DeleteItemInput": [
            "ReturnConsumedCapacity", "TableName", "ReturnValues", "ReturnItemCollectionMetrics",
            "Key", "ConditionalOperator", "Expected",
        ],
        "GetItemInput": ["ReturnConsumedCapacity", "AttributesToGet", "TableName", "Key"],
        "GlobalSecondaryIndexUpdate": ["Update", "Create", "Delete"],
        "ListTablesInput": ["Limit", "ExclusiveStartTableName"],
        "ProvisionedThroughput": ["WriteCapacityUnits", "ReadCapacityUnits"],
        "PutItemInput": [
            "ReturnConsumedCapacity", "TableName", "Item", "ConditionalOperator", "Expected",
            "ReturnValues", "ReturnItemCollectionMetrics",
        ],
        "QueryInput": [
            "Limit", "ReturnConsumedCapacity", "AttributesToGet", "QueryFilter", "Select",
            "ConditionalOperator", "KeyConditions", "TableName", "IndexName",
        ],
        "ScanInput": [
            "Limit", "TotalSegments", "ReturnConsumedCapacity", "AttributesToGet", "Select",
            "TableName", "Segment", "ScanFilter",
        ],
        "UpdateItemInput": [
            "ReturnConsumedCapacity", "TableName", "ReturnItemCollectionMetrics", "ReturnValues",
            "Key", "ConditionalOperator", "Expected", "AttributeUpdates",
        ],
        "UpdateTableInput": ["TableName", "ProvisionedThroughput", "GlobalSecondaryIndexUpdates"],
    },
}

# DynamoDB's control plane looks at TableName before anything else, with texts of its own; the calls
# on items list it among the other constraints.
LISTED_TABLE_NAME = {"DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"}


def model_path(data, folder):
    """The newest version's service-2.json, zipped or not."""
    versions = sorted(os.listdir(os.path.join(data, folder)))
    for version in reversed(versions):
        for name in ("service-2.json.gz", "service-2.json"):
            path = os.path.join(data, folder, version, name)
            if os.path.exists(path):
                return path
    sys.exit(f"extract_api.py: no service-2.json under {os.path.join(data, folder)}")


def read_model(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def pick(source, names):
    return {name: source[name] for name in names if source.get(name) not in (None, False, [])}


def namespace_of(thing):
    """xmlNamespace is a text in some places and an object with a uri in others."""
    namespace = thing.get("xmlNamespace")
    return namespace.get("uri") if isinstance(namespace, dict) else namespace


def reference_facts(reference):
    """A member, list element, map key or value: the shape and how it travels."""
    facts = pick(
        reference,
        ["shape", "locationName", "location", "flattened", "idempotencyToken", "xmlAttribute",
         "timestampFormat"],
    )
    return facts


def shape_facts(name, shape, folder):
    facts = pick(
        shape,
        ["type", "min", "max", "pattern", "enum", "required", "payload", "flattened", "locationName",
         "timestampFormat", "union"],
    )
    for zero in ("min", "max"):  # a bound of 0 is a fact
        if zero in shape:
            facts[zero] = shape[zero]
    if "members" in shape:
        facts["members"] = [
            {"name": member, **reference_facts(reference)}
            for member, reference in shape["members"].items()
        ]
    for part in ("member", "key", "value"):
        if part in shape:
            facts[part] = reference_facts(shape[part])
    if shape.get("exception"):
        facts["exception"] = True
        error = shape.get("error", {})
        facts.update(pick({"code": error.get("code"), "status": error.get("httpStatusCode")},
                          ["code", "status"]))
        if shape.get("fault") or error.get("fault"):
            facts["fault"] = True
    order = CHECK_ORDER.get(folder, {}).get(name)
    if order:
        unknown = [member for member in order if member not in shape["members"]]
        if unknown:
            sys.exit(f"extract_api.py: {folder} {name} has no members {unknown}")
        facts["checkOrder"] = order
    for fact, value in OVERRIDES.get(folder, {}).get(name, {}).items():
        facts[fact] = value
        if fact == "enum" and value is not None and set(value) != set(shape["enum"]):
            missing = set(shape["enum"]) ^ set(value)
            sys.exit(f"extract_api.py: {folder} {name} differs from the model in {sorted(missing)}")
    return {fact: value for fact, value in facts.items() if value is not None}


def checks_name_first(name, operation, model, folder):
    if folder != "dynamodb" or name in LISTED_TABLE_NAME or "input" not in operation:
        return False
    return "TableName" in model["shapes"][operation["input"]["shape"]].get("required", [])


def operation_facts(name, operation, model, folder):
    http = operation["http"]
    facts = {"method": http["method"], "uri": http["requestUri"]}
    if http.get("responseCode", 200) != 200:
        facts["status"] = http["responseCode"]
    for side in ("input", "output"):
        if side in operation:
            facts[side] = operation[side]["shape"]
    if "locationName" in operation.get("input", {}):
        facts["inputRoot"] = operation["input"]["locationName"]
        facts["inputNamespace"] = namespace_of(operation["input"])
    errors = [error["shape"] for error in operation.get("errors", [])]
    if errors:
        facts["errors"] = errors
    if checks_name_first(name, operation, model, folder):
        facts["checkedFirst"] = "TableName"
    return facts


def service_facts(model, folder):
    meta = model["metadata"]
    head = {"service": folder}
    head.update(pick(meta, ["apiVersion", "endpointPrefix", "jsonVersion", "protocol",
                            "targetPrefix"]))
    head["signingName"] = meta.get("signingName", meta["endpointPrefix"])
    namespaces = {namespace_of(operation["input"]) for operation in model["operations"].values()
                  if operation.get("input", {}).get("xmlNamespace")}
    if namespace_of(meta):
        head["xmlNamespace"] = namespace_of(meta)
    elif len(namespaces) == 1:
        head["xmlNamespace"] = namespaces.pop()
    operations = {name: operation_facts(name, operation, model, folder)
                  for name, operation in model["operations"].items()}
    shapes = {name: shape_facts(name, shape, folder) for name, shape in model["shapes"].items()}
    return head, operations, shapes


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def write_facts(path, head, operations, shapes):
    def block(name, table):
        rows = ",\n".join(f"{compact(key)}:{compact(table[key])}" for key in sorted(table))
        return f'"{name}":{{\n{rows}\n}}'

    lines = [f"{compact(key)}:{compact(head[key])}" for key in sorted(head)]
    lines += [block("operations", operations), block("shapes", shapes)]
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write("{" + ",\n".join(lines) + "}\n")


def main():
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    if len(sys.argv) == 2:
        data = sys.argv[1]
    else:
        import botocore

        data = os.path.join(os.path.dirname(botocore.__file__), "data")
    for folder, target in SERVICES:
        head, operations, shapes = service_facts(read_model(model_path(data, folder)), folder)
        write_facts(os.path.join(ROOT, target), head, operations, shapes)
        print(f"{target}: {len(operations)} operations, {len(shapes)} shapes")


if __name__ == "__main__":
    main()
