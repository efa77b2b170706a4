"""Route 53 routing with boto3, dig and kdig: every record type, distance, client networks, AWS endpoints, ECS scope."""

import contextlib
import re
import shutil
import socket
import subprocess

import pytest
from botocore.exceptions import ClientError
from conftest import shared
from test_dns import Zone, address_of, query, record, status_of

server = shared("--clock", "virtual")

API_EAST = ("Z1UJRXOUMOOFQ8", "d-abc123.execute-api.us-east-1.amazonaws.com")
DIGEST = "0123456789ABCDEF" * 4
TYPES = {
    "A": ["192.0.2.1", "192.0.2.2"],
    "AAAA": ["2001:db8::1"],
    "CAA": ['0 issue "ca.example.net"'],
    "DS": [f"12345 8 2 {DIGEST}"],
    "HTTPS": ['1 . alpn="h2"'],
    "MX": ["10 mail.example.net."],
    "NAPTR": ['100 50 "s" "z3950+I2L" "" _z3950._tcp.example.com.'],
    "PTR": ["host.example.net."],
    "SPF": ['"v=spf1 -all"'],
    "SRV": ["1 10 5269 xmpp.example.net."],
    "SSHFP": ["1 1 0123456789ABCDEF0123456789ABCDEF01234567"],
    "SVCB": ['1 svc.example.net. alpn="h2"'],
    "TLSA": [f"3 1 1 {DIGEST}"],
    "TXT": ['"one" "two \\"quoted\\""'],
}


@pytest.fixture
def zone(server):
    server.ctl("reset")
    return Zone(server, "routing.example")


def routed(identifier, value, **policy):
    return record([value], SetIdentifier=identifier, **policy)


def from_subnet(zone, subnet, name="w"):
    return zone.resolve(name, "A", f"+subnet={subnet}")


def alias(target, **more):
    return {"AliasTarget": {"HostedZoneId": target[0], "DNSName": target[1],
                            "EvaluateTargetHealth": more.pop("evaluates", False)}, **more}


def plain(text):
    """dig wraps long hexadecimal numbers, and either writes them in a case of its own."""
    text = re.sub(r"([0-9A-Fa-f]{20,}) ([0-9A-Fa-f]+)$", r"\1\2", text)
    return re.sub(r"alpn=\"?h2\"?", "alpn=h2", text).strip().upper()


def test_a_zone_of_every_type_is_the_same_to_dig_and_kdig_and_the_list(zone):
    zone.change(*(("CREATE", f"t-{kind}", kind, record(values)) for kind, values in TYPES.items()))
    for kind, values in TYPES.items():
        wanted = sorted(plain(value) for value in values)
        assert sorted(plain(line) for line in zone.resolve(f"t-{kind}", kind)) == wanted, kind
        if shutil.which("kdig"):
            asked = ["kdig", "@127.0.0.1", "-p", str(zone.server.dns_port), "+short", zone.full(f"t-{kind}"), kind]
            lines = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=10).stdout.splitlines()
            assert sorted(plain(line) for line in lines) == wanted, kind
    listed = zone.client.list_resource_record_sets(HostedZoneId=zone.id)["ResourceRecordSets"]
    for entry in listed:
        if entry["Type"] in TYPES:
            assert [value["Value"] for value in entry["ResourceRecords"]] == TYPES[entry["Type"]]


def test_client_networks_route_by_a_cidr_collection(zone):
    made = zone.client.create_cidr_collection(Name="places", CallerReference="1")
    collection = made["Collection"]["Id"]
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201 and made["Location"].endswith(f"/cidrcollection/{collection}")
    assert made["Collection"]["Arn"] == f"arn:aws:route53:::cidrcollection/{collection}"
    changed = zone.client.change_cidr_collection(Id=collection, CollectionVersion=1, Changes=[
        {"LocationName": "office", "Action": "PUT", "CidrList": ["198.51.100.0/24", "2001:db8::/48"]},
        {"LocationName": "home", "Action": "PUT", "CidrList": ["203.0.113.0/24"]}])
    assert zone.client.get_change(Id=changed["Id"])["ChangeInfo"]["Status"] == "PENDING"
    zone.change(*(("CREATE", "w", "A", routed(place, value, CidrRoutingConfig={
        "CollectionId": collection, "LocationName": place})) for place, value in
        (("office", "192.0.2.1"), ("home", "192.0.2.2"), ("*", "192.0.2.3"))))
    assert from_subnet(zone, "198.51.100.0/24") == ["192.0.2.1"]
    assert from_subnet(zone, "203.0.113.128/25") == ["192.0.2.2"]
    assert from_subnet(zone, "203.0.0.0/16") == ["192.0.2.3"]  # less is known than the block says
    assert from_subnet(zone, "2001:db8::/56") == ["192.0.2.1"]
    blocks = zone.client.list_cidr_blocks(CollectionId=collection, LocationName="office")["CidrBlocks"]
    assert [block["CidrBlock"] for block in blocks] == ["198.51.100.0/24", "2001:db8::/48"]
    locations = zone.client.list_cidr_locations(CollectionId=collection)["CidrLocations"]
    assert [location["LocationName"] for location in locations] == ["home", "office"]
    with pytest.raises(ClientError) as refused:
        zone.client.change_cidr_collection(Id=collection, CollectionVersion=1, Changes=[
            {"LocationName": "x", "Action": "PUT", "CidrList": ["10.0.0.0/8"]}])
    assert status_and_code(refused) == (409, "CidrCollectionVersionMismatchException")
    with pytest.raises(ClientError) as refused:
        zone.client.delete_cidr_collection(Id=collection)
    assert status_and_code(refused) == (400, "CidrCollectionInUseException")
    with pytest.raises(ClientError) as refused:
        zone.client.list_cidr_locations(CollectionId="01234567-89ab-cdef-0123-456789abcdef")
    assert status_and_code(refused) == (404, "NoSuchCidrCollectionException")


