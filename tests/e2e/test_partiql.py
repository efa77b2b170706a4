"""PartiQL with boto3 and the AWS CLI."""

import botocore.exceptions
import pytest
from conftest import EAST, shared

TABLE = "Music"
server = shared()


@pytest.fixture
def dynamodb(server):
    """A client, and a fresh table with a sort key and an index."""
    client = server.client("dynamodb", EAST)
    client.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("Artist", "Song", "Genre")],
        KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}, {"AttributeName": "Song", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{"IndexName": "by-genre", "Projection": {"ProjectionType": "ALL"},
                                 "KeySchema": [{"AttributeName": "Genre", "KeyType": "HASH"}]}])
    client.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    yield client
    client.delete_table(TableName=TABLE)
    client.get_waiter("table_not_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1, "MaxAttempts": 10})


def insert(client, artist, song, **more):
    client.execute_statement(
        Statement=f"INSERT INTO \"{TABLE}\" VALUE {{'Artist':?, 'Song':?, 'More':?}}",
        Parameters=[{"S": artist}, {"S": song}, {"M": {name: {"N": str(value)} for name, value in more.items()}}])


def failure(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response


def test_statements_insert_update_select_and_delete(dynamodb):
    insert(dynamodb, "Acme", "One", plays=1)
    key = "WHERE Artist='Acme' AND Song='One'"
    changed = dynamodb.execute_statement(
        Statement=f"UPDATE {TABLE} SET Genre='Rock' SET More.plays = More.plays + ? SET Tags = <<'a','b'>> {key} "
                  "RETURNING MODIFIED NEW *",
        Parameters=[{"N": "41"}])["Items"]
    assert changed == [{"Genre": {"S": "Rock"}, "More": {"M": {"plays": {"N": "42"}}}, "Tags": {"SS": ["a", "b"]}}]
    found = dynamodb.execute_statement(Statement=f'SELECT Song, More.plays FROM "{TABLE}"."by-genre" WHERE Genre=?',
                                       Parameters=[{"S": "Rock"}])["Items"]
    assert found == [{"Song": {"S": "One"}, "plays": {"N": "42"}}]
    gone = dynamodb.execute_statement(Statement=f"DELETE FROM {TABLE} {key} RETURNING ALL OLD *")["Items"]
    assert gone[0]["More"] == {"M": {"plays": {"N": "42"}}}
    assert dynamodb.execute_statement(Statement=f"SELECT * FROM {TABLE}")["Items"] == []


def test_a_paginator_reads_every_page(dynamodb):
    for number in range(7):
        insert(dynamodb, "Acme", f"Song {number}")
    songs, token, pages = [], {}, 0
    while True:
        page = dynamodb.execute_statement(Statement=f"SELECT Song FROM {TABLE} WHERE Artist='Acme' ORDER BY Song DESC",
                                          Limit=3, **token)
        songs += [item["Song"]["S"] for item in page["Items"]]
        pages += 1
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert (pages, songs) == (3, [f"Song {number}" for number in reversed(range(7))])


def test_errors_have_the_service_s_codes(dynamodb):
    insert(dynamodb, "Acme", "One")
    error = failure(dynamodb.execute_statement, Statement=f"INSERT INTO {TABLE} VALUE {{'Artist':'Acme','Song':'One'}}")
    assert error["Error"] == {"Code": "DuplicateItemException", "Message": "Duplicate primary key exists in table"}
    error = failure(dynamodb.execute_statement, Statement=f"SELECT FROM {TABLE}")
    assert error["Error"]["Code"] == "ValidationException"
    error = failure(dynamodb.execute_statement,
                    Statement=f"UPDATE {TABLE} SET n = 1 WHERE Artist='Acme' AND Song='One' AND n = 2",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert error["Error"]["Code"] == "ConditionalCheckFailedException"
    assert error["Item"]["Song"] == {"S": "One"}
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.execute_statement(Statement="SELECT * FROM Nowhere WHERE Artist='Acme'")


def test_a_batch_answers_each_statement(dynamodb):
    insert(dynamodb, "Acme", "One")
    answers = dynamodb.batch_execute_statement(Statements=[
        {"Statement": f"SELECT Song FROM {TABLE} WHERE Artist=? AND Song=?",
         "Parameters": [{"S": "Acme"}, {"S": "One"}]},
        {"Statement": f"SELECT Song FROM {TABLE} WHERE Artist='Acme'"}])["Responses"]
    assert answers[0] == {"TableName": TABLE, "Item": {"Song": {"S": "One"}}}
    assert answers[1]["Error"]["Code"] == "ValidationError"


def test_a_transaction_is_all_or_nothing(dynamodb):
    insert(dynamodb, "Acme", "One")
    statements = [{"Statement": f"INSERT INTO {TABLE} VALUE {{'Artist':'Acme','Song':'{song}'}}"}
                  for song in ("Two", "One")]
    error = failure(dynamodb.execute_transaction, TransactStatements=statements)
    assert error["Error"]["Code"] == "TransactionCanceledException"
    assert [reason["Code"] for reason in error["CancellationReasons"]] == ["None", "DuplicateItem"]
    dynamodb.execute_transaction(TransactStatements=[
        statements[0], {"Statement": f"DELETE FROM {TABLE} WHERE Artist='Acme' AND Song='One'"}])
    read = dynamodb.execute_transaction(TransactStatements=[
        {"Statement": f"SELECT Song FROM {TABLE} WHERE Artist='Acme' AND Song='{song}'"} for song in ("One", "Two")])
    assert read["Responses"] == [{}, {"Item": {"Song": {"S": "Two"}}}]


def test_the_aws_cli_runs_statements(server, dynamodb):
    assert server.aws("dynamodb", "execute-statement", "--statement",
                      f"INSERT INTO {TABLE} VALUE {{'Artist':'Acme','Song':'It''s','n':1.50}}") == {"Items": []}
    found = server.aws("dynamodb", "execute-statement", "--statement", f"SELECT Song, n FROM {TABLE} WHERE Artist=?",
                       "--parameters", '[{"S":"Acme"}]')
    assert found == {"Items": [{"Song": {"S": "It's"}, "n": {"N": "1.5"}}]}
    error = server.aws("dynamodb", "execute-statement", "--statement", f"UPDATE {TABLE} SET n = 2", fails=True)
    assert "Where clause does not contain a mandatory equality on all key attributes" in error
