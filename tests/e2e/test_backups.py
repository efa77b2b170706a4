"""Backups and point-in-time recovery with real clients: a bad afternoon, undone."""

import datetime
import time

import botocore.exceptions
import pytest
from conftest import EAST, WEST

TABLE = "orders"
KEY = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"},
                                {"AttributeName": "customer", "AttributeType": "S"}],
       "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
       "GlobalSecondaryIndexes": [{"IndexName": "by-customer", "Projection": {"ProjectionType": "ALL"},
                                   "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}]}]}
ON = {"PointInTimeRecoveryEnabled": True}


def create(server, region=EAST):
    dynamodb = server.client("dynamodb", region)
    dynamodb.create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST", **KEY)
    return dynamodb


def fill(dynamodb, count, version):
    for first in range(0, count, 25):
        dynamodb.batch_write_item(RequestItems={TABLE: [
            {"PutRequest": {"Item": {"id": {"S": f"o{number:04}"}, "customer": {"S": f"c{number % 7}"},
                                     "version": {"N": str(version)}}}}
            for number in range(first, min(first + 25, count))]})


def versions(dynamodb, table):
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    return {item["id"]["S"]: int(item["version"]["N"]) for page in pages for item in page["Items"]}


def by_customer(dynamodb, table, customer):
    return dynamodb.query(TableName=table, IndexName="by-customer", KeyConditionExpression="customer = :c",
                          ExpressionAttributeValues={":c": {"S": customer}})["Count"]


def now(server):
    text = server.ctl("clock", "show")["time"]
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def poll(ask, wanted):
    for _ in range(200):
        if ask() == wanted:
            return
        time.sleep(0.02)
    raise AssertionError(f"{ask()} instead of {wanted}")


def recovery(dynamodb, table=TABLE):
    description = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    return description["PointInTimeRecoveryDescription"]


def test_a_bad_afternoon_is_undone(start):
    virtual = start("--clock", "virtual", "--transient-delay", "500ms")
    dynamodb = create(virtual)
    virtual.advance("1m")
    dynamodb.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification=ON)
    fill(dynamodb, 450, 1)
    virtual.advance("2h")
    before = now(virtual)
    virtual.advance("2s")
    fill(dynamodb, 300, 2)  # the bad release
    for number in range(300, 450, 2):
        dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": f"o{number:04}"}})
    dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "new"}, "version": {"N": "2"}})
    with pytest.raises(dynamodb.exceptions.InvalidRestoreTimeException, match="must be within"):
        dynamodb.restore_table_to_point_in_time(SourceTableName=TABLE, TargetTableName="undone",
                                                RestoreDateTime=before)
    virtual.advance("10m")
    described = dynamodb.restore_table_to_point_in_time(
        SourceTableName=TABLE, TargetTableName="undone", RestoreDateTime=before)["TableDescription"]
    assert described["TableStatus"] == "CREATING"
    assert described["RestoreSummary"]["RestoreInProgress"] is True
    assert described["RestoreSummary"]["RestoreDateTime"] == before
    fill(dynamodb, 30, 3)  # life goes on meanwhile
    virtual.advance("1m")
    table = dynamodb.describe_table(TableName="undone")["Table"]
    assert table["TableStatus"] == "ACTIVE"
    assert "RestoreSummary" not in table
    assert table["ItemCount"] == 450
    assert versions(dynamodb, "undone") == {f"o{number:04}": 1 for number in range(450)}
    assert by_customer(dynamodb, "undone", "c3") == 64
    assert versions(dynamodb, TABLE)["o0000"] == 3
    assert recovery(dynamodb, "undone")["PointInTimeRecoveryStatus"] == "DISABLED"


