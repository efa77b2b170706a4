"""The caching resolver in front of the DNS (up --resolver): what its cache keeps, for how long, and for whom."""

import pytest
from conftest import EAST, WEST

NAME = "api.orders.example.com"


@pytest.fixture
def resolving(start):
    """A server on a virtual clock with a resolver of that policy."""
    return lambda policy=None: start("--clock", "virtual", "--resolver", "0",
                                     *(("--resolver-policy", policy) if policy else ()))


def ask(server, name=NAME, *arguments, port=None):
    """[(ttl, data)] of the answer, and dig's whole text."""
    text = server.dig("-p", str(port or server.facts["resolver_port"]), "@127.0.0.1", name, *arguments)
    lines = text.split("ANSWER SECTION:\n")[1].split("\n\n")[0].splitlines() if "ANSWER SECTION" in text else []
    return [(int(line.split()[1]), line.split()[4]) for line in lines], text


def addresses(server, *arguments):
    return [data for _, data in ask(server, NAME, *arguments)[0]]


def leave(server, region):
    """Takes the Region out of the DNS by its routing control."""
    cluster = server.client("route53-recovery-cluster", WEST, server.facts[f"cluster.{WEST}"].removesuffix("/v1"))
    control, = (control for control in cluster.list_routing_controls()["RoutingControls"]
                if control["RoutingControlName"] == region)
    cluster.update_routing_control_state(RoutingControlArn=control["RoutingControlArn"], RoutingControlState="Off")


def test_an_answer_is_kept_for_its_ttl_and_counts_down(resolving):
    server = resolving()
    assert ask(server)[0] == [(60, "127.0.1.1")]
    server.advance("20s")
    (ttl, _), = ask(server, NAME.upper())[0]
    assert ttl == 40
    leave(server, EAST)
    server.advance("10s")
    assert server.resolve(NAME) == ["127.0.2.1"]  # the authoritative side knows
    assert addresses(server) == ["127.0.1.1"]  # the cache does not
    server.advance("30s")
    assert ask(server)[0] == [(60, "127.0.2.1")]


def test_answers_say_that_recursion_is_available_and_are_not_authoritative(resolving):
    server = resolving()
    for _ in range(2):
        flags = ask(server)[1].split("flags: ")[1].split(";")[0].split()
        assert "ra" in flags and "rd" in flags and "aa" not in flags
    authoritative = server.dig(NAME).split("flags: ")[1].split(";")[0].split()
    assert "aa" in authoritative and "ra" not in authoritative


@pytest.mark.parametrize(("policy", "after", "expected"), [
    ("honours", "61s", ["127.0.2.1"]), ("ignores", "10s", ["127.0.2.1"]), ("pins", "24h", ["127.0.1.1"]),
    ("minimum=5m", "299s", ["127.0.1.1"]), ("minimum=5m", "301s", ["127.0.2.1"]),
    ("maximum=15s", "16s", ["127.0.2.1"]), ("honours,maximum=1h", "59s", ["127.0.1.1"]),
])
def test_temperaments(resolving, policy, after, expected):
    server = resolving(policy)
    assert addresses(server) == ["127.0.1.1"]
    leave(server, EAST)
    server.advance(after)
    assert addresses(server) == expected


def test_names_that_do_not_exist_are_kept_for_the_time_of_the_soa(resolving):
    server = resolving("negative=30s")
    assert "status: NXDOMAIN" in ask(server, "new.orders.example.com")[1]
    route53 = server.client("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
        {"Action": "CREATE", "ResourceRecordSet": {"Name": "new.orders.example.com", "Type": "A", "TTL": 30,
                                                   "ResourceRecords": [{"Value": "192.0.2.1"}]}}]})
    server.advance("25s")
    assert server.resolve("new.orders.example.com") == ["192.0.2.1"]
    assert "status: NXDOMAIN" in ask(server, "new.orders.example.com")[1]
    server.advance("6s")
    assert ask(server, "new.orders.example.com")[0] == [(30, "192.0.2.1")]


def test_prefetching_asks_again_in_the_last_tenth(resolving):
    server = resolving("prefetch")
    assert addresses(server) == ["127.0.1.1"]
    leave(server, EAST)
    server.advance("55s")
    assert addresses(server) == ["127.0.1.1"]  # still the kept one; asked again behind it
    server.advance("1s")
    (ttl, address), = ask(server)[0]
    assert (ttl, address) == (59, "127.0.2.1")


def test_clients_of_different_networks_do_not_share_answers(resolving):
    server = resolving()
    assert addresses(server, "+subnet=10.1.0.0/24") == ["127.0.1.1"]
    assert addresses(server, "+subnet=10.2.0.0/24") == ["127.0.2.1"]
    server.advance("10s")
    assert ask(server, NAME, "+subnet=10.2.0.0/24")[0] == [(50, "127.0.2.1")]


def test_aliases_of_names_are_followed_from_zone_to_zone(resolving):
    server = resolving()
    route53 = server.client("route53")
    zone = route53.create_hosted_zone(Name="shop.example.net", CallerReference="1")["HostedZone"]["Id"]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
        {"Action": "CREATE", "ResourceRecordSet": {"Name": "www.shop.example.net", "Type": "CNAME", "TTL": 300,
                                                   "ResourceRecords": [{"Value": NAME}]}}]})
    server.advance("1m")
    assert server.resolve("www.shop.example.net") == [f"{NAME}."]  # authoritative: the CNAME alone
    assert [data for _, data in ask(server, "www.shop.example.net")[0]] == [f"{NAME}.", "127.0.1.1"]


def test_what_is_not_here_is_a_failure_of_the_server(resolving):
    server = resolving()
    assert "status: SERVFAIL" in ask(server, "www.example.org")[1]


def test_it_answers_over_tcp_and_forgets_with_a_reset(resolving):
    server = resolving("pins")
    assert addresses(server, "+tcp") == ["127.0.1.1"]
    leave(server, EAST)
    server.advance("1m")
    assert addresses(server, "+tcp") == ["127.0.1.1"]
    server.ctl("reset")
    leave(server, EAST)
    server.advance("1m")
    assert addresses(server, "+tcp") == ["127.0.2.1"]


@pytest.mark.parametrize(("arguments", "said"), [
    (["--resolver-policy", "pins"], "needs --resolver"),
    (["--resolver", "0", "--resolver-policy", "forgets"], "'forgets' is no policy"),
    (["--resolver", "0", "--resolver-policy", "minimum=1h,maximum=1m"], "minimum is at most its maximum"),
    (["--resolver", "0", "--resolver-policy", "minimum=soon"], "soon"), (["--resolver", "x"], "takes a number"),
])
def test_wrong_options_are_refused(regionlab, arguments, said):
    result = regionlab("up", "--port", "0", *arguments)
    assert result.returncode == 2 and said in result.stderr, result.stderr
