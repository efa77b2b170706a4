"""Terraform's aws_route53_health_check of every kind: create, change, plan empty, destroy. Needs what test_terraform.py needs."""

import shutil

import pytest
from conftest import Server
from test_terraform import CREATE, NOTHING, PROVIDER, UPDATE, Terraform

pytestmark = [pytest.mark.slow, pytest.mark.timing]

MAIN = PROVIDER.replace("endpoints {", 'endpoints {\n    route53 = "ENDPOINT"') + """
variable "path" { default = "/health" }
variable "inverted" { default = false }
variable "needed" { default = 1 }

resource "aws_route53_health_check" "http" {
  ip_address        = "127.0.1.1"
  port              = 8080
  type              = "HTTP"
  resource_path     = var.path
  failure_threshold = 3
  request_interval  = 10
  measure_latency   = true
  regions           = ["us-east-1", "us-west-2", "eu-west-1"]
  tags              = { Name = "http" }
}

resource "aws_route53_health_check" "https_search" {
  fqdn              = "shop.example.com"
  port              = 443
  type              = "HTTPS_STR_MATCH"
  search_string     = "all is well"
  resource_path     = var.path
  failure_threshold = 5
  request_interval  = 30
  enable_sni        = true
}

resource "aws_route53_health_check" "tcp" {
  ip_address        = "127.0.1.1"
  port              = 8080
  type              = "TCP"
  failure_threshold = 1
  request_interval  = 30
  disabled          = true
}

resource "aws_route53_health_check" "alarm" {
  type                            = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name           = "orders-errors"
  cloudwatch_alarm_region         = "us-east-1"
  insufficient_data_health_status = "Healthy"
  invert_healthcheck              = var.inverted
}

resource "aws_route53_health_check" "control" {
  type                = "RECOVERY_CONTROL"
  routing_control_arn = "arn:aws:route53-recovery-control::000000000000:controlpanel/0123456789abcdef0123456789abcdef/routingcontrol/0123456789abcdef"
}

resource "aws_route53_health_check" "some" {
  type                   = "CALCULATED"
  child_health_threshold = var.needed
  child_healthchecks     = [aws_route53_health_check.http.id, aws_route53_health_check.tcp.id]
}
"""


def test_each_kind_is_made_changed_and_gone(tmp_path):
    if shutil.which("terraform") is None:
        pytest.skip("needs the program terraform")
    folder = tmp_path / "terraform"
    folder.mkdir()
    server = Server(tmp_path)
    try:
        program = Terraform(server, folder, MAIN)
        program.init()
        before = server.client("route53").get_health_check_count()["HealthCheckCount"]
        assert program.reach() == [CREATE] * 6
        # in order of their names: alarm, control, http, https_search, some, tcp
        assert program.reach(path="/deep", inverted="true", needed="2") == [
            UPDATE, NOTHING, UPDATE, UPDATE, UPDATE, NOTHING]
        program.run("destroy", "-input=false", "-auto-approve")
        assert server.client("route53").get_health_check_count()["HealthCheckCount"] == before
    finally:
        server.stop()