def test_a_backup_is_waited_for_and_restored_on_a_real_clock(start):
    live = start()
    dynamodb = create(live)
    dynamodb.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    fill(dynamodb, 60, 1)
    arn = dynamodb.create_backup(TableName=TABLE, BackupName="nightly")["BackupDetails"]["BackupArn"]
    poll(lambda: dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"],
         "AVAILABLE")
    dynamodb.delete_table(TableName=TABLE)
    dynamodb.get_waiter("table_not_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    dynamodb.restore_table_from_backup(TargetTableName=TABLE, BackupArn=arn, GlobalSecondaryIndexOverride=[])
    dynamodb.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    assert len(versions(dynamodb, TABLE)) == 60
    assert "GlobalSecondaryIndexes" not in dynamodb.describe_table(TableName=TABLE)["Table"]
    assert dynamodb.delete_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "DELETED"
    with pytest.raises(dynamodb.exceptions.BackupNotFoundException):
        dynamodb.describe_backup(BackupArn=arn)


def test_the_command_line_lists_and_restores(start):
    virtual = start("--clock", "virtual", "--transient-delay", "0s")
    dynamodb = create(virtual)
    fill(dynamodb, 10, 1)
    for name in ("one", "two", "three"):
        virtual.aws("dynamodb", "create-backup", "--table-name", TABLE, "--backup-name", name)
        virtual.advance("1h")
    assert [backup["BackupName"] for backup in virtual.aws("dynamodb", "list-backups")["BackupSummaries"]] == [
        "one", "two", "three"]
    middle = (now(virtual) - datetime.timedelta(minutes=90)).isoformat()
    listed = virtual.aws("dynamodb", "list-backups", "--time-range-lower-bound", middle)["BackupSummaries"]
    assert [backup["BackupName"] for backup in listed] == ["three"]
    error = virtual.aws("dynamodb", "restore-table-to-point-in-time", "--source-table-name", TABLE,
                        "--target-table-name", "back", "--use-latest-restorable-time", fails=True)
    assert "Point in time recovery is not enabled for table 'orders'" in error
    virtual.aws("dynamodb", "update-continuous-backups", "--table-name", TABLE,
                "--point-in-time-recovery-specification", "PointInTimeRecoveryEnabled=true")
    virtual.advance("10m")
    virtual.aws("dynamodb", "restore-table-to-point-in-time", "--source-table-name", TABLE,
                "--target-table-name", "back", "--use-latest-restorable-time")
    virtual.advance("1s")
    assert len(versions(dynamodb, "back")) == 10


def test_recovery_and_backups_belong_to_one_replica(start):
    virtual = start("--clock", "virtual", "--transient-delay", "500ms")
    east = create(virtual)
    virtual.advance("1m")
    east.update_table(TableName=TABLE, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    virtual.advance("10m")
    west = virtual.client("dynamodb", WEST)
    west.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification=ON)
    assert recovery(east)["PointInTimeRecoveryStatus"] == "DISABLED"
    fill(east, 50, 1)
    virtual.advance("1m")
    replicated = now(virtual)
    virtual.advance("1m")
    fill(east, 50, 2)
    virtual.advance("1h")
    west.restore_table_to_point_in_time(SourceTableName=TABLE, TargetTableName="was", RestoreDateTime=replicated)
    east.restore_table_to_point_in_time(
        SourceTableArn=west.describe_table(TableName=TABLE)["Table"]["TableArn"], TargetTableName="was",
        RestoreDateTime=replicated, SSESpecificationOverride={"Enabled": True, "SSEType": "KMS"})
    virtual.advance("1m")
    assert set(versions(west, "was").values()) == {1}
    assert set(versions(east, "was").values()) == {1}
    assert "Replicas" not in west.describe_table(TableName="was")["Table"]
    assert west.list_backups()["BackupSummaries"] == []
    # removing the replica leaves what it held
    virtual.advance("25h")
    east.update_table(TableName=TABLE, ReplicaUpdates=[{"Delete": {"RegionName": WEST}}])
    virtual.advance("10m")
    names = [backup["BackupName"] for backup in west.list_backups(BackupType="SYSTEM")["BackupSummaries"]]
    assert names == [f"{TABLE}$DeletedTableBackup"]
    assert east.list_backups(BackupType="ALL")["BackupSummaries"] == []
    virtual.advance("840h")
    assert west.list_backups(BackupType="ALL")["BackupSummaries"] == []


def test_an_export_says_that_there_is_no_bucket(start):
    virtual = start("--clock", "virtual", "--transient-delay", "500ms")
    dynamodb = create(virtual)
    virtual.advance("1m")
    arn = dynamodb.describe_table(TableName=TABLE)["Table"]["TableArn"]
    with pytest.raises(botocore.exceptions.ClientError, match="Point in time recovery is not enabled"):
        dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="bucket")
    dynamodb.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification=ON)
    export = dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="bucket")["ExportDescription"]
    assert export["ExportStatus"] == "IN_PROGRESS"
    virtual.advance("1m")
    export = dynamodb.describe_export(ExportArn=export["ExportArn"])["ExportDescription"]
    assert (export["ExportStatus"], export["FailureCode"]) == ("FAILED", "S3NoSuchBucket")


