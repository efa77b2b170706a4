// The plain client: every item operation, what it answers, and how it fails.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  BatchGetItemCommand, BatchWriteItemCommand, ConditionalCheckFailedException, DeleteItemCommand, DescribeTableCommand,
  DynamoDB, DynamoDBServiceException, GetItemCommand, IdempotentParameterMismatchException, PutItemCommand,
  QueryCommand, ResourceInUseException, ResourceNotFoundException, ScanCommand, TransactGetItemsCommand,
  TransactionCanceledException, TransactWriteItemsCommand, UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { index, makeTable, start } from "./server.js";

const S = (text) => ({ S: text });
const N = (text) => ({ N: String(text) });
const TableName = "plain";
let server;
let client;
const send = (Command, input) => client.send(new Command({ TableName, ...input }));
const sendBare = (Command, input) => client.send(new Command(input));

before(async () => {
  server = await start("--clock", "virtual");
  client = server.client();
  await makeTable(server, TableName, { id: "S" });
  await makeTable(server, "sorted", { id: "S", at: "N" }, {
    attributes: { kind: "S" },
    GlobalSecondaryIndexes: [index("by-kind", "kind", "at")],
    LocalSecondaryIndexes: [index("by-id-and-kind", "id", "kind", { ProjectionType: "KEYS_ONLY" })],
  });
});
after(() => server.stop());

describe("an item", () => {
  const everything = {
    id: S("all"), text: S("Grüße, 世界 🌍"), empty: S(""), number: N("-12.5"), yes: { BOOL: true }, no: { BOOL: false },
    nothing: { NULL: true }, bytes: { B: Uint8Array.of(0, 128, 255) }, strings: { SS: ["a", "b"] },
    numbers: { NS: ["1", "2.5"] }, blobs: { BS: [Uint8Array.of(1), Uint8Array.of(2)] },
    list: { L: [N(1), S("two"), { L: [] }, { M: {} }] }, map: { M: { a: { M: { b: S("deep") } } } },
  };

  it("comes back with every type as it went in", async () => {
    await send(PutItemCommand, { Item: everything });
    const { Item } = await send(GetItemCommand, { Key: { id: S("all") }, ConsistentRead: true });
    const sorted = (item) => ({
      ...item, strings: { SS: [...item.strings.SS].sort() }, numbers: { NS: [...item.numbers.NS].sort() },
      blobs: { BS: item.blobs.BS.map((blob) => Uint8Array.from(blob)).sort() }, bytes: { B: Uint8Array.from(item.bytes.B) },
    });
    assert.deepEqual(sorted(Item), sorted(everything));
  });

  it("is projected, and costs what is published", async () => {
    const answer = await send(GetItemCommand, {
      Key: { id: S("all") }, ProjectionExpression: "#m.a, #l[1]", ExpressionAttributeNames: { "#m": "map", "#l": "list" },
      ReturnConsumedCapacity: "TOTAL",
    });
    assert.deepEqual(answer.Item, { map: everything.map, list: { L: [S("two")] } });
    assert.equal(answer.ConsumedCapacity.CapacityUnits, 0.5);
  });

  it("that is not there is undefined", async () => {
    assert.equal((await send(GetItemCommand, { Key: { id: S("none") } })).Item, undefined);
  });

  for (const [returns, expected] of [
    ["NONE", undefined], ["ALL_OLD", { id: S("u"), n: N(1), k: S("x") }], ["UPDATED_OLD", { n: N(1) }],
    ["ALL_NEW", { id: S("u"), n: N(3), k: S("x") }], ["UPDATED_NEW", { n: N(3) }],
  ]) {
    it(`that is updated returns ${returns}`, async () => {
      await send(PutItemCommand, { Item: { id: S("u"), n: N(1), k: S("x") } });
      const { Attributes } = await send(UpdateItemCommand, {
        Key: { id: S("u") }, UpdateExpression: "SET n = n + :two", ExpressionAttributeValues: { ":two": N(2) },
        ReturnValues: returns,
      });
      assert.deepEqual(Attributes, expected);
    });
  }

  it("that is deleted returns its old self", async () => {
    await send(PutItemCommand, { Item: { id: S("d"), v: N(1) } });
    const { Attributes } = await send(DeleteItemCommand, { Key: { id: S("d") }, ReturnValues: "ALL_OLD" });
    assert.deepEqual(Attributes, { id: S("d"), v: N(1) });
  });

  it("changes by SET, REMOVE, ADD and DELETE in one update", async () => {
    await send(PutItemCommand, { Item: { id: S("m"), a: N(1), b: S("go"), s: { SS: ["x", "y"] }, l: { L: [N(1)] } } });
    const { Attributes } = await send(UpdateItemCommand, {
      Key: { id: S("m") }, ReturnValues: "ALL_NEW",
      UpdateExpression: "SET c = if_not_exists(c, :one), l = list_append(l, :l) REMOVE b ADD a :one DELETE s :x",
      ExpressionAttributeValues: { ":one": N(1), ":l": { L: [N(2)] }, ":x": { SS: ["x"] } },
    });
    assert.deepEqual(Attributes, { id: S("m"), a: N(2), c: N(1), s: { SS: ["y"] }, l: { L: [N(1), N(2)] } });
  });
});

