"""A data directory: what was answered is there again after SIGKILL; who may open it, and what is said otherwise."""

import json
import subprocess
import time
import urllib.request

import botocore.exceptions
import pytest

from conftest import EAST, REGIONLAB, WEST, Server

TABLE = "Kept"
KEYS = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}


def start(tmp_path, *arguments):
    (tmp_path / "ready").unlink(missing_ok=True)
    return Server(tmp_path, "--data", str(tmp_path / "data"), *arguments)


def kill(server):
    server.process.kill()
    server.process.wait()
    server.log.close()


def await_active(client, table=TABLE):
    for _ in range(200):
        found = client.describe_table(TableName=table)["Table"]
        if found["TableStatus"] == "ACTIVE" and all(
                index["IndexStatus"] == "ACTIVE" for index in found.get("GlobalSecondaryIndexes", [])):
            return found
        time.sleep(0.02)
    raise AssertionError(f"{table} does not become ACTIVE: {found}")


def create(client, table=TABLE, **more):
    client.create_table(TableName=table, AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}], **KEYS, **more)
    await_active(client, table)


def put(client, count, table=TABLE, **more):
    for number in range(count):
        client.put_item(TableName=table, Item={"pk": {"S": f"k{number}"}, "n": {"N": str(number)}, **more})


@pytest.fixture
def servers(tmp_path):
    started = []

    def begin(*arguments):
        started.append(start(tmp_path, *arguments))
        return started[-1]

    yield begin
    for server in started:
        if server.process.poll() is None:
            kill(server)


def back_up(client, name):
    for _ in range(100):
        try:
            return client.create_backup(TableName=TABLE, BackupName=name)["BackupDetails"]["BackupArn"]
        except client.exceptions.ContinuousBackupsUnavailableException:
            time.sleep(0.02)
    raise AssertionError("no backup can be made")