def test_backups_recovery_and_half_restored_tables_survive_a_kill(start, tmp_path):
    data = str(tmp_path / "data")
    first = start("--clock", "virtual", "--transient-delay", "500ms", "--data", data)
    dynamodb = create(first)
    first.advance("1m")
    dynamodb.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification={
        **ON, "RecoveryPeriodInDays": 7})
    fill(dynamodb, 700, 1)
    first.advance("2h")
    done = dynamodb.create_backup(TableName=TABLE, BackupName="done")["BackupDetails"]["BackupArn"]
    first.advance("1m")
    before = now(first)
    first.advance("10m")
    half = dynamodb.create_backup(TableName=TABLE, BackupName="half")["BackupDetails"]["BackupArn"]
    fill(dynamodb, 350, 2)
    first.advance("20ms")  # some steps of 200 rows
    dynamodb.restore_table_to_point_in_time(SourceTableName=TABLE, TargetTableName="undone", RestoreDateTime=before)
    dynamodb.restore_table_from_backup(BackupArn=done, TargetTableName="back")
    fill(dynamodb, 100, 3)
    first.advance("20ms")
    window = recovery(dynamodb)
    assert dynamodb.describe_backup(BackupArn=half)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "CREATING"
    assert "RestoreSummary" in dynamodb.describe_table(TableName="undone")["Table"]
    assert "RestoreSummary" in dynamodb.describe_table(TableName="back")["Table"]
    first.process.kill()
    first.process.wait()
    first.log.close()

    second = start("--clock", "virtual", "--transient-delay", "500ms", "--data", data)
    dynamodb = second.client("dynamodb")
    again = recovery(dynamodb)
    assert again["RecoveryPeriodInDays"] == 7
    assert again["EarliestRestorableDateTime"] == window["EarliestRestorableDateTime"]
    second.advance("1m")
    for table in ("undone", "back"):
        assert set(versions(dynamodb, table).values()) == {1}
        assert len(versions(dynamodb, table)) == 700
        assert by_customer(dynamodb, table, "c3") == 100
        assert dynamodb.describe_table(TableName=table)["Table"]["ItemCount"] == 700
    dynamodb.restore_table_from_backup(BackupArn=half, TargetTableName="halved")
    second.advance("1m")
    assert set(versions(dynamodb, "halved").values()) == {1}
    assert versions(dynamodb, TABLE)["o0099"] == 3
    names = [backup["BackupName"] for backup in dynamodb.list_backups()["BackupSummaries"]]
    assert names == ["done", "half"]


def test_what_a_deleted_table_leaves_survives_a_restart_and_expires(start, tmp_path):
    data = str(tmp_path / "data")
    first = start("--clock", "virtual", "--transient-delay", "0s", "--data", data)
    dynamodb = create(first)
    dynamodb.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification=ON)
    fill(dynamodb, 30, 1)
    table = dynamodb.describe_table(TableName=TABLE)["Table"]
    export = dynamodb.export_table_to_point_in_time(TableArn=table["TableArn"], S3Bucket="bucket")["ExportDescription"]
    dynamodb.update_table(TableName=TABLE, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    first.advance("1s")
    fill(dynamodb, 10, 2)
    dynamodb.delete_table(TableName=TABLE)  # its stream stays readable for a day, its rows are the backup's
    first.advance("1h")
    listed = dynamodb.list_backups(BackupType="SYSTEM")["BackupSummaries"]
    assert [backup["BackupName"] for backup in listed] == [f"{TABLE}$DeletedTableBackup"]
    first.stop()

    second = start("--clock", "virtual", "--transient-delay", "0s", "--data", data)
    dynamodb = second.client("dynamodb")
    assert dynamodb.list_backups(BackupType="ALL")["BackupSummaries"] == listed
    assert dynamodb.describe_export(ExportArn=export["ExportArn"])["ExportDescription"]["ExportStatus"] == "FAILED"
    second.advance("48h")  # the stream goes, the backup stays
    dynamodb.restore_table_from_backup(BackupArn=listed[0]["BackupArn"], TargetTableName=TABLE)
    second.advance("1m")
    assert sorted(versions(dynamodb, TABLE).values()) == [1] * 20 + [2] * 10
    assert by_customer(dynamodb, TABLE, "c3") == 4
    second.advance("840h")
    assert dynamodb.list_backups(BackupType="ALL")["BackupSummaries"] == []
    assert len(versions(dynamodb, TABLE)) == 30
