"""Terraform's aws_dynamodb_table from create to destroy: after each apply a second plan has nothing to do.

Needs the program terraform and its AWS provider: from a folder that REGIONLAB_TERRAFORM_PLUGINS names, from one of the
usual local mirrors, or from the registry where that answers quickly. Without them the tests are skipped.
"""

import json
import os
import pathlib
import shutil
import subprocess
import time

import botocore.exceptions
import pytest
from conftest import WEST

pytestmark = [pytest.mark.slow, pytest.mark.timing]  # minutes, most of them the provider's own waits
TABLE = "orders"
DOWNLOAD_S = 90  # how long the registry may take

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

variable "billing" { default = "PAY_PER_REQUEST" }
variable "units" { default = 5 }
variable "state_projection" { default = "" } # of a second index; none without it
variable "recovery" { default = false }
variable "protected" { default = false }
variable "replica" { default = false }
variable "view" { default = "NEW_AND_OLD_IMAGES" }
variable "team" { default = "a" }
locals { units = var.billing == "PROVISIONED" ? var.units : null }

resource "aws_dynamodb_table" "orders" {
  name                        = "orders"
  billing_mode                = var.billing
  read_capacity               = local.units
  write_capacity              = local.units
  hash_key                    = "id"
  range_key                   = "at"
  stream_enabled              = true
  stream_view_type            = var.view
  deletion_protection_enabled = var.protected
  tags                        = { team = var.team }

  dynamic "attribute" {
    for_each = merge({ id = "S", at = "N", customer = "S" }, var.state_projection != "" ? { state = "S" } : {})
    content {
      name = attribute.key
      type = attribute.value
    }
  }
  local_secondary_index {
    name            = "by-customer-here"
    range_key       = "customer"
    projection_type = "KEYS_ONLY"
  }
  global_secondary_index {
    name            = "by-customer"
    hash_key        = "customer"
    projection_type = "ALL"
    read_capacity   = local.units
    write_capacity  = local.units
  }
  dynamic "global_secondary_index" {
    for_each = var.state_projection != "" ? ["by-state"] : []
    content {
      name               = global_secondary_index.value
      hash_key           = "state"
      range_key          = "at"
      projection_type    = var.state_projection
      non_key_attributes = var.state_projection == "INCLUDE" ? ["total"] : null
      read_capacity      = local.units
      write_capacity     = local.units
    }
  }
  dynamic "replica" {
    for_each = var.replica ? ["us-west-2"] : []
    content { region_name = replica.value }
  }
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
  point_in_time_recovery { enabled = var.recovery }
}

resource "aws_dynamodb_table_item" "first" {
  table_name = aws_dynamodb_table.orders.name
  hash_key   = "id"
  range_key  = "at"
  item       = jsonencode({ id = { S = "a" }, at = { N = "1" }, customer = { S = "c" }, state = { S = "open" } })
}
"""


def local_mirror():
    """A folder laid out as registry.terraform.io/hashicorp/aws/VERSION/PLATFORM, if the machine has one."""
    named = os.environ.get("REGIONLAB_TERRAFORM_PLUGINS")
    usual = [pathlib.Path.home() / ".terraform.d/plugins", pathlib.Path("/usr/local/share/terraform/plugins"),
             pathlib.Path("/usr/share/terraform/plugins"),
             *(found.parent for found in sorted(pathlib.Path("/opt").glob("*/registry.terraform.io")))]
    for folder in [pathlib.Path(named)] if named else usual:
        if any(folder.glob("registry.terraform.io/hashicorp/aws/*/*")):
            return folder
    return None


PROVIDER = MAIN[:MAIN.index("variable")].replace("endpoints {", 'endpoints {\n    appautoscaling = "ENDPOINT"\n    ').replace(
    '"ENDPOINT" }', '"ENDPOINT"\n  }')

SCALED = PROVIDER + """
variable "most" { default = 40 }

resource "aws_dynamodb_table" "scaled" {
  name           = "scaled"
  billing_mode   = "PROVISIONED"
  read_capacity  = 5
  write_capacity = 5
  hash_key       = "id"
  attribute {
    name = "id"
    type = "S"
  }
  lifecycle { ignore_changes = [read_capacity, write_capacity] }
}

resource "aws_appautoscaling_target" "writes" {
  service_namespace  = "dynamodb"
  resource_id        = "table/${aws_dynamodb_table.scaled.name}"
  scalable_dimension = "dynamodb:table:WriteCapacityUnits"
  min_capacity       = 5
  max_capacity       = var.most
  tags               = { team = "a" }
}

resource "aws_appautoscaling_policy" "writes" {
  name               = "writes"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.writes.service_namespace
  resource_id        = aws_appautoscaling_target.writes.resource_id
  scalable_dimension = aws_appautoscaling_target.writes.scalable_dimension
  target_tracking_scaling_policy_configuration {
    target_value       = 70
    scale_out_cooldown = 60
    predefined_metric_specification {
      predefined_metric_type = "DynamoDBWriteCapacityUtilization"
    }
  }
}