def status_and_code(refused):
    answer = refused.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_places_and_biases_come_back_as_written_and_route_by_distance(zone):
    places = {"east": {"AWSRegion": "us-east-1", "Bias": -50}, "boston": {"LocalZoneGroup": "us-east-1-bos-1"},
              "dublin": {"Coordinates": {"Latitude": "53.34", "Longitude": "-6.26"}, "Bias": 10}}
    zone.change(*(("CREATE", "w", "A", routed(name, f"192.0.2.{number}", GeoProximityLocation=place))
                  for number, (name, place) in enumerate(places.items())))
    listed = zone.client.list_resource_record_sets(HostedZoneId=zone.id)["ResourceRecordSets"]
    assert {entry["SetIdentifier"]: entry["GeoProximityLocation"] for entry in listed if entry["Type"] == "A"} == places
    assert zone.resolve("w") == ["192.0.2.0"]  # the world's first Region is us-east-1: no distance, no matter the bias


def test_an_alias_leads_to_the_region_of_an_aws_endpoint(zone):
    region = zone.server.client("route53").test_dns_answer(
        HostedZoneId=zone.id, RecordName=zone.full(""), RecordType="SOA")["ResponseCode"]
    assert region == "NOERROR"
    zone.change(("CREATE", "", "A", alias(API_EAST)),
                ("CREATE", "cdn", "A", alias(("Z2FDTNDATAQYW2", "d111111abcdef8.cloudfront.net"))))
    assert zone.resolve("") == ["127.0.1.1"]
    assert zone.resolve("cdn") == ["127.0.1.1"]
    answer = zone.server.dig(zone.full(""), "A")
    assert re.search(r"\s60\s+IN\s+A\s+127\.0\.1\.1", answer)
    for target, more in ((("Z2OJLYMUO9EFXC", API_EAST[1]), {}),  # us-west-2's zone, us-east-1's name
                         (("Z2FDTNDATAQYW2", "d111111abcdef8.cloudfront.net"), {"evaluates": True})):
        with pytest.raises(ClientError) as refused:
            zone.change(("CREATE", "bad", "A", alias(target, **more)))
        assert status_and_code(refused) == (400, "InvalidChangeBatch")


def test_the_scope_tells_for_whom_an_answer_is_good(zone):
    zone.create("same")
    zone.change(("CREATE", "near", "A", routed("e", "192.0.2.1", Region="us-east-1")),
                ("CREATE", "near", "A", routed("w", "192.0.2.2", Region="us-west-2")))
    for name, scope in (("same", 0), ("near", 24)):
        answer = zone.server.dig(zone.full(name), "A", "+subnet=198.51.100.0/24")
        assert re.search(rf"CLIENT-SUBNET: 198\.51\.100\.0/24/{scope}\b", answer), answer


@pytest.mark.parametrize("question", [("AXFR",), ("IXFR=1",), ("A", "-c", "CH")])
def test_transfers_and_other_classes_are_refused(zone, question):
    answer = zone.server.dig(zone.full(""), *question, "+tcp")
    assert "192.0.2" not in answer
    assert re.search(r"REFUSED|Transfer failed", answer), answer


@pytest.mark.parametrize("opcode", ["update", "notify", "status"])
def test_other_opcodes_are_not_implemented(zone, opcode):
    assert status_of(zone.server.dig(zone.full(""), "SOA", f"+opcode={opcode}")) == "NOTIMP"


def test_past_the_bound_a_client_is_sent_to_tcp_and_gets_its_answer(start):
    server = start("--clock", "virtual", "--dns-rate", "1")
    zone = Zone(server, "bound.example")
    zone.create("w")
    replies = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        for identity in range(8):
            client.sendto(query(zone.full("w"), identity=identity), address_of(server))
        with contextlib.suppress(TimeoutError):
            while True:
                replies.append(client.recv(4096))
    truncated = [reply for reply in replies if reply[2] & 2]
    assert len(truncated) in (3, 4) and len(replies) < 8  # every second one past the bound
    assert server.dig("+short", zone.full("w"), "A", "+tcp") == "192.0.2.1\n"
