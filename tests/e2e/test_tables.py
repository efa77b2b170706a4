"""Tables with real clients: indexes that come and go, time to live, settings; Terraform from create to destroy."""

import os
import shutil
import subprocess
import time

import botocore.exceptions
import pytest
from conftest import EAST, WEST

TABLE = "orders"
KEY = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
       "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
CUSTOMER = [{"AttributeName": "customer", "AttributeType": "S"}]
BY_CUSTOMER = {"IndexName": "by-customer", "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}],
               "Projection": {"ProjectionType": "ALL"}}


def create(server, region=EAST):
    dynamodb = server.client("dynamodb", region)
    dynamodb.create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST", **KEY)
    server.advance("1m")
    return dynamodb


def query(dynamodb, customer):
    return dynamodb.query(TableName=TABLE, IndexName="by-customer", KeyConditionExpression="customer = :c",
                          ExpressionAttributeValues={":c": {"S": customer}})["Count"]


def index_states(dynamodb):
    table = dynamodb.describe_table(TableName=TABLE)["Table"]
    return [(index["IndexName"], index["IndexStatus"], index.get("Backfilling"))
            for index in table.get("GlobalSecondaryIndexes", [])]


def test_an_index_is_made_of_items_that_were_there_before_in_every_region(start):
    virtual = start("--clock", "virtual", "--transient-delay", "500ms")
    east = create(virtual)
    east.update_table(TableName=TABLE, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    virtual.advance("10m")
    west = virtual.client("dynamodb", WEST)
    for number in range(120):
        east.put_item(TableName=TABLE, Item={"id": {"S": str(number)}, "customer": {"S": f"c{number % 3}"}})
    virtual.advance("1m")
    west.update_table(TableName=TABLE, AttributeDefinitions=KEY["AttributeDefinitions"] + CUSTOMER,
                      GlobalSecondaryIndexUpdates=[{"Create": BY_CUSTOMER}])
    assert index_states(east) == [("by-customer", "CREATING", False)]
    with pytest.raises(botocore.exceptions.ClientError, match="Cannot read from backfilling global secondary index"):
        query(east, "c1")
    virtual.advance("20m")
    for client in (east, west):
        assert index_states(client) == [("by-customer", "ACTIVE", None)]
        assert query(client, "c1") == 40
    east.update_table(TableName=TABLE, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-customer"}}])
    virtual.advance("10m")
    assert index_states(west) == []


def test_an_expired_item_is_deleted_some_time_later(virtual):
    dynamodb = create(virtual)
    dynamodb.update_time_to_live(TableName=TABLE,
                                 TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    created = dynamodb.describe_table(TableName=TABLE)["Table"]["CreationDateTime"].timestamp()
    dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "a"}, "expires": {"N": str(int(created) + 120)}})
    dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "b"}, "expires": {"S": "never"}})
    virtual.advance("5m")
    assert dynamodb.scan(TableName=TABLE)["Count"] == 2  # expired, and not yet deleted
    virtual.advance("1h")
    assert [item["id"]["S"] for item in dynamodb.scan(TableName=TABLE)["Items"]] == ["b"]


def test_the_aws_cli_keeps_a_policy_and_reads_it_back(virtual):
    create(virtual)
    arn = f"arn:aws:dynamodb:{EAST}:000000000000:table/{TABLE}"
    policy = '{"Version":"2012-10-17","Statement":[]}'
    revision = virtual.aws("dynamodb", "put-resource-policy", "--resource-arn", arn, "--policy", policy)["RevisionId"]
    assert virtual.aws("dynamodb", "get-resource-policy", "--resource-arn", arn) == {
        "Policy": policy, "RevisionId": revision}
    virtual.aws("dynamodb", "delete-resource-policy", "--resource-arn", arn)
    said = virtual.aws("dynamodb", "get-resource-policy", "--resource-arn", arn, fails=True)
    assert "PolicyNotFoundException" in said


# --- Terraform ---------------------------------------------------------------------------------------------------

MAIN = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints { dynamodb = "ENDPOINT" }
}

variable "by_state" { default = false }
variable "billing" { default = "PAY_PER_REQUEST" }
locals { units = var.billing == "PROVISIONED" ? 5 : null }

resource "aws_dynamodb_table" "orders" {
  name             = "orders"
  billing_mode     = var.billing
  read_capacity    = local.units
  write_capacity   = local.units
  hash_key         = "id"
  range_key        = "at"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"
  tags             = { team = "a" }

  dynamic "attribute" {
    for_each = merge({ id = "S", at = "N", customer = "S" }, var.by_state ? { state = "S" } : {})
    content {
      name = attribute.key
      type = attribute.value
    }
  }
  global_secondary_index {
    name            = "by-customer"
    hash_key        = "customer"
    projection_type = "ALL"
    read_capacity   = local.units
    write_capacity  = local.units
  }
  dynamic "global_secondary_index" {
    for_each = var.by_state ? ["by-state"] : []
    content {
      name               = global_secondary_index.value
      hash_key           = "state"
      range_key          = "at"
      projection_type    = "INCLUDE"
      non_key_attributes = ["total"]
      read_capacity      = local.units
      write_capacity     = local.units
    }
  }
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}
"""


class Terraform:
    """Terraform in a folder of its own, with the AWS provider from REGIONLAB_TERRAFORM_PLUGINS (no network)."""

    def __init__(self, server, folder, plugins):
        self.folder = folder
        self.environment = {**server.environment(), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        self.environment.pop("TF_CLI_CONFIG_FILE", None)
        (folder / "main.tf").write_text(MAIN.replace("ENDPOINT", server.endpoint))
        self.run("init", f"-plugin-dir={plugins}")

    def run(self, *arguments, returns=0):
        result = subprocess.run(["terraform", *arguments, "-no-color", "-input=false"], cwd=self.folder,
                                env=self.environment, capture_output=True, text=True, timeout=180)
        assert result.returncode == returns, result.stdout + result.stderr
        return result.stdout

    def reach(self, **variables):
        """Applies, and then has nothing left to do."""
        chosen = [f"-var={name}={value}" for name, value in variables.items()]
        self.run("apply", "-auto-approve", *chosen)
        self.run("plan", "-detailed-exitcode", *chosen)  # 2 would be: there are changes


@pytest.fixture
def terraform(start, tmp_path):
    plugins = os.environ.get("REGIONLAB_TERRAFORM_PLUGINS")
    if plugins is None or shutil.which("terraform") is None:
        pytest.skip("needs terraform, and REGIONLAB_TERRAFORM_PLUGINS: a folder with its AWS provider")
    folder = tmp_path / "terraform"
    folder.mkdir()
    server = start()
    return server, Terraform(server, folder, plugins)


def test_terraform_creates_changes_in_place_and_destroys(terraform):
    server, program = terraform
    dynamodb = server.client("dynamodb")
    program.reach()
    made = dynamodb.describe_table(TableName=TABLE)["Table"]
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    program.reach(by_state="true", billing="PROVISIONED")
    changed = dynamodb.describe_table(TableName=TABLE)["Table"]
    assert changed["TableId"] == made["TableId"]
    assert [name for name, _, _ in index_states(dynamodb)] == ["by-customer", "by-state"]
    assert changed["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    program.reach()
    assert [name for name, _, _ in index_states(dynamodb)] == ["by-customer"]
    program.run("destroy", "-auto-approve")
    deadline = time.monotonic() + 30
    while TABLE in dynamodb.list_tables()["TableNames"] and time.monotonic() < deadline:
        time.sleep(0.2)
    assert TABLE not in dynamodb.list_tables()["TableNames"]