resource "aws_appautoscaling_scheduled_action" "night" {
  name               = "night"
  service_namespace  = aws_appautoscaling_target.writes.service_namespace
  resource_id        = aws_appautoscaling_target.writes.resource_id
  scalable_dimension = aws_appautoscaling_target.writes.scalable_dimension
  schedule           = "cron(0 22 * * ? *)"
  scalable_target_action {
    min_capacity = 5
    max_capacity = 10
  }
}
"""


class Terraform:
    """Terraform in a folder of its own."""

    def __init__(self, server, folder, text=MAIN):
        self.folder = folder
        self.environment = {**server.environment(), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        self.environment.pop("TF_CLI_CONFIG_FILE", None)  # may name a file that is not there
        (folder / "main.tf").write_text(text.replace("ENDPOINT", server.endpoint))

    def run(self, *arguments, returns=0, within_s=600):
        result = subprocess.run(["terraform", *arguments, "-no-color"], cwd=self.folder, env=self.environment,
                                capture_output=True, text=True, timeout=within_s)
        assert result.returncode == returns, result.stdout + result.stderr
        return result.stdout + result.stderr

    def init(self):
        mirror = local_mirror()
        if mirror is not None:
            self.run("init", "-input=false", f"-plugin-dir={mirror}")
            return
        try:
            self.run("init", "-input=false", within_s=DOWNLOAD_S)
        except (AssertionError, subprocess.TimeoutExpired):
            pytest.skip("terraform finds no AWS provider: no local mirror, and the registry does not answer")

    def reach(self, **variables):
        """Applies in place, and then has nothing left to do."""
        chosen = [f"-var={name}={value}" for name, value in variables.items()]
        self.run("plan", "-input=false", "-out=next", *chosen, returns=0)
        planned = json.loads(self.run("show", "-json", "next"))
        actions = [change["change"]["actions"] for change in planned["resource_changes"]]
        self.run("apply", "-input=false", "next")
        self.run("plan", "-input=false", "-detailed-exitcode", *chosen)  # 2 would be: there are changes
        return actions


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    if shutil.which("terraform") is None:
        pytest.skip("needs the program terraform")
    from conftest import Server
    server = Server(tmp_path_factory.mktemp("terraform-server"))
    program = Terraform(server, tmp_path_factory.mktemp("terraform"))
    try:
        program.init()
        yield server, program
    finally:
        server.stop()


def described(server, region="us-east-1"):
    return server.client("dynamodb", region).describe_table(TableName=TABLE)["Table"]


def index_names(table):
    return sorted(index["IndexName"] for index in table["GlobalSecondaryIndexes"])


CREATE, UPDATE, NOTHING = ["create"], ["update"], ["no-op"]


def test_terraform_from_create_to_destroy(world):
    server, program = world
    dynamodb = server.client("dynamodb")
    assert program.reach() == [CREATE, CREATE]
    made = described(server)
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"

    def change(**variables):
        """In place: the table stays the same one."""
        assert program.reach(**variables) == [UPDATE, NOTHING]
        table = described(server)
        assert table["TableId"] == made["TableId"]
        return table

    # An index comes, is changed and goes; the billing mode changes forth and back.
    table = change(state_projection="INCLUDE")
    assert index_names(table) == ["by-customer", "by-state"]
    table = change(state_projection="KEYS_ONLY", billing="PROVISIONED")
    by_state = next(index for index in table["GlobalSecondaryIndexes"] if index["IndexName"] == "by-state")
    assert by_state["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    table = change(state_projection="KEYS_ONLY", billing="PROVISIONED", units=7)
    assert [index["ProvisionedThroughput"]["WriteCapacityUnits"] for index in table["GlobalSecondaryIndexes"]] == [7, 7]
    table = change()
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert index_names(table) == ["by-customer"]

    # Settings beside the table itself.
    table = change(protected="true", team="b", view="KEYS_ONLY", recovery="true")
    recovery = dynamodb.describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"]
    assert recovery["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert table["StreamSpecification"]["StreamViewType"] == "KEYS_ONLY"
    assert dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == [{"Key": "team", "Value": "b"}]
    settled = [f"-var={words}" for words in ("protected=true", "team=b", "view=KEYS_ONLY", "recovery=true")]
    said = program.run("destroy", "-input=false", "-auto-approve", "-target=aws_dynamodb_table.orders", *settled,
                       returns=1)
    assert "protected against deletion" in said

    # It is taken over as it stands, with nothing to change. (The destroy has taken the item, which depends on it.)
    program.run("state", "rm", "aws_dynamodb_table.orders")
    program.run("import", "-input=false", *settled, "aws_dynamodb_table.orders", TABLE)
    program.run("plan", "-input=false", "-detailed-exitcode", "-target=aws_dynamodb_table.orders", *settled)

    program.reach(view="KEYS_ONLY")
    program.run("destroy", "-input=false", "-auto-approve")
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceNotFound"):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            described(server)
            time.sleep(0.2)


def test_terraform_adds_and_removes_a_replica(world):
    server, program = world
    program.reach()
    assert program.reach(replica="true") == [UPDATE, NOTHING]
    assert described(server, WEST)["TableStatus"] == "ACTIVE"
    west = server.client("dynamodb", WEST)
    assert west.get_item(TableName=TABLE, Key={"id": {"S": "a"}, "at": {"N": "1"}})["Item"]["customer"] == {"S": "c"}
    assert program.reach() == [UPDATE, NOTHING]
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceNotFound"):
        described(server, WEST)
    program.run("destroy", "-input=false", "-auto-approve")


def test_terraform_scales_a_table(world, tmp_path):
    server, _ = world
    program = Terraform(server, tmp_path, SCALED)
    program.init()
    assert program.reach() == [CREATE] * 4
    scaling = server.client("application-autoscaling")
    assert program.reach(most=50).count(UPDATE) == 1
    targets = scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    assert [(target["MinCapacity"], target["MaxCapacity"]) for target in targets] == [(5, 50)]
    policies = scaling.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]
    assert policies[0]["TargetTrackingScalingPolicyConfiguration"]["ScaleOutCooldown"] == 60
    program.run("destroy", "-input=false", "-auto-approve")
    assert scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"] == []