describe("a condition that fails", () => {
  const failing = [
    [PutItemCommand, { Item: { id: S("c") }, ConditionExpression: "attribute_not_exists(id)" }],
    [UpdateItemCommand, {
      Key: { id: S("c") }, UpdateExpression: "REMOVE v", ConditionExpression: "v > :v", ExpressionAttributeValues: { ":v": N(9) },
    }],
    [DeleteItemCommand, {
      Key: { id: S("c") }, ConditionExpression: "#v IN (:v)", ExpressionAttributeNames: { "#v": "v" },
      ExpressionAttributeValues: { ":v": N(9) },
    }],
  ];
  for (const [Command, input] of failing) {
    it(`in ${Command.name} throws its class, with the item when asked`, async () => {
      await send(PutItemCommand, { Item: { id: S("c"), v: N(5) } });
      await assert.rejects(send(Command, input), (error) => {
        assert.ok(error instanceof ConditionalCheckFailedException);
        assert.ok(error instanceof DynamoDBServiceException);
        assert.equal(error.message, "The conditional request failed");
        assert.equal(error.$fault, "client");
        assert.equal(error.$metadata.httpStatusCode, 400);
        assert.equal(error.Item, undefined);
        return true;
      });
      await assert.rejects(send(Command, { ...input, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }), (error) => {
        assert.deepEqual(error.Item, { id: S("c"), v: N(5) });
        return true;
      });
    });
  }
});

describe("a query", () => {
  before(async () => {
    for (let at = 0; at < 6; at++) {
      await client.send(new PutItemCommand({
        TableName: "sorted", Item: { id: S("q"), at: N(at), kind: S(at % 2 ? "odd" : "even"), v: N(at * 10) },
      }));
    }
  });
  const query = (text, values, more) => client.send(new QueryCommand({
    TableName: "sorted", KeyConditionExpression: text, ExpressionAttributeValues: values, ...more,
  }));
  const ats = ({ Items }) => Items.map((item) => Number(item.at.N));

  it("goes forwards and backwards through a range", async () => {
    const values = { ":id": S("q"), ":a": N(1), ":b": N(4) };
    assert.deepEqual(ats(await query("id = :id AND #a BETWEEN :a AND :b", values, {
      ExpressionAttributeNames: { "#a": "at" } })), [1, 2, 3, 4]);
    assert.deepEqual(ats(await query("id = :id AND #a >= :a", { ":id": S("q"), ":a": N(3) }, {
      ExpressionAttributeNames: { "#a": "at" }, ScanIndexForward: false })), [5, 4, 3]);
  });

  it("pages by Limit and LastEvaluatedKey", async () => {
    const first = await query("id = :id", { ":id": S("q") }, { Limit: 4 });
    assert.deepEqual(first.LastEvaluatedKey, { id: S("q"), at: N(3) });
    const second = await query("id = :id", { ":id": S("q") }, { Limit: 4, ExclusiveStartKey: first.LastEvaluatedKey });
    assert.deepEqual(ats(second), [4, 5]);
    assert.equal(second.LastEvaluatedKey, undefined);
  });

  it("counts what it scanned beside what it kept", async () => {
    const answer = await query("id = :id", { ":id": S("q"), ":v": N(25) }, { FilterExpression: "v > :v", Select: "COUNT" });
    assert.deepEqual([answer.Count, answer.ScannedCount, answer.Items], [3, 6, undefined]);
  });

  it("reads indexes with their projection", async () => {
    const global = await query("kind = :k", { ":k": S("odd") }, { IndexName: "by-kind" });
    assert.deepEqual(global.Items.map((item) => item.v.N), ["10", "30", "50"]);
    const local = await query("id = :id AND kind = :k", { ":id": S("q"), ":k": S("even") }, {
      IndexName: "by-id-and-kind", ConsistentRead: true });
    assert.deepEqual(local.Items[0], { id: S("q"), at: N(0), kind: S("even") });
  });

  it("refuses a consistent read of a global index", async () => {
    await assert.rejects(query("kind = :k", { ":k": S("odd") }, { IndexName: "by-kind", ConsistentRead: true }), {
      name: "ValidationException", message: "Consistent reads are not supported on global secondary indexes" });
  });

  it("is a scan by segments, which together find everything once", async () => {
    const found = [];
    for (let Segment = 0; Segment < 3; Segment++) {
      const { Items } = await client.send(new ScanCommand({ TableName: "sorted", Segment, TotalSegments: 3 }));
      found.push(...Items.map((item) => `${item.id.S}/${item.at.N}`));
    }
    assert.deepEqual(found.sort(), [0, 1, 2, 3, 4, 5].map((at) => `q/${at}`));
  });
});

