// Tables: waiters on the real clock, indexes that come and go, settings, streams, global tables, PartiQL.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  BatchExecuteStatementCommand, ConditionalCheckFailedException, CreateTableCommand, DeleteItemCommand,
  DeleteTableCommand, DescribeTableCommand, DescribeTimeToLiveCommand, DuplicateItemException, ExecuteStatementCommand,
  ExecuteTransactionCommand, GetItemCommand, paginateListTables, PutItemCommand, QueryCommand, ResourceNotFoundException,
  TagResourceCommand, ListTagsOfResourceCommand, TransactionCanceledException, UntagResourceCommand, UpdateItemCommand,
  UpdateTableCommand, UpdateTimeToLiveCommand, waitUntilTableExists, waitUntilTableNotExists, ScanCommand,
} from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand, GetRecordsCommand, GetShardIteratorCommand, ListStreamsCommand,
} from "@aws-sdk/client-dynamodb-streams";
import { EAST, index, makeTable, start, tableOf, WEST } from "./server.js";

const S = (text) => ({ S: text });
const N = (text) => ({ N: String(text) });

describe("on the real clock", () => {
  let server;
  before(async () => { server = await start(); });
  after(() => server.stop());

  it("waiters see a table come and go", async () => {
    const client = server.client();
    const waiting = { client, maxWaitTime: 20, minDelay: 1, maxDelay: 1 };
    await client.send(new CreateTableCommand(tableOf("waited", { id: "S" })));
    assert.equal((await waitUntilTableExists(waiting, { TableName: "waited" })).state, "SUCCESS");
    const { Table } = await client.send(new DescribeTableCommand({ TableName: "waited" }));
    assert.equal(Table.TableStatus, "ACTIVE");
    assert.ok(Table.CreationDateTime instanceof Date);
    await client.send(new DeleteTableCommand({ TableName: "waited" }));
    assert.equal((await waitUntilTableNotExists(waiting, { TableName: "waited" })).state, "SUCCESS");
  });

  it("a waiter gives up on a table that never comes", async () => {
    await assert.rejects(waitUntilTableExists({ client: server.client(), maxWaitTime: 2, minDelay: 1, maxDelay: 1 },
      { TableName: "never" }), { name: "TimeoutError" });
  });
});

describe("a table", () => {
  let server;
  let client;
  const TableName = "things";
  const describeTable = async () => (await client.send(new DescribeTableCommand({ TableName }))).Table;
  before(async () => {
    server = await start("--clock", "virtual");
    client = server.client();
    await makeTable(server, TableName, { id: "S" });
  });
  after(() => server.stop());

  it("is listed page by page", async () => {
    for (const name of ["list-a", "list-b", "list-c"]) await makeTable(server, name, { id: "S" });
    const names = [];
    let pages = 0;
    for await (const page of paginateListTables({ client, pageSize: 2 }, {})) {
      names.push(...page.TableNames);
      pages++;
    }
    assert.ok(pages >= 2);
    assert.deepEqual(names, [...names].sort());
    assert.ok(["list-a", "list-b", "list-c", "things"].every((name) => names.includes(name)));
  });

  it("gets an index on what it holds, and loses it again", async () => {
    for (let n = 0; n < 40; n++) {
      await client.send(new PutItemCommand({ TableName, Item: { id: S(`i${n}`), kind: S(`k${n % 4}`), at: N(n) } }));
    }
    await client.send(new UpdateTableCommand({
      TableName,
      AttributeDefinitions: tableOf("things", { id: "S", kind: "S", at: "N" }).AttributeDefinitions,
      GlobalSecondaryIndexUpdates: [{ Create: index("by-kind", "kind", "at") }],
    }));
    assert.deepEqual((await describeTable()).GlobalSecondaryIndexes.map(({ IndexName }) => IndexName), ["by-kind"]);
    await server.advance("20m");
    assert.equal((await describeTable()).GlobalSecondaryIndexes[0].IndexStatus, "ACTIVE");
    const { Items } = await client.send(new QueryCommand({
      TableName, IndexName: "by-kind", KeyConditionExpression: "kind = :k", ExpressionAttributeValues: { ":k": S("k1") } }));
    assert.deepEqual(Items.map(({ at }) => at.N), ["1", "5", "9", "13", "17", "21", "25", "29", "33", "37"]);
    await client.send(new UpdateTableCommand({
      TableName, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "by-kind" } }] }));
    await server.advance("20m");
    assert.equal((await describeTable()).GlobalSecondaryIndexes, undefined);
  });

  it("changes its billing mode", async () => {
    await client.send(new UpdateTableCommand({ TableName, BillingMode: "PROVISIONED",
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 } }));
    await server.advance("1m");
    assert.equal((await describeTable()).ProvisionedThroughput.WriteCapacityUnits, 6);
    await client.send(new UpdateTableCommand({ TableName, BillingMode: "PAY_PER_REQUEST" }));
    await server.advance("1m");
    assert.equal((await describeTable()).BillingModeSummary.BillingMode, "PAY_PER_REQUEST");
  });

  it("keeps tags", async () => {
    const ResourceArn = (await describeTable()).TableArn;
    await client.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }] }));
    await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["a"] }));
    assert.deepEqual((await client.send(new ListTagsOfResourceCommand({ ResourceArn }))).Tags, [{ Key: "b", Value: "2" }]);
  });

  it("deletes what has expired, in time", async () => {
    await client.send(new UpdateTimeToLiveCommand({ TableName,
      TimeToLiveSpecification: { Enabled: true, AttributeName: "expires" } }));
    await server.advance("2h");
    assert.deepEqual((await client.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription, {
      AttributeName: "expires", TimeToLiveStatus: "ENABLED" });
    await client.send(new PutItemCommand({ TableName, Item: { id: S("old"), expires: N(1) } }));
    await server.advance("2h"); // what expired more than five years ago stays
    const gone = (await describeTable()).CreationDateTime.getTime() / 1000 + 60;
    await client.send(new PutItemCommand({ TableName, Item: { id: S("gone"), expires: N(gone.toFixed(0)) } }));
    await server.advance("2h");
    assert.equal((await client.send(new GetItemCommand({ TableName, Key: { id: S("gone") } }))).Item, undefined);
    assert.ok((await client.send(new GetItemCommand({ TableName, Key: { id: S("old") } }))).Item);
  });

  it("that is protected is not deleted", async () => {
    await makeTable(server, "protected", { id: "S" }, { DeletionProtectionEnabled: true });
    await assert.rejects(client.send(new DeleteTableCommand({ TableName: "protected" })), { name: "ValidationException",
      message: "Resource cannot be deleted as it is currently protected against deletion. " +
        "Disable deletion protection first." });
  });
});

