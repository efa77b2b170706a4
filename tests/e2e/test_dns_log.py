"""regionlab dns-log: who asked the DNS, what they got, and why, policy by policy."""

import pytest
from conftest import EAST, WEST
from test_resolver import NAME, leave


@pytest.fixture
def server(virtual):
    return virtual


def log(server, *arguments):
    return server.ctl("dns-log", *arguments)["queries"]


def test_each_question_is_told_with_its_client_and_its_answer(server):
    assert log(server) == []
    server.dig(NAME, "+subnet=10.2.7.0/24")
    server.dig("none.orders.example.com", "+tcp")
    server.dig("www.example.org")
    first, second, third = log(server)
    assert first == {"at": "2026-01-01T00:00:00.000Z", "client": "10.2.7.0", "client_region": WEST, "transport": "udp",
                     "name": f"{NAME}.", "type": "A", "status": "NOERROR", "ttl_s": 60, "answer": "127.0.2.1",
                     "steps": [f"latency: {EAST} passed over, {WEST} chosen"]}
    assert (second["client_region"], second["transport"], second["status"], second["ttl_s"]) == \
        (EAST, "tcp", "NXDOMAIN", 900)
    assert (third["status"], third["steps"]) == ("REFUSED", [])


def test_unhealthy_records_and_the_last_resort_are_told(server):
    leave(server, EAST)
    server.advance("1m")
    server.dig(NAME)
    assert log(server)[-1]["steps"] == [f"latency: {EAST} unhealthy, {WEST} chosen"]
    server.ctl("reset")
    assert log(server) == []
    route53 = server.client("route53")
    for zone in route53.list_hosted_zones()["HostedZones"]:
        for record in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]:
            if "HealthCheckId" in record:  # both seen upside down: unhealthy
                route53.update_health_check(HealthCheckId=record["HealthCheckId"], Inverted=True)
    server.advance("1m")
    server.dig(NAME)
    assert log(server)[-1]["steps"] == [
        f"latency: {EAST} chosen, {WEST} unhealthy; nothing healthy applies, so all count as healthy"]


def test_aliases_and_nested_policies_leave_a_step_each(server):
    route53 = server.client("route53")
    zone = route53.create_hosted_zone(Name="tree.example.net", CallerReference="1")["HostedZone"]["Id"]

    def record(name, **more):
        return {"Action": "CREATE", "ResourceRecordSet": {"Name": f"{name}.tree.example.net", "Type": "A", **more}}

    def leaf(address, **more):
        return {"TTL": 30, "ResourceRecords": [{"Value": address}], **more}

    alias = {"HostedZoneId": zone.rsplit("/", 1)[1], "DNSName": "east.tree.example.net", "EvaluateTargetHealth": True}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
        record("east", **leaf("192.0.2.1", SetIdentifier="blue", Weight=1)),
        record("east", **leaf("192.0.2.2", SetIdentifier="green", Weight=0)),
        record("www", AliasTarget=alias, SetIdentifier="first", Failover="PRIMARY"),
        record("www", **leaf("192.0.2.9", SetIdentifier="second", Failover="SECONDARY"))]})
    server.advance("1m")
    assert server.resolve("www.tree.example.net") == ["192.0.2.1"]
    assert log(server, "--name", "www.tree.example.net")[-1]["steps"] == [
        "failover: first chosen, second passed over", "alias: of east.tree.example.net.",
        "weighted: blue chosen, green passed over"]


def test_a_fault_is_told_as_the_reason(server):
    fault = server.ctl("fault", "add", "no-name", "--resource", NAME)["id"]
    server.dig(NAME)
    assert log(server)[-1]["steps"] == [f"fault {fault}"]


def test_the_command_prints_the_latest_and_filters(server, regionlab):
    for number in range(30):
        server.dig(f"n{number}.orders.example.com")
    assert len(log(server)) == 20 and len(log(server, "--last", "1000")) == 30
    assert [query["name"] for query in log(server, "--last", "1")] == ["n29.orders.example.com."]
    assert [query["name"] for query in log(server, "--name", "N7.orders.example.com")] == ["n7.orders.example.com."]
    printed = regionlab("dns-log", "--endpoint", server.endpoint, "--last", "1")
    assert printed.returncode == 0
    assert printed.stdout == "2026-01-01T00:00:00.000Z 127.0.0.1 (us-east-1, udp) n29.orders.example.com. A: NXDOMAIN\n"
    assert "1 to 1000" in server.ctl("dns-log", "--last", "0", fails=True)