describe("a batch", () => {
  it("writes, deletes and reads over two tables", async () => {
    await sendBare(BatchWriteItemCommand, { RequestItems: {
      plain: [1, 2, 3].map((n) => ({ PutRequest: { Item: { id: S(`b${n}`), n: N(n) } } })),
      sorted: [{ PutRequest: { Item: { id: S("b"), at: N(1) } } }],
    } });
    const wrote = await sendBare(BatchWriteItemCommand, { RequestItems: { plain: [{ DeleteRequest: { Key: { id: S("b2") } } }] } });
    assert.deepEqual(wrote.UnprocessedItems, {});
    const { Responses, UnprocessedKeys } = await sendBare(BatchGetItemCommand, { RequestItems: {
      plain: { Keys: ["b1", "b2", "b3"].map((id) => ({ id: S(id) })), ProjectionExpression: "n" },
      sorted: { Keys: [{ id: S("b"), at: N(1) }], ConsistentRead: true },
    } });
    assert.deepEqual(Responses.plain.map((item) => item.n.N).sort(), ["1", "3"]);
    assert.equal(Responses.sorted.length, 1);
    assert.deepEqual(UnprocessedKeys, {});
  });

  it("hands back the keys beyond 16 MB, and a loop gets them all", async () => {
    const keys = Array.from({ length: 50 }, (_, n) => ({ id: S(`big${n}`) }));
    for (let at = 0; at < keys.length; at += 25) {
      await sendBare(BatchWriteItemCommand, { RequestItems: {
        plain: keys.slice(at, at + 25).map((key) => ({ PutRequest: { Item: { ...key, text: S("x".repeat(390000)) } } })),
      } });
    }
    let RequestItems = { plain: { Keys: keys } };
    const counts = [];
    while (Object.keys(RequestItems).length > 0) {
      const answer = await sendBare(BatchGetItemCommand, { RequestItems });
      counts.push(answer.Responses.plain.length);
      RequestItems = answer.UnprocessedKeys;
    }
    assert.ok(counts.length > 1, `${counts}`);
    assert.equal(counts.reduce((sum, count) => sum + count), 50);
    for (const key of keys) await send(DeleteItemCommand, { Key: key });
  });

  it("of 26 or with one key twice is refused", async () => {
    const puts = (ids) => ({ RequestItems: { plain: ids.map((id) => ({ PutRequest: { Item: { id: S(id) } } })) } });
    await assert.rejects(sendBare(BatchWriteItemCommand, puts(Array.from({ length: 26 }, (_, n) => `x${n}`))), {
      name: "ValidationException", message: /less than or equal to 25/ });
    await assert.rejects(sendBare(BatchWriteItemCommand, puts(["same", "same"])), {
      name: "ValidationException", message: "Provided list of item keys contains duplicates" });
  });
});

