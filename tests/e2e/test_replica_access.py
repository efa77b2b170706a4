"""Replicas that lose the permission to replicate: what stops, what comes back, and what is lost after hours or days."""

import botocore.exceptions
import pytest
from conftest import EAST, OBSERVER, WEST
from test_strong import TABLE, describe, get, make_strong, make_table, put, world  # noqa: F401


@pytest.fixture
def lab(world):  # noqa: F811
    return world()


def make_global(lab):
    make_table(lab)
    for region in (OBSERVER, WEST):
        lab.client("dynamodb").update_table(TableName=TABLE, ReplicaUpdates=[{"Create": {"RegionName": region}}])
        lab.advance("30s")


def deny(lab, region=WEST):
    return lab.ctl("fault", "add", "deny-replication", "--region", region, "--resource", TABLE)["id"]


def status_of(lab, region, seen_from=EAST):
    replicas = describe(lab, seen_from).get("Replicas", [])
    return {replica["RegionName"]: replica["ReplicaStatus"] for replica in replicas}.get(region)


def test_without_permission_nothing_is_replicated_into_or_out_of_the_region(lab):
    make_global(lab)
    deny(lab)
    put(lab, EAST, "a", "east")
    put(lab, WEST, "b", "west")
    lab.advance("1h")
    assert get(lab, OBSERVER, "a", consistent=False) == "east"
    assert get(lab, WEST, "a", consistent=False) is None
    assert get(lab, EAST, "b", consistent=False) is None
    assert status_of(lab, WEST) == "REPLICATION_NOT_AUTHORIZED" and status_of(lab, OBSERVER) == "ACTIVE"
    hits = [fault["hits"] for fault in lab.ctl("fault", "list")["faults"]]
    assert hits[0] > 0


def test_within_twenty_hours_a_replica_catches_up(lab):
    make_global(lab)
    fault = deny(lab)
    put(lab, EAST, "a", "east")
    put(lab, WEST, "b", "west")
    lab.advance("19h59m")
    lab.ctl("fault", "clear", str(fault))
    lab.advance("10s")
    assert status_of(lab, WEST) == "ACTIVE"
    assert get(lab, WEST, "a", consistent=False) == "east" and get(lab, EAST, "b", consistent=False) == "west"
    deny(lab)
    lab.advance("19h59m")  # the time counts anew
    assert status_of(lab, WEST) == "REPLICATION_NOT_AUTHORIZED"


def test_after_twenty_hours_it_is_a_table_of_its_region_alone_for_good(lab):
    make_global(lab)
    fault = deny(lab)
    put(lab, WEST, "b", "west")
    lab.advance("20h")
    lab.ctl("fault", "clear", str(fault))
    lab.advance("1h")
    assert status_of(lab, WEST) is None
    alone = describe(lab, WEST)
    assert alone["TableStatus"] == "ACTIVE" and not {"Replicas", "GlobalTableVersion"} & set(alone)
    assert get(lab, WEST, "b") == "west" and get(lab, EAST, "b") is None
    put(lab, EAST, "c", "east")
    lab.advance("10s")
    assert get(lab, OBSERVER, "c", consistent=False) == "east" and get(lab, WEST, "c") is None
    with pytest.raises(botocore.exceptions.ClientError, match="already existed as tables"):
        lab.client("dynamodb").update_table(TableName=TABLE, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])


def test_a_strong_replica_refuses_until_it_has_permission_again(lab):
    make_strong(lab)
    fault = deny(lab)
    put(lab, EAST, "a", "1")
    with pytest.raises(botocore.exceptions.ClientError, match="InternalServerError"):
        put(lab, WEST, "a", "2")
    assert get(lab, WEST, "a", consistent=False) is None
    lab.advance("160h")
    lab.ctl("fault", "clear", str(fault))
    lab.advance("1s")
    assert get(lab, WEST, "a") == "1"


def test_a_strong_replica_is_archived_after_seven_days(lab):
    make_strong(lab)
    fault = deny(lab)
    lab.advance("168h")
    lab.ctl("fault", "clear", str(fault))
    assert status_of(lab, WEST) == "ARCHIVED" and describe(lab, WEST)["TableStatus"] == "ARCHIVED"
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDeniedException"):
        get(lab, WEST, "a", consistent=False)
    put(lab, EAST, "a", "1")  # the other two go on
    assert get(lab, OBSERVER, "a") == "1"


def test_a_denial_needs_a_region(lab):
    assert "needs a region" in lab.ctl("fault", "add", "deny-replication", "--resource", "x", fails=True)
