"""Terraform makes a whole two-Region global table, with recovery, tags and time to live, and takes it down again.

How Terraform and its provider are found: test_terraform.py. Not here: strong consistency, for which the provider's version 5 has
no argument, and the resource aws_dynamodb_table_replica, which asks KMS for a key.
"""

from conftest import EAST, WEST
from test_terraform import PROVIDER, Terraform, pytestmark, world  # noqa: F401

GLOBAL = PROVIDER + """
resource "aws_dynamodb_table" "accounts" {
  name             = "accounts"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "id"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"
  tags             = { team = "a" }
  attribute {
    name = "id"
    type = "S"
  }
  ttl {
    attribute_name = "until"
    enabled        = true
  }
  point_in_time_recovery {
    enabled                 = true
    recovery_period_in_days = 7
  }
  replica {
    region_name            = "us-west-2"
    point_in_time_recovery = true
    propagate_tags         = true
  }
}
"""


def tables_in(server, region):
    return [name for name in server.client("dynamodb", region).list_tables()["TableNames"] if name == "accounts"]


def tags_of(server, region, name):
    dynamodb = server.client("dynamodb", region)
    arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
    return {tag["Key"]: tag["Value"] for tag in dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]}


def recovery_of(server, region, name):
    told = server.client("dynamodb", region).describe_continuous_backups(TableName=name)
    return told["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]


def test_a_global_table_with_recovery_and_time_to_live_comes_and_goes(world, tmp_path):  # noqa: F811
    server, _ = world
    terraform = Terraform(server, tmp_path, GLOBAL)
    terraform.init()
    terraform.run("apply", "-input=false", "-auto-approve")
    terraform.run("plan", "-input=false", "-detailed-exitcode")  # 2 would be: there are changes
    for region, days in ((EAST, 7), (WEST, 35)):
        table = server.client("dynamodb", region).describe_table(TableName="accounts")["Table"]
        assert table["TableStatus"] == "ACTIVE" and len(table["Replicas"]) == 1, region
        recovery = recovery_of(server, region, "accounts")
        assert (recovery["PointInTimeRecoveryStatus"], recovery["RecoveryPeriodInDays"]) == ("ENABLED", days), region
        expiry = server.client("dynamodb", region).describe_time_to_live(TableName="accounts")["TimeToLiveDescription"]
        assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "until"), region
        assert tags_of(server, region, "accounts") == {"team": "a"}, region
    server.client("dynamodb", EAST).put_item(TableName="accounts", Item={"id": {"S": "ana"}})
    server.ctl("wait", "replication", "accounts")
    assert server.client("dynamodb", WEST).scan(TableName="accounts")["Count"] == 1

    terraform.run("destroy", "-input=false", "-auto-approve")
    assert tables_in(server, EAST) == tables_in(server, WEST) == []