def everything_told_of(client, table=TABLE):
    found = client.describe_table(TableName=table)["Table"]
    arn = found["TableArn"]
    told = {
        "table": found, "tags": client.list_tags_of_resource(ResourceArn=arn)["Tags"],
        "ttl": client.describe_time_to_live(TableName=table)["TimeToLiveDescription"],
        "policy": client.get_resource_policy(ResourceArn=arn)["Policy"],
        "recovery": client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        ["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        "backups": client.list_backups(TableName=table)["BackupSummaries"],
        "insights": client.describe_contributor_insights(TableName=table)["ContributorInsightsStatus"],
        "items": sorted(client.scan(TableName=table)["Items"], key=lambda item: item["pk"]["S"]),
    }
    return json.loads(json.dumps(told, default=str))


@pytest.mark.parametrize("durability", ["full", "normal", "off"])
def test_all_that_is_told_of_a_table_is_the_same_after_a_kill(servers, durability):
    server = servers("--durability", durability)
    client = server.client("dynamodb")
    create(client, Tags=[{"Key": "team", "Value": "blue"}], DeletionProtectionEnabled=True, TableClass="STANDARD_INFREQUENT_ACCESS",
           StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    arn = client.describe_table(TableName=TABLE)["Table"]["TableArn"]
    client.update_time_to_live(TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    client.put_resource_policy(ResourceArn=arn, Policy='{"Version": "2012-10-17", "Statement": []}')
    client.update_contributor_insights(TableName=TABLE, ContributorInsightsAction="ENABLE")
    time.sleep(0.6)  # what is on its way in this world comes to rest
    client.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    put(client, 30)
    back_up(client, "before")
    client.update_table(
        TableName=TABLE, AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}],
        GlobalSecondaryIndexUpdates=[{"Create": {
            "IndexName": "byN", "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}])
    await_active(client)
    time.sleep(0.2)
    before = everything_told_of(client)
    assert before["table"]["ItemCount"] == 30 and before["backups"][0]["BackupStatus"] == "AVAILABLE"
    kill(server)
    client = servers("--durability", durability).client("dynamodb")
    assert everything_told_of(client) == before
    assert len(client.query(TableName=TABLE, IndexName="byN", KeyConditionExpression="n = :n",
                            ExpressionAttributeValues={":n": {"N": "7"}})["Items"]) == 1


def test_a_backup_restores_after_a_kill(servers):
    server = servers()
    client = server.client("dynamodb")
    create(client)
    put(client, 25)
    arn = back_up(client, "first")
    kill(server)  # perhaps before it is AVAILABLE
    client = servers().client("dynamodb")
    put(client, 40)  # not in the backup
    for _ in range(100):
        if client.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "AVAILABLE":
            break
        time.sleep(0.02)
    client.restore_table_from_backup(TargetTableName="Again", BackupArn=arn)
    await_active(client, "Again")
    assert client.scan(TableName="Again", Select="COUNT")["Count"] == 25


def test_a_restore_that_was_cut_short_ends_after_the_start(servers):
    server = servers()
    client = server.client("dynamodb")
    create(client)
    put(client, 500, pad={"S": "x" * 50})
    arn = back_up(client, "first")
    time.sleep(0.3)
    client.restore_table_from_backup(TargetTableName="Again", BackupArn=arn)
    kill(server)
    client = servers().client("dynamodb")
    assert await_active(client, "Again")["ItemCount"] == 500
    assert client.scan(TableName="Again", Select="COUNT")["Count"] == 500


def test_an_index_and_a_replica_that_were_being_filled_are_filled(servers):
    server = servers()
    client = server.client("dynamodb")
    create(client)
    put(client, 600)
    client.update_table(
        TableName=TABLE, AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}],
        GlobalSecondaryIndexUpdates=[{"Create": {
            "IndexName": "byN", "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}])
    kill(server)
    server = servers()
    client = server.client("dynamodb")
    assert await_active(client)["GlobalSecondaryIndexes"][0]["ItemCount"] == 600
    client.update_table(TableName=TABLE, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    kill(server)
    server = servers()
    await_active(server.client("dynamodb"))
    assert await_active(server.client("dynamodb", WEST))["ItemCount"] == 600


def test_a_transaction_sent_again_after_a_kill_runs_once(servers):
    server = servers()
    client = server.client("dynamodb")
    create(client)
    put(client, 1)
    call = {"ClientRequestToken": "once", "TransactItems": [{"Update": {
        "TableName": TABLE, "Key": {"pk": {"S": "k0"}}, "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}}]}
    client.transact_write_items(**call)
    kill(server)
    client = servers().client("dynamodb")
    client.transact_write_items(**call)
    assert client.get_item(TableName=TABLE, Key={"pk": {"S": "k0"}})["Item"]["n"] == {"N": "1"}


def test_replication_goes_on_where_it_was(servers):
    server = servers()
    client = server.client("dynamodb")
    client.put_item(TableName="resilientdynamo-Order", Item={"OrderId": {"S": "late"}})
    kill(server)  # before it can have reached the other Region
    server = servers()
    other = server.client("dynamodb", WEST)
    for _ in range(200):
        if "Item" in other.get_item(TableName="resilientdynamo-Order", Key={"OrderId": {"S": "late"}}):
            return
        time.sleep(0.02)
    raise AssertionError("it never arrived")


def test_a_deleted_table_stays_deleted_and_ids_do_not_repeat(servers):
    server = servers()
    client = server.client("dynamodb")
    create(client)
    ids = {client.describe_table(TableName=TABLE)["Table"]["TableId"]}
    client.delete_table(TableName=TABLE)
    client.get_waiter("table_not_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    kill(server)
    client = servers().client("dynamodb")
    with pytest.raises(botocore.exceptions.ClientError, match="not found"):
        client.describe_table(TableName=TABLE)
    create(client)
    ids.add(client.describe_table(TableName=TABLE)["Table"]["TableId"])
    assert len(ids) == 2


def test_a_virtual_clock_does_not_go_back(servers, tmp_path):
    def now(server):
        with urllib.request.urlopen(server.endpoint + "/_regionlab/info") as answer:
            return json.load(answer)["server_time_utc"]

    server = servers("--clock", "virtual")
    request = urllib.request.Request(server.endpoint + "/_regionlab/clock/advance", json.dumps({"by": "3h"}).encode(), method="POST")
    urllib.request.urlopen(request).read()
    before = now(server)
    assert before > "2026-01-01T03"
    kill(server)
    server = servers("--clock", "virtual")
    assert now(server) >= before
    request = urllib.request.Request(server.endpoint + "/_regionlab/clock/advance", json.dumps({"by": "200000h"}).encode(), method="POST")
    urllib.request.urlopen(request).read()
    kill(server)
    assert "which this machine's clock has not reached" in refusal("--data", tmp_path / "data")


def test_a_backlog_waits_through_a_restart(servers):
    """As many records as before, and the clock has not moved to deliver them."""
    def ctl(server, *arguments):
        done = subprocess.run([REGIONLAB, "ctl", "--endpoint", server.endpoint, "--json", *arguments],
                              capture_output=True, text=True, timeout=60, check=True)
        return json.loads(done.stdout)

    def pending(server):
        links = ctl(server, "replication", "resilientdynamo-Order")["links"]
        return [(link["from"], link["pending"], link.get("oldest_us")) for link in links]

    server = servers("--clock", "virtual")
    ctl(server, "link", "lag", "us-east-1", "us-west-2", "100ms..10s")
    for i in range(50):
        server.client("dynamodb").put_item(TableName="resilientdynamo-Order", Item={"OrderId": {"S": str(i)}})
    ctl(server, "clock", "advance", "5s")
    before = pending(server)
    assert 5 < before[0][1] < 45 and before[0][2] == 5_000_000
    kill(server)
    server = servers("--clock", "virtual")
    again = pending(server)
    assert again[0][2] == 5_000_000 and before[0][1] <= again[0][1] <= 50  # behind the oldest: once more
    ctl(server, "clock", "advance", "20s")
    assert [count for _, count, _ in pending(server)] == [0, 0]
    west = server.client("dynamodb", "us-west-2")
    assert west.scan(TableName="resilientdynamo-Order", Select="COUNT")["Count"] == 50


def test_a_reset_empties_the_directory(servers):
    server = servers()
    create(server.client("dynamodb"))
    urllib.request.urlopen(urllib.request.Request(server.endpoint + "/_regionlab/reset", method="POST")).read()
    kill(server)
    names = servers().client("dynamodb").list_tables()["TableNames"]
    assert TABLE not in names and "resilientdynamo-Order" in names


def refusal(*arguments):
    ended = subprocess.run([REGIONLAB, "up", "--port", "0", *map(str, arguments)], capture_output=True, text=True, timeout=20)
    assert ended.returncode != 0
    return ended.stderr


def test_what_cannot_be_opened_is_said_plainly(servers, tmp_path):
    server = servers()
    data = tmp_path / "data"
    assert "another regionlab process is using it" in refusal("--data", data)
    assert server.client("dynamodb").list_tables()["TableNames"]  # it was left in peace
    kill(server)
    (data / "format").write_text("regionlab data 999\n")
    assert "another version of regionlab ('regionlab data 999'" in refusal("--data", data)
    (data / "format").unlink()
    assert "without the file 'format'" in refusal("--data", data)
    (data / "format").write_text("regionlab data 1\n")
    for file in data.glob("regionlab.sqlite-*"):
        file.unlink()
    (data / "regionlab.sqlite").write_bytes(b"this is no database, " * 500)
    assert "not a database" in refusal("--data", data)
    (tmp_path / "file").write_text("")
    assert "it is a file" in refusal("--data", tmp_path / "file")
    assert "cannot make it" in refusal("--data", tmp_path / "a" / "b")
    assert "--durability is full, normal or off" in refusal("--data", tmp_path / "c", "--durability", "high")
    assert "--durability needs --data" in refusal("--durability", "full")


def test_routing_controls_keep_their_arns_and_states(servers):
    def controls(server):
        config = server.client("route53-recovery-control-config", WEST)
        cluster = config.list_clusters()["Clusters"][0]
        panels = config.list_control_panels(ClusterArn=cluster["ClusterArn"])["ControlPanels"]
        panel = next(panel for panel in panels if panel["Name"] == "orders")
        rules = config.list_safety_rules(ControlPanelArn=panel["ControlPanelArn"])["SafetyRules"]
        found = config.list_routing_controls(ControlPanelArn=panel["ControlPanelArn"])["RoutingControls"]
        return [cluster["ClusterArn"], panels, rules, found]

    def states(server, arns):
        client = server.client("route53-recovery-cluster", endpoint=server.facts[f"cluster.{EAST}"].removesuffix("/v1") + "/v1")
        return client, {arn: client.get_routing_control_state(RoutingControlArn=arn)["RoutingControlState"] for arn in arns}

    server = servers()
    before = controls(server)
    arns = [control["RoutingControlArn"] for control in before[3]]
    client, told = states(server, arns)
    assert set(told.values()) == {"On"}
    client.update_routing_control_state(RoutingControlArn=arns[0], RoutingControlState="Off")
    kill(server)
    server = servers()
    assert controls(server) == before  # and nothing is there twice
    assert states(server, arns)[1] == {arns[0]: "Off", arns[1]: "On"}
    kill(server)
    assert controls(servers()) == before
