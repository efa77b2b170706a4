"""A paused replica, and its backlog."""

from lessons.stage import EAST, WEST


def pause_for_five_minutes(fis):
    template = fis.create_experiment_template(
        description="pause orders", roleArn="arn:aws:iam::000000000000:role/fis", stopConditions=[{"source": "none"}],
        actions={"pause": {"actionId": "aws:dynamodb:global-table-pause-replication",
                           "parameters": {"duration": "PT5M"}, "targets": {"Tables": "orders"}}},
        targets={"orders": {"resourceType": "aws:dynamodb:global-table", "selectionMode": "ALL",
                            "resourceArns": [f"arn:aws:dynamodb:{EAST}:000000000000:table/orders"]}})
    return fis.start_experiment(experimentTemplateId=template["experimentTemplate"]["id"])["experiment"]["id"]


def eastern_link(world):
    """How the changes of us-east-1 fare: what the metric ReplicationLatency would tell, and more."""
    links = world.server.ctl("replication", "orders")["links"]
    return next(link for link in links if link["from"] == EAST)


def test_a_pause_loses_nothing_and_its_backlog_drains_at_the_pace_of_the_link(two_regions):
    east, west = two_regions.table(EAST), two_regions.table(WEST)
    two_regions.server.ctl("link", "drain", EAST, WEST, "2")  # records a second
    fis = two_regions.client("fis")
    experiment = pause_for_five_minutes(fis)
    two_regions.later("1s")

    for number in range(8):
        east.put_item(Item={"id": f"o-{number}"})
    two_regions.later("4m")
    assert two_regions.backlog() == {(EAST, WEST): 8}
    assert west.scan()["Count"] == 0
    assert eastern_link(two_regions)["state"] == "paused"

    two_regions.later("1m")
    assert fis.get_experiment(id=experiment)["experiment"]["state"]["status"] == "completed"
    counts = []
    while two_regions.backlog():
        counts.append(west.scan()["Count"])
        two_regions.later("1s")
    assert counts == [3, 5, 7]
    assert west.scan()["Count"] == 8
    assert eastern_link(two_regions)["state"] == "open"
    assert eastern_link(two_regions)["latency"]["max_us"] >= 299_000_000, "high after the pause, not during it"
