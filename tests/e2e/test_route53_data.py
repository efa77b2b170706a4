"""Route 53 in a data directory: after kill -9 everything that was answered is there, with its ids."""

import json
import time

from test_data import kill, servers  # noqa: F401  (servers is a fixture)

DOCUMENT = json.dumps({
    "AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "start",
    "Endpoints": {"one": {"Type": "value", "Value": "192.0.2.5"}},
    "Rules": {"start": {"RuleType": "weighted", "Items": [{"Weight": "1", "EndpointReference": "one"}]}}})


def seen(route53):
    """All that the API shows, zone by zone."""
    zones = route53.list_hosted_zones()["HostedZones"]
    details = []
    for zone in zones:
        found = route53.get_hosted_zone(Id=zone["Id"])
        found.pop("ResponseMetadata")
        sets = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        tags = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone["Id"].split("/")[-1])["ResourceTagSet"]
        details.append([found, sets, tags])
    checks = route53.list_health_checks()["HealthChecks"]
    return [details, checks, route53.list_reusable_delegation_sets()["DelegationSets"],
            route53.list_traffic_policies()["TrafficPolicySummaries"],
            [{**instance, "State": ""} for instance in route53.list_traffic_policy_instances()["TrafficPolicyInstances"]],
            route53.list_query_logging_configs()["QueryLoggingConfigs"], route53.list_cidr_collections()["CidrCollections"]]


def make_all(route53):
    shared = route53.create_reusable_delegation_set(CallerReference="d")["DelegationSet"]["Id"]
    zone = route53.create_hosted_zone(Name="kept.test", CallerReference="z", DelegationSetId=shared.split("/")[-1],
                                      HostedZoneConfig={"Comment": "c"})["HostedZone"]["Id"]
    private = route53.create_hosted_zone(Name="inside.test", CallerReference="p",
                                         VPC={"VPCRegion": "us-east-1", "VPCId": "vpc-1"})["HostedZone"]["Id"]
    route53.associate_vpc_with_hosted_zone(HostedZoneId=private, VPC={"VPCRegion": "us-west-2", "VPCId": "vpc-2"})
    check = route53.create_health_check(CallerReference="h", HealthCheckConfig={
        "Type": "TCP", "IPAddress": "127.0.0.1", "Port": 9})["HealthCheck"]["Id"]
    route53.update_health_check(HealthCheckId=check, FailureThreshold=5)
    route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone.split("/")[-1],
                                     AddTags=[{"Key": "team", "Value": "a"}])
    policy = route53.create_traffic_policy(Name="t", Document=DOCUMENT)["TrafficPolicy"]["Id"]
    route53.create_traffic_policy_instance(HostedZoneId=zone, Name="tree.kept.test", TTL=5, TrafficPolicyId=policy,
                                           TrafficPolicyVersion=1)
    route53.create_query_logging_config(HostedZoneId=zone.split("/")[-1],
                                        CloudWatchLogsLogGroupArn="arn:aws:logs:us-east-1:000000000000:log-group:g")
    offices = route53.create_cidr_collection(Name="offices", CallerReference="o")["Collection"]["Id"]
    route53.change_cidr_collection(Id=offices, Changes=[
        {"LocationName": "berlin", "Action": "PUT", "CidrList": ["192.0.2.0/24"]}])
    return zone, check


def change(route53, zone, action, **record):
    return route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={
        "Comment": action, "Changes": [{"Action": action, "ResourceRecordSet": record}]})["ChangeInfo"]["Id"]


def test_everything_in_route53_outlives_kill_9(servers):  # noqa: F811
    server = servers()
    route53 = server.client("route53")
    zone, check = make_all(route53)
    plain = {"Name": "*.kept.test", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"a\\"b" "c"'}]}
    change(route53, zone, "CREATE", **plain)
    change(route53, zone, "CREATE", Name="w.kept.test", Type="A", SetIdentifier="with blanks, and more", Weight=3, TTL=5,
           HealthCheckId=check, ResourceRecords=[{"Value": "192.0.2.1"}])
    change(route53, zone, "DELETE", **plain)
    last = change(route53, zone, "UPSERT", Name="www.kept.test", Type="A", TTL=5, ResourceRecords=[{"Value": "192.0.2.2"}])
    before = seen(route53)
    kill(server)

    server = servers()
    route53 = server.client("route53")
    assert seen(route53) == before
    deadline = time.monotonic() + 30
    while route53.get_change(Id=last)["ChangeInfo"]["Status"] != "INSYNC":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert route53.get_change(Id=last)["ChangeInfo"]["Comment"] == "UPSERT"
    for name, value in (("www.kept.test", "192.0.2.2"), ("tree.kept.test", "192.0.2.5"), ("w.kept.test", "192.0.2.1")):
        answer = route53.test_dns_answer(HostedZoneId=zone, RecordName=name, RecordType="A")
        assert (answer["ResponseCode"], answer["RecordData"]) == ("NOERROR", [value])
    assert route53.test_dns_answer(HostedZoneId=zone, RecordName="x.kept.test", RecordType="TXT")["ResponseCode"] == "NXDOMAIN"
    # What is deleted stays deleted.
    change(route53, zone, "DELETE", Name="www.kept.test", Type="A", TTL=5, ResourceRecords=[{"Value": "192.0.2.2"}])
    route53.delete_health_check(HealthCheckId=check)
    after = seen(route53)
    assert after != before
    kill(server)
    assert seen(servers().client("route53")) == after
