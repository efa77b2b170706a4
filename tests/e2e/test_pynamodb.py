"""PynamoDB, a popular Python layer: models, indexes, conditions, batches and transactions."""

import datetime

import pytest
from conftest import EAST, shared
from pynamodb.attributes import (JSONAttribute, ListAttribute, MapAttribute, NumberAttribute, NumberSetAttribute,
                                 UnicodeAttribute, UnicodeSetAttribute, UTCDateTimeAttribute, VersionAttribute)
from pynamodb.connection import Connection
from pynamodb.exceptions import DoesNotExist, PutError, TransactWriteError, UpdateError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, LocalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

server = shared()  # create_table(wait=True) sleeps on the real clock


class ByTeam(GlobalSecondaryIndex):
    class Meta:
        index_name = "by-team"
        projection = AllProjection()

    team = UnicodeAttribute(hash_key=True)
    score = NumberAttribute(range_key=True)


class ByScore(LocalSecondaryIndex):
    class Meta:
        index_name = "by-score"
        projection = AllProjection()

    game = UnicodeAttribute(hash_key=True)
    score = NumberAttribute(range_key=True)


class Address(MapAttribute):
    city = UnicodeAttribute()
    zip = NumberAttribute(null=True)


class Player(Model):
    class Meta:
        table_name = "players"
        region = EAST
        billing_mode = "PAY_PER_REQUEST"
        aws_access_key_id = "test"
        aws_secret_access_key = "test"
        max_retry_attempts = 0

    game = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(range_key=True)
    team = UnicodeAttribute(null=True)
    score = NumberAttribute(default=0)
    tags = UnicodeSetAttribute(null=True)
    levels = NumberSetAttribute(null=True)
    address = Address(null=True)
    history = ListAttribute(default=list)
    notes = JSONAttribute(null=True)
    joined = UTCDateTimeAttribute(null=True)
    version = VersionAttribute()
    by_team = ByTeam()
    by_score = ByScore()


@pytest.fixture(scope="module")
def players(server):
    Player.Meta.host = server.endpoint
    Player.create_table(wait=True)
    return Player


def test_the_table_is_there_as_the_model_says(players):
    assert players.exists()
    described = players.describe_table()
    assert described["GlobalSecondaryIndexes"][0]["IndexName"] == "by-team"
    assert described["LocalSecondaryIndexes"][0]["IndexName"] == "by-score"


def test_a_model_is_saved_read_changed_and_deleted(players):
    joined = datetime.datetime(2026, 1, 2, 3, 4, 5, 600000, tzinfo=datetime.timezone.utc)
    player = players("chess", "ann", team="red", score=5, tags={"a", "b"}, levels={1, 2},
                     address=Address(city="Bern", zip=3000), history=["x", 1, {"y": None}], notes={"k": [1]}, joined=joined)
    player.save()
    found = players.get("chess", "ann", consistent_read=True)
    assert (found.address.city, found.tags, found.levels, found.history, found.notes, found.joined) == (
        "Bern", {"a", "b"}, {1, 2}, ["x", 1, {"y": None}], {"k": [1]}, joined)
    found.update(actions=[Player.score.add(3), Player.team.set("blue"), Player.tags.delete({"a"}), Player.notes.remove(),
                          Player.history.set(Player.history.append(["end"]))])
    assert (found.score, found.team, found.tags, found.notes, found.history[-1]) == (8, "blue", {"b"}, None, "end")
    found.delete()
    with pytest.raises(DoesNotExist):
        players.get("chess", "ann")


def test_a_version_guards_against_lost_updates(players):
    players("go", "bob").save()
    first, second = players.get("go", "bob"), players.get("go", "bob")
    first.update(actions=[Player.score.set(1)])
    with pytest.raises(UpdateError) as told:
        second.update(actions=[Player.score.set(2)])
    assert told.value.cause_response_code == "ConditionalCheckFailedException"
    with pytest.raises(PutError):
        players("go", "bob").save(Player.name.does_not_exist())


def test_queries_scans_and_counts_on_table_and_indexes(players):
    with players.batch_write() as batch:
        for number in range(60):
            batch.save(players("race", f"p{number:02}", team=f"t{number % 2}", score=number % 10))
    named = [player.name for player in players.query("race", Player.name.startswith("p0"), scan_index_forward=False)]
    assert named == [f"p0{number}" for number in range(9, -1, -1)]
    assert [player.name for player in players.query("race", page_size=7)] == [f"p{number:02}" for number in range(60)]
    top = list(players.by_team.query("t1", Player.score >= 7, filter_condition=Player.name < "p30"))
    assert sorted(player.name for player in top) == ["p07", "p09", "p17", "p19", "p27", "p29"]
    assert [player.score for player in players.by_score.query("race", Player.score == 3, limit=2)] == [3, 3]
    assert players.count("race", filter_condition=Player.score.is_in(1, 2)) == 12
    found = players.scan((Player.team == "t0") & ~Player.name.contains("0"), segment=0, total_segments=1)
    assert len(list(found)) == 20
    page = players.query("race", limit=10)
    first = [player.name for player in page]
    second = [player.name for player in players.query("race", limit=10, last_evaluated_key=page.last_evaluated_key)]
    assert first + second == [f"p{number:02}" for number in range(20)]
    assert {player.name for player in players.batch_get([("race", "p01"), ("race", "p59"), ("race", "none")])} == {"p01", "p59"}


def test_transactions_write_all_or_nothing(server, players):
    connection = Connection(region=EAST, host=server.endpoint)
    connection.session.set_credentials("test", "test")
    with TransactWrite(connection=connection) as transaction:
        transaction.save(players("tx", "a", score=1))
        transaction.save(players("tx", "b", score=2))
    with pytest.raises(TransactWriteError) as told:
        with TransactWrite(connection=connection) as transaction:
            transaction.save(players("tx", "c"))
            transaction.condition_check(players, "tx", "a", condition=Player.score == 99)
    assert [reason and reason.code for reason in told.value.cancellation_reasons] == [
        "ConditionalCheckFailed", None]  # it sends checks first
    assert players.count("tx") == 2
    with TransactGet(connection=connection) as transaction:
        a, b = transaction.get(players, "tx", "a"), transaction.get(players, "tx", "b")
    assert (a.get().score, b.get().score) == (1, 2)