describe("a stream", () => {
  let server;
  let client;
  let streams;
  before(async () => {
    server = await start("--clock", "virtual");
    client = server.client();
    streams = server.streams();
    await makeTable(server, "watched", { id: "S" }, {
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" } });
  });
  after(() => server.stop());

  async function records(StreamArn) {
    const found = [];
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
    for (const { ShardId } of StreamDescription.Shards) {
      let { ShardIterator } = await streams.send(new GetShardIteratorCommand({
        StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" }));
      for (let empty = 0; ShardIterator && empty < 2;) {
        const page = await streams.send(new GetRecordsCommand({ ShardIterator, Limit: 2 }));
        found.push(...page.Records);
        ShardIterator = page.NextShardIterator;
        empty = page.Records.length === 0 ? empty + 1 : 0;
      }
    }
    return found;
  }

  it("tells every change with both images, in order", async () => {
    const { Streams } = await streams.send(new ListStreamsCommand({ TableName: "watched" }));
    assert.equal(Streams.length, 1);
    const Key = { id: S("a") };
    await client.send(new PutItemCommand({ TableName: "watched", Item: { ...Key, v: N(1) } }));
    await client.send(new UpdateItemCommand({
      TableName: "watched", Key, UpdateExpression: "SET v = :v", ExpressionAttributeValues: { ":v": N(2) } }));
    await client.send(new UpdateItemCommand({ // changes nothing, and leaves no record
      TableName: "watched", Key, UpdateExpression: "SET v = :v", ExpressionAttributeValues: { ":v": N(2) } }));
    await client.send(new DeleteItemCommand({ TableName: "watched", Key }));
    await server.advance("10s");
    const found = await records(Streams[0].StreamArn);
    assert.deepEqual(found.map((record) => record.eventName), ["INSERT", "MODIFY", "REMOVE"]);
    const [insert, modify, remove] = found.map((record) => record.dynamodb);
    assert.deepEqual([insert.OldImage, insert.NewImage], [undefined, { ...Key, v: N(1) }]);
    assert.deepEqual([modify.OldImage, modify.NewImage], [{ ...Key, v: N(1) }, { ...Key, v: N(2) }]);
    assert.deepEqual([remove.OldImage, remove.NewImage], [{ ...Key, v: N(2) }, undefined]);
    assert.deepEqual(remove.Keys, Key);
    assert.ok(BigInt(insert.SequenceNumber) < BigInt(modify.SequenceNumber));
  });

  it("that is not there is its error", async () => {
    const { Streams } = await streams.send(new ListStreamsCommand({ TableName: "watched" }));
    await assert.rejects(streams.send(new DescribeStreamCommand({
      StreamArn: Streams[0].StreamArn.replace("table/watched/", "table/other/") })), { name: "ResourceNotFoundException" });
  });
});

describe("a global table", () => {
  it("has in the other Region, later, what was written here", async () => {
    const server = await start("--clock", "virtual");
    try {
      const east = server.client();
      const west = server.client(WEST);
      const TableName = "global";
      await makeTable(server, TableName, { id: "S" });
      await assert.rejects(west.send(new DescribeTableCommand({ TableName })), ResourceNotFoundException);
      await east.send(new UpdateTableCommand({ TableName, ReplicaUpdates: [{ Create: { RegionName: WEST } }] }));
      await server.advance("10m");
      const { Table } = await west.send(new DescribeTableCommand({ TableName }));
      assert.deepEqual(Table.Replicas.map((replica) => [replica.RegionName, replica.ReplicaStatus]), [[EAST, "ACTIVE"]]);
      const read = async () => (await west.send(new GetItemCommand({ TableName, Key: { id: S("a") } }))).Item;
      await east.send(new PutItemCommand({ TableName, Item: { id: S("a"), v: N(1) } }));
      assert.equal(await read(), undefined);
      await server.advance("1m");
      assert.deepEqual(await read(), { id: S("a"), v: N(1) });
    } finally {
      await server.stop();
    }
  });
});

describe("PartiQL", () => {
  let server;
  let client;
  const execute = (Statement, Parameters, more) => client.send(new ExecuteStatementCommand({ Statement, Parameters, ...more }));
  before(async () => {
    server = await start("--clock", "virtual");
    client = server.client();
    await makeTable(server, "people", { id: "S", at: "N" });
  });
  after(() => server.stop());

  it("inserts, selects, updates and deletes", async () => {
    for (let at = 0; at < 5; at++) await execute(`INSERT INTO "people" VALUE {'id': 'a', 'at': ?, 'v': 'x'}`, [N(at)]);
    await execute(`UPDATE "people" SET v = ? REMOVE w WHERE id = 'a' AND "at" = 3`, [S("new")]);
    await execute(`DELETE FROM "people" WHERE id = 'a' AND "at" = 0`);
    const { Items } = await execute(`SELECT "at", v FROM "people" WHERE id = ? AND "at" >= 2 ORDER BY "at" DESC`, [S("a")]);
    assert.deepEqual(Items, [{ at: N(4), v: S("x") }, { at: N(3), v: S("new") }, { at: N(2), v: S("x") }]);
  });

  it("pages by Limit and NextToken", async () => {
    const seen = [];
    let NextToken;
    do {
      const page = await execute(`SELECT * FROM "people" WHERE id = 'a'`, undefined, { Limit: 3, NextToken });
      seen.push(...page.Items.map(({ at }) => at.N));
      NextToken = page.NextToken;
    } while (NextToken);
    assert.deepEqual(seen, ["1", "2", "3", "4"]);
  });

  it("throws the classes of the service", async () => {
    await assert.rejects(execute(`INSERT INTO "people" VALUE {'id': 'a', 'at': 1}`), DuplicateItemException);
    await assert.rejects(execute(`UPDATE "people" SET v = 1 WHERE id = 'none' AND "at" = 1`), ConditionalCheckFailedException);
    await assert.rejects(execute(`SELECT * FROM "nowhere"`), ResourceNotFoundException);
    await assert.rejects(execute("SELEKT"), { name: "ValidationException" });
  });

  it("runs batches, each statement for itself", async () => {
    const { Responses } = await client.send(new BatchExecuteStatementCommand({ Statements: [
      { Statement: `SELECT v FROM "people" WHERE id = 'a' AND "at" = 3` },
      { Statement: `SELECT v FROM "people" WHERE id = 'a' AND "at" = 99` },
      { Statement: `SELECT v FROM "people" WHERE id = 'a'` }] }));
    assert.deepEqual(Responses[0].Item, { v: S("new") });
    assert.equal(Responses[1].Item, undefined);
    assert.equal(Responses[2].Error.Code, "ValidationError");
  });

  it("runs transactions, all or nothing", async () => {
    await assert.rejects(client.send(new ExecuteTransactionCommand({ TransactStatements: [
      { Statement: `INSERT INTO "people" VALUE {'id': 't', 'at': 1}` },
      { Statement: `DELETE FROM "people" WHERE id = 'a' AND "at" = 1 AND v = 'other'` }] })), (error) => {
      assert.ok(error instanceof TransactionCanceledException);
      assert.deepEqual(error.CancellationReasons.map(({ Code }) => Code), ["None", "ConditionalCheckFailed"]);
      return true;
    });
    const { Count } = await client.send(new ScanCommand({ TableName: "people", FilterExpression: "id = :t",
      ExpressionAttributeValues: { ":t": S("t") } }));
    assert.equal(Count, 0);
  });
});
