"""Terraform's Route 53 resources from create to destroy: after each apply a second plan has nothing to do.

Needs what test_terraform.py needs. The provider waits 10 to 20 seconds for each change of a zone.
"""

import shutil

import pytest
from test_terraform import MAIN, Terraform

pytestmark = [pytest.mark.slow, pytest.mark.timing]

PROVIDER = MAIN[:MAIN.index("variable")].replace("dynamodb =", "route53 =")

DNS = PROVIDER + """
variable "address" { default = "192.0.2.1" }

resource "aws_route53_delegation_set" "shared" { reference_name = "shared" }

resource "aws_route53_zone" "public" {
  name              = "example.com"
  comment           = "public"
  delegation_set_id = aws_route53_delegation_set.shared.id
  tags              = { team = "a" }
}

resource "aws_route53_zone" "private" {
  name = "inside.test"
  vpc { vpc_id = "vpc-0a1b2c3d" }
  lifecycle { ignore_changes = [vpc] } # the association below adds one
}

resource "aws_route53_zone_association" "second" {
  zone_id = aws_route53_zone.private.zone_id
  vpc_id  = "vpc-0d3c2b1a"
}

resource "aws_route53_health_check" "site" {
  type              = "HTTP"
  ip_address        = "127.0.0.1"
  port              = 9
  resource_path     = "/health"
  request_interval  = 30
  failure_threshold = 3
  tags              = { team = "a" }
}

resource "aws_route53_health_check" "all" {
  type                   = "CALCULATED"
  child_health_threshold = 1
  child_healthchecks     = [aws_route53_health_check.site.id]
}

locals {
  values = {
    A     = [var.address, "192.0.2.2"]
    AAAA  = ["2001:db8::1"]
    CAA   = ["0 issue \\"ca.example.net\\""]
    MX    = ["10 mail.example.com."]
    SRV   = ["1 2 443 www.example.com."]
    TXT   = ["v=spf1 -all", "two"]
    NAPTR = ["100 10 \\"u\\" \\"sip\\" \\"!^.*$!sip:a@example.com!\\" ."]
    DS    = ["12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]
    NS    = ["ns1.example.net.", "ns2.example.net."]
    TLSA  = ["3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]
    SSHFP = ["1 1 0123456789abcdef0123456789abcdef01234567"]
    SVCB  = ["1 www.example.com. alpn=\\"h2\\""]
    HTTPS = ["1 . alpn=\\"h2,h3\\""]
    PTR   = ["www.example.com."]
    CNAME = ["www.example.com."]
  }
}

resource "aws_route53_record" "plain" {
  for_each = local.values
  zone_id  = aws_route53_zone.public.zone_id
  name     = "${lower(each.key)}.example.com"
  type     = each.key
  ttl      = 60
  records  = each.value
}

resource "aws_route53_record" "wildcard" {
  zone_id = aws_route53_zone.public.zone_id
  name    = "*.wild.example.com"
  type    = "A"
  ttl     = 60
  records = ["192.0.2.9"]
}

resource "aws_route53_record" "alias" {
  zone_id = aws_route53_zone.public.zone_id
  name    = "example.com"
  type    = "A"
  alias {
    zone_id                = aws_route53_zone.public.zone_id
    name                   = aws_route53_record.plain["A"].fqdn
    evaluate_target_health = true
  }
}

resource "aws_route53_record" "weighted" {
  for_each       = { one = 10, two = 0 }
  zone_id        = aws_route53_zone.public.zone_id
  name           = "weighted.example.com"
  type           = "A"
  ttl            = 60
  records        = ["192.0.2.3"]
  set_identifier = each.key
  weighted_routing_policy { weight = each.value }
}

resource "aws_route53_record" "latency" {
  for_each       = toset(["us-east-1", "us-west-2"])
  zone_id        = aws_route53_zone.public.zone_id
  name           = "latency.example.com"
  type           = "A"
  ttl            = 60
  records        = ["192.0.2.3"]
  set_identifier = each.key
  latency_routing_policy { region = each.key }
}

resource "aws_route53_record" "failover" {
  for_each        = toset(["PRIMARY", "SECONDARY"])
  zone_id         = aws_route53_zone.public.zone_id
  name            = "failover.example.com"
  type            = "A"
  ttl             = 60
  records         = ["192.0.2.3"]
  set_identifier  = each.key
  health_check_id = each.key == "PRIMARY" ? aws_route53_health_check.all.id : null
  failover_routing_policy { type = each.key }
}

resource "aws_route53_record" "geolocation" {
  for_each       = toset(["*", "DE"])
  zone_id        = aws_route53_zone.public.zone_id
  name           = "geolocation.example.com"
  type           = "A"
  ttl            = 60
  records        = ["192.0.2.3"]
  set_identifier = each.key == "*" ? "rest" : each.key
  geolocation_routing_policy { country = each.key }
}

resource "aws_route53_record" "continent" {
  zone_id        = aws_route53_zone.public.zone_id
  name           = "geolocation.example.com"
  type           = "A"
  ttl            = 60
  records        = ["192.0.2.3"]
  set_identifier = "continent"
  geolocation_routing_policy { continent = "EU" }
}

resource "aws_route53_record" "geoproximity" {
  for_each       = { us-east-1 = 10, us-west-2 = 0 }
  zone_id        = aws_route53_zone.public.zone_id
  name           = "geoproximity.example.com"
  type           = "A"
  ttl            = 60
  records        = ["192.0.2.3"]
  set_identifier = each.key
  geoproximity_routing_policy {
    aws_region = each.key
    bias       = each.value
  }
}

resource "aws_route53_record" "multivalue" {
  for_each                         = toset(["one", "two"])
  zone_id                          = aws_route53_zone.public.zone_id
  name                             = "multivalue.example.com"
  type                             = "A"
  ttl                              = 60
  records                          = ["192.0.2.3"]
  set_identifier                   = each.key
  multivalue_answer_routing_policy = true
}

resource "aws_route53_cidr_collection" "offices" { name = "offices" }

resource "aws_route53_cidr_location" "berlin" {
  cidr_collection_id = aws_route53_cidr_collection.offices.id
  name               = "berlin"
  cidr_blocks        = ["192.0.2.0/24"]
}

resource "aws_route53_record" "cidr" {
  zone_id        = aws_route53_zone.public.zone_id
  name           = "cidr.example.com"
  type           = "A"
  ttl            = 60
  records        = ["192.0.2.3"]
  set_identifier = "berlin"
  cidr_routing_policy {
    collection_id = aws_route53_cidr_collection.offices.id
    location_name = aws_route53_cidr_location.berlin.name
  }
}

resource "aws_route53_traffic_policy" "tree" {
  name    = "tree"
  comment = "one"
  document = jsonencode({
    AWSPolicyFormatVersion = "2015-10-01"
    RecordType             = "A"
    StartRule              = "start"
    Endpoints              = { one = { Type = "value", Value = "192.0.2.1" } }
    Rules                  = { start = { RuleType = "multivalue", Items = [{ EndpointReference = "one" }] } }
  })
}

resource "aws_route53_traffic_policy_instance" "tree" {
  name                   = "tree.example.com"
  traffic_policy_id      = aws_route53_traffic_policy.tree.id
  traffic_policy_version = aws_route53_traffic_policy.tree.version
  hosted_zone_id         = aws_route53_zone.public.zone_id
  ttl                    = var.address == "192.0.2.1" ? 60 : 30
}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    if shutil.which("terraform") is None:
        pytest.skip("needs the program terraform")
    from conftest import Server
    server = Server(tmp_path_factory.mktemp("terraform-dns-server"))
    program = Terraform(server, tmp_path_factory.mktemp("terraform-dns"), DNS)
    try:
        program.init()
        yield server, program
    finally:
        server.stop()


def test_terraform_makes_changes_and_destroys_zones_with_every_policy(world):
    server, program = world
    route53 = server.client("route53")
    check_count = len(route53.list_health_checks()["HealthChecks"])  # the world has some
    assert set(map(tuple, program.reach())) == {("create",)}
    zones = {zone["Name"]: zone["Id"] for zone in route53.list_hosted_zones()["HostedZones"]}
    sets = route53.list_resource_record_sets(HostedZoneId=zones["example.com."], MaxItems="300")["ResourceRecordSets"]
    assert {record["Type"] for record in sets} == {"A", "AAAA", "CAA", "MX", "SRV", "TXT", "NAPTR", "DS", "NS", "SOA", "TLSA",
                                                   "SSHFP", "SVCB", "HTTPS", "PTR", "CNAME"}
    assert [record["Name"] for record in sets if "TrafficPolicyInstanceId" in record] == ["tree.example.com."]
    assert len(route53.get_hosted_zone(Id=zones["inside.test."])["VPCs"]) == 2
    changed = program.reach(address="192.0.2.77")
    assert changed.count(["update"]) == 2  # a record and the policy's instance
    program.run("destroy", "-input=false", "-auto-approve", "-var=address=192.0.2.77")
    assert {"example.com.", "inside.test."}.isdisjoint(zone["Name"] for zone in route53.list_hosted_zones()["HostedZones"])
    assert len(route53.list_health_checks()["HealthChecks"]) == check_count
    assert route53.list_traffic_policies()["TrafficPolicySummaries"] == []
    assert route53.list_reusable_delegation_sets()["DelegationSets"] == []
