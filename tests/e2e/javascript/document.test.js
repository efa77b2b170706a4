// The document client: how JavaScript values are stored, and how they come back.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ConditionalCheckFailedException, GetItemCommand, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand, BatchWriteCommand, DeleteCommand, ExecuteStatementCommand, GetCommand, NumberValue, paginateQuery,
  paginateScan, PutCommand, QueryCommand, TransactGetCommand, TransactWriteCommand, UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { index, makeTable, start } from "./server.js";

const TableName = "docs";
let server;
let documents;
const put = (Item, more = {}) => documents.send(new PutCommand({ TableName, Item, ...more }));
const get = async (id, client = documents) => (await client.send(new GetCommand({ TableName, Key: { id } }))).Item;
const stored = async (id) =>
  (await server.client().send(new GetItemCommand({ TableName, Key: { id: { S: id } } }))).Item;

before(async () => {
  server = await start("--clock", "virtual");
  documents = server.documents();
  await makeTable(server, TableName, { id: "S" });
  await makeTable(server, "events", { device: "S", at: "N" }, {
    attributes: { kind: "S" }, GlobalSecondaryIndexes: [index("by-kind", "kind", "at")] });
});
after(() => server.stop());

describe("a value", () => {
  for (const [claim, value] of [
    ["text", "Grüße 🌍"], ["an empty text", ""], ["a whole number", 42], ["a fraction", -0.125], ["a small number", 1e-100],
    ["a boolean", false], ["null", null], ["a list", [1, "a", [true, null]]], ["an empty list", []],
    ["a map", { a: { b: { c: [1] } } }], ["an empty map", {}], ["a set of texts", new Set(["a", "b"])],
    ["a set of numbers", new Set([1, 2.5])], ["bytes", Uint8Array.of(1, 2, 255)],
  ]) {
    it(`that is ${claim} comes back equal`, async () => {
      await put({ id: "value", value });
      const { value: found } = await get("value");
      assert.deepEqual(found instanceof Uint8Array ? Uint8Array.from(found) : found, value);
    });
  }

  it("that is a set of bytes comes back with the same members", async () => {
    await put({ id: "blobs", value: new Set([Uint8Array.of(1), Uint8Array.of(2, 3)]) });
    assert.deepEqual([...(await get("blobs")).value].map((blob) => [...blob]).sort(), [[1], [2, 3]]);
  });

  it("that is a bigint keeps all its digits", async () => {
    await put({ id: "big", value: 12345678901234567890n });
    assert.deepEqual((await stored("big")).value, { N: "12345678901234567890" });
    assert.equal((await get("big", server.documents({ unmarshallOptions: { wrapNumbers: (text) => BigInt(text) } }))).value,
      12345678901234567890n);
  });

  it("of 38 digits needs NumberValue, in both directions", async () => {
    const digits = "12345678901234567890.123456789012345678";
    await put({ id: "exact", value: NumberValue.from(digits), set: new Set([NumberValue.from("1e-3")]) });
    const wrapped = (await get("exact", server.documents({ unmarshallOptions: { wrapNumbers: true } }))).value;
    assert.equal(wrapped.toString(), digits);
    assert.deepEqual((await stored("exact")).set, { NS: ["0.001"] });
    await assert.rejects(put({ id: "exact", value: NumberValue.from(`${digits}9`) }), {
      name: "ValidationException", message: /more than 38 significant digits/ });
  });

  it("beyond 2^53 comes back as a bigint where it is whole, and is refused where it is not", async () => {
    await put({ id: "unsafe", value: NumberValue.from("9007199254740993") });
    assert.equal((await get("unsafe")).value, 9007199254740993n);
    await put({ id: "unsafe", value: NumberValue.from("9007199254740993.5") });
    await assert.rejects(get("unsafe"), /can't be converted/i);
  });
});

describe("the options of marshalling", () => {
  it("remove undefined values, and without them they are an error", async () => {
    await server.documents({ marshallOptions: { removeUndefinedValues: true } })
      .send(new PutCommand({ TableName, Item: { id: "undefined", a: undefined, b: [1, undefined] } }));
    assert.deepEqual(await get("undefined"), { id: "undefined", b: [1] });
    const strict = server.documents({ marshallOptions: { removeUndefinedValues: false } });
    await assert.rejects(strict.send(new PutCommand({ TableName, Item: { id: "undefined", b: { c: undefined } } })),
      /removeUndefinedValues/);
  });

  it("turn empty values into null", async () => {
    await server.documents({ marshallOptions: { convertEmptyValues: true } })
      .send(new PutCommand({ TableName, Item: { id: "empty", text: "", set: new Set(), bytes: new Uint8Array(0) } }));
    assert.deepEqual(await get("empty"), { id: "empty", text: null, set: null, bytes: null });
  });

  it("turn instances of classes into maps", async () => {
    class Point { constructor(x, y) { this.x = x; this.y = y; } }
    await server.documents({ marshallOptions: { convertClassInstanceToMap: true } })
      .send(new PutCommand({ TableName, Item: { id: "point", at: new Point(1, 2) } }));
    assert.deepEqual((await get("point")).at, { x: 1, y: 2 });
  });

  it("agree with marshall and unmarshall", async () => {
    const item = { id: "same", n: 1, list: [{ a: null }], set: new Set(["x"]) };
    await put(item);
    assert.deepEqual(await stored("same"), marshall(item));
    assert.deepEqual(unmarshall(await stored("same")), item);
  });
});

describe("a document", () => {
  it("is updated and returns what was asked for", async () => {
    await put({ id: "u", count: 1, tags: new Set(["a"]), list: [1] });
    const { Attributes } = await documents.send(new UpdateCommand({
      TableName, Key: { id: "u" }, ReturnValues: "ALL_NEW",
      UpdateExpression: "SET #c = #c + :one, #l = list_append(:l, #l) ADD tags :t",
      ExpressionAttributeNames: { "#c": "count", "#l": "list" },
      ExpressionAttributeValues: { ":one": 1, ":l": [{ deep: true }], ":t": new Set(["b"]) },
    }));
    assert.deepEqual(Attributes, { id: "u", count: 2, tags: new Set(["a", "b"]), list: [{ deep: true }, 1] });
  });

  it("is deleted and returns its old self", async () => {
    await put({ id: "gone", v: 1 });
    const { Attributes } = await documents.send(new DeleteCommand({ TableName, Key: { id: "gone" }, ReturnValues: "ALL_OLD" }));
    assert.deepEqual(Attributes, { id: "gone", v: 1 });
    assert.equal(await get("gone"), undefined);
  });

  it("whose condition fails is told in the error", async () => {
    await put({ id: "c", v: 1 });
    await assert.rejects(put({ id: "c" }, {
      ConditionExpression: "attribute_not_exists(id)", ReturnValuesOnConditionCheckFailure: "ALL_OLD" }), (error) => {
      assert.ok(error instanceof ConditionalCheckFailedException);
      assert.deepEqual(unmarshall(error.Item), { id: "c", v: 1 });
      return true;
    });
  });

  it("goes through batches, transactions and PartiQL", async () => {
    await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: [
      { PutRequest: { Item: { id: "w1", v: [1] } } }, { PutRequest: { Item: { id: "w2", v: { a: 1 } } } },
      { DeleteRequest: { Key: { id: "c" } } }] } }));
    const { Responses } = await documents.send(new BatchGetCommand({ RequestItems: {
      [TableName]: { Keys: [{ id: "w1" }, { id: "w2" }, { id: "c" }] } } }));
    assert.deepEqual(Responses[TableName].sort((a, b) => a.id.localeCompare(b.id)),
      [{ id: "w1", v: [1] }, { id: "w2", v: { a: 1 } }]);
    await documents.send(new TransactWriteCommand({ TransactItems: [
      { Update: { TableName, Key: { id: "w1" }, UpdateExpression: "SET v[1] = :v", ExpressionAttributeValues: { ":v": "two" } } },
      { Delete: { TableName, Key: { id: "w2" } } }] }));
    const got = await documents.send(new TransactGetCommand({ TransactItems: [
      { Get: { TableName, Key: { id: "w1" } } }, { Get: { TableName, Key: { id: "w2" } } }] }));
    assert.deepEqual(got.Responses.map(({ Item }) => Item), [{ id: "w1", v: [1, "two"] }, undefined]);
    const { Items } = await documents.send(new ExecuteStatementCommand({
      Statement: `SELECT v FROM "${TableName}" WHERE id = ?`, Parameters: ["w1"] }));
    assert.deepEqual(Items, [{ v: [1, "two"] }]);
  });

  it("in a cancelled transaction is told among the reasons", async () => {
    await put({ id: "t", v: 1 });
    await assert.rejects(documents.send(new TransactWriteCommand({ TransactItems: [
      { Put: { TableName, Item: { id: "t2" } } },
      { Put: { TableName, Item: { id: "t" }, ConditionExpression: "attribute_not_exists(id)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD" } }] })), (error) => {
      assert.ok(error instanceof TransactionCanceledException);
      assert.deepEqual(error.CancellationReasons.map(({ Code }) => Code), ["None", "ConditionalCheckFailed"]);
      assert.equal(error.CancellationReasons[1].Item.v.N, "1");
      return true;
    });
  });
});