describe("a transaction", () => {
  it("writes all or nothing, and names the reason of each item in order", async () => {
    await send(PutItemCommand, { Item: { id: S("t1"), v: N(1) } });
    const TransactItems = [
      { Put: { TableName, Item: { id: S("t2") } } },
      { ConditionCheck: {
        TableName, Key: { id: S("t1") }, ConditionExpression: "v = :v", ExpressionAttributeValues: { ":v": N(2) },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD" } },
    ];
    await assert.rejects(sendBare(TransactWriteItemsCommand, { TransactItems }), (error) => {
      assert.ok(error instanceof TransactionCanceledException);
      assert.deepEqual(error.CancellationReasons, [
        { Code: "None" },
        { Code: "ConditionalCheckFailed", Message: "The conditional request failed", Item: { id: S("t1"), v: N(1) } },
      ]);
      assert.equal(error.message, "Transaction cancelled, please refer cancellation reasons for specific reasons " +
        "[None, ConditionalCheckFailed]");
      return true;
    });
    assert.equal((await send(GetItemCommand, { Key: { id: S("t2") } })).Item, undefined);
    TransactItems[1].ConditionCheck.ExpressionAttributeValues[":v"] = N(1);
    await sendBare(TransactWriteItemsCommand, { TransactItems });
    const { Responses } = await sendBare(TransactGetItemsCommand, { TransactItems: [
      { Get: { TableName, Key: { id: S("t2") } } }, { Get: { TableName, Key: { id: S("none") } } },
      { Get: { TableName, Key: { id: S("t1") }, ProjectionExpression: "v" } }] });
    assert.deepEqual(Responses, [{ Item: { id: S("t2") } }, {}, { Item: { v: N(1) } }]);
  });

  it("with a token happens once; the token with something else is refused", async () => {
    const add = (by) => ({ ClientRequestToken: "token-1", TransactItems: [{ Update: {
      TableName, Key: { id: S("once") }, UpdateExpression: "ADD n :by", ExpressionAttributeValues: { ":by": N(by) } } }] });
    await sendBare(TransactWriteItemsCommand, add(1));
    await sendBare(TransactWriteItemsCommand, add(1));
    assert.equal((await send(GetItemCommand, { Key: { id: S("once") } })).Item.n.N, "1");
    await assert.rejects(sendBare(TransactWriteItemsCommand, add(2)), IdempotentParameterMismatchException);
  });
});

describe("an error", () => {
  for (const [claim, name, call] of [
    ["of a missing table", ResourceNotFoundException, () => sendBare(DescribeTableCommand, { TableName: "none" })],
    ["of a read of a missing table", ResourceNotFoundException,
      () => sendBare(GetItemCommand, { TableName: "none", Key: { id: S("a") } })],
    ["of a table that exists", ResourceInUseException, () => makeTable(server, TableName, { id: "S" })],
  ]) {
    it(`${claim} is of its class`, async () => {
      await assert.rejects(call(), (error) => error instanceof name && error.$metadata.requestId.length === 52);
    });
  }

  for (const [message, Command, input] of [
    ["The provided key element does not match the schema", GetItemCommand, { Key: { other: S("a") } }],
    ["One or more parameter values were invalid: Missing the key id in the item", PutItemCommand, { Item: { v: N(1) } }],
    ["One or more parameter values were invalid: Type mismatch for key id expected: S actual: N", PutItemCommand,
      { Item: { id: N(1) } }],
    ["One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string " +
      "value. Key: id", PutItemCommand, { Item: { id: S("") } }],
    ["The parameter cannot be converted to a numeric value: abc", PutItemCommand, { Item: { id: S("a"), n: N("abc") } }],
    ["Item size has exceeded the maximum allowed size", PutItemCommand, { Item: { id: S("a"), t: S("x".repeat(410000)) } }],
  ]) {
    it(`says: ${message.slice(0, 60)}`, async () => {
      await assert.rejects(send(Command, input), (error) =>
        error.name === "ValidationException" && error.message.endsWith(message)); // some have a count in front
    });
  }

  it("of a throttle is retried, and then thrown as its class", async () => {
    const patient = server.client(undefined, { maxAttempts: 3, retryMode: "standard" });
    await server.ctl("fault", "add", "throttle", "--service", "dynamodb", "--operation", "GetItem");
    try {
      await assert.rejects(patient.send(new GetItemCommand({ TableName, Key: { id: S("a") } })), (error) => {
        assert.equal(error.$metadata.attempts, 3);
        assert.match(error.name, /Throttling|ProvisionedThroughputExceeded/);
        return true;
      });
    } finally {
      await server.ctl("fault", "clear");
    }
  });
});

it("the aggregated client has every operation as a method", async () => {
  const whole = new DynamoDB({ endpoint: server.endpoint, region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  const { TableNames } = await whole.listTables({});
  assert.deepEqual(TableNames.filter((name) => ["plain", "sorted"].includes(name)), ["plain", "sorted"]);
  whole.destroy();
});