describe("a paginator", () => {
  before(async () => {
    for (let from = 0; from < 60; from += 20) {
      await documents.send(new BatchWriteCommand({ RequestItems: { events: Array.from({ length: 20 }, (_, n) => ({
        PutRequest: { Item: { device: `d${(from + n) % 2}`, at: from + n, kind: (from + n) % 3 === 0 ? "fizz" : "plain" } },
      })) } }));
    }
  });

  const collect = async (pages) => {
    const found = [];
    let count = 0;
    for await (const page of pages) {
      found.push(...page.Items);
      count++;
    }
    return { found, count };
  };

  it("of a query walks every page in order", async () => {
    const { found, count } = await collect(paginateQuery({ client: documents, pageSize: 7 }, {
      TableName: "events", KeyConditionExpression: "device = :d", ExpressionAttributeValues: { ":d": "d1" } }));
    assert.deepEqual(found.map(({ at }) => at), Array.from({ length: 30 }, (_, n) => 2 * n + 1));
    assert.equal(count, 5);
  });

  it("of an index goes on from a start key", async () => {
    const input = { TableName: "events", IndexName: "by-kind", KeyConditionExpression: "kind = :k",
      ExpressionAttributeValues: { ":k": "fizz" } };
    const first = await documents.send(new QueryCommand({ ...input, Limit: 5 }));
    assert.deepEqual(Object.keys(first.LastEvaluatedKey).sort(), ["at", "device", "kind"]);
    const { found } = await collect(paginateQuery(
      { client: documents, pageSize: 4, startingToken: first.LastEvaluatedKey }, input));
    assert.deepEqual(found.map(({ at }) => at), Array.from({ length: 15 }, (_, n) => 15 + 3 * n));
  });

  it("of a scan finds each item once, filtered pages included", async () => {
    const { found } = await collect(paginateScan({ client: documents, pageSize: 9 }, {
      TableName: "events", FilterExpression: "kind = :k", ExpressionAttributeValues: { ":k": "fizz" } }));
    assert.deepEqual(found.map(({ at }) => at).sort((a, b) => a - b), Array.from({ length: 20 }, (_, n) => 3 * n));
  });
});
